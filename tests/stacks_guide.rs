//! The tutorial docs/stacks.md: its files are written, its commands run, its results compared.
#![cfg(unix)]

mod support;

use support::Sandbox;
use support::guide::Reader;

#[test]
fn the_guide_to_stacks_is_true() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/stacks.md");
    let guide = std::fs::read_to_string(path).expect("it is there");
    let mut reader = Reader::new();

    reader.follow(&guide);

    assert_eq!(reader.ran, 6, "commands in the guide");
}

#[test]
fn the_reference_has_the_keys_of_all_files_and_every_place() {
    let reference = Sandbox::new().ok(&["templates", "docs"]).stdout;

    for line in [
        "## `<stack>/stack.toml`",
        "## `<stack>/<generator>/generator.toml`",
        "## `<stack>/places/<place>.toml`",
        "- `place` (text, required): The name of a file in `places/`, or of a place in the generator's own `places`.",
        "## Places in `rust/places/`",
        "### socket_routes",
        "- `topic`: The topics: `room:*`",
        "## Places in `shared/places/`",
    ] {
        assert!(reference.lines().any(|l| l == line), "{line}\n{reference}");
    }
}
