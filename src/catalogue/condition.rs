//! Conditions: expressions of Tera. Those of variables with `and`, `or` and `not`, as most are, are evaluated here: Tera would
//! compile each of them, which takes as long as the edits.

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

/// Evaluates a condition; returns `None` for one with other operators, with parentheses in parentheses, or with a variable that
/// is not in `context`.
pub fn evaluate(condition: &str, context: &Context) -> Option<bool> {
    let mut rest = condition.trim_start();
    let inside = |rest: &mut &str| any(rest, &|rest: &mut &str| variable(rest, context));
    let holds = any(&mut rest, &|rest: &mut &str| match take(rest, "(") {
        true => inside(rest).filter(|_| take(rest, ")")),
        false => variable(rest, context),
    })?;
    rest.is_empty().then_some(holds)
}

/// Evaluates operands with `or`, `and` and `not` between and before them.
fn any(rest: &mut &str, operand: &dyn Fn(&mut &str) -> Option<bool>) -> Option<bool> {
    let mut holds = false;
    loop {
        let mut all = true;
        loop {
            let is_negated = take(rest, "not");
            all &= operand(rest)? != is_negated;
            if !take(rest, "and") {
                break;
            }
        }
        holds |= all;
        if !take(rest, "or") {
            return Some(holds);
        }
    }
}

fn variable(rest: &mut &str, context: &Context) -> Option<bool> {
    let word = word(rest);
    let value = match word.split_once('.') {
        Some((name, path)) => context.get(name)?.get_from_path(path)?,
        None => context.get(word)?,
    };
    skip(rest, word.len());
    Some(value.is_truthy())
}

/// Returns the word at the start of `rest`; it may be empty.
fn word<'a>(rest: &&'a str) -> &'a str {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let end = rest.find(|c| !is_part(c));
    &rest[..end.unwrap_or(rest.len())]
}

/// Takes the word or sign `wanted` from the start of `rest`, if it is there.
fn take(rest: &mut &str, wanted: &str) -> bool {
    let is_there = word(rest) == wanted || rest.starts_with(wanted) && word(rest).is_empty();
    if is_there {
        skip(rest, wanted.len());
    }
    is_there
}

fn skip(rest: &mut &str, length: usize) {
    *rest = rest[length..].trim_start();
}

#[cfg(test)]
mod tests {
    use super::*;
    use tera::Tera;

    /// Variables that are true and false, of all types.
    fn context() -> Context {
        let app = std::collections::BTreeMap::from([("name", "my_app"), ("none", "")]);
        let mut context = Context::new();
        context.insert("app", &app);
        context.insert("yes", &true);
        context.insert("no", &false);
        context.insert("text", "a");
        context.insert("empty", "");
        context.insert("list", &["a"]);
        context.insert("nothing", &[0; 0]);
        context.insert("two", &2);
        context.insert("zero", &0);
        context
    }

    fn by_tera(condition: &str, context: &Context) -> bool {
        let text = format!("{{% if {condition} %}}yes{{% endif %}}");
        let rendered = Tera::new().render_str(&text, context, false);
        rendered.expect(condition) == "yes"
    }

    #[test]
    fn conditions_of_variables_are_evaluated_as_tera_does_it() {
        let context = context();
        let variables = [
            "yes", "no", "text", "empty", "list", "nothing", "two", "zero", "app.name", "app.none",
        ];
        for a in variables {
            for b in variables {
                for c in ["yes", "no"] {
                    for condition in [
                        a.to_owned(),
                        format!("not {a}"),
                        format!("{a} and not {b}"),
                        format!("not {a} or {b}"),
                        format!("{a} or {b} and {c}"),
                        format!("{a} and {b} or {c}"),
                        format!("not {a} and {b} or not {c}"),
                        format!("not ({a} or {b}) and {c}"),
                        format!("{a} and (not {b} or {c})"),
                        format!("{a} and not({b})and ({c})"),
                    ] {
                        let expected = by_tera(&condition, &context);
                        assert_eq!(
                            evaluate(&condition, &context),
                            Some(expected),
                            "{condition}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn other_conditions_are_left_to_tera() {
        for condition in [
            "",
            "yes and",
            "(yes",
            "yes)",
            "yes no",
            "unknown",
            "app.unknown",
            "yes.no",
            "two > 1",
            "two + zero",
            "text == 'a'",
            "text is defined",
            "'a' in list",
            "text | length",
            "list[0]",
            "true",
            "2",
            "not",
            "not not yes",
            "((yes) and yes)",
            "nothing-yes",
        ] {
            assert_eq!(evaluate(condition, &context()), None, "{condition}");
        }
    }
}
