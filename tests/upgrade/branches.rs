//! Branches that both run generators: git merges their records, and each run counts.

use super::support::Sandbox;
use super::support::taken_back::different;
use super::{edit, files, git, is_up_to_date, renew};

/// An app in a repository, with a first commit. git puts the lines of both branches into code and manifests.
fn repository() -> Sandbox {
    let sandbox = Sandbox::with_app();
    let attributes = "*.rs merge=union\n*.js merge=union\n*.toml merge=union\n";
    sandbox.write("my_app/.gitattributes", attributes);
    git(&sandbox, &["init", "--quiet", "--initial-branch", "main"]);
    commit(&sandbox);
    sandbox
}

fn commit(sandbox: &Sandbox) {
    git(sandbox, &["add", "--all"]);
    git(sandbox, &["commit", "--quiet", "--message", "a change"]);
}

/// Makes changes in `main` and in another branch, and merges that into `main`.
#[track_caller]
fn merge(sandbox: &Sandbox, ours: impl FnOnce(), theirs: impl FnOnce()) {
    git(sandbox, &["checkout", "--quiet", "-b", "theirs"]);
    theirs();
    commit(sandbox);
    git(sandbox, &["checkout", "--quiet", "main"]);
    ours();
    commit(sandbox);
    git(sandbox, &["merge", "--quiet", "--no-edit", "theirs"]);
}

const ROOM: [&str; 5] = ["gen", "channel", "Room", "--topic", "lobby"];

#[test]
fn runs_of_both_branches_are_upgraded_and_taken_back() {
    let sandbox = repository();
    let before = sandbox.tree();
    let run = |args: &[&str]| drop(sandbox.ok(args));
    merge(
        &sandbox,
        || run(&["gen", "channel", "News", "--topic", "feed", "--yes"]),
        || run(&[&ROOM[..], &["--yes"]].concat()),
    );

    is_up_to_date(&sandbox);
    // The options are those of the record.
    run(&["destroy", "channel", "News", "--no-socket"]);
    run(&["destroy", "channel", "Room", "--yes"]);
    let mut changed = different(&sandbox, &before);
    changed.retain(|path| !path.starts_with("my_app/.git/"));
    assert_eq!(changed, [""; 0]);
}

#[test]
fn runs_of_a_branch_count_after_an_upgrade_in_another() {
    let sandbox = repository();
    renew(&sandbox, "src/log.rs", "//! ", "//! Newer. ");
    commit(&sandbox);
    merge(
        &sandbox,
        || drop(sandbox.ok(&["upgrade"])),
        || {
            for args in [&ROOM[..], &["gen", "presence"]] {
                sandbox.ok(&[args, &["--yes"]].concat());
            }
        },
    );
    is_up_to_date(&sandbox);
    let presence = "my_app/src/channels/presence.rs";
    let template = "rust/presence/{{ app.src }}channels/{{ module }}.rs.tera";
    let built_in = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let text = std::fs::read_to_string(built_in.join(template)).expect("it is there");
    let newer = text.replacen("//! ", "//! Newer. ", 1);
    sandbox.write(
        &format!("my_app/.hello-sockets/templates/{template}"),
        &newer,
    );
    edit(
        &sandbox,
        presence,
        "use axum_channels",
        "// Mine.\nuse axum_channels",
    );

    let ran = sandbox.ok(&["upgrade"]);

    assert_eq!(files(&ran), ["* merging src/channels/presence.rs"]);
    is_up_to_date(&sandbox);
}

#[test]
fn upgrades_in_both_branches_are_merged() {
    let sandbox = repository();
    renew(&sandbox, "src/log.rs", "//! ", "//! Newer. ");
    commit(&sandbox);
    let upgraded = |name: &str| {
        sandbox.ok(&["gen", "socket", name]);
        sandbox.ok(&["upgrade"]);
    };
    merge(&sandbox, || upgraded("Device"), || upgraded("Admin"));

    is_up_to_date(&sandbox);
    for name in ["Device", "Admin"] {
        sandbox.ok(&["destroy", "socket", name]);
    }
}
