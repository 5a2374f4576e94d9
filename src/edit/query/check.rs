//! Check of a query against a grammar: unknown kinds and fields would silently match nothing.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::edit::language::Language;
use anyhow::{Result, ensure};

use super::{Child, Form, Query, Test};

impl Query {
    /// Checks every kind, field and literal of the query.
    ///
    /// # Errors
    /// One of them is not part of `language`.
    pub fn check(&self, language: &Language) -> Result<()> {
        self.patterns
            .iter()
            .try_for_each(|pattern| form(&pattern.form, language))
    }
}

thread_local! {
    /// Cache of known kinds, because look-ups in a grammar are linear.
    static KINDS: RefCell<HashMap<(String, String, bool), bool>> = RefCell::default();
}

fn has_kind(kind: &str, named: bool, language: &Language) -> bool {
    let key = (language.name.clone(), kind.to_owned(), named);
    if let Some(known) = KINDS.with_borrow(|kinds| kinds.get(&key).copied()) {
        return known;
    }
    let known = language.grammar().id_for_node_kind(kind, named) != 0;
    KINDS.with_borrow_mut(|kinds| kinds.insert(key, known));
    known
}

fn form(checked: &Form, language: &Language) -> Result<()> {
    match &checked.test {
        Test::Anything => Ok(()),
        Test::Literal(text) => {
            let known = has_kind(text, false, language);
            ensure!(known, "it has no token `{text}`");
            Ok(())
        }
        Test::OneOf(forms) => forms.iter().try_for_each(|one| form(one, language)),
        Test::Named {
            kind,
            children,
            absent,
            ..
        } => {
            if let Some(kind) = kind {
                let known = has_kind(kind, true, language);
                ensure!(known, "it has no node of the kind `{kind}`");
            }
            absent.iter().try_for_each(|name| field(name, language))?;
            children.iter().try_for_each(|child| below(child, language))
        }
    }
}

fn below(child: &Child, language: &Language) -> Result<()> {
    if let Some(name) = &child.field {
        field(name, language)?;
    }
    form(&child.form, language)
}

fn field(name: &str, language: &Language) -> Result<()> {
    let known = language.grammar().field_id_for_name(name).is_some();
    ensure!(known, "it has no field `{name}`");
    Ok(())
}
