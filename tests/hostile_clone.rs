//! A clone of somebody else's app: links, names and texts in it harm nothing outside of it, and not the terminal.
#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use support::Sandbox;

const GEN: [&str; 4] = ["gen", "channel", "User", "--yes"];
const MODULES: &str = "my_app/src/channels/mod.rs";

/// Links `path` of the app to a file beside the app, which has contents of its own. Returns the file.
fn linked_out(sandbox: &Sandbox, path: &str) -> PathBuf {
    sandbox.write("private/profile", "mine");
    let file = sandbox.path().join("private/profile");
    let link = sandbox.path().join(path);
    fs::create_dir_all(link.parent().expect("a folder")).expect("it is made");
    symlink(&file, link).expect("it is linked");
    file
}

/// Links a folder of the app to one beside it, with a file in it.
fn folder_linked_out(sandbox: &Sandbox, folder: &str) {
    sandbox.write("private/notes.json", "mine");
    let link = sandbox.path().join("my_app").join(folder);
    fs::create_dir_all(link.parent().expect("a folder")).expect("it is made");
    symlink(sandbox.path().join("private"), link).expect("it is linked");
}

#[test]
fn a_link_in_place_of_a_draft_is_not_written_through() {
    for name in ["mod.rs", "user_channel.rs"] {
        let sandbox = Sandbox::with_app();
        let draft = format!("my_app/src/channels/.{name}.hello-sockets");
        let file = linked_out(&sandbox, &draft);

        sandbox.ok(&GEN);

        assert_eq!(fs::read_to_string(&file).expect("it is there"), "mine");
        assert!(!sandbox.path().join(MODULES).is_symlink());
        assert!(sandbox.read(MODULES).contains("user_channel"));
        assert!(!sandbox.exists(&draft));
    }
}

#[test]
fn a_record_that_is_a_link_is_neither_written_nor_emptied() {
    for folder in [
        ".hello-sockets",
        ".hello-sockets/undo",
        ".hello-sockets/runs",
    ] {
        let sandbox = Sandbox::with_app();
        fs::remove_dir_all(sandbox.path().join("my_app/.hello-sockets")).expect("it is there");
        folder_linked_out(&sandbox, folder);

        let ran = sandbox.ok(&GEN);

        let warning = format!("warning: `undo` cannot take this run back: `{folder}` is a link");
        assert!(ran.stderr.contains(&warning), "{}", ran.stderr);
        let private = support::tree(&sandbox.path().join("private"));
        assert_eq!(private, [("notes.json".to_owned(), b"mine".to_vec())]);
    }
}

/// Adds a file beside the app to the record of the last run, as it was before it, and makes the app a clone at the same path.
fn clone_with_forged_record(sandbox: &Sandbox) {
    let folder = "my_app/.hello-sockets/undo";
    let record = format!("{folder}/run.json");
    let mut last: Value = serde_json::from_str(&sandbox.read(&record)).expect("it is JSON");
    let hash = "ed9c86a61e05623abeb71f9eeda8780dab0e28a2f69bb54813f99a2ec4b3602f"; // of `theirs`
    let forged = json!({ "path": "../profile", "before": hash, "after": null });
    let files = last["run"]["files"].as_array_mut().expect("a list");
    files.push(forged);
    sandbox.write(&record, &last.to_string());
    sandbox.write(&format!("{folder}/{hash}"), "theirs\n");
    let [app, original] = ["my_app", "original"].map(|name| sandbox.path().join(name));
    fs::rename(&app, &original).expect("it is moved");
    let copied = Command::new("cp")
        .arg("-r")
        .args([&original, &app])
        .status();
    assert!(copied.expect("it is a program of every Unix").success());
}

#[test]
fn a_record_that_came_with_a_clone_writes_nothing_outside_of_it() {
    let sandbox = Sandbox::with_app().after(&[&GEN]);
    clone_with_forged_record(&sandbox);
    let ran = sandbox.run(&["undo", "--force"]);
    assert!(
        ran.stderr.contains("`../profile` is outside of the app"),
        "{}",
        ran.stderr
    );
    assert!(!sandbox.exists("profile"));

    // As if the run had been killed: the same command completes it.
    let sandbox = Sandbox::with_app().after(&[&GEN]);
    fs::remove_file(sandbox.path().join("my_app/src/channels/user_channel.rs")).expect("there");
    clone_with_forged_record(&sandbox);
    sandbox.ok(&GEN);
    sandbox.ok(&["undo", "--force"]);
    assert!(!sandbox.exists("profile"));
}

