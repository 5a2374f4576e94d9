//! Names: all accepted names generate formatted code that compiles.
#![allow(
    clippy::disallowed_methods,
    reason = "tests look at the disk themselves"
)]

mod support;

use std::path::Path;
use std::process::Command;

use support::Sandbox;
use support::app::cargo;

/// Names of the given length, made of words of up to eleven letters; the same on each run.
struct Names(u64);

impl Names {
    fn next(&mut self, length: usize) -> String {
        let mut name = String::new();
        while name.len() < length {
            let word = (1 + self.draw(11)).min(length - name.len());
            name.push(char::from(b'A' + self.draw(26) as u8));
            name.extend((1..word).map(|_| char::from(b'a' + self.draw(26) as u8)));
        }
        name
    }

    /// Returns a number below `limit`, from Knuth's linear congruential generator.
    fn draw(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Checks that the files of the app are formatted.
#[track_caller]
fn is_formatted(folder: &Path) {
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

#[test]
fn generated_code_for_names_of_any_length_is_formatted() {
    let mut names = Names(1);
    let sandbox = Sandbox::with_app();
    // Lengths at which lines become too long, and a few shorter ones.
    for length in [1, 2, 3, 7, 14, 24]
        .into_iter()
        .chain(28..=36)
        .chain(46..=60)
    {
        let name = names.next(length);
        let socket = names.next(length);
        for args in [
            &["gen", "socket", &socket][..],
            &["gen", "channel", &name, "--socket", &socket],
            &[
                "gen",
                "presence",
                &name,
                "--channel",
                &name,
                "--socket",
                &socket,
            ],
        ] {
            sandbox.run(args).succeeded();
        }
    }
    is_formatted(&sandbox.path().join("my_app"));
}

#[test]
fn an_app_with_a_name_of_any_length_is_formatted() {
    let mut names = Names(2);
    for length in [1, 5, 11, 12, 13, 20, 33, 47, 60] {
        let sandbox = Sandbox::new();
        let name = format!("q{}", names.next(length).to_lowercase());
        let new = [
            "new",
            &name,
            "--channel",
            "User",
            "--no-git",
            "--no-install",
        ];
        sandbox.run(&new).succeeded();
        is_formatted(&sandbox.path().join(name));
    }
}

#[test]
fn modules_of_the_app_are_refused_as_app_names() {
    for name in [
        "auth", "channels", "config", "endpoint", "log", "support", "testing",
    ] {
        Sandbox::new().run(&["new", name]).misused(&format!(
            "error: `{name}` cannot be the app's name: a module of the app has that name\n\
             help: hello-sockets new {name} --app {name}_app\n"
        ));
    }
}

#[test]
fn a_hyphen_stays_in_a_rust_apps_name_and_becomes_an_underscore_on_phoenix() {
    let sandbox = Sandbox::new();
    let quiet = ["--no-git", "--no-install"];

    sandbox
        .run(&[&["new", "live-chat"], &quiet[..]].concat())
        .succeeded();
    let phoenix = ["new", "talk-show", "--stack", "phoenix"];
    sandbox.run(&[&phoenix[..], &quiet].concat()).succeeded();

    assert!(
        sandbox
            .read("live-chat/Cargo.toml")
            .contains("name = \"live-chat\"\n")
    );
    assert!(
        sandbox
            .read("live-chat/src/main.rs")
            .contains("use live_chat::{")
    );
    assert!(
        sandbox
            .read("talk-show/mix.exs")
            .contains("app: :talk_show,")
    );
}

#[test]
fn new_in_the_folder_itself_names_the_app_by_it() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path().join("live_chat");
    std::fs::create_dir(&folder).expect("it is made");
    let mut command = sandbox.command(&["new", ".", "--no-git", "--no-install"]);
    command.current_dir(&folder);

    let ran = support::finish(command, "").succeeded();

    assert!(
        sandbox
            .read("live_chat/Cargo.toml")
            .contains("name = \"live_chat\"\n")
    );
    let start = "LiveChat is created. Install the browser's client and start it:\n\n    npm install --prefix assets\n";
    assert!(ran.stdout.contains(start), "{}", ran.stdout);
}

#[test]
#[ignore = "compiles a generated app"]
fn names_of_the_library_the_prelude_and_the_language_compile_as_channels() {
    let sandbox = Sandbox::new();
    let new = ["new", "my-app", "--no-git", "--no-install"];
    sandbox.run(&new).succeeded();
    std::fs::rename(sandbox.path().join("my-app"), sandbox.path().join("my_app"))
        .expect("it is there");
    let names = [
        "Test", "Channel", "Socket", "Endpoint", "Reply", "Payload", "Topic", "Presence",
        "Refused", "Error", "Option", "Result", "Vec", "String", "Box", "Some", "Ok", "Self",
        "Type", "Std", "Core", "Main", "Support", "Mod", "User",
    ];
    for name in names {
        sandbox.run(&["gen", "channel", name, "--yes"]).succeeded();
    }
    for name in ["Test", "Presence", "Socket"] {
        sandbox
            .run(&["gen", "presence", name, "--channel", name])
            .succeeded();
    }
    let folder = sandbox.path().join("my_app");
    is_formatted(&folder);
    cargo(&folder, &["check", "--offline", "--all-targets"]);
}
