//! Quotes and semicolons: an inserted text has those of most strings and statements of its file.
//!
//! The queries for strings and statements are in `templates/languages.toml`. Languages without them have one style only.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::iter;
use std::ops::Range;

use anyhow::Result;
use tree_sitter::Node;

use super::language::{Language, StyleQueries};
use super::source::Source;

/// Style of a file; `None` without a majority.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    quote: Option<char>,
    semicolons: Option<bool>,
}

/// Texts that an insertion has put into a file.
#[derive(Debug, Default)]
pub struct Inserted {
    pub ranges: Vec<Range<usize>>,
    /// Parts of them that the file had before: they stay as they are.
    pub own: Vec<String>,
    /// The last statement ends as it did in the file: the text has replaced an expression.
    pub keeps_end: bool,
}

const QUOTES: [char; 2] = ['"', '\''];

/// First characters of a line that continue the statement above, if that has no semicolon.
const CONTINUES: [char; 9] = ['(', '[', '`', '+', '-', '*', '/', ',', '.'];

impl Style {
    /// Returns the style of most strings and statements in `source`.
    ///
    /// # Errors
    /// A query of the language is invalid.
    pub fn of(source: &Source) -> Result<Self> {
        let strings = strings(source)?;
        let quotes = strings
            .iter()
            .map(|at| source.text[at.clone()].chars().next());
        let statements = statements(source)?;
        let ends = statements
            .iter()
            .map(|at| source.text[at.clone()].ends_with(';'));
        Ok(Self {
            quote: majority(quotes.flatten(), QUOTES),
            semicolons: majority(ends, [true, false]),
        })
    }

    /// Returns `text`, which replaces that of `source` and has new code in `range`: in this style, and in those with other quotes.
    ///
    /// # Errors
    /// As [`Style::of`].
    pub fn variants(
        self,
        source: &Source,
        text: String,
        range: Range<usize>,
    ) -> Result<Vec<String>> {
        if source.language.rules.style.is_none() {
            return Ok(vec![text]);
        }
        let inserted = Inserted {
            ranges: vec![range],
            keeps_end: true,
            ..Inserted::default()
        };
        let others = QUOTES.into_iter().map(Some);
        let others = others.filter(|quote| *quote != self.quote);
        let styles = iter::once(self.quote).chain(others);
        let styles = styles.map(|quote| Self { quote, ..self });
        let texts = styles.map(|style| {
            let source = source.with_text(text.clone());
            Ok(style.applied(source, &inserted)?.text)
        });
        texts.collect()
    }

    /// Returns `source` with the inserted texts in this style.
    ///
    /// # Errors
    /// As [`Style::of`].
    pub fn applied(self, source: Source, inserted: &Inserted) -> Result<Source> {
        let mut edits = Vec::new();
        if let Some(quote) = self.quote {
            let own = strings(&source)?.into_iter();
            let own = own.filter(|at| inserted.has(at, &source));
            edits.extend(own.filter_map(|at| requoted(&source.text, at, quote)));
        }
        if let Some(semicolons) = self.semicolons {
            let own = statements(&source)?.into_iter();
            let own = own.filter(|at| inserted.has(at, &source) && !inserted.keeps(at));
            edits.extend(own.filter_map(|at| ended(&source, at.end, semicolons)));
        }
        if edits.is_empty() {
            return Ok(source);
        }
        edits.sort_by_key(|(range, _)| range.start);
        let mut text = source.text.clone();
        for (range, new) in edits.into_iter().rev() {
            text.replace_range(range, &new);
        }
        Ok(source.with_text(text))
    }
}

impl Inserted {
    /// Returns whether the node at `at` is new in the file.
    fn has(&self, at: &Range<usize>, source: &Source) -> bool {
        let is_inside = |range: &Range<usize>| range.start <= at.start && at.end <= range.end;
        let is_own = |own: &String| own.contains(&source.text[at.clone()]);
        self.ranges.iter().any(is_inside) && !self.own.iter().any(is_own)
    }

    /// Returns whether the statement at `at` ends as it did in the file.
    fn keeps(&self, at: &Range<usize>) -> bool {
        self.keeps_end && self.ranges.iter().any(|range| range.end == at.end)
    }
}

/// Returns `text` in one style, for comparisons of lines.
pub fn neutral<'a>(text: &'a str, language: &Language) -> Cow<'a, str> {
    if language.rules.style.is_none() {
        return Cow::Borrowed(text);
    }
    let line = |line: &'a str| line.trim_end().trim_end_matches(';').replace('\'', "\"");
    Cow::Owned(text.lines().map(line).collect::<Vec<_>>().join("\n"))
}

/// Returns the ranges of strings in either quotes.
fn strings(source: &Source) -> Result<Vec<Range<usize>>> {
    captured(source, |style| &style.strings)
}

/// Returns the ranges of statements that end with a semicolon, or might.
fn statements(source: &Source) -> Result<Vec<Range<usize>>> {
    captured(source, |style| &style.statements)
}

