//! The package of `cargo publish`: it builds, and makes the same app as this checkout.
//!
//! Ignored by default: compiles the command again.
#![allow(
    clippy::disallowed_methods,
    reason = "tests look at the disk themselves"
)]

mod support;

use std::path::Path;
use std::process::Command;

use support::{Sandbox, finish, tree};

#[test]
#[ignore = "compiles the packaged command"]
fn the_packaged_crate_makes_the_same_app() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("package");
    let sandbox = Sandbox::new();
    run(cargo(&target, Path::new(env!("CARGO_MANIFEST_DIR"))).args([
        "package",
        "--package",
        "hello-sockets",
        "--no-verify",
        "--allow-dirty",
    ]));
    let name = concat!("hello-sockets-", env!("CARGO_PKG_VERSION"));
    let archive = target.join("package").join(format!("{name}.crate"));
    run(Command::new("tar")
        .arg("-xzf")
        .arg(&archive)
        .current_dir(sandbox.path()));
    run(cargo(&target, &sandbox.path().join(name)).arg("build"));

    let mut packaged = Command::new(target.join("debug/hello-sockets"));
    packaged
        .args([
            "new",
            "my_app",
            "--channel",
            "User",
            "--no-git",
            "--no-install",
        ])
        .current_dir(sandbox.path());
    finish(packaged, "").succeeded();

    let checkout = Sandbox::new();
    checkout
        .run(&[
            "new",
            "my_app",
            "--channel",
            "User",
            "--no-git",
            "--no-install",
        ])
        .succeeded();
    let made = tree(&sandbox.path().join("my_app"));
    assert!(
        made.iter()
            .any(|(path, _)| path == "vendor/axum-channels/src/lib.rs")
    );
    assert_eq!(made, tree(&checkout.path().join("my_app")));
}

fn cargo(target: &Path, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.env("CARGO_TARGET_DIR", target).current_dir(folder);
    command
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().expect("it starts");
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
