//! `hello-sockets gen auth` in a Rust app, from outside.

mod support;

use support::Sandbox;

/// A new app after `commands`.
fn app(commands: &[&[&str]]) -> Sandbox {
    Sandbox::with_app().after(commands)
}

const CHANNEL: &[&str] = &["gen", "channel", "User", "--yes"];
const AUTH: &[&str] = &["gen", "auth", "--yes"];

#[test]
fn a_socket_asks_for_a_token_and_its_script_brings_one() {
    let sandbox = app(&[CHANNEL]);

    let ran = sandbox.run(&["gen", "auth"]).succeeded();

    assert_eq!(
        ran.stdout,
        "* creating src/auth.rs\n\
         * creating tests/auth.rs\n\
         * creating assets/js/token.js\n\
         * injecting src/lib.rs\n\
         * injecting Cargo.toml\n\
         * injecting src/endpoint.rs\n\
         * injecting src/channels/user_socket.rs\n\
         * injecting assets/js/user_socket.js\n\
         * injecting tests/support/mod.rs\n\
         \nStart the app with `cargo run`, or start it again. Who is signed in, you say in src/auth.rs: see `current_user`.\n"
    );
    let socket = sandbox.read("my_app/src/channels/user_socket.rs");
    assert!(
        socket.contains(
            "_params: &Params, info: &ConnectInfo) -> Result<Self> {\n        \
             let user = auth::user(info)?;\n        Ok(Self { user })\n    }\n"
        ),
        "{socket}"
    );
    assert!(
        socket.contains(
            "pub struct UserSocket {\n    /// Who it is, by its token.\n    pub user: String,\n}\n"
        ),
        "{socket}"
    );
    assert!(
        socket.contains("        routes.channel::<UserChannel>(\"user:*\");\n"),
        "routes stay: {socket}"
    );
    let script = sandbox.read("my_app/assets/js/user_socket.js");
    assert!(
        script.contains("new Socket(\"/socket\", { authToken: await token() })\n"),
        "{script}"
    );
    assert!(!script.contains("userToken"), "{script}");
    let manifest = sandbox.read("my_app/Cargo.toml");
    assert!(
        manifest.contains(
            "axum-channels = { path = \"vendor/axum-channels\", features = [\"token\"] }\n"
        ),
        "{manifest}"
    );
}

#[test]
fn the_second_time_changes_nothing() {
    let sandbox = app(&[CHANNEL, AUTH]);
    let before = sandbox.tree();

    sandbox.run(&["gen", "auth"]).found_all_identical();

    assert_eq!(sandbox.tree(), before);
}

#[test]
fn before_and_after_the_channel_comes_to_the_same() {
    let presence: &[&str] = &["gen", "presence"];

    let last = app(&[CHANNEL, presence, AUTH]);
    let first = app(&[AUTH, CHANNEL, presence]);

    assert_eq!(last.tree(), first.tree());
}

#[test]
fn a_missing_socket_is_asked_for() {
    let sandbox = Sandbox::with_app();

    let ran = sandbox.answer(&["gen", "auth"], "\n").succeeded();

    assert_eq!(ran.stderr, "\nDo you want to create it? [Yn] Y\n");
    assert!(
        ran.stdout.contains(
            "The default socket handler - my_app::channels::UserSocket - was not found.\n"
        ),
        "{}",
        ran.stdout
    );
    let socket = sandbox.read("my_app/src/channels/user_socket.rs");
    assert!(socket.contains("auth::user(info)?"), "{socket}");
}

#[test]
fn another_socket_can_be_the_one_that_asks() {
    let sandbox = app(&[CHANNEL, &["gen", "socket", "Device"]]);
    let open = sandbox.read("my_app/src/channels/user_socket.rs");

    sandbox
        .run(&["gen", "auth", "--socket", "Device"])
        .succeeded();

    assert_eq!(sandbox.read("my_app/src/channels/user_socket.rs"), open);
    let guarded = sandbox.read("my_app/src/channels/device_socket.rs");
    assert!(guarded.contains("auth::user(info)?"), "{guarded}");
    assert!(
        guarded.contains("Some(format!(\"device_socket:{}\", self.user))"),
        "{guarded}"
    );
}

#[test]
fn a_handler_that_decides_already_is_left_alone_and_the_lines_are_shown() {
    let sandbox = app(&[CHANNEL]);
    let path = "my_app/src/channels/user_socket.rs";
    let own = sandbox.read(path).replace(
        "        Ok(Self)\n",
        "        Err(Refused::new(\"closed for today\"))\n",
    );
    sandbox.write(path, &own);

    let ran = sandbox.run(&["gen", "auth"]).succeeded();

    assert_eq!(sandbox.read(path), own);
    assert!(
        ran.stdout
            .contains("Add this to `src/channels/user_socket.rs` to let in only who shows a token")
            && ran.stdout.contains("    let user = auth::user(info)?;\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_dependency_with_a_table_of_its_own_gets_the_feature_there() {
    let sandbox = Sandbox::with_app();
    let manifest = sandbox
        .read("my_app/Cargo.toml")
        .replace("axum-channels = { path = \"vendor/axum-channels\" }\n", "");
    let table = "\n[dependencies.axum-channels]\npath = \"vendor/axum-channels\"\n";
    sandbox.write("my_app/Cargo.toml", &(manifest.clone() + table));

    sandbox.run(AUTH).succeeded();

    assert_eq!(
        sandbox.read("my_app/Cargo.toml"),
        manifest + table + "features = [\"token\"]\n"
    );
}

#[test]
fn the_dependency_gets_its_feature_however_it_is_written() {
    for (before, after) in [
        (
            r#"{ path = "vendor/axum-channels" }"#,
            r#"{ path = "vendor/axum-channels", features = ["token"] }"#,
        ),
        (
            r#"{ features = ["other"], path = "vendor/axum-channels" }"#,
            r#"{ features = ["other", "token"], path = "vendor/axum-channels" }"#,
        ),
        (r#""0.1""#, r#"{ version = "0.1", features = ["token"] }"#),
        (
            r#"{ version = "0.1", features = ["token"] }"#,
            r#"{ version = "0.1", features = ["token"] }"#,
        ),
    ] {
        let sandbox = Sandbox::with_app();
        let manifest = sandbox.read("my_app/Cargo.toml");
        let with = |dependency| {
            manifest.replace(
                "axum-channels = { path = \"vendor/axum-channels\" }",
                &format!("axum-channels = {dependency}"),
            )
        };
        sandbox.write("my_app/Cargo.toml", &with(before));

        sandbox.run(AUTH).succeeded();

        assert_eq!(sandbox.read("my_app/Cargo.toml"), with(after));
    }
}
