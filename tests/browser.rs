//! A generated app and its clients: the official `phoenix` package in node, and the page in headless Chromium.
//!
//! Ignored by default: needs node, npm and Chromium. `CHROMIUM` names another binary than /usr/bin/chromium.

mod support;

use std::path::Path;
use std::process::Command;

use support::app;
use support::server::Server;

#[test]
#[ignore = "needs node, npm and Chromium, and compiles a generated app"]
fn phoenix_js_and_the_page_work_against_a_generated_app() {
    let sandbox = app::full();
    let folder = sandbox.path().join("my_app");
    app::npm(&["install", "--prefix", "assets"], &folder);
    app::cargo(&folder, &["build"]);
    let binary = app::target().join("debug/my_app");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    app::npm(&["install"], &tests);
    let server = Server::start(&binary, &folder, &[]);

    let status = Command::new("npm")
        .arg("test")
        .current_dir(&tests)
        .env("APP_URL", &server.url)
        .env("APP_BIN", &binary)
        .env("APP_DIR", &folder)
        .env(
            "SCREENSHOT_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots"),
        )
        .status()
        .expect("npm starts");

    assert!(status.success(), "see above");
}