/// Returns the ranges of the captures `@own` of a query that are no captures `@other`.
fn captured(
    source: &Source,
    query: impl FnOnce(&StyleQueries) -> &String,
) -> Result<Vec<Range<usize>>> {
    let Some(style) = &source.language.rules.style else {
        return Ok(Vec::new());
    };
    let found = source.find(query(style))?;
    let others: Vec<_> = found
        .iter()
        .filter_map(|found| found.node("other"))
        .collect();
    let own = found.iter().filter_map(|found| found.node("own"));
    let own = own.filter(|node: &Node<'_>| !others.contains(node));
    Ok(own
        .map(|node| node.start_byte()..code_end(node, source))
        .collect())
}

/// Returns the end of a node without a comment behind it, which belongs to a statement that has no semicolon.
fn code_end(node: Node<'_>, source: &Source) -> usize {
    let children = (0..node.child_count())
        .rev()
        .filter_map(|at| node.child(at));
    let mut code = children.filter(|child| !child.is_extra() && !child.byte_range().is_empty());
    source.range_of(code.next().unwrap_or(node)).end
}

/// Returns the value that most of `found` have.
fn majority<T: PartialEq>(found: impl Iterator<Item = T>, [a, b]: [T; 2]) -> Option<T> {
    let (of_a, others): (Vec<_>, Vec<_>) = found.partition(|value| *value == a);
    match of_a.len().cmp(&others.len()) {
        Ordering::Greater => Some(a),
        Ordering::Less => Some(b),
        Ordering::Equal => None,
    }
}

/// Returns the edit that gives a string the quotes, unless they are in it.
fn requoted(text: &str, at: Range<usize>, quote: char) -> Option<(Range<usize>, String)> {
    let string = &text[at.clone()];
    let inner = string.get(1..string.len().checked_sub(1)?)?;
    let is_other = !string.starts_with(quote) && !inner.contains(quote);
    is_other.then(|| (at, format!("{quote}{inner}{quote}")))
}

/// Returns the edit of a statement's end that adds a semicolon, or removes it where that changes nothing.
fn ended(source: &Source, end: usize, semicolon: bool) -> Option<(Range<usize>, String)> {
    match (source.text[..end].ends_with(';'), semicolon) {
        (false, true) => Some((end..end, ";".to_owned())),
        (true, false) if !is_continued(source, end) => Some((end - 1..end, String::new())),
        _ => None,
    }
}

/// Returns whether a statement that ends at `end` needs its semicolon.
fn is_continued(source: &Source, end: usize) -> bool {
    let rest = &source.text[end..];
    let is_code = |(at, c): &(usize, char)| !c.is_whitespace() && !source.is_comment(end + at);
    rest.char_indices().find(is_code).is_some_and(|(at, c)| {
        let is_on_this_line = !rest[..at].contains('\n') && c != '}';
        is_on_this_line || CONTINUES.contains(&c)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn source(text: &str) -> Source {
        let language = Language::of(Path::new("app.js")).expect("a language");
        Source::new(text.to_owned(), language)
    }

    /// Returns `text` in the style of `file`.
    fn styled(file: &str, text: &str) -> String {
        let style = Style::of(&source(file)).expect("the queries are right");
        let inserted = Inserted {
            ranges: iter::once(0..text.len()).collect(),
            ..Inserted::default()
        };
        let new = style.applied(source(text), &inserted);
        new.expect("the queries are right").text
    }

    const PLAIN: &str = r#"import "./a.js"
// The channel, in "quotes"
let channel
socket.onOpen((name) => {
  if (!name) return // nothing to show
  channel = socket.channel(`room:${name}`, {}).on("it's", (m) => console.log("m", m)) // for "it"
  for (let i = 0; i < 3; i++) channel.push('say "hi"', { i })
})
function stop() { channel.leave() }
class Page { stop() { return stop } }
export const page = new Page()
export { stop } from "./b.js"
"#;

    const SINGLE_AND_ENDED: &str = r#"import './a.js';
// The channel, in "quotes"
let channel;
socket.onOpen((name) => {
  if (!name) return; // nothing to show
  channel = socket.channel(`room:${name}`, {}).on("it's", (m) => console.log('m', m)); // for "it"
  for (let i = 0; i < 3; i++) channel.push('say "hi"', { i });
});
function stop() { channel.leave(); }
class Page { stop() { return stop; } }
export const page = new Page();
export { stop } from './b.js';
"#;

    #[test]
    fn strings_and_statements_take_the_style_of_the_file_and_nothing_else_does() {
        assert_eq!(styled("import 'a';\n", PLAIN), SINGLE_AND_ENDED);
        assert_eq!(styled("import \"a\"\n", SINGLE_AND_ENDED), PLAIN);
    }

    #[test]
    fn a_file_without_a_majority_changes_nothing() {
        for file in ["", "// 'a';\n", "import 'a'\nimport \"b\";\n"] {
            assert_eq!(styled(file, PLAIN), PLAIN, "{file}");
            assert_eq!(styled(file, SINGLE_AND_ENDED), SINGLE_AND_ENDED, "{file}");
        }
    }

    #[test]
    fn a_semicolon_stays_where_the_next_line_would_continue_the_statement() {
        let text = "first();\n(second)();\nthird(); fourth();\n";
        let expected = "first();\n(second)()\nthird(); fourth()\n";
        assert_eq!(styled("run()\n", text), expected);
    }

    #[test]
    fn parts_of_the_text_that_the_file_had_stay() {
        let style = Style::of(&source("import 'a';\n")).expect("the queries are right");
        let text = "wrap(\"mine\", \"new\")";
        let inserted = Inserted {
            ranges: iter::once(0..text.len()).collect(),
            own: vec!["\"mine\"".to_owned()],
            keeps_end: true,
        };
        let new = style.applied(source(text), &inserted);
        let new = new.expect("the queries are right").text;
        assert_eq!(new, "wrap(\"mine\", 'new')");
    }
}
