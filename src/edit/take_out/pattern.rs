//! A text as a pattern, for its occurrences in any formatting and style.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Result;
use regex_lite::Regex;

use super::words::{all_replaced, is_letter, is_word};
use crate::edit::captures::MARKS;
use crate::edit::source::{Match, Source};

/// A text as a pattern that ignores white space, and quotes and semicolons in languages that have styles.
pub struct Pattern {
    regex: Option<Regex>,
    /// A word of the text: a file without it has no occurrence.
    word: String,
    has_styles: bool,
    /// Names of the groups.
    names: Vec<String>,
    /// Captures of the scope, which the text has already.
    known: BTreeMap<String, String>,
    /// Range of all matches: a short name may be part of the line that declares it.
    within: Option<Range<usize>>,
}

impl Pattern {
    /// Returns the patterns of `text`: as it is, with a semicolon after it, if the language may have one, and with the short
    /// names of the file.
    pub fn all(text: &str, scope: Option<&Match<'_>>, source: &Source) -> Result<Vec<Self>> {
        let has_styles = source.language.rules.style.is_some();
        let mut texts = vec![text.to_owned()];
        if has_styles {
            texts.push(format!("{};", text.trim_end()));
        }
        let mut patterns: Vec<_> = texts
            .iter()
            .map(|text| Self::of(text, scope, has_styles))
            .collect::<Result<_>>()?;
        if let Some(text) = shortened(text, source) {
            patterns.push(Self {
                within: scope.and_then(|scope| scope.range("scope")),
                ..Self::of(&text, scope, has_styles)?
            });
        }
        Ok(patterns)
    }

    fn of(text: &str, scope: Option<&Match<'_>>, has_styles: bool) -> Result<Self> {
        let captures = scope.into_iter().flat_map(|scope| scope.captures());
        let known: BTreeMap<_, _> = captures
            .filter(|(name, _)| *name != "scope" && *name != "anchor")
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect();
        let mut pattern = Self {
            regex: None,
            word: longest_word(text),
            has_styles,
            names: Vec::new(),
            known,
            within: None,
        };
        let text = text.trim();
        if !text.is_empty() {
            let source = pattern.source(text);
            pattern.regex = Some(Regex::new(&source)?);
        }
        Ok(pattern)
    }

    /// Returns the pattern, and collects the names of its groups.
    fn source(&mut self, text: &str) -> String {
        let [open, close] = MARKS;
        let mut source = String::new();
        let mut rest = text;
        while let Some((literal, marked)) = rest.split_once(open) {
            source += &self.loose(literal);
            let (name, after) = marked.split_once(close).unwrap_or((marked, ""));
            match self.known.get(name) {
                Some(value) => source += &self.loose(value),
                None => {
                    self.names.push(name.to_owned());
                    source += r"([\w$]+|[^\n]+?)";
                }
            }
            if !after.is_empty() {
                source += r"\s*";
            }
            rest = after;
        }
        source + &self.loose(rest)
    }

    /// Returns a pattern for `text` with any white space between its words and signs, and with or without trailing commas.
    fn loose(&self, text: &str) -> String {
        let mut pattern = String::new();
        let mut last: Option<char> = None;
        let mut is_apart = false;
        for (at, c) in text.char_indices() {
            if c.is_whitespace() {
                if self.has_styles && !is_apart && last.is_some() {
                    pattern += r"\s*;?";
                }
                is_apart = true;
                continue;
            }
            pattern += match last {
                None if is_apart => r"\s*",
                None => "",
                Some(last) if is_letter(last) && is_letter(c) => match is_apart {
                    true => r"\s+",
                    false => "",
                },
                Some(_) => r"\s*",
            };
            if matches!(c, ')' | ']' | '}') && last.is_some_and(|last| last != ',') {
                pattern += r"(?:,\s*)?";
            }
            pattern += &match c {
                '"' | '\'' if self.has_styles => "[\"']".to_owned(),
                ';' if self.has_styles => ";?".to_owned(),
                ',' if text[at + 1..].trim_start().starts_with([')', ']', '}']) => ",?".to_owned(),
                c => regex_lite::escape(c.encode_utf8(&mut [0; 4])),
            };
            (last, is_apart) = (Some(c), false);
        }
        if is_apart {
            pattern += r"\s*";
        }
        pattern
    }

    /// Returns the ranges of all matches, with their captures.
    pub fn matches(&self, text: &str) -> Vec<Occurrence> {
        let Some(regex) = &self.regex else {
            return Vec::new();
        };
        // The regex would be tried at each byte.
        if !text.contains(&self.word) {
            return Vec::new();
        }
        let mut all = Vec::new();
        for found in regex.captures_iter(text) {
            let Some(whole) = found.get(0) else {
                continue;
            };
            // Without the white space before a semicolon that is not there.
            let range = whole.start()..whole.start() + whole.as_str().trim_end().len();
            let is_around =
                |within: &Range<usize>| within.start <= range.start && range.end <= within.end;
            if !self.within.as_ref().is_none_or(is_around) {
                continue;
            }
            let mut captures = self.known.clone();
            let mut own_length = range.len();
            let names = self.names.iter().enumerate();
            let is_same = names
                .filter_map(|(at, name)| Some((name, found.get(at + 1)?.as_str())))
                .all(|(name, value)| {
                    own_length = own_length.saturating_sub(value.len());
                    let known = captures.entry(name.clone()).or_insert(value.to_owned());
                    known == value
                });
            if is_same && is_word(text, &range) {
                all.push(Occurrence {
                    range,
                    captures,
                    own_length,
                });
            }
        }
        all
    }
}

/// Returns the longest word of `text` outside of marks.
fn longest_word(text: &str) -> String {
    let [open, close] = MARKS;
    let literals = text.split(open).enumerate().map(|(at, part)| match at {
        0 => part,
        _ => part.split_once(close).map_or("", |(_, literal)| literal),
    });
    let words = literals.flat_map(|literal| literal.split(|c| !is_letter(c)));
    let longest = words.max_by_key(|word| word.len());
    longest.unwrap_or_default().to_owned()
}

/// Returns `text` with the short names of the file, if there are any for its names.
fn shortened(text: &str, source: &Source) -> Option<String> {
    if !source.language.rules.whole_names {
        return None;
    }
    let mut shortened = text.to_owned();
    for (short, long) in source.names().shortest() {
        shortened = all_replaced(&shortened, long, short);
    }
    (shortened != text).then_some(shortened)
}

/// One occurrence of a pattern in a file.
pub struct Occurrence {
    pub range: Range<usize>,
    /// Captures of `found.NAME`.
    pub captures: BTreeMap<String, String>,
    /// Length of the text without what groups have captured.
    pub own_length: usize,
}
