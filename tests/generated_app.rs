//! Builds of generated apps: no warnings, formatted, tests pass.
//!
//! Ignored by default: each test compiles an app with its dependencies. `cargo test -- --ignored` runs them.

mod support;

use support::Sandbox;
use support::app::{self, cargo, full};

#[track_caller]
fn is_sound(sandbox: &Sandbox) {
    let folder = sandbox.path().join("my_app");
    cargo(&folder, &["fmt", "--check"]);
    cargo(
        &folder,
        &["clippy", "--all-targets", "--", "-D", "warnings"],
    );
    let tests = cargo(&folder, &["test"]);
    assert!(
        tests.contains("test the_page_is_served_until_the_server_is_shut_down ... ok"),
        "{tests}"
    );
}

#[test]
#[ignore = "compiles a generated app"]
fn with_everything_is_sound() {
    let sandbox = full();
    is_sound(&sandbox);

    let tests = cargo(
        &sandbox.path().join("my_app"),
        &["test", "--test", "admin_room_channel"],
    );
    assert!(tests.contains("test result: ok. 3 passed;"), "{tests}");
}

#[test]
#[ignore = "compiles a generated app"]
fn only_tests_have_the_clients_of_tests() {
    let sandbox = Sandbox::with_app();
    let folder = sandbox.path().join("my_app");
    let features = |edges| cargo(&folder, &["tree", "--edges", edges]);
    let testing = "axum-channels feature \"testing\"";
    assert!(features("normal,dev,features").contains(testing));
    assert!(!features("normal,build,features").contains(testing));
    cargo(&folder, &["check"]); // without warnings
}

#[test]
#[ignore = "compiles a generated app"]
fn without_a_socket_is_sound() {
    let sandbox = Sandbox::with_app();
    is_sound(&sandbox);
    sandbox
        .answer(&["gen", "channel", "User"], "n\n")
        .succeeded();
    is_sound(&sandbox);

    let tests = cargo(
        &sandbox.path().join("my_app"),
        &["test", "--test", "user_channel"],
    );
    assert!(tests.contains("test result: ok. 3 passed;"), "{tests}");
}

#[test]
#[ignore = "compiles a generated app"]
fn with_a_lonely_socket_is_sound() {
    let sandbox = Sandbox::with_app();
    sandbox.run(&["gen", "socket", "Device"]).succeeded();
    is_sound(&sandbox);
}

#[test]
#[ignore = "compiles a generated app"]
fn with_tokens_from_the_start_is_sound() {
    let sandbox = Sandbox::with_app();
    for args in [
        &["gen", "auth", "--yes"][..],
        &["gen", "channel", "User"],
        &["gen", "presence"],
    ] {
        sandbox.run(args).succeeded();
    }
    is_sound(&sandbox);
}

#[test]
#[ignore = "compiles a generated app"]
fn with_long_names_is_sound() {
    let sandbox = Sandbox::with_app();
    for args in [
        &["gen", "channel", "NotificationPreferences", "--yes"][..],
        &[
            "gen",
            "channel",
            "Accounting.MonthlyStatementReconciliation",
        ],
        &["gen", "channel", "X"],
        &["gen", "socket", "WarehouseTemperatureTelemetry"],
    ] {
        sandbox.run(args).succeeded();
    }
    is_sound(&sandbox);
}

#[test]
#[ignore = "compiles a generated app"]
fn in_somebodys_workspace_is_sound() {
    let sandbox = Sandbox::new();
    sandbox.write("Cargo.toml", "[workspace]\nmembers = [\"other\"]\n");
    sandbox.write("other/Cargo.toml", "[package]\nname = \"other\"\n");
    sandbox.write("other/src/lib.rs", "");
    sandbox
        .run(&[
            "new",
            "my_app",
            "--channel",
            "User",
            "--no-git",
            "--no-install",
        ])
        .succeeded();
    is_sound(&sandbox);
}

#[test]
#[ignore = "compiles a generated app"]
fn a_release_needs_its_secret_and_a_port_that_is_one() {
    let sandbox = Sandbox::with_app();
    let folder = sandbox.path().join("my_app");
    cargo(&folder, &["build", "--release"]);
    let binary = app::target().join("release/my_app");
    let start = |name: &str, value: &str| {
        let mut command = std::process::Command::new(&binary);
        command
            .env_remove("SECRET_KEY_BASE")
            .env(name, value)
            .current_dir(&folder);
        let ran = support::finish(command, "");
        (ran.code, ran.stderr)
    };

    assert_eq!(
        start("PORT", "0"),
        (
            Some(1),
            "error: SECRET_KEY_BASE is not set, and a release needs a value: `openssl rand -hex 64` makes one for it\n"
                .to_owned()
        )
    );
    assert_eq!(
        start("PORT", "http"),
        (
            Some(1),
            "error: PORT is `http`: expected a number from 0 to 65535, such as 4000\n".to_owned()
        )
    );
}
