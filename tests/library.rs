//! `gen library`: the way in for a crate that uses axum, and not axum-channels yet.
#![allow(
    clippy::disallowed_methods,
    reason = "tests look at the disk themselves"
)]

mod support;

use support::Sandbox;

/// A crate that is one program, on this version of axum, with `files` in it.
fn program(axum: &str, files: &[(&str, &str)]) -> Sandbox {
    let manifest = format!(
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"{axum}\"\nserde_json = \"1\"\n\
         tokio = {{ version = \"1\", features = [\"full\"] }}\n"
    );
    let sandbox = Sandbox::new();
    let skeleton = [("Cargo.toml", manifest.as_str()), ("src/main.rs", MAIN)];
    for (path, source) in skeleton.iter().chain(files) {
        sandbox.write(&format!("my_app/{path}"), source);
    }
    sandbox
}

const MAIN: &str = "use axum::Router;\n\n#[tokio::main]\nasync fn main() {\n    let app = Router::new();\n    serve(app).await;\n}\n";

const ENDPOINT: &str = "    let endpoint = axum_channels::Endpoint::builder()\n        .socket::<UserSocket>(\"/socket\")\n        .build();\n    \
     let app = app.merge(endpoint.router()); // `app` is that router\n";

#[test]
fn a_crate_that_uses_axum_is_told_how_to_have_channels() {
    let sandbox = program("0.8", &[]);

    sandbox.run(&["gen", "channel", "Room", "--yes"]).misused(
        "error: shop uses axum, but axum-channels is not among its dependencies\nhelp: hello-sockets gen library\n",
    );
    let ran = sandbox.run(&["gen", "library"]).succeeded();

    let report = "* creating vendor/axum-channels\n* injecting Cargo.toml\n";
    assert!(ran.stdout.starts_with(report), "{}", ran.stdout);
    let manifest = sandbox.read("my_app/Cargo.toml");
    let end = "features = [\"full\"] }\naxum-channels = { path = \"vendor/axum-channels\" }\n";
    assert!(manifest.ends_with(end), "{manifest}");
    assert!(sandbox.exists("my_app/vendor/axum-channels/src/lib.rs"));
    sandbox.run(&["gen", "library"]).found_all_identical();
}

#[test]
fn the_first_socket_comes_with_the_lines_of_an_endpoint_and_the_next_is_mounted_in_it() {
    let sandbox = program("0.8", &[]).after(&[&["gen", "library"]]);

    let ran = sandbox
        .run(&["gen", "channel", "Room", "--yes"])
        .succeeded();

    let step = format!(
        "where the app's `axum::Router` is made (there is no `src/endpoint.rs`):\n\n    use crate::channels::user_socket::UserSocket;\n\n{ENDPOINT}"
    );
    assert!(ran.stdout.contains(&step), "{}", ran.stdout);
    let pasted = sandbox
        .read("my_app/src/main.rs")
        .replace("    serve(", &format!("{ENDPOINT}    serve("));
    sandbox.write("my_app/src/main.rs", &pasted);

    sandbox.run(&["gen", "socket", "Device"]).succeeded();

    let main = sandbox.read("my_app/src/main.rs");
    let mounted = "        .socket::<UserSocket>(\"/socket\")\n        .socket::<DeviceSocket>(\"/device_socket\")\n";
    assert!(main.contains(mounted), "{main}");
}

#[test]
fn an_older_axum_is_refused() {
    let sandbox = program("0.7.5", &[]);
    let before = sandbox.tree();

    sandbox.run(&["gen", "library"]).misused(
        "error: axum-channels works with axum 0.8, and Cargo.toml asks for 0.7.5\nhelp: cargo add axum@0.8\n",
    );

    assert_eq!(sandbox.tree(), before);
}

#[test]
fn gen_auth_takes_no_other_module_for_its_own() {
    let sandbox = program("0.8", &[("src/auth.rs", "pub fn login() {}\n")]);
    sandbox.run(&["gen", "library"]).succeeded();
    let before = sandbox.tree();

    sandbox.run(&["gen", "auth", "--yes"]).misused(
        "error: another module is in src/auth.rs: it has no `signer`\nhelp: give that another name, then run this again\n",
    );

    assert_eq!(sandbox.tree(), before);
}

#[test]
fn tests_of_a_program_are_not_taken_for_its_endpoint() {
    let sandbox = program("0.8", &[]).after(&[&["gen", "library"]]);

    let ran = sandbox.run(&["gen", "auth", "--yes"]).succeeded();

    assert!(
        !ran.stdout.contains("Add this to `src/auth/tests.rs`"),
        "{}",
        ran.stdout
    );
    let ran = sandbox.run(&["gen", "channel", "Room"]).succeeded();
    assert!(
        ran.stdout.contains("Add this to mount the socket"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_presence_names_the_dependency_that_it_lacks() {
    let sandbox = program("0.8", &[]).after(&[&["gen", "library"]]);
    let note = "src/channels/presence.rs needs the dependency serde_json.\n";

    let with = sandbox.run(&["gen", "presence", "--dry-run"]).succeeded();
    assert!(!with.stdout.contains(note), "{}", with.stdout);

    let manifest = sandbox.read("my_app/Cargo.toml");
    let manifest = manifest.replace("serde_json = \"1\"\n", "");
    sandbox.write("my_app/Cargo.toml", &manifest);
    let without = sandbox.run(&["gen", "presence"]).succeeded();
    assert!(without.stdout.contains(note), "{}", without.stdout);
}
