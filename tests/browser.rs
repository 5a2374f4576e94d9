//! A generated app and its clients: the official `phoenix` package in node, and the page in headless Chromium.
//!
//! Ignored by default: needs node, npm and Chromium. `CHROMIUM` names another binary than /usr/bin/chromium.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::server::Server;
use support::{Sandbox, app};

/// Builds an app and installs its client. Returns its folder and its binary.
fn built(sandbox: &Sandbox) -> (PathBuf, PathBuf) {
    let folder = sandbox.path().join("my_app");
    app::npm(&["install", "--prefix", "assets"], &folder);
    app::cargo(&folder, &["build"]);
    // Other tests build apps with the same name in the same folder.
    let binary = sandbox.path().join("binary");
    std::fs::copy(app::target().join("debug/my_app"), &binary).expect("it is copied");
    (folder, binary)
}

/// Runs a command of the browser's tests against the app.
#[track_caller]
fn test_with(command: &[&str], sandbox: &Sandbox) {
    let (folder, binary) = built(sandbox);
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    app::npm(&["install"], &tests);
    let server = Server::start(&binary, &folder, &[]);
    let phoenix = app::full_phoenix();
    let screenshots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");

    let status = Command::new(command[0])
        .args(&command[1..])
        .current_dir(&tests)
        .env("APP_URL", &server.url)
        .env("APP_BIN", &binary)
        .env("APP_DIR", &folder)
        .env("PHOENIX_DIR", phoenix.path().join("my_app"))
        .env("SCREENSHOT_DIR", screenshots)
        .status()
        .expect("it starts");

    assert!(status.success(), "see above");
}

#[test]
#[ignore = "needs node, npm and Chromium, and compiles a generated app"]
fn phoenix_js_and_the_page_work_against_a_generated_app() {
    test_with(&["npm", "test"], &app::full());
}

#[test]
#[ignore = "needs node, npm and Chromium, and compiles a generated app"]
fn a_user_signs_in_and_out_in_a_browser() {
    let sandbox = Sandbox::with_app().after(&[
        &["gen", "auth", "--sign-in", "--yes"],
        &["gen", "channel", "Inbox", "--per-user"],
    ]);
    test_with(&["node", "--test", "sign_in.mjs"], &sandbox);
}
