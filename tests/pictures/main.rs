//! The pictures of the README: the output of the command, and the page of a generated app. `docs/pictures/make` makes
//! them.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod svg;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::server::Server;
use support::{Sandbox, app, terminal};

/// Set to write the pictures.
const BLESS: &str = "BLESS";

/// Maximum size of a picture, for readers on slow connections.
const MAX_BYTES: u64 = 150_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures")
}

fn is_making() -> bool {
    std::env::var_os(BLESS).is_some()
}

#[test]
fn the_pictures_of_the_terminal_show_what_the_command_prints() {
    let typed = "gen channel User";
    let sandbox = Sandbox::with_app();
    let args: Vec<_> = typed.split(' ').chain(["--color", "always"]).collect();
    let question = "Do you want to create it? [Yn] ";
    let printed = terminal::transcript(sandbox.command(&args), question, "Y");

    for theme in [svg::LIGHT, svg::DARK] {
        let picture = svg::draw(&format!("$ hello-sockets {typed}\n{printed}"), &theme);
        let path = folder().join(format!("terminal-{}.svg", theme.name));
        if is_making() {
            std::fs::write(&path, &picture).expect("it is written");
        }
        let committed = std::fs::read_to_string(&path).expect("it is read");
        assert_eq!(committed, picture, "docs/pictures/make makes it again");
    }
}

#[test]
#[ignore = "needs node, npm and Chromium, and compiles a generated app"]
fn the_pictures_of_the_page_show_a_channel_in_use() {
    let sandbox = Sandbox::new();
    let new = ["new", "my_app", "--channel", "User"];
    sandbox.ok(&[&new[..], &["--no-git", "--no-install"]].concat());
    let app = sandbox.path().join("my_app");
    app::npm(&["install", "--prefix", "assets"], &app);
    app::cargo(&app, &["build"]);
    let browser = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    app::npm(&["install"], &browser);
    let server = Server::start(&app::target().join("debug/my_app"), &app, &[]);
    let pictures = if is_making() {
        folder()
    } else {
        sandbox.path().join("pictures")
    };

    let status = Command::new("node")
        .arg("pictures.mjs")
        .current_dir(browser)
        .env("APP_URL", &server.url)
        .env("SCREENSHOT_DIR", &pictures)
        .status()
        .expect("node starts");

    assert!(status.success(), "see above");
    for name in ["page-light.png", "page-dark.png"] {
        let size = std::fs::metadata(pictures.join(name)).expect(name).len();
        assert!(size < MAX_BYTES, "{name} has {size} bytes");
    }
}

#[test]
fn no_picture_is_large() {
    for entry in std::fs::read_dir(folder()).expect("it is listed") {
        let entry = entry.expect("it is read");
        let size = entry.metadata().expect("it has a size").len();
        assert!(size < MAX_BYTES, "{:?} has {size} bytes", entry.file_name());
    }
}
