//! Parts: files in `parts/` of a stack, with keys of `generator.toml` that several generators share.

use anyhow::{Result, bail};
use toml::{Table, Value};

use super::templates::Templates;

/// The key of a generator that lists its parts.
const INCLUDE: &str = "include";

/// Returns the names of the parts of a generator.
pub fn of(generator: &Table) -> impl Iterator<Item = &str> {
    let include = generator.get(INCLUDE).and_then(Value::as_array);
    include.into_iter().flatten().filter_map(Value::as_str)
}

/// Returns the keys of `own`, the table of a generator, after those of the parts at `paths`.
///
/// # Errors
/// A part is missing or not TOML, or has parts.
pub fn before(own: Table, paths: &[String], templates: &Templates) -> Result<Table> {
    let mut joined = Table::new();
    for path in paths {
        let part: Table = templates.read(path)?;
        if part.contains_key(INCLUDE) {
            let file = templates.whereabouts(path);
            bail!("in {file}: `{INCLUDE}`: only a generator includes parts");
        }
        add(&mut joined, part);
    }
    add(&mut joined, own);
    Ok(joined)
}

/// Adds the keys of `more` after those of `table`.
fn add(table: &mut Table, more: Table) {
    for (key, value) in more {
        match (table.get_mut(&key), value) {
            (Some(Value::Array(values)), Value::Array(more)) => values.extend(more),
            (Some(Value::Table(values)), Value::Table(more)) => values.extend(more),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}
