//! Files: updated, merged, marked, created, removed, left out.

use super::support::{Sandbox, app};
use super::{edit, everything, files, is_up_to_date, renew};

const LOG: &str = "my_app/src/log.rs";

/// The first line of src/log.rs, and a newer one.
const FIRST: &str = "//! ";
const NEWER: &str = "//! Newer. ";

#[test]
fn right_after_every_generator_an_upgrade_changes_no_byte() {
    for sandbox in [app::full(), app::full_phoenix()] {
        is_up_to_date(&sandbox);
    }
}

#[test]
fn after_new_with_options_and_in_another_folder_an_upgrade_changes_no_byte() {
    let sandbox = Sandbox::new();
    let options = [
        "--channel",
        "User",
        "--channel",
        "Room",
        "--pubsub",
        "redis",
    ];
    let new = [
        "new",
        "first",
        "--app",
        "my_app",
        "--no-git",
        "--no-install",
    ];
    sandbox.ok(&[&new[..], &options].concat());
    let moved = sandbox.path().join("my_app");
    std::fs::rename(sandbox.path().join("first"), moved).expect("it is there");
    is_up_to_date(&sandbox);
}

#[test]
fn an_untouched_file_is_updated_and_a_changed_one_is_merged() {
    let sandbox = Sandbox::with_app();
    renew(&sandbox, "src/log.rs", FIRST, NEWER);
    renew(&sandbox, "src/config.rs", FIRST, NEWER);
    let log = sandbox.read(LOG) + "// Mine.\n";
    sandbox.write(LOG, &log);

    let ran = sandbox.ok(&["upgrade"]);

    assert_eq!(
        files(&ran),
        ["* updating src/config.rs", "* merging src/log.rs"]
    );
    assert_eq!(sandbox.read(LOG), log.replacen(FIRST, NEWER, 1));
    is_up_to_date(&sandbox);
}

#[test]
fn lines_that_gen_has_inserted_are_no_changes_of_the_app() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User", "--yes"]]);
    let endpoint = "my_app/src/endpoint.rs";
    let before = sandbox.read(endpoint);
    // A line beside that of the socket.
    let (line, newer) = ("Endpoint::builder()\n", "Endpoint::builder() // Newer.\n");
    renew(&sandbox, "src/endpoint.rs", line, newer);

    let ran = sandbox.ok(&["upgrade"]);

    assert_eq!(files(&ran), ["* updating src/endpoint.rs"]);
    assert_eq!(sandbox.read(endpoint), before.replacen(line, newer, 1));
    is_up_to_date(&sandbox);
}

/// An app in which the first line of src/log.rs is its own, and newer templates have another one.
fn with_conflict() -> Sandbox {
    let sandbox = Sandbox::with_app();
    renew(&sandbox, "src/log.rs", FIRST, NEWER);
    edit(&sandbox, LOG, FIRST, "//! Mine. ");
    sandbox
}

#[test]
fn conflicts_are_marked_as_git_marks_them() {
    let sandbox = with_conflict();
    let rest = sandbox.read(LOG);
    let (mine, rest) = rest.split_once('\n').expect("it has lines");

    let ran = sandbox.ok(&["upgrade"]);

    let expected = "* conflict src/log.rs\n\nResolve the conflicts, which start with `<<<<<<< app`, in\n\n    src/log.rs\n";
    assert_eq!(ran.stdout, expected);
    let newer = mine.replace("Mine.", "Newer.");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        sandbox.read(LOG),
        format!("<<<<<<< app\n{mine}\n=======\n{newer}\n>>>>>>> hello-sockets {version}\n{rest}")
    );
    // Once resolved, it is none any more.
    sandbox.write(LOG, &format!("{mine}\n{rest}"));
    is_up_to_date(&sandbox);
}