/// A toolchain of the clone, by a path that is the same on every machine with Linux, and a compiler of the clone.
#[test]
fn doctor_runs_no_program_that_a_clone_configures_for_cargo() {
    let sandbox = Sandbox::with_app();
    let evil = format!("touch {}/ran\necho cargo 1.99.0", sandbox.path().display());
    sandbox.write_program("my_app/evil/bin/cargo", &evil);
    sandbox.write("my_app/evil/lib/empty", "");
    let config = "[build]\nrustc = \"evil/bin/cargo\"\n";
    sandbox.write("my_app/.cargo/config.toml", config);
    let own = "[toolchain]\npath = \"/proc/self/cwd/evil\"\n";
    for file in [".gitignore", "rust-toolchain.toml"] {
        sandbox.write(&format!("my_app/{file}"), own);
        let mut command = sandbox.command(&["doctor"]);
        // As in a shell: rustup sets it for tests.
        command.env_remove("RUSTUP_TOOLCHAIN");

        let ran = support::finish(command, "");

        ran.prints("* ok      cargo");
        assert!(!sandbox.exists("ran"), "{file}");
    }
}

/// Settings of elixir's version managers, yarn and others apply to the folder that they are started in.
#[test]
fn doctor_starts_programs_outside_of_the_clone() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        sandbox.write("my_app/assets/package.json", "{}");
        let folder = sandbox.path().display();
        let script = format!("pwd >> {folder}/folders\necho 1.99.0");
        for program in ["cargo", "cc", "elixir", "git", "mix", "yarn"] {
            sandbox.write_program(&format!("bin/{program}"), &script);
        }
        sandbox.write("home/.profile", "");
        let home = fs::canonicalize(sandbox.path().join("home")).expect("it is there");
        let mut command = sandbox.command(&["doctor"]);
        command.env("PATH", sandbox.path().join("bin"));
        command.env("HOME", &home);

        support::finish(command, "");

        let folders = sandbox.read("folders");
        let outside = |folder: &str| home.to_str() == Some(folder);
        assert!(folders.lines().all(outside), "{folders}");
    }
}

#[test]
fn devices_and_pipes_are_no_files() {
    let sandbox = Sandbox::with_app();
    let channels = sandbox.path().join("my_app/src/channels");
    symlink("/dev/zero", channels.join("endless.rs")).expect("it is linked");
    let pipe = channels.join("pipe.rs");
    let made = Command::new("mkfifo").arg(pipe).status();
    assert!(made.expect("it is a program of every Unix").success());

    sandbox.ok(&GEN);
    sandbox.ok(&["routes"]);
}

#[test]
fn a_file_may_be_as_deep_as_it_is_long() {
    let sandbox = Sandbox::with_app();
    let (open, close) = ("{".repeat(300_000), "}".repeat(300_000));
    let endpoint = sandbox.read("my_app/src/endpoint.rs");
    let deep = format!("{endpoint}\nfn deep() {{ {open}{close} }}\n");
    sandbox.write("my_app/src/endpoint.rs", &deep);

    sandbox.ok(&GEN);

    let edited = sandbox.read("my_app/src/endpoint.rs");
    assert!(edited.contains(".socket::<UserSocket>"));
}

#[test]
fn names_and_texts_cannot_control_the_terminal() {
    let sandbox = Sandbox::with_app().after(&[&GEN]);
    let evil = "\u{1b}]0;evil\u{7}\u{9b}31m\u{202e}";
    let socket = sandbox.read("my_app/src/channels/user_socket.rs");
    let socket = socket.replace("\"user:*\"", &format!("\"user{evil}:*\""));
    sandbox.write("my_app/src/channels/user_socket.rs", &socket);
    fs::rename(
        sandbox.path().join("my_app/assets/js/user_socket.js"),
        sandbox
            .path()
            .join(format!("my_app/assets/js/user{evil}.js")),
    )
    .expect("it is renamed");
    sandbox.write(
        "my_app/.hello-sockets/templates/rust/evil/generator.toml",
        &format!("about = \"{evil}"),
    );

    for command in [
        &["routes"][..],
        &["routes", "--json"],
        &["doctor"],
        &["gen", "channel", "User", "--dry-run"],
        &["destroy", "channel", "User", "--dry-run"],
        &["undo", "--dry-run"],
        &["upgrade", "--dry-run"],
        &["gen", "evil"],
        &["gen", "--help"],
    ] {
        let ran = sandbox.run(command);
        let printed = ran.stdout + &ran.stderr;
        let is_unsafe = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!printed.contains(is_unsafe), "{command:?} {printed:?}");
    }
}

#[test]
fn an_error_in_a_line_without_end_does_not_fill_the_terminal() {
    let sandbox = Sandbox::with_app();
    let table = "my_app/.hello-sockets/templates/rust/channel/generator.toml";
    sandbox.write(table, &format!("about = {}", "[".repeat(100_000)));

    let ran = sandbox.run(&GEN);

    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("channel/generator.toml"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.len() < 5_000, "{} bytes", ran.stderr.len());
}
