//! Generated apps, built: all share one target folder, so that each dependency is compiled once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::Sandbox;

/// Where generated apps are built, below the target folder of this package.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated")
}

/// An app called `my_app` with all that the generators make: channels User, Room and Admin.Room, socket Device,
/// which asks for a token, with a channel of its own, and presences in Room and Sensor.
pub fn full() -> Sandbox {
    Sandbox::with_app().after(&[
        &["gen", "channel", "User", "--yes"],
        &["gen", "channel", "Room"],
        &["gen", "channel", "Admin.Room", "--topic", "admin_room"],
        &["gen", "socket", "Device"],
        &["gen", "channel", "Sensor", "--socket", "Device"],
        &["gen", "presence", "--channel", "Room"],
        &["gen", "presence", "Sensor", "--socket", "Device"],
        &["gen", "auth", "--socket", "Device"],
    ])
}

/// Apps have the same names for what is built of them: one at a time, or one's library is replaced under another's tests.
static BUILDING: Mutex<()> = Mutex::new(());

/// Runs cargo in `folder`, warnings being errors, and returns what it printed.
#[track_caller]
pub fn cargo(folder: &Path, args: &[&str]) -> String {
    let _turn = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut command = Command::new(env!("CARGO"));
    command.args(args).current_dir(folder);
    command
        .env("CARGO_TARGET_DIR", target())
        .env("RUSTFLAGS", "-D warnings");
    let output = command.output().expect("cargo starts");
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
