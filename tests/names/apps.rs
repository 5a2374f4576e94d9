//! Names of apps.

use std::collections::BTreeSet;

use crate::generated::is_formatted;
use crate::sources::{LONGEST, Names, of_its_interface};
use crate::support::app::cargo;
use crate::support::{self, Sandbox};

#[test]
fn an_app_with_a_name_of_any_length_is_formatted() {
    let mut names = Names::new(2);
    for length in [2, 5, 11, 12, 13, 20, 33, 47, LONGEST] {
        let sandbox = Sandbox::new();
        let name = format!("q{}", names.words(length - 1, 11).to_lowercase());
        let new = [
            "new",
            &name,
            "--channel",
            "User",
            "--no-git",
            "--no-install",
        ];
        sandbox.ok(&new);
        is_formatted(&sandbox.path().join(name));
    }
}

/// Returns the error of `new` for a name that it refuses, and the suggested command.
#[track_caller]
fn suggested(name: &str, stack: &str) -> (String, Vec<String>) {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["new", name, "--stack", stack]);
    assert_eq!((ran.code, sandbox.tree()), (Some(2), Vec::new()), "{name}");
    let (error, help) = ran.stderr.split_once("\nhelp: hello-sockets ").expect(name);
    let help = help.trim_end().split(' ').map(str::to_owned);
    (error.to_owned(), help.collect())
}

/// Returns the names of a new app's modules.
fn modules_of_a_new_app() -> BTreeSet<String> {
    let sandbox = Sandbox::with_app();
    let files = support::tree(&sandbox.path().join("my_app")).into_iter();
    let modules = files.filter_map(|(path, _)| {
        let module = path.strip_prefix("src/")?.split('/').next()?;
        Some(module.trim_end_matches(".rs").to_owned())
    });
    modules
        .filter(|name| name != "lib" && name != "main")
        .collect()
}

/// Returns the names of a new app's dependencies, as in Rust code.
fn dependencies_of_a_new_app() -> BTreeSet<String> {
    let manifest = Sandbox::with_app().read("my_app/Cargo.toml");
    let tables = manifest
        .split("\n[")
        .filter(|table| table.contains("dependencies]"));
    let lines = tables.flat_map(|table| table.lines().skip(1));
    let names = lines.filter_map(|line| Some(line.split_once(" = ")?.0.replace('-', "_")));
    names.collect()
}

#[test]
fn modules_and_dependencies_of_an_app_are_no_names_for_one() {
    let modules = modules_of_a_new_app();
    assert!(modules.contains("endpoint"), "{modules:?}");
    let dependencies = dependencies_of_a_new_app();
    assert!(dependencies.contains("axum_channels"), "{dependencies:?}");
    // Modules that `gen` adds, and those of its tests.
    let more = [
        "auth", "pubsub", "sessions", "sign_in", "support", "testing",
    ]
    .map(str::to_owned);
    let modules = modules
        .into_iter()
        .chain(more)
        .map(|name| (name, "a module of the app has that name"));
    let dependencies = dependencies.into_iter().map(|name| {
        (
            name,
            "a crate of that name is among the app's own dependencies",
        )
    });
    for (name, reason) in modules.chain(dependencies) {
        let said = suggested(&name, "rust");

        let error = format!("error: `{name}` cannot be the app's name: {reason}");
        let command = ["new", &name, "--app", &format!("{name}_app")].map(str::to_owned);
        assert_eq!(said, (error, command.to_vec()));
    }
}

#[test]
fn what_is_suggested_for_a_name_that_is_refused_makes_an_app() {
    let long = "a".repeat(LONGEST + 1);
    let long_words = "word_".repeat(13);
    for stack in ["rust", "phoenix"] {
        for name in [
            "Café",
            "2fast",
            "__",
            "test",
            "my app",
            "x.y",
            "élan_vital",
            &long,
            &long_words,
        ] {
            let (_, command) = suggested(name, stack);
            let sandbox = Sandbox::new();
            let command: Vec<_> = command.iter().map(|part| part.trim_matches('\'')).collect();
            let quiet = ["--stack", stack, "--no-git", "--no-install"];
            // The folder may have a space in it.
            let app = command.last().expect("a name");
            sandbox.ok(&[&["new", name, "--app", app], &quiet[..]].concat());
        }
    }
}

#[test]
fn a_hyphen_stays_in_a_rust_apps_name_and_becomes_an_underscore_on_phoenix() {
    let sandbox = Sandbox::new();
    let quiet = ["--no-git", "--no-install"];

    sandbox.ok(&[&["new", "live-chat"], &quiet[..]].concat());
    let phoenix = ["new", "talk-show", "--stack", "phoenix"];
    sandbox.ok(&[&phoenix[..], &quiet].concat());

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
    ran.prints(start);
}

#[test]
#[ignore = "compiles generated apps"]
fn apps_with_names_of_the_library_compile() {
    let sandbox = Sandbox::new();
    let library = of_its_interface().into_iter();
    // A sample: all of them take minutes.
    let library = library.map(|name| name.to_lowercase()).step_by(6);
    let more = [
        "app", "drop", "main", "option", "server", "string", "vec", "x", "my-app",
    ]
    .map(str::to_owned);
    let names: BTreeSet<_> = library.chain(more).collect();
    let mut members = Vec::new();
    for name in names {
        let quiet = ["--no-git", "--no-install"];
        let ran = sandbox.run(&[&["new", &name, "--channel", "User"], &quiet[..]].concat());
        if ran.code == Some(2) {
            continue;
        }
        ran.succeeded();
        // All of them in one workspace, with one copy of the library.
        let manifest = sandbox.read(&format!("{name}/Cargo.toml"));
        let (manifest, _) = manifest
            .split_once("\n[profile")
            .expect("a profile, and a workspace");
        let manifest = manifest.replace("vendor/axum-channels", "../axum-channels");
        sandbox.write(&format!("{name}/Cargo.toml"), &manifest);
        members.push(name);
    }
    assert!(members.len() > 15, "{members:?}");
    let library = sandbox.path().join("axum-channels");
    std::fs::rename(
        sandbox
            .path()
            .join(&members[0])
            .join("vendor/axum-channels"),
        library,
    )
    .expect("it is there");
    // The profile of an app: its dependencies are compiled already.
    let profile = "[profile.dev.package.\"*\"]\ndebug = false\nincremental = false\n";
    let workspace = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n{profile}");
    sandbox.write("Cargo.toml", &workspace);
    cargo(
        sandbox.path(),
        &["check", "--offline", "--workspace", "--all-targets"],
    );
}
