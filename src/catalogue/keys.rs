//! The page keys.md, generated from the types of templates. `BLESS=1 cargo test --lib keys` writes it.

use std::fmt::Write;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use super::{Generator, Stack};
use crate::edit::Place;

/// Returns the keys of each file, by its types.
fn keys() -> String {
    let mut text = String::from("# Reference of templates\n");
    page::<Stack>(&mut text, "`<stack>/stack.toml`");
    page::<Generator>(&mut text, "`<stack>/<generator>/generator.toml`");
    page::<Place>(&mut text, "`<stack>/places/<place>.toml`");
    text
}

fn page<T: JsonSchema>(text: &mut String, title: &str) {
    let schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>();
    section(text, &format!("## {title}"), schema.as_value());
    let definitions = schema.get("$defs").and_then(Value::as_object);
    for (name, definition) in definitions.into_iter().flatten() {
        section(text, &format!("### {name}"), definition);
    }
}

fn section(text: &mut String, heading: &str, schema: &Value) {
    let _ = write!(text, "\n{heading}\n");
    if let Some(description) = description(schema) {
        let _ = write!(text, "\n{description}\n");
    }
    let required: Vec<_> = list(schema, "required")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let keys = schema.get("properties").and_then(Value::as_object);
    let _ = writeln!(text);
    for (key, of) in keys.into_iter().flatten() {
        let needed = if required.contains(&key.as_str()) {
            ", required"
        } else {
            ""
        };
        let about = description(of).unwrap_or_default();
        let _ = writeln!(text, "- `{key}` ({}{needed}): {about}", kind(of));
    }
    for value in list(schema, "oneOf") {
        let name = value
            .get("const")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let about = description(value).unwrap_or_default();
        let _ = writeln!(text, "- `{name}`: {about}");
    }
}

fn description(schema: &Value) -> Option<String> {
    let text = schema.get("description")?.as_str()?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn list<'a>(schema: &'a Value, key: &str) -> &'a [Value] {
    schema
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Returns the type of a value in a few words.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let variants = list(schema, "anyOf");
    if let Some(first) = variants.first() {
        return kind(first);
    }
    let of = |key: &str| schema.get(key).map_or_else(|| "value".to_owned(), kind);
    let name = match schema.get("type") {
        Some(Value::String(name)) => name.as_str(),
        Some(Value::Array(names)) => names.first().and_then(Value::as_str).unwrap_or_default(),
        _ => "",
    };
    match name {
        "array" => format!("list of {}", of("items")),
        "object" => format!("table of {}", of("additionalProperties")),
        "string" => "text".to_owned(),
        "boolean" => "true or false".to_owned(),
        "integer" => "number".to_owned(),
        _ => "value".to_owned(),
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "it reads and writes a page of this repository"
)]
fn the_page_has_every_key_of_the_types() -> std::io::Result<()> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalogue/keys.md");
    let page = keys();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, &page)?;
    }
    let written = std::fs::read_to_string(file)?;

    assert_eq!(written, page, "`BLESS=1 cargo test --lib keys` renews it");
    Ok(())
}

#[test]
fn the_reference_names_every_key_with_what_it_is_for() {
    let text = keys();

    let described = |line: &str| {
        line.split_once("): ")
            .is_none_or(|(_, about)| !about.is_empty())
    };
    let silent: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("- `") && !described(line))
        .collect();
    assert_eq!(silent, Vec::<&str>::new());
    for key in [
        "- `insert` (list of Insert)",
        "- `if` (text)",
        "- `barrier` (text)",
        "- `markers` (list of Fact, required)",
    ] {
        assert!(text.contains(key), "{key}\n{text}");
    }
}
