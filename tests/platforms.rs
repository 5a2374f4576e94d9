//! The packages and an app compile for systems that no test runs on. Their C code is left out: it is others' and needs their headers.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// macOS, whose system calls differ, and 32 bits, where `usize` and types of C are shorter.
const TARGETS: [&str; 2] = ["aarch64-apple-darwin", "i686-unknown-linux-gnu"];

/// A C compiler and an archiver in one: it makes empty files, which `cargo check` does not look into.
const NO_C: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -o) : > "$2" ;;
    *.a) : > "$1" ;;
  esac
  shift
done
"#;

#[test]
#[ignore = "needs Rust's standard library for other systems: rustup target add aarch64-apple-darwin i686-unknown-linux-gnu"]
fn the_packages_compile_on_other_platforms() {
    check(&["--workspace", "--all-features"]);
}

#[test]
#[ignore = "needs Rust's standard library for other systems: rustup target add aarch64-apple-darwin i686-unknown-linux-gnu"]
fn an_app_compiles_on_other_platforms() {
    check(&["--manifest-path", "examples/team_chat/Cargo.toml"]);
}

fn check(arguments: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let no_c = folder.path().join("no_c");
    fs::write(&no_c, NO_C).expect("it is written");
    fs::set_permissions(&no_c, fs::Permissions::from_mode(0o755)).expect("it is a program");

    let mut check = Command::new(env!("CARGO"));
    check
        .args(["check", "--quiet", "--locked"])
        .args(arguments)
        .arg("--target-dir")
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("platforms"))
        .env("RUSTFLAGS", "-D warnings")
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    for target in TARGETS {
        check.args(["--target", target]);
        for variable in ["CC", "CXX", "AR"] {
            check.env(format!("{variable}_{}", target.replace('-', "_")), &no_c);
        }
    }
    let output = check.output().expect("cargo starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}
