//! Values in TOML and JSON files, by their keys, in any spelling of the file: a table of its own, an inline table, a dotted key. Pure:
//! the caller reads the files.

use anyhow::Result;
use regex_lite::Regex;
use serde_json::Value;

/// Part of a key that stands for any key of a table, and any entry of a list.
const ANY: &str = "*";

/// As [`ANY`]: the key that stands there is the value.
const CAPTURED: &str = "@value";

/// Returns the contents of a file in the language `toml` or `json`, or its error; `None` for other languages.
pub fn parse(language: &str, text: &str) -> Option<Result<Value>> {
    let text = text.trim_start_matches('\u{feff}'); // editors on Windows add it
    match language {
        "toml" => Some(toml::from_str(text).map_err(Into::into)),
        "json" => Some(serde_json::from_str(text).map_err(Into::into)),
        _ => None,
    }
}

/// Returns the values at `key`, such as `package.name`, whose text `matches`. A table, a list and `null` have an empty text.
/// Entries of lists are in the order of the file, keys in that of the alphabet.
pub fn values(document: &Value, key: &str, matches: Option<&Regex>) -> Vec<String> {
    let mut found = Vec::new();
    let mut keep = |text: String, captured: Option<&str>| {
        if matches.is_none_or(|regex| regex.is_match(&text)) {
            found.push(captured.map_or(text, str::to_owned));
        }
    };
    collect(document, Some(key), None, &mut keep);
    found
}

fn collect<'a>(
    value: &'a Value,
    key: Option<&str>,
    captured: Option<&'a str>,
    keep: &mut impl FnMut(String, Option<&'a str>),
) {
    let Some(key) = key else {
        return keep(text(value), captured);
    };
    let (part, rest) = match key.split_once('.') {
        Some((part, rest)) => (part, Some(rest)),
        None => (key, None),
    };
    match (value, part) {
        (Value::Object(table), ANY | CAPTURED) => {
            for (name, value) in table {
                let captured = captured.or((part == CAPTURED).then_some(name));
                collect(value, rest, captured, keep);
            }
        }
        (Value::Array(entries), ANY) => {
            for entry in entries {
                collect(entry, rest, captured, keep);
            }
        }
        (Value::Object(table), name) => {
            if let Some(value) = table.get(name) {
                collect(value, rest, captured, keep);
            }
        }
        _ => {}
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(language: &str, text: &str, key: &str, matches: &str) -> Vec<String> {
        let document = parse(language, text)
            .expect("it is read")
            .expect("it is valid");
        let regex = Regex::new(matches).expect("it is valid");
        values(&document, key, (!matches.is_empty()).then_some(&regex))
    }

    #[test]
    fn a_key_is_found_in_every_spelling() {
        for text in [
            "[dependencies]\naxum = { version = \"0.8\" }",
            "[dependencies]\n\"axum\" = { 'version' = '0.8' }",
            "[dependencies]\naxum.version = \"0.8\"",
            "[dependencies.axum]\nversion = \"0.8\"",
            "[dependencies.\"axum\"]\nfeatures = [\"ws\"]\nversion = '0.8'",
            "dependencies = { axum = { version = \"\"\"0.8\"\"\" } }",
            "dependencies.axum.version = \"0.8\"",
            "[ dependencies . axum ] # the server\nversion = \"\\u0030.8\"",
        ] {
            let found = found("toml", text, "dependencies.axum.version", "");

            assert_eq!(found, ["0.8"], "{text}");
        }
        let text = r#"{ "dependencies": { "axum": { "version": "\u0030.8" }, "ws": null } }"#;
        let key = "dependencies.axum.version";
        assert_eq!(found("json", text, key, ""), ["0.8"]);
        assert_eq!(found("json", text, "dependencies.ws", ""), [""]);
    }

    #[test]
    fn any_key_and_any_entry_of_a_list_are_passed() {
        let text = "bin = [{ name = \"b\" }, { path = \"a.rs\" }, { name = \"a\" }]\n[x.z]\nname = 1\n[x.y]\nname = true\n[x.w]";

        assert_eq!(found("toml", text, "bin.*.name", ""), ["b", "a"]);
        assert_eq!(found("toml", text, "x.*.name", ""), ["true", "1"]);
        assert_eq!(found("toml", text, "x.@value.name", ""), ["y", "z"]);
        assert_eq!(found("toml", text, "x.@value.name", "^1$"), ["z"]);
        assert_eq!(found("toml", text, "x.@value", ""), ["w", "y", "z"]);
        assert_eq!(found("toml", text, "bin.@value", ""), Vec::<String>::new());
        assert_eq!(found("toml", text, "bin", ""), [""]);
        assert_eq!(found("toml", text, "bin.*.name", "^a"), ["a"]);
    }

    #[test]
    fn what_is_not_there_has_no_value() {
        let text = "[package]\nname = \"shop\"";

        for key in [
            "",
            ".",
            "package.",
            ".package",
            "package..name",
            "name",
            "package.name.x",
            "package.name.*",
            "package.nam",
        ] {
            assert_eq!(found("toml", text, key, ""), Vec::<String>::new(), "{key}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error_and_other_languages_have_no_keys() {
        for (language, text) in [
            ("toml", "<<<<<<< HEAD\n"),
            ("toml", "[a]\n[a]\n"),
            ("json", "{"),
        ] {
            assert!(
                parse(language, text).is_some_and(|read| read.is_err()),
                "{text}"
            );
        }
        for (language, text) in [("toml", "\u{feff}a = 1"), ("json", "\u{feff}{}")] {
            assert!(
                parse(language, text).is_some_and(|read| read.is_ok()),
                "{text}"
            );
        }
        assert!(parse("rust", "").is_none());
    }
}
