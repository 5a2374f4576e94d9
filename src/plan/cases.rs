//! The test cases of places: `places/<place>/<case>/`.
//!
//! A case has `before.*`, and at most one of these: `after.*`, the file after the edit; `manual.*`, the file after a reader
//! has inserted the printed lines. Without them, the text is already present. `with.toml` replaces values of the example;
//! its keys that start with `app.` are facts of the app.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::steps;
use crate::catalogue::Templates;
use crate::catalogue::generator::places;
use crate::catalogue::render::Renderer;
use crate::edit::{self, Language, Outcome, Place, Source};
use crate::facts::Facts;

/// A test case of a place.
#[derive(Debug, Default)]
pub struct Case {
    /// Path of its folder: `rust/places/crate_module/empty`.
    pub path: String,
    /// Its files: `before.rs`.
    files: BTreeMap<String, String>,
}

/// Outcome of an edit, for comparisons.
#[derive(Debug, PartialEq, Eq)]
pub enum Made {
    Text(String),
    /// The lines of the manual step.
    Manual(Vec<String>),
}

/// Calls `visit` with every case in a folder of templates, a stack or `shared`, and with the parts of its place.
///
/// # Errors
/// A place or a case is invalid.
pub fn every_case(
    folder: &str,
    facts: &Facts,
    renderer: &Renderer<'_>,
    visit: &mut dyn FnMut(&Case, &[Place]) -> Result<()>,
) -> Result<()> {
    let templates = renderer.templates();
    for place in places(folder, templates) {
        for case in cases(&format!("{folder}/places/{place}"), templates)? {
            let parts = steps::example(folder, place, facts, renderer, case.with()?);
            let parts = parts.with_context(|| format!("in {}", case.path))?;
            visit(&case, &parts)?;
        }
    }
    Ok(())
}

/// Returns the cases of the place at `path`, such as `rust/places/crate_module`.
fn cases(path: &str, templates: &Templates) -> Result<Vec<Case>> {
    let mut cases: Vec<Case> = Vec::new();
    for file in templates.below(path) {
        let Some((folder, name)) = file.rsplit_once('/') else {
            continue;
        };
        if cases.last().is_none_or(|case| case.path != folder) {
            cases.push(Case {
                path: folder.to_owned(),
                ..Case::default()
            });
        }
        if let Some(case) = cases.last_mut() {
            let text = templates.text(file)?.to_owned();
            case.files.insert(name.to_owned(), text);
        }
    }
    Ok(cases)
}

impl Case {
    /// Returns the values that differ from those of the place's example.
    fn with(&self) -> Result<BTreeMap<String, String>> {
        let with = self.files.get("with.toml").map_or("", String::as_str);
        toml::from_str(with).with_context(|| format!("in {}/with.toml", self.path))
    }

    /// Returns the file called `stem`.
    pub fn file(&self, stem: &str) -> Option<&str> {
        let (_, text) = self.named(stem)?;
        Some(text)
    }

    fn named(&self, stem: &str) -> Option<(&str, &str)> {
        let mut files = self.files.iter();
        let found = files.find(|(name, _)| Path::new(name).file_stem().is_some_and(|s| s == stem));
        found.map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Returns the file before the edit.
    ///
    /// # Errors
    /// There is none, or no grammar for it.
    pub fn before(&self) -> Result<Source> {
        let (name, text) = self
            .named("before")
            .with_context(|| format!("{} has no `before`", self.path))?;
        let language = Language::of(name.as_ref());
        let language =
            language.with_context(|| format!("{}/{name} cannot be edited", self.path))?;
        Ok(Source::new(text.to_owned(), language))
    }

    /// Returns the fault in the outcome of the edit, if there is one.
    ///
    /// # Errors
    /// The case or a query is invalid.
    pub fn fault(&self, parts: &[Place]) -> Result<Option<String>> {
        let before = self.before()?;
        let expected = match (self.file("after"), self.file("manual")) {
            (Some(after), None) => Some(after),
            (None, Some(_)) => None,
            (None, None) => Some(before.text.as_str()),
            (Some(_), Some(_)) => return Ok(Some("it has `after` and `manual`".to_owned())),
        };
        let outcome = made(parts, &before)?;
        let text = match &outcome {
            Made::Text(text) => Some(text.as_str()),
            Made::Manual(_) => None,
        };
        if text != expected {
            let text = text.unwrap_or("is left to the reader");
            return Ok(Some(format!("the outcome is\n{text}")));
        }
        let Some(text) = text else {
            return self.fault_of_pasting(parts, &before, outcome);
        };
        let edited = Source::new(text.to_owned(), before.language);
        if edited.errors() > before.errors() {
            return Ok(Some("the outcome does not parse".to_owned()));
        }
        Ok(match made(parts, &edited)? {
            Made::Text(twice) if twice == text => None,
            _ => Some("a second edit changes the outcome".to_owned()),
        })
    }

    /// Returns the fault in the file into which a reader has pasted the lines, if there is one.
    fn fault_of_pasting(
        &self,
        parts: &[Place],
        before: &Source,
        outcome: Made,
    ) -> Result<Option<String>> {
        let (Made::Manual(lines), Some(pasted)) = (outcome, self.file("manual")) else {
            return Ok(None);
        };
        let purpose = parts.last().map_or("", |place| place.manual.as_str());
        let printed = lines.join("\n");
        let known = [&before.text, purpose, &printed].map(words).concat();
        let unknown = words(pasted).into_iter().find(|word| !known.contains(word));
        let fault = |what: String| {
            let lines = lines.join("\n\n");
            Some(format!("{what}, printed was:\n{lines}"))
        };
        if let Some(word) = unknown {
            return Ok(fault(format!("`{word}` was never printed")));
        }
        let pasted = Source::new(pasted.to_owned(), before.language);
        if pasted.errors() > before.errors() {
            return Ok(fault("it does not parse".to_owned()));
        }
        Ok(match made(parts, &pasted)? {
            Made::Text(text) if text == pasted.text => None,
            Made::Text(text) => fault(format!("it is edited again:\n{text}")),
            Made::Manual(_) => fault("the lines are not found in it".to_owned()),
        })
    }
}

/// Returns the outcome of an edit.
///
/// # Errors
/// A query is invalid.
pub fn made(parts: &[Place], source: &Source) -> Result<Made> {
    Ok(match edit::apply(parts, source)? {
        Outcome::Changed(new) => Made::Text(new.text),
        Outcome::AlreadyThere => Made::Text(source.text.clone()),
        Outcome::Manual { lines, .. } => {
            Made::Manual(lines.into_iter().map(|lines| lines.text).collect())
        }
    })
}

/// Returns the words of a source or a sentence.
fn words(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.filter(|word| !word.is_empty()).collect()
}
