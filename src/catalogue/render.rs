//! Tera, which renders strings, whole TOML values and conditions. An undefined variable is an error.
//!
//! Besides Tera's own filters, there is `import_path`: `{{ "assets/js/token" | import_path(from="assets/js/lib/net.js") }}` is
//! `../token`. `{{ "Usr" | nearest(of=channels) }}` is the entry of the list that was probably meant, or nothing.
//! `{{ topic | escaped }}` is a text for `#match?` that matches only `topic`.
//! `{% if version is matching(pat="^1[.]8") %}` tests a text by a regular expression.
//! `{{ "src/channels/room.rs" | module_path(src="src/") }}` is `::channels::room`.
//! `{{ "Admin.RoomChannel" | without_suffix(suffix="Channel") }}` is `Admin.Room`, as in arguments; `Admin.Channel` stays.

use std::cell::OnceCell;

use anyhow::{Context as _, Result, bail};
use regex_lite::Regex;
use tera::{Context, Kwargs, State, Tera, TeraResult};

use super::condition::{decided, unknown_variable};
use super::templates::Templates;
use crate::edit::mark;
use crate::name::without_suffix;
use crate::nearest::nearest;

/// Variable of captures: `{{ found.socket }}`.
const CAPTURED: &str = "found";

/// Renders templates.
pub struct Renderer<'a> {
    templates: &'a Templates,
    plain: Tera,
    /// Tera with the templates of `shared/`.
    shared: OnceCell<Tera>,
}

impl<'a> Renderer<'a> {
    pub fn new(templates: &'a Templates) -> Self {
        Self {
            templates,
            plain: with_filters(),
            shared: OnceCell::new(),
        }
    }

    pub fn templates(&self) -> &'a Templates {
        self.templates
    }

    /// Renders the template `text`.
    pub fn text(&self, text: &str, context: &Context) -> Result<String> {
        if !is_template(text) {
            return Ok(text.to_owned());
        }
        if let Some(filled) = fill(text, context) {
            return Ok(filled);
        }
        let tera = match text.contains("{% include") {
            true => self.shared()?,
            false => &self.plain,
        };
        let with_found = with_found(text, context);
        let context = with_found.as_ref().unwrap_or(context);
        let rendered = tera.render_str(text, context, false);
        // That of a file is named by its path, and the error shows the line.
        match text.contains('\n') {
            true => Ok(rendered?),
            false => rendered.with_context(|| format!("in the template {text:?}")),
        }
    }

    /// Returns the keys of `table` that are wanted, with all strings rendered. Of a list, each entry is wanted or not.
    pub fn table(
        &self,
        table: &toml::Table,
        is_wanted: impl Fn(&str, &toml::Value) -> bool,
        context: &Context,
    ) -> Result<toml::Table> {
        let wanted = table.iter().filter(|(key, value)| is_wanted(key, value));
        let rendered = wanted.map(|(key, value)| {
            let value = match value {
                toml::Value::Array(entries) => {
                    let entries = entries.iter().filter(|entry| is_wanted(key, entry));
                    self.list(entries, context)
                }
                value => self.value(value, context),
            };
            Ok((key.clone(), value.with_context(|| format!("in `{key}`"))?))
        });
        rendered.collect()
    }

    fn list<'v>(
        &self,
        values: impl Iterator<Item = &'v toml::Value>,
        context: &Context,
    ) -> Result<toml::Value> {
        let values = values.map(|value| self.value(value, context));
        Ok(toml::Value::Array(values.collect::<Result<_>>()?))
    }

    fn value(&self, value: &toml::Value, context: &Context) -> Result<toml::Value> {
        Ok(match value {
            toml::Value::String(text) => toml::Value::String(self.text(text, context)?),
            toml::Value::Array(values) => self.list(values.iter(), context)?,
            toml::Value::Table(table) => {
                let all: &dyn Fn(&str, &toml::Value) -> bool = &|_, _| true;
                toml::Value::Table(self.table(table, all, context)?)
            }
            other => other.clone(),
        })
    }

    /// Returns whether the expression `condition` holds; true for an empty one.
    pub fn holds(&self, condition: &str, context: &Context) -> Result<bool> {
        if condition.is_empty() {
            return Ok(true);
        }
        // In Tera, undefined variables are false.
        if let Some(unknown) = unknown_variable(condition, context) {
            bail!("in the condition `{condition}`: there is no `{unknown}`");
        }
        if let Some(holds) = decided(condition, context) {
            return Ok(holds);
        }
        let text = format!("{{% if {condition} %}}yes{{% endif %}}");
        let rendered = self.plain.render_str(&text, context, false);
        Ok(rendered.with_context(|| format!("in the condition `{condition}`"))? == "yes")
    }

    fn shared(&self) -> Result<&Tera> {
        if let Some(tera) = self.shared.get() {
            return Ok(tera);
        }
        let mut tera = with_filters();
        for (name, text) in self.templates.shared()? {
            // The including line has its own line ending.
            tera.add_raw_template(name, text.trim_end())?;
        }
        Ok(self.shared.get_or_init(|| tera))
    }
}

