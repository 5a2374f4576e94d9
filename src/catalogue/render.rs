//! Tera, which renders strings, whole TOML values and conditions. An undefined variable is an error.

use std::cell::OnceCell;

use anyhow::{Context as _, Result, bail};
use tera::{Context, Tera};

use super::templates::Templates;
use crate::edit::mark;

/// The variable that holds what queries capture: `{{ found.socket }}`.
const CAPTURED: &str = "found";

/// Renders templates.
pub struct Renderer<'a> {
    templates: &'a Templates,
    plain: Tera,
    /// With what templates include from `shared/`.
    shared: OnceCell<Tera>,
}

impl<'a> Renderer<'a> {
    pub fn new(templates: &'a Templates) -> Self {
        Self {
            templates,
            plain: Tera::new(),
            shared: OnceCell::new(),
        }
    }

    pub fn templates(&self) -> &'a Templates {
        self.templates
    }

    /// Renders a template given as text.
    pub fn text(&self, text: &str, context: &Context) -> Result<String> {
        if !is_template(text) {
            return Ok(text.to_owned());
        }
        let tera = match text.contains("{% include") {
            true => self.shared()?,
            false => &self.plain,
        };
        let with_found = with_found(text, context);
        let context = with_found.as_ref().unwrap_or(context);
        if let Some(filled) = fill(text, context) {
            return Ok(filled);
        }
        tera.render_str(text, context, false)
            .with_context(|| format!("in the template {text:?}"))
    }

    /// Renders every string of `value`.
    pub fn value(&self, value: &mut toml::Value, context: &Context) -> Result<()> {
        match value {
            toml::Value::String(text) => *text = self.text(text, context)?,
            toml::Value::Array(values) => {
                for value in values {
                    self.value(value, context)?;
                }
            }
            toml::Value::Table(table) => self.table(table, context)?,
            _ => {}
        }
        Ok(())
    }

    /// Renders every string of `table`.
    pub fn table(&self, table: &mut toml::Table, context: &Context) -> Result<()> {
        table.iter_mut().try_for_each(|(key, value)| {
            self.value(value, context)
                .with_context(|| format!("in `{key}`"))
        })
    }

    /// Whether the expression `condition` holds; an empty one does.
    pub fn holds(&self, condition: &str, context: &Context) -> Result<bool> {
        if condition.is_empty() {
            return Ok(true);
        }
        // To Tera, what is not defined is merely false.
        if let Some(unknown) = unknown_variable(condition, context) {
            bail!("in the condition `{condition}`: there is no `{unknown}`");
        }
        let text = format!("{{% if {condition} %}}yes{{% endif %}}");
        let rendered = self.plain.render_str(&text, context, false);
        Ok(rendered.with_context(|| format!("in the condition `{condition}`"))? == "yes")
    }

    fn shared(&self) -> Result<&Tera> {
        if let Some(tera) = self.shared.get() {
            return Ok(tera);
        }
        let mut tera = Tera::new();
        for (name, text) in self.templates.shared()? {
            // The line that includes it has an end of its own.
            tera.add_raw_template(name, text.trim_end())?;
        }
        Ok(self.shared.get_or_init(|| tera))
    }
}

/// What Tera makes of `text` if all that it asks for is variables that are texts, as most do; `None` otherwise. To compile
/// them all takes Tera as long as the edits themselves.
fn fill(text: &str, context: &Context) -> Option<String> {
    let mut parts = text.split("{{ ");
    let mut filled = parts.next()?.to_owned();
    for part in parts {
        let (variable, rest) = part.split_once(" }}")?;
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        if !variable.chars().all(is_part) {
            return None;
        }
        let value = match variable.split_once('.') {
            Some((name, path)) => context.get(name)?.get_from_path(path)?,
            None => context.get(variable)?,
        };
        filled += value.as_str()?;
        filled += rest;
    }
    (!is_template(&filled)).then_some(filled)
}

/// Whether there is anything to render in `text`.
fn is_template(text: &str) -> bool {
    let mut pairs = text.as_bytes().windows(2);
    pairs.any(|pair| matches!(pair, [b'{', b'{' | b'%' | b'#']))
}

/// Words of Tera's expressions that are no variables.
const WORDS: [&str; 7] = ["and", "or", "not", "in", "is", "true", "false"];

/// A variable of the expression `condition` that `context` does not have.
fn unknown_variable<'a>(condition: &'a str, context: &Context) -> Option<&'a str> {
    let mut before = "";
    for (word, rest) in words(condition) {
        // What follows `is` and `|` is a test or a filter; what a test asks about may be undefined.
        let is_operation = before == "is" || before == "|";
        let is_asked = rest.trim_start().starts_with("is defined");
        let (name, path) = word.split_once('.').unwrap_or((word, ""));
        let is_known = WORDS.contains(&word) || is_operation || is_asked;
        let has = |value: &tera::Value| path.is_empty() || value.get_from_path(path).is_some();
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

/// The words of an expression that start with a letter and are outside of quotes, and what follows each.
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

/// The context with a mark for each capture that `text` names, or `None` if it names none. The edit fills it in.
fn with_found(text: &str, context: &Context) -> Option<Context> {
    let start = format!("{CAPTURED}.");
    let mut marks = std::collections::BTreeMap::new();
    for (at, _) in text.match_indices(&start) {
        let name = &text[at + start.len()..];
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let name = &name[..end.unwrap_or(name.len())];
        marks.insert(name, mark(name));
    }
    if marks.is_empty() {
        return None;
    }
    let mut context = context.clone();
    context.insert(CAPTURED, &marks);
    Some(context)
}
