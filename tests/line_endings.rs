//! Apps that git has checked out with `\r\n`, as on Windows: that is no change of a file.

mod support;

use std::fs;

use support::Sandbox;
use support::taken_back::different;

/// Gives all files of the app the line ending `\r\n`.
fn check_out(sandbox: &Sandbox) {
    for (path, contents) in sandbox.tree() {
        if let Ok(text) = String::from_utf8(contents) {
            let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
            fs::write(sandbox.path().join(path), text).expect("it is there");
        }
    }
}

/// Returns the files with both line endings.
fn mixed(sandbox: &Sandbox) -> Vec<String> {
    let files = sandbox.tree().into_iter();
    let text = files.filter_map(|(path, bytes)| Some((path, String::from_utf8(bytes).ok()?)));
    let mixed = text.filter(|(_, text)| {
        text.contains("\r\n") && text.matches("\r\n").count() != text.matches('\n').count()
    });
    mixed.map(|(path, _)| path).collect()
}

const CHANNEL: [&str; 3] = ["channel", "Room", "--yes"];

/// Checks that `gen`, `upgrade` and `destroy` find files of either ending as generated.
#[track_caller]
fn line_endings_are_no_changes(sandbox: &Sandbox) {
    check_out(sandbox);
    let before = sandbox.tree();
    sandbox.ok(&[&["gen"], &CHANNEL[..]].concat());
    assert_eq!(mixed(sandbox), [""; 0]);
    check_out(sandbox);

    let again = sandbox.run(&[&["gen"], &CHANNEL[..]].concat());
    again.found_all_identical();
    let check = sandbox.ok(&["upgrade", "--check"]);
    check.prints("is up to date");
    sandbox.ok(&[&["destroy"], &CHANNEL[..]].concat());
    assert_eq!(different(sandbox, &before), [""; 0]);
}

#[test]
fn line_endings_are_no_changes_of_a_rust_app() {
    line_endings_are_no_changes(&Sandbox::with_app());
}

#[test]
fn line_endings_are_no_changes_of_a_phoenix_app() {
    line_endings_are_no_changes(&Sandbox::with_phoenix_app());
}

#[test]
fn an_upgrade_keeps_the_line_endings_of_the_app() {
    let sandbox = Sandbox::with_app();
    check_out(&sandbox);
    let log = "my_app/src/log.rs";
    let newer = |text: &str| text.replacen("//! ", "//! Newer. ", 1);
    let template = sandbox.read(log).replace("\r\n", "\n");
    let path = "my_app/.hello-sockets/templates/rust/app/src/log.rs";
    sandbox.write(path, &newer(&template));
    let expected = newer(&sandbox.read(log));

    sandbox.ok(&["upgrade"]);

    assert_eq!(sandbox.read(log), expected);
}

/// A file whose last line has no line ending gets none, unless text comes after that line.
#[test]
fn gen_and_destroy_leave_the_same_bytes_in_files_with_any_number_of_last_line_endings() {
    let tails = [
        "tokio = \"1\"",
        "tokio = \"1\"\n\n[profile.release]\nlto = true",
        "tokio = \"1\"\n\n[dev-dependencies]\ninsta = \"1\"",
        "tokio = \"1\"\n",
        "tokio = \"1\"\n\n",
        "tokio = \"1\"\n\n\n",
        "tokio = \"1\"\n\n[dev-dependencies]\ninsta = \"1\"\n\n",
    ];
    for tail in tails {
        let sandbox = Sandbox::new();
        let manifest = format!(
            "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\nserde_json = \"1\"\n{tail}"
        );
        sandbox.write("my_app/Cargo.toml", &manifest);
        sandbox.write("my_app/src/main.rs", "mod orders;\n\nfn main() {}");
        sandbox.ok(&["gen", "library"]);
        sandbox.ok(&["destroy", "library"]);
        assert_eq!(sandbox.read("my_app/Cargo.toml"), manifest);
        let sandbox = sandbox.after(&[&["gen", "library"]]);
        let before = sandbox.tree();
        sandbox.ok(&["gen", "channel", "Room"]);
        sandbox.ok(&["gen", "auth"]);
        sandbox.ok(&["destroy", "auth"]);
        sandbox.ok(&["destroy", "channel", "Room"]);
        assert_eq!(different(&sandbox, &before), [""; 0]);
    }
}

