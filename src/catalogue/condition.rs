//! Variables of conditions, which are expressions of Tera.

use tera::{Context, Value};

/// Words in Tera expressions that are not variables.
const WORDS: [&str; 7] = ["and", "or", "not", "in", "is", "true", "false"];

/// Returns a variable of the expression `condition` that is not in `context`.
pub fn unknown_variable<'a>(condition: &'a str, context: &Context) -> Option<&'a str> {
    let mut before = "";
    for (word, rest) in words(condition) {
        // Words after `is` and `|` are tests and filters; the operand of a test may be undefined.
        let is_operation = before == "is" || before == "|";
        let is_asked = rest.trim_start().starts_with("is defined");
        let (name, path) = word.split_once('.').unwrap_or((word, ""));
        let is_known = WORDS.contains(&word) || is_operation || is_asked;
        let has = |value: &Value| path.is_empty() || value.get_from_path(path).is_some();
        if !is_known && !context.get(name).is_some_and(has) {
            return Some(word);
        }
        before = match rest.trim_start().starts_with('|') {
            true => "|",
            false if before == "is" && word == "not" => "is",
            false => word,
        };
    }
    None
}

/// Returns the words of an expression outside of quotes, each with the rest after it.
fn words(expression: &str) -> Vec<(&str, &str)> {
    let mut words = Vec::new();
    let mut rest = expression;
    while let Some(c) = rest.chars().next() {
        let behind = &rest[c.len_utf8()..];
        rest = match c {
            '"' | '\'' => behind.split_once(c).map_or("", |(_, rest)| rest),
            c if c.is_alphanumeric() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || "_.".contains(c)));
                let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
                if !c.is_numeric() {
                    words.push((word, behind));
                }
                behind
            }
            _ => behind,
        };
    }
    words
}
