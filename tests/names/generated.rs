//! Channels, sockets, presences and tokens with names of all kinds, in apps of both stacks.

use std::path::Path;
use std::process::Command;

use crate::sources::{LONGEST, Names, OF_ELIXIR, OF_FILES, OF_RUST, of_the_library};
use crate::support::app::cargo;
use crate::support::{self, Ran, Sandbox};
use crate::syntax;

/// Checks that rustfmt would change nothing in the app's own files.
#[track_caller]
pub fn is_formatted(folder: &Path) {
    let files = support::tree(folder).into_iter().map(|(path, _)| path);
    let own = files.filter(|path| path.ends_with(".rs") && !path.starts_with("vendor"));
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--check", "--color", "never", "--edition", "2024"]);
    let output = rustfmt
        .args(own)
        .current_dir(folder)
        .output()
        .expect("rustfmt starts");
    let printed = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&printed)
    );
}

/// Checks that every file of a language whose grammar is linked parses.
#[track_caller]
fn parses(folder: &Path) {
    let mut broken = Vec::new();
    for (path, text) in support::tree(folder) {
        let Ok(text) = String::from_utf8(text) else {
            continue;
        };
        let tree = syntax::parse(&path, &text);
        if tree.is_some_and(|tree| tree.root_node().has_error()) && !path.starts_with("vendor") {
            broken.push(format!("{path}:\n{text}"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Runs the command. If it is refused, runs the suggested one, which has to succeed.
#[track_caller]
fn run_or_follow_the_suggestion(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let ran = sandbox.run(args);
    if ran.code != Some(2) {
        return ran.succeeded();
    }
    let help = ran
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("help: "));
    let help = help.unwrap_or_else(|| panic!("{args:?} {}", ran.stderr));
    if help.starts_with("--force overwrites") {
        // Another name is spelled the same in files, and its channel has a presence by now.
        return sandbox.ok(&[args, &["--skip"]].concat());
    }
    let suggested: Vec<_> = match help.strip_prefix("hello-sockets ") {
        Some(command) => command.split(' ').collect(),
        // Another value of the option that is at fault.
        None => args
            .iter()
            .copied()
            .take(3)
            .chain(help.split(' '))
            .collect(),
    };
    sandbox.ok(&suggested)
}

/// Adds a socket, a channel that it routes, a presence in the channel, and tokens for the socket.
fn grow(sandbox: &Sandbox, name: &str, socket: &str) {
    let in_socket = ["--socket", socket];
    for args in [
        &["gen", "socket", socket][..],
        &[&["gen", "channel", name], &in_socket[..]].concat(),
        &[
            &["gen", "presence", name, "--channel", name],
            &in_socket[..],
        ]
        .concat(),
        &[&["gen", "auth"], &in_socket[..]].concat(),
    ] {
        run_or_follow_the_suggestion(sandbox, args);
    }
}

fn app(stack: &str) -> Sandbox {
    match stack {
        "rust" => Sandbox::with_app(),
        _ => Sandbox::with_phoenix_app(),
    }
}

#[test]
fn what_is_generated_for_random_names_of_any_length_is_formatted_and_parses() {
    for stack in ["rust", "phoenix"] {
        let mut names = Names::new(1);
        let sandbox = app(stack);
        // In Rust, those where lines get too long.
        let lengths: Vec<_> = match stack {
            "rust" => [2, 3, 7, 14, 20, 22, 24, 26]
                .into_iter()
                .chain(28..=36)
                .chain(46..=LONGEST)
                .collect(),
            _ => vec![2, 3, 24, 47, LONGEST],
        };
        for length in lengths {
            let (name, socket) = (names.next(length), names.next(length));
            grow(&sandbox, &name, &socket);
            let private = ["gen", "channel", &names.next(length), "--per-user"];
            run_or_follow_the_suggestion(
                &sandbox,
                &[&private[..], &["--socket", &socket]].concat(),
            );
        }
        let folder = sandbox.path().join("my_app");
        is_formatted(&folder);
        parses(&folder);
    }
}

#[test]
fn names_that_something_else_has_are_generated_or_refused_with_one_that_works() {
    for (stack, others) in [("rust", &OF_FILES[..]), ("phoenix", &OF_ELIXIR)] {
        let sandbox = app(stack);
        for name in others.iter().chain(&["Presence", "Option"]) {
            run_or_follow_the_suggestion(&sandbox, &["gen", "channel", name, "--yes"]);
            run_or_follow_the_suggestion(&sandbox, &["gen", "presence", name, "--channel", name]);
        }
        let folder = sandbox.path().join("my_app");
        is_formatted(&folder);
        parses(&folder);
    }
}

const PROGRAM: [(&str, &str); 3] = [
    (
        "my_app/Cargo.toml",
        r#"[package]
name = "my_app"
version = "0.1.0"
edition = "2024"

[dependencies]
axum = "0.8"
axum-channels = { path = "LIBRARY", features = ["testing", "token"] }
serde_json = "1"
tokio = { version = "1", features = ["macros", "rt"] }

[workspace]
"#,
    ),
    (
        "my_app/src/endpoint.rs",
        "use axum_channels::Endpoint;\n\npub fn sockets() -> Endpoint {\n    Endpoint::builder().build()\n}\n",
    ),
    (
        "my_app/src/main.rs",
        "mod endpoint;\n\nfn main() {\n    endpoint::sockets();\n}\n",
    ),
];

/// A program: its tests are in the crate itself, so that one `cargo check` compiles as many names as there are.
fn program() -> Sandbox {
    let sandbox = Sandbox::new();
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("axum-channels");
    for (path, text) in PROGRAM {
        sandbox.write(
            path,
            &text.replace("LIBRARY", &library.display().to_string()),
        );
    }
    sandbox
}

#[test]
#[ignore = "compiles a crate"]
fn every_accepted_name_compiles() {
    let sandbox = program();
    let mut names = Names::new(3);
    let random = (1..=LONGEST).map(|length| names.next(length));
    let library = of_the_library();
    let library = library
        .into_iter()
        .filter(|name| name.starts_with(char::is_uppercase));
    let fixed = OF_RUST
        .iter()
        .chain(&OF_FILES)
        .map(|name| (*name).to_owned());
    for name in library.chain(fixed).chain(random) {
        let socket = ["--socket", &name];
        for args in [
            &[&["gen", "channel", &name, "--yes"], &socket[..]].concat()[..],
            &[&["gen", "presence", &name, "--channel", &name], &socket[..]].concat(),
        ] {
            run_or_follow_the_suggestion(&sandbox, args);
        }
    }
    let folder = sandbox.path().join("my_app");
    is_formatted(&folder);
    cargo(&folder, &["check", "--offline", "--all-targets"]);
}