fn with_filters() -> Tera {
    let mut tera = Tera::new();
    tera.register_filter("import_path", import_path);
    tera.register_filter("nearest", nearest_of);
    tera.register_filter("escaped", escaped);
    tera.register_filter("without_suffix", without_suffix_of);
    tera.register_filter("module_path", module_path);
    tera.register_test("matching", is_matching);
    tera
}

/// Returns the word of a list that is the nearest to `typed`, or an empty text.
fn nearest_of(typed: &str, arguments: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let words: Vec<String> = arguments.must_get("of")?;
    let found = nearest(typed, words.iter().map(String::as_str));
    Ok(found.unwrap_or_default().to_owned())
}

/// Returns `text` for a regular expression in a string of a query.
fn escaped(text: &str, _: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let pattern = regex_lite::escape(text);
    Ok(pattern.replace('\\', "\\\\").replace('"', "\\\""))
}

fn without_suffix_of(name: &str, arguments: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let suffix: &str = arguments.must_get("suffix")?;
    Ok(without_suffix(name, suffix).to_owned())
}

fn is_matching(text: &str, arguments: Kwargs, _: &State<'_>) -> TeraResult<bool> {
    let pattern: &str = arguments.must_get("pat")?;
    let regex = Regex::new(pattern).map_err(|error| tera::Error::message(error.to_string()))?;
    Ok(regex.is_match(text))
}

/// Returns the path of the Rust module in `file`, from the crate on. Both `file` and `src` are paths below the root.
fn module_path(file: &str, arguments: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let src: &str = arguments.must_get("src")?;
    let file = file.strip_prefix(src).unwrap_or(file);
    let file = file.strip_suffix(".rs").unwrap_or(file);
    let file = file.strip_suffix("/mod").unwrap_or(file);
    let modules = file
        .split('/')
        .filter(|name| !["main", "lib"].contains(name));
    Ok(modules.map(|name| format!("::{name}")).collect())
}

/// Returns the path of `module` in imports of the script `from`. Both are paths below the root.
fn import_path(module: &str, arguments: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let script: &str = arguments.must_get("from")?;
    let (folder, _) = script.rsplit_once('/').unwrap_or_default();
    let mut folders = folder.split('/').filter(|part| !part.is_empty()).peekable();
    let mut rest = module;
    while let Some(folder) = folders.peek()
        && let Some(below) = rest
            .strip_prefix(*folder)
            .and_then(|rest| rest.strip_prefix('/'))
    {
        rest = below;
        folders.next();
    }
    Ok(match folders.count() {
        0 => format!("./{rest}"),
        above => format!("{}{rest}", "../".repeat(above)),
    })
}

/// Renders a template whose only tags are variables with texts, as most are; returns `None` for others. Tera would compile
/// each of them, which takes as long as the edits.
fn fill(text: &str, context: &Context) -> Option<String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'{', rest.as_bytes()) {
        let (before, tag) = rest.split_at(at);
        filled += before;
        let Some(inside) = tag.strip_prefix("{{ ") else {
            filled.push('{');
            rest = &tag[1..];
            continue;
        };
        let (inside, behind) = inside.split_once('}')?;
        fill_in(inside.strip_suffix(' ')?, context, &mut filled)?;
        rest = behind.strip_prefix('}')?;
    }
    filled += rest;
    (!is_template(&filled)).then_some(filled)
}

/// Adds the text of a variable; returns `None` for other expressions and other values.
fn fill_in(variable: &str, context: &Context, filled: &mut String) -> Option<()> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    if !variable.chars().all(is_part) {
        return None;
    }
    let value = match variable.split_once('.') {
        Some((CAPTURED, name)) if !name.contains('.') => {
            *filled += &mark(name);
            return Some(());
        }
        Some((name, path)) => context.get(name)?.get_from_path(path)?,
        None => context.get(variable)?,
    };
    *filled += value.as_str()?;
    Some(())
}

