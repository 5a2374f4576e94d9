//! Parts: files in `parts/` of a stack, with keys of `generator.toml` that several generators share.

use std::rc::Rc;

use anyhow::{Result, bail};
use toml::{Table, Value};

use super::templates::Templates;

/// The key of a generator that lists its parts.
const INCLUDE: &str = "include";

/// Returns the keys of `own`, the table of a generator, after those of the parts at `paths`.
///
/// # Errors
/// A part is missing or not TOML, or has parts.
pub fn before(own: Rc<Table>, paths: &[String], templates: &Templates) -> Result<Rc<Table>> {
    let mut table = own;
    // The last one first, as each goes before what is there.
    for path in paths.iter().rev() {
        let part = templates.table(path)?;
        if part.contains_key(INCLUDE) {
            let file = templates.whereabouts(path);
            bail!("in {file}: `{INCLUDE}`: only a generator includes parts");
        }
        table = Rc::new(joined(Table::clone(&part), &table));
    }
    Ok(table)
}

/// Returns the keys of `part`, and then those of `own`.
fn joined(mut part: Table, own: &Table) -> Table {
    for (key, value) in own {
        match (part.get_mut(key), value) {
            (Some(Value::Array(part)), Value::Array(own)) => part.extend(own.iter().cloned()),
            (Some(Value::Table(part)), Value::Table(own)) => {
                part.extend(
                    own.iter()
                        .map(|(name, value)| (name.clone(), value.clone())),
                );
            }
            _ => {
                part.insert(key.clone(), value.clone());
            }
        }
    }
    part
}
