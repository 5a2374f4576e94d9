//! Builds of generated apps, in one target folder, so that each dependency is compiled once.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::Sandbox;

/// Target folder of generated apps, below that of this package.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated")
}

/// An app called `my_app` with the output of all generators: channels User, Room and Admin.Room, socket Device, which
/// requires a token, with its channels Sensor and Inbox (per user), socket Kiosk, which falls back to long-polling, with its
/// channel Board, News, which has a history, and presences in Room and Sensor.
pub fn full() -> Sandbox {
    let inbox = [
        "gen",
        "channel",
        "Inbox",
        "--per-user",
        "--socket",
        "Device",
    ];
    let news = ["gen", "channel", "News", "--history"];
    Sandbox::with_app().after(&FULL).after(&[&inbox, &news])
}

/// The same on the Phoenix stack, without Inbox and News.
pub fn full_phoenix() -> Sandbox {
    Sandbox::with_phoenix_app().after(&FULL)
}

const FULL: [&[&str]; 10] = [
    &["gen", "channel", "User", "--yes"],
    &["gen", "channel", "Room"],
    &["gen", "channel", "Admin.Room", "--topic", "admin_room"],
    &["gen", "socket", "Device"],
    &["gen", "channel", "Sensor", "--socket", "Device"],
    &["gen", "presence", "--channel", "Room"],
    &["gen", "presence", "Sensor", "--socket", "Device"],
    &["gen", "auth", "--socket", "Device"],
    &["gen", "socket", "Kiosk", "--longpoll"],
    &["gen", "channel", "Board", "--socket", "Kiosk"],
];

/// The folder of the last build, held during one: apps have the same names for their libraries, so builds replace each
/// other's.
static BUILT: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Marks the sources of an app as changed, since cargo compares their times with that of its library, which may be another
/// app's; and those of the vendored library as old as the command, since they are the same in all apps.
fn date_sources(folder: &Path) {
    let command = std::fs::metadata(env!("CARGO_BIN_EXE_hello-sockets"));
    let command = command.and_then(|it| it.modified()).expect("it is built");
    for (path, _) in super::tree(folder) {
        let time = match path.starts_with("vendor") {
            true => command,
            false if path.ends_with(".rs") => SystemTime::now(),
            false => continue,
        };
        let file = File::options().append(true).open(folder.join(path));
        let file = file.expect("it can be written");
        file.set_modified(time).expect("it has a time");
    }
}

/// Does something that builds the app in `folder` with this target folder, while no other test builds.
pub fn alone<T>(folder: &Path, work: impl FnOnce() -> T) -> T {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if built.replace(folder.to_owned()).as_deref() != Some(folder) {
        date_sources(folder);
    }
    work()
}

/// Runs cargo in `folder`, with warnings as errors, and returns its output.
#[track_caller]
pub fn cargo(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    command.args(args).current_dir(folder);
    command
        .env("CARGO_TARGET_DIR", target())
        .env("RUSTFLAGS", "-D warnings")
        // A release is optimised for minutes, and no test is about its speed.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    let output = alone(folder, || command.output()).expect("cargo starts");
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success(),
        "cargo {}\n{printed}",
        args.join(" ")
    );
    printed
}

/// Runs npm in `folder`.
#[track_caller]
pub fn npm(args: &[&str], folder: &Path) {
    let status = Command::new("npm")
        .args(args)
        .args(["--no-audit", "--no-fund"])
        .current_dir(folder)
        .status()
        .expect("npm is installed");
    assert!(status.success(), "npm {}", args.join(" "));
}
