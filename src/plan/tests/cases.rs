//! The test cases of places: `places/<place>/<case>/`.
//!
//! A case has `before.*`, and at most one of these: `after.*`, the file after the edit; `manual.*`, the file after a reader
//! has inserted the printed lines. Without them, the text is already present. `with.toml` replaces values of the example.

use std::collections::BTreeSet;
use std::fs;

use super::*;
use crate::catalogue::generator::places;
use crate::catalogue::templates::SHARED;
use crate::edit::{self, Outcome};

/// Outcome of an edit, for comparisons.
#[derive(Debug, PartialEq, Eq)]
enum Made {
    Text(String),
    /// The lines of the manual step.
    Manual(Vec<String>),
}

/// Returns the source with the parts in it; `None` for a manual step.
pub fn applied(parts: &[Place], path: &Path, source: &str) -> Option<String> {
    match made(parts, path, source) {
        Made::Text(text) => Some(text),
        Made::Manual(_) => None,
    }
}

fn made(parts: &[Place], path: &Path, source: &str) -> Made {
    match edit::apply(parts, &parsed(path, source)).expect("the queries are right") {
        Outcome::Changed(new) => Made::Text(new.text),
        Outcome::AlreadyThere => Made::Text(source.to_owned()),
        Outcome::Manual { lines, .. } => Made::Manual(lines),
    }
}

fn parsed(path: &Path, source: &str) -> Source {
    let language = Language::of(path).expect("a language");
    Source::parse(source.to_owned(), language)
}

/// Calls `visit` with every case, and with the path and the parts of its place.
fn every_case(visit: &mut dyn FnMut(&Case, &str, &[Place])) {
    let templates = Templates::default();
    let renderer = Renderer::new(&templates);
    for stack in Stack::names(&templates).into_iter().chain([SHARED]) {
        let facts = if stack == SHARED {
            Facts::new()
        } else {
            new_app(stack)
        };
        for place in places(stack, &templates) {
            let path = format!("{stack}/places/{place}");
            let folder = format!("{}/templates/{path}", env!("CARGO_MANIFEST_DIR"));
            for case in cases(Path::new(&folder)) {
                let parts = steps::example(stack, place, &facts, &renderer, case.with());
                let parts = parts.unwrap_or_else(|e| panic!("{path}: {e:#}"));
                visit(&case, &path, &parts);
            }
        }
    }
}

