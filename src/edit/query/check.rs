//! A query held against a grammar: a kind or a field that it does not have would match nothing, silently.

use anyhow::{Result, ensure};
use tree_sitter::Language;

use super::{Child, Form, Query, Test};

impl Query {
    /// Checks every kind, field and literal of the query.
    ///
    /// # Errors
    /// One of them is not part of `grammar`.
    pub fn check(&self, grammar: &Language) -> Result<()> {
        self.patterns
            .iter()
            .try_for_each(|pattern| form(&pattern.form, grammar))
    }
}

fn form(checked: &Form, grammar: &Language) -> Result<()> {
    match &checked.test {
        Test::Anything => Ok(()),
        Test::Literal(text) => {
            let known = grammar.id_for_node_kind(text, false) != 0;
            ensure!(known, "it has no token `{text}`");
            Ok(())
        }
        Test::OneOf(forms) => forms.iter().try_for_each(|one| form(one, grammar)),
        Test::Named {
            kind,
            children,
            absent,
            ..
        } => {
            if let Some(kind) = kind {
                let known = grammar.id_for_node_kind(kind, true) != 0;
                ensure!(known, "it has no node of the kind `{kind}`");
            }
            absent.iter().try_for_each(|name| field(name, grammar))?;
            children.iter().try_for_each(|child| below(child, grammar))
        }
    }
}

fn below(child: &Child, grammar: &Language) -> Result<()> {
    if let Some(name) = &child.field {
        field(name, grammar)?;
    }
    form(&child.form, grammar)
}

fn field(name: &str, grammar: &Language) -> Result<()> {
    let known = grammar.field_id_for_name(name).is_some();
    ensure!(known, "it has no field `{name}`");
    Ok(())
}
