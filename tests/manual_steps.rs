//! Files into which a reader has inserted printed lines (`manual.*` of the places' cases): Rust compiles, node parses
//! scripts.
//!
//! `src/plan/tests/cases.rs` checks that these lines are the printed ones, and that the next run finds them.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::Sandbox;
use support::app::cargo;

/// Returns the files called `stem` of the cases of all places of a stack, each with the name of its place.
fn of_cases(stack: &str, stem: &str) -> Vec<(String, PathBuf)> {
    let places = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("templates")
        .join(stack)
        .join("places");
    let files = support::tree(&places).into_iter().map(|(path, _)| path);
    let wanted = files.filter(|path| Path::new(path).file_stem().is_some_and(|s| s == stem));
    let place = |path: &String| path.split('/').next().unwrap_or_default().to_owned();
    wanted
        .map(|path| (place(&path), places.join(&path)))
        .collect()
}

/// Returns the file of an app in which a place of the stack `rust` is.
fn file_of(place: &str) -> &'static str {
    match place {
        "config_field" => "src/config.rs",
        "channel_join" => "src/channels/room_channel.rs",
        "endpoint_pubsub" | "endpoint_routes" | "endpoint_sockets" | "endpoint_state"
        | "router_routes" => "src/endpoint.rs",
        "route_history" | "socket_routes" | "socket_user" => "src/channels/user_socket.rs",
        "test_join" => "tests/support/mod.rs",
        _ => panic!("where is `{place}`?"),
    }
}

/// Places whose cases are a part of a file that is too long for one. Their lines are among those of the app, which compiles.
const PARTS: [&str; 1] = ["config_field"];

/// Modules whose constants and functions some cases use.
const PATHS: &str = "pub const ADMIN: &str = \"/admin\";\n\npub fn below(name: &str) -> String {\n    format!(\"/{name}\")\n}\n";
const TOPICS: &str = "pub const HALL: &str = \"hall:*\";\n\npub fn of(name: &str) -> String {\n    format!(\"{name}:*\")\n}\n";

fn add_module(app: &Path, name: &str, code: &str) {
    fs::write(app.join(format!("src/{name}.rs")), code).expect("it is new");
    let root = app.join("src/lib.rs");
    let code = fs::read_to_string(&root).expect("it is generated");
    fs::write(&root, format!("{code}\npub mod {name};\n")).expect("it is written");
}

#[test]
#[ignore = "compiles generated apps"]
fn an_app_with_printed_lines_pasted_compiles() {
    let sandbox = Sandbox::with_app().after(&[
        &["gen", "channel", "Room", "--yes"],
        &["gen", "presence", "--channel", "Room"],
        &["gen", "channel", "Hall"],
        &["gen", "socket", "Admin"],
        &["gen", "auth"],
        &["gen", "pubsub"],
    ]);
    let folder = sandbox.path().join("my_app");
    add_module(&folder, "paths", PATHS);
    add_module(&folder, "topics", TOPICS);
    for (place, case) in of_cases("rust", "manual") {
        if case.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let file = folder.join(file_of(&place));
        let own = fs::read_to_string(&file).expect("it is generated");
        let pasted = fs::read_to_string(&case).expect("it is text");
        if PARTS.contains(&&*place) {
            let mut lines = pasted.lines().filter(|line| !line.starts_with("#["));
            let are_own = lines.all(|line| own.contains(line));
            assert!(are_own, "{place}: {pasted}");
            continue;
        }
        // Cargo compares times of files, so that each one is written now.
        fs::write(&file, pasted).expect("it is written");
        cargo(&folder, &["check", "--offline", "--all-targets"]);
        fs::write(&file, own).expect("it is written");
    }
}

#[test]
#[ignore = "needs node"]
fn scripts_with_printed_lines_pasted_are_read_by_node() {
    let sandbox = Sandbox::new();
    let pasted = of_cases("shared", "manual").into_iter();
    let edited = pasted.chain(of_cases("shared", "after"));
    let scripts = edited.filter(|(_, path)| path.extension().is_some_and(|e| e == "js"));
    for (_, script) in scripts {
        let copy = sandbox.path().join("script.mjs");
        // Node parses `require`, which modules do not have, as any other function.
        fs::copy(&script, &copy).expect("it is copied");
        let mut node = Command::new("node");
        node.arg("--check").arg(copy);
        let ran = support::finish(node, "");
        assert_eq!(
            (ran.code, ran.stderr.as_str()),
            (Some(0), ""),
            "{}",
            script.display()
        );
    }
}
