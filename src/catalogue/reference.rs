//! The reference of `stack.toml`, `generator.toml` and `places/*.toml`.

use std::fmt::Write;

use anyhow::Result;

use super::templates::SHARED;
use super::{Stack, Templates, generator};

/// The keys of each file, which a test of `keys` compares with the types.
const KEYS: &str = include_str!("keys.md");

/// Returns the reference in Markdown: the keys of the files, and the places of all stacks.
///
/// # Errors
/// A place is invalid.
pub fn reference(templates: &Templates) -> Result<String> {
    let mut text = KEYS.to_owned();
    let stacks = Stack::names(templates).into_iter().chain([SHARED]);
    for stack in stacks {
        let _ = write!(text, "\n## Places in `{stack}/places/`\n");
        for name in generator::places(stack, templates) {
            let (place, _) = generator::place(stack, name, templates)?;
            let about = |table: &toml::Table, key: &str| {
                let about = table.get(key).and_then(toml::Value::as_str);
                about.unwrap_or_default().to_owned()
            };
            let _ = write!(text, "\n### {name}\n\n{}\n", about(&place, "about"));
            let needs = place.get("needs").and_then(toml::Value::as_table);
            for (at, need) in needs.into_iter().flat_map(|needs| needs.keys().enumerate()) {
                let gap = if at == 0 { "\n" } else { "" };
                let what = needs.map(|needs| about(needs, need)).unwrap_or_default();
                let _ = writeln!(text, "{gap}- `{need}`: {what}");
            }
        }
    }
    Ok(text)
}