#[test]
fn every_case_of_a_place_comes_out_as_written() {
    let (mut count, mut wrong) = (0, Vec::new());
    every_case(&mut |case, _, parts| {
        count += 1;
        wrong.extend(case.fault(parts));
    });
    assert!(count > 90, "{count} cases were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn printed_lines_work_where_a_reader_pastes_them() {
    let (mut count, mut wrong) = (0, Vec::new());
    every_case(&mut |case, _, parts| {
        if let Some(pasted) = case.file("manual") {
            count += 1;
            wrong.extend(case.fault_of_pasting(parts, &pasted));
        }
    });
    assert!(count > 50, "{count} manual steps were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_place_that_may_be_left_to_a_reader_has_a_case_of_that() {
    let mut left = BTreeSet::new();
    let mut pasted = BTreeSet::new();
    every_case(&mut |case, path, parts| {
        if parts.last().is_some_and(may_be_left) {
            left.insert(path.to_owned());
        }
        if case.file("manual").is_some() {
            pasted.insert(path.to_owned());
        }
    });
    let without: Vec<_> = left.difference(&pasted).collect();
    assert!(without.is_empty(), "{without:?}");
}

/// Returns whether the place can be a manual step in an existing file.
fn may_be_left(place: &Place) -> bool {
    let takes_all = |anchor: &edit::place::Anchor| anchor.query.is_none() && place.scope.is_empty();
    let is_blocked = place.blocked_by.is_some() || place.blocked_above.is_some();
    place.file.is_some() && (is_blocked || !place.anchors.iter().any(takes_all))
}

struct Case {
    folder: PathBuf,
    before: PathBuf,
}

fn cases(place: &Path) -> Vec<Case> {
    let Ok(entries) = fs::read_dir(place) else {
        return Vec::new();
    };
    let mut cases: Vec<_> = entries
        .map(|entry| {
            let folder = entry.expect("an entry").path();
            let mut files = fs::read_dir(&folder).expect("a case is a folder");
            let before = files.find_map(|file| {
                let path = file.expect("an entry").path();
                (path.file_stem()? == "before").then_some(path)
            });
            let before = before.unwrap_or_else(|| panic!("{folder:?} has no `before`"));
            Case { folder, before }
        })
        .collect();
    cases.sort_by(|a, b| a.folder.cmp(&b.folder));
    cases
}

impl Case {
    /// Returns the path of the case's file `stem`, in the language of `before`.
    fn path(&self, stem: &str) -> PathBuf {
        let extension = self.before.extension().expect("it has one");
        self.folder.join(stem).with_extension(extension)
    }

    fn file(&self, stem: &str) -> Option<String> {
        fs::read_to_string(self.path(stem)).ok()
    }

    /// Returns the values that differ from those of the place's example.
    fn with(&self) -> BTreeMap<String, String> {
        let with = fs::read_to_string(self.folder.join("with.toml")).unwrap_or_default();
        toml::from_str(&with).expect("names and texts")
    }

    /// Returns the fault in the outcome, if there is one.
    fn fault(&self, parts: &[Place]) -> Option<String> {
        let before = self.file("before").expect("it is text");
        let is_manual = self.file("manual").is_some();
        let expected = match (self.file("after"), is_manual) {
            (Some(after), false) => Some(after),
            (None, true) => None,
            (None, false) => Some(before.clone()),
            (Some(_), true) => panic!("{:?} has both outcomes", self.folder),
        };
        let made = made(parts, &self.before, &before);
        let text = match &made {
            Made::Text(text) => Some(text.clone()),
            Made::Manual(_) => None,
        };
        if text != expected {
            if expected.as_ref() == Some(&before) {
                self.bless(&made, &before);
            }
            let text = text.as_deref().unwrap_or("is left to the reader");
            return Some(format!("{}:\n{text}", self.folder.display()));
        }
        let made = text?;
        let (fresh, edited) = (
            parsed(&self.before, &made),
            parsed(&self.before, &before).with_text(made.clone()),
        );
        let (fresh, edited) = (fresh.root().to_sexp(), edited.root().to_sexp());
        assert_eq!(edited, fresh, "{:?}: parsed from its old tree", self.folder);
        let errors = |text: &str| parsed(&self.before, text).errors();
        assert!(errors(&made) <= errors(&before), "{:?}", self.folder);
        assert_eq!(
            applied(parts, &self.before, &made),
            Some(made.clone()),
            "{:?}: twice",
            self.folder
        );
        None
    }

    /// With `BLESS`, writes the outcome of a new case, for review. The lines of a manual step are at the end, to be moved.
    fn bless(&self, made: &Made, before: &str) {
        if std::env::var_os("BLESS").is_none() {
            return;
        }
        let written = match made {
            Made::Text(text) => fs::write(self.path("after"), text),
            Made::Manual(lines) => {
                let pasted = format!("{before}\n{}\n", lines.join("\n"));
                fs::write(self.path("manual"), pasted)
            }
        };
        written.expect("it is written");
    }

    /// Returns the fault in the file into which a reader has pasted the lines, if there is one.
    fn fault_of_pasting(&self, parts: &[Place], pasted: &str) -> Option<String> {
        let before = self.file("before").expect("it is text");
        let Made::Manual(lines) = made(parts, &self.before, &before) else {
            return None; // The other test says so.
        };
        let said = parts.last().map_or("", |place| place.manual.as_str());
        let printed = lines.join("\n");
        let known = [&before, said, &printed].map(words).concat();
        let fault = |what: String| {
            let lines = lines.join("\n\n");
            Some(format!(
                "{}: {what}, printed was:\n{lines}",
                self.folder.display()
            ))
        };
        if let Some(word) = words(pasted).iter().find(|word| !known.contains(word)) {
            return fault(format!("`{word}` was never printed"));
        }
        let errors = |text: &str| parsed(&self.before, text).errors();
        if errors(pasted) > errors(&before) {
            return fault("it does not parse".to_owned());
        }
        match made(parts, &self.before, pasted) {
            Made::Text(text) if text == pasted => None,
            Made::Text(text) => fault(format!("it is edited again:\n{text}")),
            Made::Manual(_) => fault("it is not seen to be done".to_owned()),
        }
    }
}

/// Returns the words of a source or a sentence.
fn words(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.filter(|word| !word.is_empty()).collect()
}
