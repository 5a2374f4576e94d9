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
fn a_socket_requires_a_token_and_its_script_sends_one() {
    let sandbox = app(&[CHANNEL]);

    let ran = sandbox.ok(&["gen", "auth"]);

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
         \nStart the app with `hello-sockets dev`. Return the signed-in user from `current_user` in src/auth.rs.\n"
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
            "pub struct UserSocket {\n    /// The user of the token.\n    pub user: String,\n}\n"
        ),
        "{socket}"
    );
    assert!(
        socket.contains("        routes.channel::<UserChannel>(\"user:*\");\n"),
        "routes stay: {socket}"
    );
    let script = sandbox.read("my_app/assets/js/user_socket.js");
    assert!(
        script.contains("new Socket(path(\"/socket\"), { authToken: token })\n"),
        "{script}"
    );
    assert!(script.contains("\nconnectWithToken(socket)\n"), "{script}");
    assert!(!script.contains("userToken"), "{script}");
    let manifest = sandbox.read("my_app/Cargo.toml");
    assert!(
        manifest.contains(
            "axum-channels = { path = \"vendor/axum-channels\", features = [\"trim\", \"token\"] }\n"
        ),
        "{manifest}"
    );
}

#[test]
fn a_script_of_that_name_is_not_taken_for_ours() {
    let sandbox = app(&[CHANNEL]);
    sandbox.write(
        "my_app/assets/js/token.js",
        "export const token = \"abc\"\n",
    );
    let before = sandbox.tree();

    let ran = sandbox.run(&["gen", "auth"]);

    assert_eq!(
        ran.stderr,
        "error: another script is in assets/js/token.js: it exports no `connectWithToken`\n\
         help: give that another name, then run this again\n"
    );
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_sign_in_page_comes_with_its_sessions_and_the_second_time_changes_nothing() {
    let sandbox = app(&[CHANNEL]);
    let sign_in = ["gen", "auth", "--sign-in"];

    let ran = sandbox.ok(&sign_in);

    assert_eq!(
        ran.stdout,
        "* creating src/auth.rs\n\
         * creating tests/auth.rs\n\
         * creating src/sessions.rs\n\
         * creating src/sign_in.rs\n\
         * creating tests/sign_in.rs\n\
         * creating assets/js/token.js\n\
         * injecting src/lib.rs\n\
         * injecting Cargo.toml\n\
         * injecting src/endpoint.rs\n\
         * injecting src/channels/user_socket.rs\n\
         * injecting assets/js/user_socket.js\n\
         * injecting tests/support/mod.rs\n\
         \nStart the app with `hello-sockets dev`, and sign in and out at /sign-in. In development, every name signs in with the \
         password\n`development`, until `is_password` in src/sign_in.rs looks up your users.\n"
    );
    let before = sandbox.tree();
    sandbox.run(&sign_in).found_all_identical();
    sandbox.run(&["gen", "auth"]).found_all_identical();
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn beside_a_module_auth_of_its_own_an_app_gets_a_sign_in_page() {
    let sandbox = app(&[CHANNEL]);
    let own = "pub fn login() {}\n";
    sandbox.write("my_app/src/auth.rs", own);
    let sign_in = ["gen", "auth", "--sign-in"];

    let ran = sandbox.ok(&sign_in);

    assert_eq!(
        ran.stdout,
        "* creating src/socket_auth.rs\n\
         * creating tests/socket_auth.rs\n\
         * creating src/sessions.rs\n\
         * creating src/sign_in.rs\n\
         * creating tests/sign_in.rs\n\
         * creating assets/js/token.js\n\
         * injecting src/lib.rs\n\
         * injecting Cargo.toml\n\
         * injecting src/endpoint.rs\n\
         * injecting src/channels/user_socket.rs\n\
         * injecting assets/js/user_socket.js\n\
         * injecting tests/support/mod.rs\n\
         \nStart the app with `hello-sockets dev`, and sign in and out at /sign-in. In development, every name signs in with the \
         password\n`development`, until `is_password` in src/sign_in.rs looks up your users.\n"
    );
    let read = |path: &str| sandbox.read(&format!("my_app/{path}"));
    assert_eq!(read("src/auth.rs"), own);
    for path in [
        "src/lib.rs",
        "src/sign_in.rs",
        "src/endpoint.rs",
        "tests/sign_in.rs",
        "src/channels/user_socket.rs",
        "tests/support/mod.rs",
    ] {
        let text = read(path).replace("socket_auth as auth", "");
        let foreign = text.contains("crate::auth")
            || text.contains("`auth::")
            || text.contains("my_app::auth");
        assert!(!foreign, "{path}:\n{text}");
    }
    let before = sandbox.tree();
    sandbox.run(&sign_in).found_all_identical();
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn tokens_of_guests_do_not_become_those_of_sessions_by_themselves() {
    let sandbox = app(&[CHANNEL, AUTH]);
    let before = sandbox.tree();

    sandbox.run(&["gen", "auth", "--sign-in"]).misused(
        "error: src/auth.rs is there already, without sessions\n\
         help: hello-sockets destroy auth, then run this again\n",
    );

    assert_eq!(sandbox.tree(), before);
    sandbox.ok(&["destroy", "auth"]);
    sandbox.ok(&["gen", "auth", "--sign-in"]);
}

#[test]
fn the_second_time_changes_nothing() {
    let sandbox = app(&[CHANNEL, AUTH]);
    let before = sandbox.tree();

    sandbox.run(&["gen", "auth"]).found_all_identical();

    assert_eq!(sandbox.tree(), before);
}

#[test]
fn the_order_of_auth_and_channel_makes_no_difference() {
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
    ran.prints("The default socket handler - my_app::channels::UserSocket - was not found.\n");
    let socket = sandbox.read("my_app/src/channels/user_socket.rs");
    assert!(socket.contains("auth::user(info)?"), "{socket}");
}

#[test]
fn another_socket_can_require_the_token() {
    let sandbox = app(&[CHANNEL, &["gen", "socket", "Device"]]);
    let open = sandbox.read("my_app/src/channels/user_socket.rs");

    sandbox.ok(&["gen", "auth", "--socket", "Device"]);

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

    let ran = sandbox.ok(&["gen", "auth"]);

    assert_eq!(sandbox.read(path), own);
    assert!(
        ran.stdout.contains(
            "Add this to `src/channels/user_socket.rs` to accept only clients with a token"
        ) && ran.stdout.contains("    let user = auth::user(info)?;\n"),
        "{}",
        ran.stdout
    );
}

/// The dependency on the library as `new` writes it.
const MADE: &str = "axum-channels = { path = \"vendor/axum-channels\", features = [\"trim\"] }\n";

#[test]
fn a_dependency_with_a_table_of_its_own_gets_the_feature_there() {
    let sandbox = Sandbox::with_app();
    let manifest = sandbox.read("my_app/Cargo.toml").replace(MADE, "");
    let table = "\n[dependencies.axum-channels]\npath = \"vendor/axum-channels\"\n";
    sandbox.write("my_app/Cargo.toml", &(manifest.clone() + table));

    sandbox.ok(AUTH);

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
        let with = |dependency| manifest.replace(MADE, &format!("axum-channels = {dependency}\n"));
        sandbox.write("my_app/Cargo.toml", &with(before));

        sandbox.ok(AUTH);

        assert_eq!(sandbox.read("my_app/Cargo.toml"), with(after));
    }
}

#[test]
fn a_socket_that_nobody_mounts_is_mounted_and_its_script_is_loaded() {
    let sandbox = app(&[CHANNEL]);
    let (endpoint, script) = ("my_app/src/endpoint.rs", "my_app/assets/js/app.js");
    let mounted = [endpoint, script].map(|path| sandbox.read(path));
    let without = |text: &String, word: &str| -> String {
        let lines = text.lines().filter(|line| !line.contains(word));
        lines.map(|line| format!("{line}\n")).collect()
    };
    sandbox.write(endpoint, &without(&mounted[0], "UserSocket"));
    sandbox.write(script, &without(&mounted[1], "user_socket"));

    let ran = sandbox.ok(AUTH);

    ran.prints("* injecting assets/js/app.js\n");
    assert_eq!(sandbox.read(script), mounted[1]);
    let endpoint = sandbox.read(endpoint);
    assert!(
        endpoint.contains("        .socket::<UserSocket>(\"/socket\")\n"),
        "{endpoint}"
    );
    assert!(
        endpoint.contains("        .state(auth::signer(&app.config.secret_key_base))\n"),
        "{endpoint}"
    );
    sandbox.run(AUTH).found_all_identical();
}

#[test]
fn a_module_auth_of_the_app_is_known_wherever_it_is_and_whatever_it_has() {
    let pen = "pub struct Pen;\n\n/// Signs letters.\npub fn signer() -> Pen {\n    Pen\n}\n";
    for (path, source) in [
        ("my_app/src/auth.rs", pen.to_owned()),
        ("my_app/src/lib.rs", format!("pub mod auth {{\n{pen}}}\n")),
    ] {
        let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User"]]);
        let before = match path.ends_with("lib.rs") {
            true => sandbox.read(path),
            false => String::new(),
        };
        let own = format!("{before}{source}");
        sandbox.write(path, &own);

        sandbox.ok(&["gen", "auth"]);

        assert!(sandbox.exists("my_app/src/socket_auth.rs"), "{path}");
        assert!(sandbox.read(path).contains(&source), "{path}");
        let root = sandbox.read("my_app/src/lib.rs");
        assert!(root.contains("pub mod socket_auth;\n"), "{root}");
    }
}

#[test]
fn another_script_that_connects_to_the_socket_is_named() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User"]]);
    let script = "import { Socket } from \"phoenix\"\n\nexport function open() {\n  new Socket(\"/socket\").connect()\n}\n";
    sandbox.write("my_app/assets/js/news.js", script);

    let ran = sandbox.ok(&["gen", "auth"]);

    let others = "/socket refuses clients without a token, such as assets/js/news.js: send one there, as assets/js/user_socket.js does.\n";
    ran.prints(others);
}
