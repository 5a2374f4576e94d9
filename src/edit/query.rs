//! An implementation of tree-sitter's query language.
//!
//! Tree-sitter analyses each query against the whole grammar before it runs: 3 to 9 ms per query for Rust, 60 ms for
//! Elixir, ten times the time of the rest of a run. Matching in one small file needs no analysis. This is a subset of
//! the language, which a test compares with tree-sitter: kinds, `_`, fields, `!field`, `"literals"`, `[alternations]`,
//! `* + ?`, `.`, captures, and the predicates `#eq? #not-eq? #match? #not-match? #any-of?`. Additional predicates:
//!
//! - `(#names? @name "Shop.Web.Socket")`: the name that the file may have shortened (`alias`, `use`) is this one.
//! - `(#defines? @name "Shop.Web.Socket")`: the whole name of a definition, including the modules that it is nested in,
//!   is this one.
//! - `(#reads? @name "^[a-z]")`: the expression matches what the name is short for, or else the name itself.
//! - `(#covers? @pattern "room:*")`: the pattern, in which `*` matches anything, matches all that this one matches. It
//!   may be the name of a constant.
//! - `(#last? @import)`: no node of its kind follows in the file.
//! - `(#fits? @tuple "80")`: the node is on one line, and in 80 columns with the indentation of that.
//!
//! Each has a `not-` as well.
//!
//! # Layout
//! - [`parse`]: the parser; [`words`]: words without which a file has no match
//! - [`matching`]: matches of forms; [`predicates`]: conditions of captures; [`names`]: short and whole names

mod matching;
mod names;
mod parse;
mod predicates;
mod words;

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::Result;
use regex_lite::Regex;
use tree_sitter::Node;

pub use names::Names;

use super::language::Language;
use super::nodes::FieldId;
use words::Words;

/// Captures of a match: names and nodes, in the order of the pattern.
pub type Captures<'tree> = Vec<(Arc<str>, Node<'tree>)>;

/// The same with the positions of nodes.
type Found = Vec<(Arc<str>, usize)>;

/// Queries by their text.
type Queries = HashMap<String, Rc<Query>>;

thread_local! {
    /// Checked queries, by the name of their language. The process need not free them at its end.
    static CACHE: RefCell<ManuallyDrop<HashMap<&'static str, Queries>>> = RefCell::default();
}

/// A parsed query.
#[derive(Debug)]
pub struct Query {
    patterns: Vec<Pattern>,
}

/// A pattern of a query: a form with predicates.
#[derive(Debug)]
struct Pattern {
    form: Form,
    /// Kinds of its outermost node; `None` is any.
    kinds: Option<Vec<u16>>,
    predicates: Vec<Predicate>,
    words: Words,
}

/// Form of one node.
#[derive(Debug)]
struct Form {
    test: Test,
    captures: Vec<Arc<str>>,
    repeat: Repeat,
}

#[derive(Debug)]
enum Test {
    /// `(kind …)`, by the numbers of the kind; none is `(_ …)`, any named node.
    Named {
        kinds: Option<&'static [u16]>,
        children: Vec<Child>,
        closed: bool,
        absent: Vec<FieldId>,
    },
    /// `_`
    Anything,
    /// `"text"`
    Literal(&'static [u16]),
    /// `[…]`
    OneOf(Vec<Form>),
}

/// Form of one child of a node. Other children may be between two of them.
#[derive(Debug)]
struct Child {
    form: Form,
    field: Option<FieldId>,
    /// `.`: no named node comes before it.
    adjacent: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Once,
    Optional,
    Any,
    Some,
}

#[derive(Debug)]
struct Predicate {
    capture: String,
    holds: Condition,
    negated: bool,
}

#[derive(Debug)]
enum Condition {
    Equals(String),
    /// `#eq? @a @b`
    SameAs(String),
    Matches(Regex),
    AnyOf(Vec<String>),
    /// `#names?`
    Names(Vec<String>),
    /// `#reads?`
    Reads(Regex),
    /// `#covers?`
    Covers(String),
    /// `#defines?`
    Defines(String),
    /// `#last?`
    Last,
    /// `#fits?`
    Fits(usize),
}

impl Query {
    /// Reads a query for files of `language`.
    ///
    /// # Errors
    /// The text is not a query, uses an unsupported feature, or names a kind or a field that `language` does not have.
    pub fn parse(text: &str, language: &'static Language) -> Result<Self> {
        parse::query(text, language)
    }

    /// Returns the query `text`, parsed once for each language.
    ///
    /// # Errors
    /// As [`Query::parse`].
    pub fn cached(text: &str, language: &'static Language) -> Result<Rc<Self>> {
        let known = CACHE.with_borrow(|cache| cache.get(&*language.name)?.get(text).cloned());
        if let Some(query) = known {
            return Ok(query);
        }
        let query = Rc::new(Self::parse(text, language)?);
        CACHE.with_borrow_mut(|cache| {
            let queries = cache.entry(&language.name).or_default();
            queries.insert(text.to_owned(), Rc::clone(&query))
        });
        Ok(query)
    }
}

impl Form {
    /// Returns the kinds of nodes that can match the form; `None` is any.
    fn kinds(&self) -> Option<Vec<u16>> {
        match &self.test {
            Test::Named { kinds, .. } => kinds.map(<[u16]>::to_vec),
            Test::Literal(kinds) => Some(kinds.to_vec()),
            Test::OneOf(forms) => {
                let kinds: Option<Vec<_>> = forms.iter().map(Self::kinds).collect();
                kinds.map(|kinds| kinds.concat())
            }
            Test::Anything => None,
        }
    }
}

#[cfg(test)]
mod tests;
