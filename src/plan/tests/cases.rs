//! The test cases of all built-in places: [`crate::plan::cases`].

use std::collections::BTreeSet;
use std::fs;

use super::*;
use crate::catalogue::templates::SHARED;
use crate::edit;
use crate::plan::cases::{self, Case, Made};

/// Returns the source with the parts in it; `None` for a manual step.
pub fn applied(parts: &[Place], path: &Path, source: &str) -> Option<String> {
    let language = Language::of(path).expect("a language");
    let source = Source::new(source.to_owned(), language);
    match cases::made(parts, &source).expect("the queries are right") {
        Made::Text(text) => Some(text),
        Made::Manual(_) => None,
    }
}

/// Folder of the built-in templates.
const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");

/// Returns the built-in templates with the test cases of places, which are no part of the binary.
fn with_cases() -> Templates {
    let mut files = BTreeMap::new();
    let mut todo = vec![PathBuf::from(TEMPLATES)];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(&folder).expect("a folder is listed") {
            let path = entry.expect("an entry is read").path();
            let name = path.strip_prefix(TEMPLATES).expect("it is below");
            if path.is_symlink() {
                continue; // the library
            } else if path.is_dir() {
                todo.push(path);
            } else {
                let name = name.to_str().expect("it is text").replace('\\', "/");
                files.insert(name, fs::read(&path).expect("a file is read"));
            }
        }
    }
    Templates::new(files)
}

/// Calls `visit` with every case, and with the parts of its place: shared places have the facts of the default stack.
fn every_case(visit: &mut dyn FnMut(&Case, &[Place])) {
    let templates = with_cases();
    let renderer = Renderer::new(&templates);
    let default = Stack::default(&templates).expect("there is one").name;
    for folder in Stack::names(&templates).into_iter().chain([SHARED]) {
        let stack = if folder == SHARED { &default } else { folder };
        let facts = new_app(stack);
        let visited = cases::every_case(folder, &facts, &renderer, &mut |case, parts| {
            visit(case, parts);
            Ok(())
        });
        visited.unwrap_or_else(|e| panic!("{e:#}"));
    }
}

