//! Predicates: conditions of captures.

use super::{Condition, Found, Predicate};
use crate::edit::glob;
use crate::edit::source::Source;

impl Predicate {
    /// Returns whether the text of the node `at` alone contradicts this.
    pub fn rejects(&self, at: usize, source: &Source) -> bool {
        let is_met = match &self.holds {
            Condition::Equals(_) | Condition::Matches(_) | Condition::AnyOf(_) => {
                self.holds.is_met(at, &Vec::new(), source)
            }
            _ => return false,
        };
        is_met == self.negated
    }

    /// As in tree-sitter, predicates on missing captures hold.
    pub fn holds(&self, captures: &Found, source: &Source) -> bool {
        let mut named = captures.iter().filter(|(name, _)| **name == *self.capture);
        named.all(|(_, at)| self.holds.is_met(*at, captures, source) != self.negated)
    }
}

impl Condition {
    fn is_met(&self, at: usize, captures: &Found, source: &Source) -> bool {
        let bytes = |at: usize| source.nodes().get(at).bytes.clone();
        let text_of = |at: usize| &source.text[bytes(at)];
        let text = text_of(at);
        match self {
            Self::Equals(value) => value == text,
            Self::SameAs(other) => {
                let mut others = captures.iter().filter(|(name, _)| **name == **other);
                others.all(|(_, at)| text_of(*at) == text)
            }
            Self::Matches(regex) => regex.is_match(text),
            Self::AnyOf(values) => values.iter().any(|value| value == text),
            Self::Names(values) => values
                .iter()
                .any(|value| source.names().are(text, bytes(at).start, value)),
            Self::Reads(regex) => {
                let wholes = source.names().wholes(text, bytes(at).start);
                wholes.iter().any(|whole| regex.is_match(whole))
            }
            Self::Defines(value) => source.names().defined(bytes(at).start, text) == *value,
            Self::Last => {
                let item = source.nodes().get(at);
                let later = item.end..usize::MAX;
                source.nodes().of_kind(item.kind, &later).is_empty()
            }
            Self::Fits(columns) => {
                let line = source.text[..bytes(at).start].rsplit('\n').next();
                let line = line.unwrap_or_default();
                let indentation = line.len() - line.trim_start().len();
                !text.contains('\n') && indentation + text.chars().count() <= *columns
            }
            Self::Covers(value) => {
                let patterns = source
                    .names()
                    .wholes(text.trim_matches('"'), bytes(at).start);
                patterns.iter().any(|pattern| glob::covers(pattern, value))
            }
        }
    }
}
