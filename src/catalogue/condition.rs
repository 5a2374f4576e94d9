//! Conditions, which are expressions of Tera: their variables, and the truth of simple ones.

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

/// Returns whether `condition` holds, as far as its simple operands show it: variables of `context`, such as in
/// `exact and not app.old`, of which a false one is enough. Returns `None` for anything else. Tera would compile the expression, which
/// takes as long as an edit.
pub fn decided(condition: &str, context: &Context) -> Option<bool> {
    if condition.contains(" or ") || condition.contains('(') {
        return None;
    }
    let mut holds = Some(true);
    for operand in condition.split(" and ") {
        let is_split = |quote: char| operand.matches(quote).count() % 2 == 1;
        if is_split('"') || is_split('\'') {
            return None;
        }
        holds = match truth(operand.trim(), context) {
            Some(true) => holds,
            Some(false) => Some(false),
            None => holds.filter(|holds| !holds),
        };
    }
    holds
}

/// Returns the truth of a variable, or of its opposite; `None` if it is unknown, or something else.
fn truth(operand: &str, context: &Context) -> Option<bool> {
    if let Some(opposite) = operand.strip_prefix("not ") {
        return truth(opposite.trim_start(), context).map(|truth| !truth);
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    match operand {
        "true" => Some(true),
        "false" => Some(false),
        _ if !operand.chars().all(is_part) => None,
        _ => Some(match operand.split_once('.') {
            Some((name, path)) => context.get(name)?.get_from_path(path)?.is_truthy(),
            None => context.get(operand)?.is_truthy(),
        }),
    }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::catalogue::Templates;
    use crate::catalogue::render::Renderer;

    /// Variables whose names say what they are.
    fn context() -> Context {
        let mut context = Context::new();
        context.insert("yes", &true);
        context.insert("no", &false);
        context.insert("text", "a");
        context.insert("empty", "");
        context.insert("list", &["a"]);
        context.insert("none", &Vec::<String>::new());
        context.insert("app", &BTreeMap::from([("name", "a"), ("old", "")]));
        context
    }

    #[test]
    fn what_is_decided_is_what_tera_finds() {
        let templates = Templates::default();
        let renderer = Renderer::new(&templates);
        let context = context();
        let simple = [
            "yes", "no", "text", "empty", "list", "none", "app", "app.name", "app.old", "true",
            "false",
        ];
        let mut all: Vec<_> = simple.map(str::to_owned).to_vec();
        all.extend(simple.map(|operand| format!("not {operand}")));
        let pairs = |first: &String| simple.map(|second| format!("{first} and {second}"));
        all.extend(all.clone().iter().flat_map(pairs));
        for condition in &all {
            // Parentheses leave it to Tera.
            let expected = renderer.holds(&format!("({condition})"), &context);
            let decided = decided(condition, &context);
            assert_eq!(decided, expected.ok(), "{condition}");
        }
    }

    #[test]
    fn an_operand_that_is_false_decides_and_others_are_left_to_tera() {
        let context = context();
        for (condition, expected) in [
            ("unknown and no", Some(false)),
            ("no and unknown", Some(false)),
            ("app.unknown and app.old", Some(false)),
            ("unknown and yes", None),
            ("yes and unknown", None),
            ("text == \"a\"", None),
            ("text == \"a\" and no", Some(false)),
            ("text == \"a and no and b\"", None),
            ("text == 'a and no and b'", None),
            ("no or yes", None),
            ("no and yes or yes", None),
            ("not (yes and no and yes)", None),
            ("\"a\" in list", None),
            ("text | length", None),
        ] {
            assert_eq!(decided(condition, &context), expected, "{condition}");
        }
    }

    #[test]
    fn an_unknown_variable_is_found_and_words_that_are_none_are_not() {
        let context = context();
        for (condition, expected) in [
            ("yes and unknown", Some("unknown")),
            ("app.unknown", Some("app.unknown")),
            ("unknown.name", Some("unknown.name")),
            ("text == \"unknown\" or 'unknown' in list", None),
            ("unknown is defined", None),
            ("text is not starting_with(pat=unknown)", Some("pat")),
            ("text | length > 3", None),
            ("not yes and true", None),
        ] {
            assert_eq!(
                unknown_variable(condition, &context),
                expected,
                "{condition}"
            );
        }
    }
}
