//! The guides in docs/guides/: their commands are run, their outputs compared, their code is compiled and tested.
#![cfg(unix)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use support::app::cargo;
use support::guide::Reader;
use support::pattern::fits;

/// All guides, in their order: they continue the app of the first one.
const GUIDES: [&str; 7] = [
    "first-app",
    "channels",
    "presence",
    "testing",
    "authentication",
    "moving-from-phoenix",
    "moving-from-others",
];

fn guide(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/guides/{name}.md"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn the_commands_of_the_guides_print_what_the_guides_show() {
    let mut reader = Reader::new();
    let mut ran = Vec::new();
    for name in GUIDES {
        let before = reader.ran;
        reader.follow(&guide(name));
        ran.push((name, reader.ran - before));
    }
    assert_eq!(
        ran,
        [
            ("first-app", 5),
            ("channels", 1),
            ("presence", 1),
            ("testing", 0),
            ("authentication", 2),
            ("moving-from-phoenix", 0),
            ("moving-from-others", 0),
        ]
    );
    covered(&reader.covered_by);
}

#[test]
fn an_ellipsis_stands_for_any_text_or_any_lines_and_nothing_else_does() {
    for (shown, printed) in [
        ("a\nb", "a\nb"),
        ("a …\nb", "a 12 c\nb"),
        ("…", ""),
        ("a\n…\nd", "a\nb\nc\nd"),
        ("a\n…\nc\n…\ne", "a\nb\nc\nd\ne"),
        ("…s after …s", "1s after 2s"),
    ] {
        assert!(fits(shown, printed), "{shown:?} {printed:?}");
    }
    for (shown, printed) in [
        ("a\nb", "a"),
        ("a", "a\nb"),
        ("a …", "b 12"),
        ("a …b", "a 12 c"),
        ("a\n…\nd", "a\nb\nc"),
        ("a\n…\nc\n…\ne", "a\nb\nd\ne"),
        ("…s after …s", "1s before 2s"),
    ] {
        assert!(!fits(shown, printed), "{shown:?} {printed:?}");
    }
}

#[test]
fn every_guide_is_followed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides");
    let files = support::tree(&folder).into_iter().map(|(file, _)| file);
    let followed: BTreeSet<_> = GUIDES.iter().map(|name| format!("{name}.md")).collect();
    assert_eq!(files.collect::<BTreeSet<_>>(), followed);
}

/// Blocks that are not run: they need a network, or do not end.
fn covered(tests: &[String]) {
    assert_eq!(tests.len(), 4, "only what cannot be run");
    let folders = ["tests", "axum-channels/tests"];
    let folders = folders.map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let files = folders.iter().flat_map(|folder| support::tree(folder));
    let sources: Vec<_> = files
        .filter(|(path, _)| path.ends_with(".rs"))
        .map(|(_, text)| String::from_utf8_lossy(&text).into_owned())
        .collect();
    for name in tests {
        let function = format!("fn {name}(");
        assert!(
            sources.iter().any(|text| text.contains(&function)),
            "{name}"
        );
    }
}

#[test]
#[ignore = "compiles a generated app, needs curl and node"]
fn the_code_of_the_guides_compiles_and_its_tests_pass() {
    let mut reader = Reader::slow();
    for name in GUIDES {
        reader.follow(&guide(name));
        reader.keep_code(name);
    }
    let tests = cargo(&reader.folder, &["test"]);
    for test in [
        "what_is_said_reaches_everybody_and_typing_all_others",
        "the_clock_ticks_three_times_and_stops",
        "pages_of_other_sites_may_not_connect",
    ] {
        assert!(tests.contains(&format!("test {test} ... ok")), "{tests}");
    }
}
