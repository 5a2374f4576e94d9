//! `hello-sockets dev` on a generated app, in a browser, and a release of that app without live reload.
//!
//! Ignored by default: compiles an app; needs node, npm and Chromium. With `ROUNDS=10`, the browser's test measures the time from
//! a change to the page, and checks the limits.
#![cfg(unix)]

mod support;

use std::path::Path;
use std::process::Command;

use support::{Sandbox, app};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_app();
    sandbox.after(&[&["gen", "channel", "User", "--yes"]])
}

#[test]
#[ignore = "needs node, npm and Chromium, and compiles a generated app"]
fn each_change_of_a_file_reaches_the_page() {
    let sandbox = sandbox();
    let folder = sandbox.path().join("my_app");
    app::npm(&["install", "--prefix", "assets"], &folder);
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    app::npm(&["install"], &tests);

    let mut node = Command::new("node");
    node.args(["--test", "--test-force-exit", "live_reload.mjs"])
        .current_dir(&tests)
        .env("HELLO_SOCKETS", env!("CARGO_BIN_EXE_hello-sockets"))
        .env("APP_DIR", &folder)
        .env("CARGO_TARGET_DIR", app::target())
        .env("RUSTFLAGS", "-D warnings")
        .env(
            "SCREENSHOT_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots"),
        );
    let status = app::alone(&folder, || node.status()).expect("node starts");

    assert!(status.success(), "see above");
}

#[test]
#[ignore = "compiles a generated app, needs npm"]
fn a_release_contains_nothing_of_live_reload() {
    let sandbox = sandbox();
    let folder = sandbox.path().join("my_app");
    let parts = [
        "live_reload",
        "assets_change",
        "HELLO_SOCKETS_DEV",
        "LISTEN_FDS",
    ];
    let found = |binary: &str| {
        let bytes = std::fs::read(app::target().join(binary)).expect("it was built");
        let is_in = |part: &&str| bytes.windows(part.len()).any(|at| at == part.as_bytes());
        parts.into_iter().filter(is_in).collect::<Vec<_>>()
    };

    app::npm(&["install", "--prefix", "assets"], &folder);
    app::cargo(&folder, &["build"]);
    app::cargo(&folder, &["build", "--release"]);

    assert_eq!(found("debug/my_app"), parts);
    assert_eq!(found("release/my_app"), [""; 0]);
}
