//! Short names in a file: `alias Shop.Web.Socket` in Elixir, `use crate::sockets::UserSocket as S` in Rust, and
//! `const TOPIC: &str = "room:*"`.

use std::cmp::Reverse;
use std::ops::Range;

use super::Query;
use crate::edit::source::{Match, Source};

/// Short names and their long forms.
#[derive(Debug)]
pub struct Names {
    separator: &'static str,
    /// Names are absolute, not relative to the module of the file.
    whole: bool,
    /// Name of the definition around it.
    around: Option<&'static str>,
    long: Vec<(String, String)>,
    /// Definitions with a body in the file, from the outside in: the node, and its name as written.
    bodies: Vec<(Range<usize>, String)>,
}

impl Names {
    /// Reads the short names in `source`, by the rules of its language.
    pub fn of(source: &Source) -> Self {
        let separator = source.language.rules.separator.as_str();
        let mut long = Vec::new();
        let queries = source.language.aliases().iter();
        for query in queries.filter(|query| query.may_match(&source.text)) {
            for captures in query.matches(source.root(), source) {
                long.extend(pair(&Match::from_captures(captures, source), separator));
            }
        }
        let mut names = Self {
            separator,
            whole: source.language.rules.whole_names,
            around: source.language.rules.around.as_deref(),
            long,
            bodies: Vec::new(),
        };
        if let Some(query) = source.language.definitions() {
            names.add_definitions(query, source);
        }
        names
    }

    /// Adds the definitions of the file. Beside a nested one, its name is short for the whole name.
    fn add_definitions(&mut self, query: &Query, source: &Source) {
        for captures in query.matches(source.root(), source) {
            let found = Match::from_captures(captures, source);
            let (Some(name), Some(body)) = (found.text("name"), found.range("body")) else {
                continue;
            };
            let whole = self.defined(body.start, name);
            if whole != name {
                let first = name.split(self.separator).next().unwrap_or(name);
                let around = &whole[..whole.len() - name.len()];
                self.long
                    .push((first.to_owned(), format!("{around}{first}")));
            }
            self.bodies.push((body, name.to_owned()));
        }
    }

    /// Returns the whole name of a definition at `at` called `written`: after the names of those that contain it.
    pub fn defined(&self, at: usize, written: &str) -> String {
        let around = self.bodies.iter().filter(|(body, _)| body.contains(&at));
        let mut parts: Vec<_> = around.map(|(_, name)| name.as_str()).collect();
        parts.push(written);
        parts.join(self.separator)
    }

    /// Returns whether `written`, at `at`, is the name `whole`, literally or as a short name. Without absolute names, all
    /// names that end with `whole` match.
    pub fn are(&self, written: &str, at: usize, whole: &str) -> bool {
        self.wholes(written, at)
            .iter()
            .any(|name| self.ends_with(name, whole))
    }

    /// Returns the long forms of `written` at `at`, or `written` itself without one.
    pub fn wholes(&self, written: &str, at: usize) -> Vec<String> {
        let (first, rest) = match written.split_once(self.separator) {
            Some((first, rest)) if !self.separator.is_empty() => (first, Some(rest)),
            _ => (written, None),
        };
        if self.around == Some(first) {
            let around = self.bodies.iter().filter(|(body, _)| body.contains(&at));
            let parts = around.map(|(_, name)| name.as_str()).chain(rest);
            return vec![parts.collect::<Vec<_>>().join(self.separator)];
        }
        let longs = self.long.iter().filter(|(short, _)| short == first);
        let expanded = longs.map(|(_, long)| match rest {
            Some(rest) => format!("{long}{}{rest}", self.separator),
            None => long.clone(),
        });
        let expanded: Vec<_> = expanded.collect();
        match expanded.is_empty() {
            true => vec![written.to_owned()],
            false => expanded,
        }
    }

    /// Returns the short names with their long forms, which those of the longest names precede.
    pub fn shortest(&self) -> Vec<(&str, &str)> {
        let pairs = self.long.iter().map(|(short, long)| (&**short, &**long));
        let mut pairs: Vec<_> = pairs.filter(|(short, long)| short != long).collect();
        pairs.sort_by_key(|(_, long)| Reverse(long.len()));
        pairs
    }

    fn ends_with(&self, name: &str, end: &str) -> bool {
        let before = name.strip_suffix(end);
        let may_precede = |before: &str| !self.whole && before.ends_with(self.separator);
        before.is_some_and(|before| before.is_empty() || may_precede(before))
    }
}

fn pair(found: &Match<'_>, separator: &str) -> Option<(String, String)> {
    let path = found.text("path")?;
    let long = match found.text("prefix") {
        Some(prefix) => format!("{prefix}{separator}{path}"),
        None => path.to_owned(),
    };
    let short = found
        .text("name")
        .or_else(|| path.rsplit(separator).next())
        .unwrap_or(path);
    Some((short.to_owned(), long))
}