/// Returns whether `text` has anything to render.
fn is_template(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut tags = memchr::memchr_iter(b'{', bytes);
    tags.any(|at| matches!(bytes.get(at + 1), Some(b'{' | b'%' | b'#')))
}

/// Returns the context with a placeholder for each capture in `text`, which the edit replaces, or `None` without
/// captures.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_path_leads_from_the_script_to_the_module() {
        let renderer = Templates::default();
        let renderer = Renderer::new(&renderer);
        for (module, script, expected) in [
            ("assets/js/token", "assets/js/user_socket.js", "./token"),
            (
                "assets/js/token",
                "assets/js/lib/net/socket.ts",
                "../../token",
            ),
            ("assets/js/token", "assets/src/socket.js", "../js/token"),
            ("assets/js/token", "assets/json/socket.js", "../js/token"),
            ("assets/js/token", "socket.js", "./assets/js/token"),
            ("token", "assets/js/socket.js", "../../token"),
        ] {
            let text = format!("{{{{ '{module}' | import_path(from='{script}') }}}}");
            let path = renderer.text(&text, &Context::new());
            assert_eq!(path.expect(script), expected, "{script}");
        }
    }

    #[test]
    fn a_suffix_is_dropped_as_from_arguments() {
        let renderer = Templates::default();
        let renderer = Renderer::new(&renderer);
        for (name, expected) in [
            ("Admin.RoomChannel", "Admin.Room"),
            ("RoomChannelChannel", "RoomChannel"),
            ("Admin.Channel", "Admin.Channel"),
            ("Channel", "Channel"),
        ] {
            let text = format!("{{{{ '{name}' | without_suffix(suffix='Channel') }}}}");
            let rest = renderer.text(&text, &Context::new());
            assert_eq!(rest.expect(name), expected);
        }
    }

    #[test]
    fn the_path_of_a_module_is_that_of_its_file_in_the_crate() {
        let renderer = Templates::default();
        let renderer = Renderer::new(&renderer);
        for (file, expected) in [
            ("app/src/lib.rs", ""),
            ("app/src/main.rs", ""),
            ("app/src/rooms.rs", "::rooms"),
            (
                "app/src/channels/room_channel.rs",
                "::channels::room_channel",
            ),
            ("app/src/web/rooms/mod.rs", "::web::rooms"),
        ] {
            let text = format!("{{{{ '{file}' | module_path(src='app/src/') }}}}");
            let path = renderer.text(&text, &Context::new());
            assert_eq!(path.expect(file), expected, "{file}");
        }
    }

    #[test]
    fn a_text_is_tested_by_a_regular_expression() {
        let renderer = Templates::default();
        let renderer = Renderer::new(&renderer);
        let test = |text: &str, pattern: &str| {
            let text = format!("{{% if '{text}' is matching(pat='{pattern}') %}}yes{{% endif %}}");
            renderer.text(&text, &Context::new())
        };
        for (text, expected) in [
            ("1.8.9", "yes"),
            ("1.8.10", "yes"),
            ("11.8.9", ""),
            ("", ""),
        ] {
            let found = test(text, "^1[.]8[.](9|[1-9][0-9])$");
            assert_eq!(found.expect(text), expected, "{text}");
        }
        assert!(test("1.8.9", "(").is_err());
    }

    #[test]
    fn variables_are_filled_in_as_tera_does_it_or_left_to_tera() {
        let mut context = Context::new();
        let app = std::collections::BTreeMap::from([("name", "my_app"), ("odd", "a {{ b }}")]);
        context.insert("app", &app);
        context.insert("text", "two\nlines & <b>");
        context.insert("number", &3);
        let tera = Tera::new();
        for (text, is_filled) in [
            ("lib/{{ app.name }}/{{ text }}.ex\n", true),
            ("{{ app.name }}{{ app.name }}", true),
            ("{{ number }}", false),
            ("{{ app.name | upper }}", false),
            ("{{ app.odd }}", false),
            ("{{app.name}} {{ text }}", false),
            ("{% if number %}{{ text }}{% endif %}", false),
            ("{# {{ text }} #}", false),
            ("{{ text }}{{ app.name | upper }}", false),
            ("fn f() { {{ text }} } {", true),
        ] {
            let rendered = tera.render_str(text, &context, false).expect(text);
            assert_eq!(
                fill(text, &context),
                is_filled.then_some(rendered),
                "{text}"
            );
        }
        assert_eq!(fill("{{ unknown }}", &context), None);
    }
}