/// Gives the files with `extension` alone the line ending `\r\n`, as a formatter does.
fn format_with_crlf(sandbox: &Sandbox, extension: &str) {
    let tree = sandbox.tree().into_iter();
    for (path, contents) in tree.filter(|(path, _)| path.ends_with(extension)) {
        let text = String::from_utf8(contents).expect("it is text");
        let path = sandbox.path().join(path);
        fs::write(path, text.replace('\n', "\r\n")).expect("it is there");
    }
}

/// Checks that new files have the line endings of those beside them, and are found and taken back as generated.
#[track_caller]
fn new_files_have_the_endings_of(extension: &str, sandbox: &Sandbox, commands: &[&[&str]]) {
    format_with_crlf(sandbox, extension);
    let before = sandbox.tree();
    for args in commands {
        sandbox.ok(&[&["gen"], *args].concat());
    }

    let tree = sandbox.tree().into_iter();
    let text = tree.filter_map(|(path, bytes)| Some((path, String::from_utf8(bytes).ok()?)));
    let is_hidden = |path: &str| path.contains("/.hello-sockets/");
    let others = text.filter(|(path, text)| {
        let has_crlf = path.ends_with(extension) && !text.is_empty();
        !is_hidden(path)
            && (text.contains("\r\n") != has_crlf
                || has_crlf && text.matches("\r\n").count() != text.matches('\n').count())
    });
    let others: Vec<_> = others.map(|(path, _)| path).collect();
    assert_eq!(others, [""; 0]);

    for args in commands {
        let again = sandbox.run(&[&["gen"], *args].concat());
        again.found_all_identical();
    }
    let check = sandbox.ok(&["upgrade", "--check"]);
    check.prints("is up to date");
    for args in commands.iter().rev() {
        let args = [&["destroy"], *args].concat();
        sandbox.ok(&args);
    }
    assert_eq!(different(sandbox, &before), [""; 0]);
}

const CHANNEL_AND_FILES_OF_RELEASE: [&[&str]; 2] = [&CHANNEL, &["release"]];

#[test]
fn new_files_of_a_rust_app_have_the_line_endings_of_those_with_their_extension() {
    let (rust, script) = (Sandbox::with_app(), Sandbox::with_app());
    new_files_have_the_endings_of(".rs", &rust, &CHANNEL_AND_FILES_OF_RELEASE);
    new_files_have_the_endings_of(".js", &script, &CHANNEL_AND_FILES_OF_RELEASE);
}

#[test]
fn new_files_of_a_phoenix_app_have_the_line_endings_of_those_with_their_extension() {
    let (elixir, script) = (Sandbox::with_phoenix_app(), Sandbox::with_phoenix_app());
    new_files_have_the_endings_of(".ex", &elixir, &CHANNEL_AND_FILES_OF_RELEASE);
    new_files_have_the_endings_of(".js", &script, &CHANNEL_AND_FILES_OF_RELEASE);
}

/// `newline_style = "Windows"` of rustfmt, in a crate without a module, a test and a library before.
#[test]
fn a_crate_with_crlf_in_its_sources_gets_it_in_new_folders_and_the_library() {
    let sandbox = Sandbox::new();
    let manifest = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\ntokio = \"1\"\n";
    sandbox.write("my_app/Cargo.toml", manifest);
    sandbox.write(
        "my_app/src/main.rs",
        "use axum::Router;\n\n#[tokio::main]\nasync fn main() {\n    let app = Router::new();\n    let listener = tokio::net::TcpListener::bind(\"[::]:4000\").await;\n    let Ok(listener) = listener else { return };\n    let _ = axum::serve(listener, app).await;\n}\n",
    );
    new_files_have_the_endings_of(".rs", &sandbox, &[&["library"], &CHANNEL]);
}
