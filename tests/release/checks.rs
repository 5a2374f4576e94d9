//! The programs' own checks of their files.

use std::fs;
use std::process::Command;

use super::support::Sandbox;

#[test]
#[ignore = "needs systemd-analyze"]
fn systemd_finds_no_fault_in_the_unit() {
    let apps = [
        (Sandbox::with_app(), "usr/local/bin/my_app"),
        (Sandbox::with_phoenix_app(), "opt/my_app/bin/my_app"),
    ];
    for (sandbox, binary) in apps {
        find_no_fault(&sandbox.after(&[&["gen", "release"]]), binary);
    }
}

#[track_caller]
fn find_no_fault(sandbox: &Sandbox, binary: &str) {
    let unit = sandbox.read("my_app/deploy/my_app.service");
    sandbox.write("root/etc/systemd/system/my_app.service", &unit);
    let binary = sandbox.path().join("root").join(binary);
    fs::create_dir_all(binary.parent().expect("it has a folder")).expect("it is made");
    fs::copy("/bin/true", binary).expect("it is copied"); // any program

    let mut verify = Command::new("systemd-analyze");
    // The units of the system, which it requires, are not in this root.
    verify.args(["verify", "--man=no", "--recursive-errors=no", "--root"]);
    verify
        .arg(sandbox.path().join("root"))
        .arg("my_app.service");

    assert_eq!(check(verify), "");
}

#[test]
#[ignore = "needs Caddy"]
fn caddy_finds_no_fault_in_its_configuration() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let sandbox = sandbox.after(&[&["gen", "release"]]);
        let file = sandbox.path().join("my_app/deploy/Caddyfile");
        let caddy = |args: &[&str]| {
            let mut command = Command::new("caddy");
            command.args(args).arg(&file).env("HOME", sandbox.path());
            check(command)
        };

        let validated = caddy(&["validate", "--adapter", "caddyfile", "--config"]);
        assert!(validated.contains("Valid configuration"), "{validated}");
        assert_eq!(caddy(&["fmt"]), sandbox.read("my_app/deploy/Caddyfile"));
    }
}

/// Runs a program that checks a file, and returns its messages.
#[track_caller]
fn check(mut command: Command) -> String {
    let output = command.output().expect("it is installed");
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).expect("UTF-8");
    assert!(output.status.success(), "{printed}");
    printed
}
