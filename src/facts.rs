//! Facts of an app, computed by the rules of its stack. Pure: the caller reads the files.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use heck::ToUpperCamelCase;
use tera::{Context, Value};

use crate::catalogue::Templates;
use crate::catalogue::generator::ListRule;
use crate::catalogue::render::Renderer;
use crate::catalogue::stack::{FactRule, Lookup};
use crate::error::fault_in;

/// The facts of an app; `app` in templates.
pub type Facts = BTreeMap<String, String>;

/// A source of a fact, with rendered texts.
#[derive(Debug, Clone, Default)]
pub struct Question {
    pub file: Option<String>,
    /// The file may be in a folder above.
    pub above: bool,
    /// Key of patterns of folders that are excluded from those of `key`.
    pub except: Option<String>,
    pub program: Option<String>,
    pub variable: Option<String>,
    pub search: Vec<String>,
    /// One of these words is in the file; no word is any file.
    pub mentions: Vec<String>,
    /// Keys of a TOML or JSON file. Without any, and without `query`, the existence of the file counts.
    pub key: Vec<String>,
    /// Regular expression for the text at a key.
    pub matches: Option<String>,
    pub within: Option<String>,
    pub query: Option<String>,
}

impl Question {
    /// Returns the source `way`, with its texts rendered in `context`; `None` if the path of its file is empty.
    fn of(way: &Lookup, context: &Context, renderer: &Renderer<'_>) -> Result<Option<Self>> {
        let text = |text: &String| renderer.text(text, context);
        let one = |given: &Option<String>| given.as_ref().map(text).transpose();
        let all = |given: &[String]| given.iter().map(text).collect::<Result<_>>();
        let file = one(&way.file)?;
        if file.as_deref() == Some("") {
            return Ok(None);
        }
        Ok(Some(Self {
            file,
            above: way.above,
            except: one(&way.except)?,
            program: way.program.clone(),
            variable: way.variable.clone(),
            search: all(&way.search)?,
            mentions: all(&way.mentions)?,
            key: all(&way.key)?,
            matches: one(&way.matches)?,
            within: one(&way.within)?,
            query: one(&way.query)?,
        }))
    }
}

/// Returns all values for a look-up, each with the path of its file.
pub type Look<'a> = dyn Fn(&Question) -> Result<Vec<(String, String)>> + 'a;

/// Returns the facts as the variable `app`.
pub fn variable(facts: &Facts) -> Value {
    Value::from_serializable(facts)
}

/// Returns the variables of a template about an app.
pub fn context(facts: &Facts) -> Context {
    let mut context = Context::new();
    context.insert_value("app", variable(facts));
    context
}

/// Computes all facts in the order of the rules, except those in `given`. Returns `None` if one has no value.
pub fn work_out(
    rules: &[FactRule],
    given: Facts,
    templates: &Templates,
    look: &Look<'_>,
) -> Result<Option<Facts>> {
    let renderer = Renderer::new(templates);
    let mut facts = given;
    add_spellings(&mut facts);
    for rule in rules {
        if facts.contains_key(&rule.name) {
            continue;
        }
        let value = first(&rule.any, &context(&facts), look, &renderer);
        let Some(value) = fault_in(value, || format!("the fact `{}`", rule.name))? else {
            return Ok(None);
        };
        if rule.needed && value.is_empty() {
            return Ok(None);
        }
        facts.insert(rule.name.clone(), value);
        add_spellings(&mut facts);
    }
    Ok(Some(facts))
}

/// Returns the names of the facts that are the same in each app, such as a part of several queries: texts with no variables but each
/// other.
pub fn constants(rules: &[FactRule]) -> BTreeSet<&str> {
    let mut constants = BTreeSet::new();
    for rule in rules {
        let [way] = &rule.any[..] else { continue };
        let Some(value) = way.value.as_deref().filter(|_| !way.is_look_up()) else {
            continue;
        };
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let facts = value.split("app.").skip(1);
        let mut facts = facts.filter_map(|rest| rest.split(|c| !is_part(c)).next());
        if facts.all(|fact| constants.contains(fact)) {
            constants.insert(rule.name.as_str());
        }
    }
    constants
}