#[test]
fn every_case_of_a_place_comes_out_as_written() {
    let (mut count, mut manual, mut wrong) = (0, 0, Vec::new());
    every_case(&mut |case, parts| {
        count += 1;
        manual += usize::from(case.file("manual").is_some());
        if let Some(fault) = case.fault(parts).expect("the queries are right") {
            bless(case, parts);
            wrong.push(format!("{}: {fault}", case.path));
        }
    });
    assert!(count > 250, "{count} cases were found");
    assert!(manual > 50, "{manual} manual steps were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Cases in which several files become the same one: the insertion has uncommented the text, has set it apart on both sides by
/// empty lines that were there or not, or has replaced one of several spellings. In those of `only_in_tests`, the import is
/// still used.
const SEVERAL_BEFORE: [&str; 27] = [
    "phoenix/places/children/commented_out",
    "phoenix/places/dependency/commented_out",
    "phoenix/places/endpoint_sockets/commented_out",
    "phoenix/places/endpoint_sockets/comments_between",
    "phoenix/places/endpoint_sockets/plugs_directly_below",
    "phoenix/places/pubsub_options/options_in_brackets",
    "phoenix/places/router_browser/commented_out",
    "phoenix/places/runtime_pubsub/empty",
    "phoenix/places/socket_user/on_one_line",
    "phoenix/places/socket_user/on_one_line_before_phoenix_1_8_with_three_arguments",
    "phoenix/places/socket_user/on_one_line_before_phoenix_1_8_with_two_arguments",
    "phoenix/places/socket_user/on_one_line_with_unnamed_arguments",
    "phoenix/places/socket_user/with_other_names",
    "phoenix/places/socket_user/with_two_arguments",
    "phoenix/places/socket_user/with_two_arguments_and_a_block",
    "rust/places/crate_module/commented_out",
    "rust/places/endpoint_sockets/only_in_tests",
    "rust/places/script_history/in_other_quotes_than_the_file",
    "rust/places/script_user/said_by_the_page_alone",
    "rust/places/script_user/said_by_the_page_in_a_paragraph_of_its_own",
    "rust/places/script_user/said_by_the_page_so_far",
    "rust/places/socket_user/within_the_crate",
    "rust/places/use_line/only_in_tests",
    "rust/places/workspace_exclude/empty",
    "shared/places/script_join/right_above_the_default_export",
    "shared/places/script_token/as_phoenix_1_7_makes_it",
    "shared/places/script_token/as_phoenix_1_8_makes_it",
];

#[test]
fn every_text_is_taken_out_as_it_was_inserted() {
    let (mut count, mut wrong) = (0, Vec::new());
    every_case(&mut |case, parts| {
        let (Some(after), before) = (case.file("after"), case.before().expect("it is text")) else {
            return;
        };
        count += 1;
        let after = Source::new(after.to_owned(), before.language);
        match edit::take_out(parts, &after, None).expect("the queries are right") {
            edit::TakenOut::Changed(new) if new.text == before.text => {}
            edit::TakenOut::Changed(new) if SEVERAL_BEFORE.contains(&case.path.as_str()) => {
                let again = cases::made(parts, &new).expect("the queries are right");
                assert_ne!(
                    again,
                    Made::Text(new.text),
                    "{}: it is still there",
                    case.path
                );
            }
            edit::TakenOut::Changed(new) => wrong.push(format!("{}:\n{}", case.path, new.text)),
            edit::TakenOut::Nothing if case.path.ends_with("only_in_tests") => {}
            edit::TakenOut::Nothing => wrong.push(format!("{}: nothing", case.path)),
            edit::TakenOut::Manual(lines) => {
                wrong.push(format!("{}: manual {lines:?}", case.path));
            }
        }
    });
    assert!(count > 150, "{count} cases were found");
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

/// Cases that do not come back with the record either: the text has replaced lines, or its import is still used.
const NOT_BACK: [&str; 6] = [
    "rust/places/endpoint_sockets/only_in_tests",
    "rust/places/script_user/said_by_the_page_alone",
    "rust/places/script_user/said_by_the_page_in_a_paragraph_of_its_own",
    "rust/places/script_user/said_by_the_page_so_far",
    "rust/places/workspace_exclude/empty",
    "shared/places/script_token/as_phoenix_1_7_makes_it",
];

#[test]
fn of_several_earlier_files_the_recorded_one_comes_back() {
    let mut wrong = Vec::new();
    every_case(&mut |case, parts| {
        let (Some(after), before) = (case.file("after"), case.before().expect("it is text")) else {
            return;
        };
        let after = Source::new(after.to_owned(), before.language);
        let recall = |text: &str| match text == before.text {
            true => edit::Known::Earlier(0),
            false => edit::Known::NOTHING,
        };
        match edit::take_out(parts, &after, Some(&recall)).expect("the queries are right") {
            edit::TakenOut::Changed(new) if new.text == before.text => {}
            edit::TakenOut::Nothing if case.path.ends_with("only_in_tests") => {}
            _ if NOT_BACK.contains(&case.path.as_str()) => {}
            edit::TakenOut::Changed(new) => wrong.push(format!("{}:\n{}", case.path, new.text)),
            _ => wrong.push(case.path.clone()),
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_file_parsed_from_its_old_tree_has_the_tree_of_a_new_one() {
    every_case(&mut |case, _| {
        if let Some(after) = case.file("after") {
            let before = case.before().expect("it is text");
            let edited = before.with_text(after.to_owned());
            let fresh = Source::new(after.to_owned(), before.language);
            assert_eq!(
                edited.root().to_sexp(),
                fresh.root().to_sexp(),
                "{}",
                case.path
            );
        }
    });
}

#[test]
fn every_place_that_may_be_left_to_a_reader_has_a_case_of_that() {
    let mut left = BTreeSet::new();
    let mut pasted = BTreeSet::new();
    every_case(&mut |case, parts| {
        let place = Path::new(&case.path).parent().expect("a place");
        if parts.last().is_some_and(may_be_left) {
            left.insert(place.to_owned());
        }
        if case.file("manual").is_some() {
            pasted.insert(place.to_owned());
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

/// With `BLESS`, writes the outcome of a new case, for review. The lines of a manual step are at the end, to be moved.
fn bless(case: &Case, parts: &[Place]) {
    let is_new = case.file("after").is_none() && case.file("manual").is_none();
    if std::env::var_os("BLESS").is_none() || !is_new {
        return;
    }
    let before = case.before().expect("it is text");
    let (stem, text) = match cases::made(parts, &before).expect("the queries are right") {
        Made::Text(text) => ("after", text),
        Made::Manual(lines) => ("manual", format!("{}\n{}\n", before.text, lines.join("\n"))),
    };
    let folder = Path::new(TEMPLATES).join(&case.path);
    let files = fs::read_dir(&folder).expect("a case is a folder");
    let mut names = files.map(|file| file.expect("an entry").path());
    let before = names.find(|path| path.file_stem().is_some_and(|stem| stem == "before"));
    let extension = before
        .expect("it has one")
        .extension()
        .map(ToOwned::to_owned);
    let path = folder
        .join(stem)
        .with_extension(extension.expect("it has one"));
    fs::write(path, text).expect("it is written");
}

#[test]
fn the_tables_in_the_binary_are_those_of_the_files_without_test_cases() {
    let (files, binary) = (with_cases(), Templates::default());
    for stack in Stack::names(&binary).into_iter().chain([SHARED]) {
        let is_table = |path: &&str| {
            let parts: Vec<_> = path.split('/').collect();
            matches!(parts[1..], ["stack.toml"] | [_, "generator.toml"])
                || matches!(parts[1..], ["places" | "parts", name] if name.ends_with(".toml"))
        };
        for path in files.below(stack).into_iter().filter(is_table) {
            let [file, binary] = [&files, &binary].map(|templates| templates.table(path));
            let [file, binary] = [file, binary].map(|table| table.expect(path));
            assert_eq!(file, binary, "{path}");
        }
        let places = binary.below(&format!("{stack}/places"));
        assert!(places.iter().all(|path| path.split('/').count() == 3));
    }
}

#[test]
fn headings_of_manual_steps_have_one_colon_their_last() {
    let templates = with_cases();
    let mut seen = 0;
    let stacks = Stack::names(&templates).into_iter().chain([SHARED]);
    let files = stacks.flat_map(|folder| templates.below(folder));
    for path in files.filter(|path| path.ends_with(".toml")) {
        let text = templates.text(path).expect("it is text");
        for purpose in text
            .lines()
            .filter_map(|line| line.strip_prefix("manual = "))
        {
            seen += 1;
            let words: String = purpose.split('`').step_by(2).collect();
            assert!(!words.contains(": "), "{path}: {purpose}");
        }
    }
    assert!(seen > 40, "only {seen} were found");
}
