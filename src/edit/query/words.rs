//! Words without which a file has no match: most files are excluded by them, without a syntax tree.

use std::collections::BTreeSet;
use std::sync::Arc;

use memchr::memmem;

use super::{Condition, Form, Pattern, Predicate, Query, Repeat, Test};
use crate::edit::language::Language;

/// Words of a pattern: a file with a match contains one of each list.
pub type Words = Vec<Vec<String>>;

/// Returns the words of a pattern with `form` and `predicates`.
pub fn of(form: &Form, predicates: &[Predicate], language: &Language) -> Words {
    let mut captures = BTreeSet::new();
    form.add_certain_captures(&mut captures);
    let is_certain = |predicate: &&Predicate| captures.contains(predicate.capture.as_str());
    let certain = predicates.iter().filter(|p| !p.negated).filter(is_certain);
    certain.filter_map(|p| p.holds.words(language)).collect()
}

impl Query {
    /// Returns whether a file with this text may have a match.
    pub fn may_match(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.may_match(text))
    }
}

impl Pattern {
    fn may_match(&self, text: &str) -> bool {
        let contains = |word: &String| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
        self.words.iter().all(|words| words.iter().any(contains))
    }
}

impl Form {
    /// Adds the captures that every match has: predicates on missing captures hold.
    fn add_certain_captures<'a>(&'a self, captures: &mut BTreeSet<&'a str>) {
        if matches!(self.repeat, Repeat::Optional | Repeat::Any) {
            return;
        }
        captures.extend(self.captures.iter().map(Arc::as_ref));
        if let Test::Named { children, .. } = &self.test {
            for child in children {
                child.form.add_certain_captures(captures);
            }
        }
    }
}

impl Condition {
    /// Returns words of which a file contains one if this is met; `None` if it may be met in any file.
    fn words(&self, language: &Language) -> Option<Vec<String>> {
        // An alias may be short for the other parts of a name.
        let last = |name: &String| match language.rules.separator.as_str() {
            "" => name.clone(),
            separator => name.rsplit(separator).next().unwrap_or(name).to_owned(),
        };
        match self {
            Self::Equals(value) => Some(vec![value.clone()]),
            Self::AnyOf(values) => Some(values.clone()),
            Self::Names(values) => Some(values.iter().map(last).collect()),
            Self::Defines(value) => Some(vec![last(value)]),
            Self::SameAs(_)
            | Self::Matches(_)
            | Self::Reads(_)
            | Self::Covers(_)
            | Self::Last
            | Self::Fits(_) => None,
        }
    }
}
