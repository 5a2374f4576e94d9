//! The vendored library.

use super::support::Sandbox;
#[cfg(unix)]
use super::support::terminal;
use super::{TEMPLATES, edit, files, is_up_to_date};

const LIB: &str = "my_app/vendor/axum-channels/src/lib.rs";
const ERROR: &str = "my_app/vendor/axum-channels/src/error.rs";

/// An app whose templates have a newer library: two changed files, and a new one.
fn with_newer() -> Sandbox {
    let sandbox = Sandbox::with_app();
    for path in [LIB, ERROR] {
        let text = sandbox.read(path) + "// Newer.\n";
        sandbox.write(
            &path.replace("my_app/", &format!("{TEMPLATES}/app/")),
            &text,
        );
    }
    let more = format!("{TEMPLATES}/app/vendor/axum-channels/src/more.rs");
    sandbox.write(&more, "// More.\n");
    sandbox
}

#[test]
fn an_untouched_library_is_replaced_and_its_folder_is_reported_once() {
    let sandbox = with_newer();
    let before = sandbox.read(LIB);

    let ran = sandbox.ok(&["upgrade"]);

    assert_eq!(files(&ran), ["* updating vendor/axum-channels"]);
    assert_eq!(sandbox.read(LIB), before.clone() + "// Newer.\n");
    let more = LIB.replace("lib.rs", "more.rs");
    assert_eq!(sandbox.read(&more), "// More.\n");
    std::fs::remove_dir_all(sandbox.path().join(TEMPLATES)).expect("it is there");
    let ran = sandbox.ok(&["upgrade"]);
    assert_eq!(files(&ran), ["* updating vendor/axum-channels"]);
    assert!(!sandbox.exists(&more), "the newer library has it no longer");
    assert_eq!(sandbox.read(LIB), before);
    is_up_to_date(&sandbox);
}

#[test]
fn a_changed_file_of_the_library_is_decided_by_itself() {
    let sandbox = with_newer();
    edit(&sandbox, LIB, "//!", "//! Mine.");
    let mine = sandbox.read(LIB);

    sandbox.run(&["upgrade"]).misused(
        "error: `vendor/axum-channels/src/lib.rs` differs from the library of this version; nothing was written\n\
         help: --force replaces it, --skip keeps them, --dry-run shows what would be done\n",
    );
    let ran = sandbox.ok(&["upgrade", "--skip"]);

    let lines = files(&ran);
    assert!(
        lines.contains(&"* skipping vendor/axum-channels/src/lib.rs"),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"* updating vendor/axum-channels"),
        "{lines:?}"
    );
    assert_eq!(sandbox.read(LIB), mine);
    is_up_to_date(&sandbox);
    // The decision holds also if it is the only one.
    edit(
        &sandbox,
        &LIB.replace("my_app/", &format!("{TEMPLATES}/app/")),
        "// Newer.",
        "// Newest.",
    );
    sandbox.ok(&["upgrade", "--skip"]);
    assert_eq!(sandbox.read(LIB), mine);
    is_up_to_date(&sandbox);
}

#[test]
fn a_library_that_was_removed_from_the_app_stays_away() {
    let sandbox = with_newer();
    let folder = sandbox.path().join("my_app/vendor");
    std::fs::remove_dir_all(folder).expect("it is there");

    let ran = sandbox.ok(&["upgrade"]);

    let expected = "* skipping vendor/axum-channels\n\nDeleted in the app, and left out:\n\n    vendor/axum-channels\n";
    assert!(ran.stdout.starts_with(expected), "{}", ran.stdout);
    assert!(!sandbox.exists("my_app/vendor"));
    is_up_to_date(&sandbox);
}

#[cfg(unix)]
#[test]
fn in_a_terminal_the_diff_of_a_changed_file_is_shown_and_it_is_kept_by_default() {
    let sandbox = with_newer();
    edit(&sandbox, LIB, "//!", "//! Mine.");
    let mine = sandbox.read(LIB);

    let shown = terminal::transcript(
        sandbox.command(&["upgrade", "--color", "never"]),
        "lose changes of it? [y]es [N]o [d]iff [a]ll [q]uit ",
        "",
    );

    assert!(shown.contains("\n+// Newer.\n"), "{shown}");
    assert_eq!(sandbox.read(LIB), mine);
    assert!(sandbox.read(ERROR).ends_with("// Newer.\n"));
}

#[test]
fn a_library_without_a_record_is_one_question() {
    let sandbox = crate_with_library();
    super::forget(&sandbox);
    edit(&sandbox, LIB, "//!", "//! Old.");

    sandbox.run(&["upgrade"]).misused(
        "error: `vendor/axum-channels` differs from the library of this version; nothing was written\n\
         help: --force replaces it, --skip keeps them, --dry-run shows what would be done\n",
    );
    let ran = sandbox.ok(&["upgrade", "--force"]);

    assert_eq!(files(&ran), ["* overwriting vendor/axum-channels"]);
    is_up_to_date(&sandbox);
}

#[test]
fn a_library_without_a_record_that_is_kept_is_kept_whole_and_found_again() {
    let sandbox = crate_with_library();
    super::forget(&sandbox);
    edit(&sandbox, LIB, "//!", "//! Old.");
    std::fs::remove_file(sandbox.path().join(ERROR)).expect("it is there");

    let ran = sandbox.ok(&["upgrade", "--skip"]);

    assert_eq!(files(&ran), ["* skipping vendor/axum-channels"]);
    assert!(!sandbox.exists(ERROR), "the old library is without it");
    let ran = sandbox.run(&["upgrade", "--check"]);
    assert_eq!(files(&ran), ["* conflict vendor/axum-channels"]);
    assert_eq!(ran.code, Some(4));
    sandbox.ok(&["upgrade", "--force"]);
    assert!(sandbox.exists(ERROR));
    is_up_to_date(&sandbox);
}

fn crate_with_library() -> Sandbox {
    let sandbox = Sandbox::new();
    let manifest = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\n";
    sandbox.write("my_app/Cargo.toml", manifest);
    sandbox.write("my_app/src/lib.rs", "");
    sandbox.after(&[&["gen", "library"]])
}

#[test]
fn a_library_that_gen_has_added_is_upgraded_too() {
    let sandbox = crate_with_library();
    is_up_to_date(&sandbox);
    let text = sandbox.read(LIB) + "// Newer.\n";
    sandbox.write(&LIB.replace("my_app/", &format!("{TEMPLATES}/app/")), &text);

    let ran = sandbox.ok(&["upgrade"]);

    assert_eq!(files(&ran), ["* updating vendor/axum-channels"]);
    assert_eq!(sandbox.read(LIB), text);
}