#[test]
fn conflicts_are_open_ends_for_scripts() {
    let strict = with_conflict().run(&["upgrade", "--strict", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&strict.stdout).expect("it is JSON");
    let found = [&report["outcome"], &report["files"][0]["outcome"]];
    assert_eq!(found, ["manual_steps", "conflict"]);
    assert_eq!(strict.code, Some(3));
}

#[test]
fn without_conflicts_the_file_is_named_left_alone_and_found_again() {
    let sandbox = with_conflict();
    renew(&sandbox, "src/config.rs", FIRST, NEWER);
    let before = sandbox.read(LOG);

    for expected in [
        &["* updating src/config.rs", "* skipping src/log.rs"][..],
        &["* skipping src/log.rs"],
    ] {
        let ran = sandbox.ok(&["upgrade", "--no-conflicts"]);
        assert_eq!(files(&ran), expected);
        assert!(ran.stdout.ends_with("\n    src/log.rs\n"), "{}", ran.stdout);
        assert_eq!(sandbox.read(LOG), before);
    }
    let ran = sandbox.ok(&["upgrade"]);
    assert_eq!(files(&ran), ["* conflict src/log.rs"]);
}

#[test]
fn a_deleted_file_stays_deleted_and_is_named_if_it_would_be_changed() {
    let sandbox = Sandbox::with_app();
    std::fs::remove_file(sandbox.path().join(LOG)).expect("it is there");
    is_up_to_date(&sandbox);
    renew(&sandbox, "src/log.rs", FIRST, NEWER);
    sandbox.ok(&["upgrade", "--check"]);

    let ran = sandbox.ok(&["upgrade"]);

    let named = "* skipping src/log.rs\n\nDeleted in the app, and left out:\n\n    src/log.rs\n";
    assert!(ran.stdout.starts_with(named), "{}", ran.stdout);
    assert!(!sandbox.exists(LOG));
    is_up_to_date(&sandbox);
}

#[test]
fn a_file_that_newer_templates_have_is_created_and_one_that_they_no_longer_have_goes() {
    let sandbox = Sandbox::with_app();
    let templates = [("src/a.rs", "// A.\n"), ("src/more/b.rs", "// B.\n")];
    for (path, text) in templates {
        sandbox.write(&format!("{}/app/{path}", super::TEMPLATES), text);
    }
    let ran = sandbox.ok(&["upgrade"]);
    assert_eq!(
        files(&ran),
        ["* creating src/a.rs", "* creating src/more/b.rs"]
    );
    assert_eq!(sandbox.read("my_app/src/more/b.rs"), "// B.\n");
    sandbox.write("my_app/src/a.rs", "// Mine.\n");
    std::fs::remove_dir_all(sandbox.path().join(super::TEMPLATES)).expect("it is there");

    let ran = sandbox.ok(&["upgrade"]);

    let expected = "* skipping src/a.rs\n* removing src/more/b.rs\n\nNo longer generated, and kept, since they were changed:\n\n    src/a.rs\n";
    assert!(ran.stdout.starts_with(expected), "{}", ran.stdout);
    assert!(!sandbox.exists("my_app/src/more"));
    is_up_to_date(&sandbox);
}

#[test]
fn a_file_of_the_app_at_the_path_of_a_new_one_is_not_overwritten() {
    let with_both = || {
        let sandbox = Sandbox::with_app();
        sandbox.write(&format!("{}/app/src/a.rs", super::TEMPLATES), "// A.\n");
        sandbox.write("my_app/src/a.rs", "// Mine.\n");
        sandbox
    };
    let sandbox = with_both();
    let before = everything(&sandbox);

    sandbox.run(&["upgrade"]).misused(
        "error: `src/a.rs` exists and differs; nothing was written\n\
         help: --force overwrites files that differ, --skip keeps them, --dry-run shows what would be done\n",
    );
    assert!(everything(&sandbox) == before, "something was written");
    let ran = sandbox.ok(&["upgrade", "--skip"]);
    assert_eq!(files(&ran), ["* skipping src/a.rs"]);
    is_up_to_date(&sandbox);
    let sandbox = with_both();
    let ran = sandbox.ok(&["upgrade", "--force"]);
    assert_eq!(files(&ran), ["* overwriting src/a.rs"]);
    assert_eq!(sandbox.read("my_app/src/a.rs"), "// A.\n");
}

#[test]
fn what_destroy_has_taken_back_is_not_generated_again() {
    let channel = ["channel", "User", "--no-socket"];
    let gen_room = ["gen", "channel", "Room", "--no-socket"];
    let sandbox = Sandbox::with_app().after(&[
        &[&["gen"], &channel[..]].concat(),
        &gen_room,
        &[&["destroy"], &channel[..]].concat(),
    ]);
    is_up_to_date(&sandbox);
    // The support of tests is that of both.
    let support = "tests/support/mod.rs";
    let text = sandbox.read(&format!("my_app/{support}"));
    let newer = format!("// Newer.\n{text}");
    sandbox.write(&format!("{}/channel/{support}", super::TEMPLATES), &newer);
    let more = format!(
        "{}/channel/src/channels/{{{{ name.snake }}}}_more.rs",
        super::TEMPLATES
    );
    sandbox.write(&more, "// More.\n");

    let ran = sandbox.ok(&["upgrade"]);

    let expected = [
        "* creating src/channels/room_more.rs",
        "* updating tests/support/mod.rs",
    ];
    assert_eq!(files(&ran), expected);
}