/// Returns the first value of `ways`, with texts rendered in `context`.
///
/// # Errors
/// A template or a query is invalid.
pub fn first<'w>(
    ways: impl IntoIterator<Item = &'w Lookup>,
    context: &Context,
    look: &Look<'_>,
    renderer: &Renderer<'_>,
) -> Result<Option<String>> {
    let mut context = Cow::Borrowed(context);
    for way in ways {
        if way.is_look_up() {
            let Some(question) = Question::of(way, &context, renderer)? else {
                continue;
            };
            let found = look(&question)?;
            let Some((value, path)) = found.first() else {
                continue;
            };
            if let Some(separator) = &way.join {
                let joined = joined(&found, way, context.into_owned(), renderer)?;
                return Ok(Some(joined.join(separator)));
            }
            // With several files, none is chosen.
            if !way.several && found.iter().any(|(_, other)| other != path) {
                continue;
            }
            if way.value.is_none() && !value.is_empty() {
                return Ok(Some(value.clone()));
            }
            let found = context.to_mut();
            found.insert("value", value);
            found.insert("path", path);
        }
        if let Some(value) = &way.value {
            return Ok(Some(renderer.text(value, &context)?));
        }
    }
    Ok(None)
}

/// Returns the values of a look-up that has `found` several, without empty ones.
fn joined(
    found: &[(String, String)],
    way: &Lookup,
    mut context: Context,
    renderer: &Renderer<'_>,
) -> Result<Vec<String>> {
    let mut values = Vec::new();
    for (value, path) in found {
        context.insert("value", value);
        context.insert("path", path);
        let value = match &way.value {
            Some(text) => renderer.text(text, &context)?,
            None => value.clone(),
        };
        values.push(value);
    }
    values.retain(|value| !value.is_empty());
    Ok(values)
}

/// Returns all values of a list, in order, with texts rendered in `context`.
pub fn all(
    list: &ListRule,
    mut context: Context,
    look: &Look<'_>,
    renderer: &Renderer<'_>,
) -> Result<BTreeSet<String>> {
    let text = |text: &String| renderer.text(text, &context);
    let question = Question {
        search: list.search.iter().map(text).collect::<Result<_>>()?,
        mentions: vec![renderer.text(&list.mentions, &context)?],
        query: Some(renderer.text(&list.query, &context)?),
        ..Question::default()
    };
    let mut values = BTreeSet::new();
    for (value, _) in look(&question)? {
        context.insert("value", &value);
        let listed = list.value.as_ref();
        let listed = listed.map(|text| renderer.text(text, &context));
        values.insert(listed.unwrap_or(Ok(value))?);
    }
    Ok(values)
}

/// Adds other spellings of the app's name, unless the stack has rules for them.
fn add_spellings(facts: &mut Facts) {
    if let Some(name) = facts.get("name").cloned() {
        let spellings = [
            ("pascal", name.to_upper_camel_case()),
            ("snake", name.replace('-', "_")),
        ];
        for (spelling, name) in spellings {
            facts.entry(spelling.to_owned()).or_insert(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_texts_without_variables_of_an_app() {
        let value = |value: &str| Lookup {
            value: Some(value.to_owned()),
            ..Lookup::default()
        };
        let file = Lookup {
            file: Some("Cargo.toml".to_owned()),
            ..value("a")
        };
        let rules = [
            ("word", vec![value("(a|b)")]),
            (
                "query",
                vec![value(
                    "((x) @a (#match? @a \"{{ app.word }}\")){{ app.word }}",
                )],
            ),
            ("root", vec![value("{{ app.word }}{{ app.name }}")]),
            ("below", vec![value("{{ app.query }}{{ app.root }}")]),
            ("found", vec![file, value("a")]),
            ("needs", vec![value("{% if app.found %}a{% endif %}")]),
        ];
        let rules = rules.map(|(name, any)| FactRule {
            name: name.to_owned(),
            needed: false,
            any,
        });
        let found: Vec<_> = constants(&rules).into_iter().collect();
        assert_eq!(found, ["query", "word"]);
    }
}
