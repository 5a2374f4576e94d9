//! Parts: files in `parts/` of a stack, with keys of `generator.toml` that several generators share.

use std::rc::Rc;

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
pub fn before(own: Rc<Table>, paths: &[String], templates: &Templates) -> Result<Rc<Table>> {
    let mut joined: Option<Table> = None;
    for path in paths {
        let part = templates.table(path)?;
        if part.contains_key(INCLUDE) {
            let file = templates.whereabouts(path);
            bail!("in {file}: `{INCLUDE}`: only a generator includes parts");
        }
        match &mut joined {
            Some(joined) => add(joined, &part),
            None => joined = Some(Table::clone(&part)),
        }
    }
    let Some(mut joined) = joined else {
        return Ok(own);
    };
    add(&mut joined, &own);
    Ok(Rc::new(joined))
}

/// Adds the keys of `more` after those of `table`.
fn add(table: &mut Table, more: &Table) {
    for (key, value) in more {
        match (table.get_mut(key), value) {
            (Some(Value::Array(values)), Value::Array(more)) => values.extend(more.iter().cloned()),
            (Some(Value::Table(values)), Value::Table(more)) => {
                let more = more.iter();
                values.extend(more.map(|(name, value)| (name.clone(), value.clone())));
            }
            _ => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}
