//! Changed files, and what the app and its pages get of them.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::fixture::{Dev, app, processes, until, version};

const CSS: &str = r#"told ["assets_change",{"asset_type":"css"}]"#;
const MENDED: &str = r#"told ["build",{"errors":[]}]"#;

#[test]
fn before_the_first_build_and_after_a_failed_one_the_command_answers() {
    let sandbox = app();
    sandbox.write("my_app/src/version.rs", "broken");
    let mut dev = Dev::start(&sandbox);
    let response = dev.get();
    assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
    assert!(response.contains("<h1>Building…</h1>"), "{response}");

    dev.prints("src/version.rs:1:1");
    dev.prints("could not compile");
    dev.answers("<h2>src/version.rs:1:1</h2>");

    dev.write("src/version.rs", &version("two"));
    dev.prints("* serving ");
    dev.serves("two");
}

#[test]
fn a_changed_file_is_built_and_the_new_server_takes_over() {
    let sandbox = app();
    let mut dev = Dev::serving(&sandbox);
    dev.serves("one");

    dev.write("src/version.rs", &version("two"));
    dev.prints("* changed src/version.rs\r\n* building my_app\r\n");
    dev.prints("* serving ");
    dev.serves("two");

    assert_eq!(processes(&dev.app).len(), 1, "the old server has ended");
}

#[test]
fn a_failed_build_is_told_with_its_place_and_the_old_server_goes_on() {
    let sandbox = app();
    let mut dev = Dev::serving(&sandbox);

    dev.write("src/version.rs", "pub const VERSION: &str = 1;\n");
    dev.prints(r#"told ["build",{"errors":[{"place":"src/version.rs:1:27","text":"error[E0308]: mismatched types"#);
    dev.serves("one");
    dev.write("src/version.rs", &version("two"));
    dev.prints("* serving ");
    dev.serves("two");

    dev.write("src/version.rs", "broken");
    dev.prints(r#"told ["build""#);
    dev.write("src/version.rs", &version("two"));
    dev.prints("* building ");
}

#[test]
fn an_invalid_manifest_is_told_in_cargo_s_words_and_mended() {
    let sandbox = app();
    let manifest = sandbox.read("my_app/Cargo.toml");
    let mut dev = Dev::serving(&sandbox);

    dev.write("Cargo.toml", "[package");
    dev.prints(r#"told ["build",{"errors":[{"place":null,"text":"error: "#);
    dev.write("Cargo.toml", &manifest);
    // The app is the same as before.
    dev.prints(MENDED);
}

#[test]
fn changes_of_pages_are_told_without_a_build() {
    let sandbox = app();
    let mut dev = Dev::serving(&sandbox);

    for (path, kind) in [
        ("assets/css/app.css", "css"),
        ("assets/js/app.js", "js"),
        ("assets/index.html", "html"),
        ("assets/new.png", "png"),
    ] {
        dev.write(path, "changed");
        let told = format!(r#"told ["assets_change",{{"asset_type":"{kind}"}}]"#);
        let before = dev.prints(&told);
        assert!(!before.contains("* building"), "{before}");
    }
}

#[test]
fn editors_that_save_by_rename_are_understood() {
    let sandbox = app();
    let mut dev = Dev::serving(&sandbox);

    for path in ["src/version.rs", "assets/css/app.css"] {
        let draft = dev.app.join(format!("{path}~"));
        fs::write(&draft, version("two")).expect("it is written");
        fs::rename(draft, dev.app.join(path)).expect("it is renamed");
    }

    dev.prints(CSS);
    dev.prints("* serving ");
    dev.serves("two");
}

#[test]
fn a_burst_of_changes_is_not_a_build_for_each() {
    let sandbox = app();
    let mut dev = Dev::serving(&sandbox);

    for number in 0..200 {
        dev.write(&format!("src/part_{number}.rs"), "");
    }
    dev.write("src/version.rs", &version("two"));

    let before = dev.prints("* serving ");
    let builds = before.matches("* building").count();
    assert!(builds < 100, "{builds} builds");
    dev.serves("two");
}

#[test]
fn another_branch_is_built_as_a_whole() {
    let sandbox = app();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        command.args(identity).args(args);
        command.current_dir(sandbox.path().join("my_app"));
        let output = command.output().expect("git is there");
        assert!(output.status.success(), "{output:?}");
    };
    sandbox.write("my_app/.gitignore", "target\n");
    git(&["init", "--quiet", "--initial-branch", "one"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "one"]);
    git(&["checkout", "--quiet", "-b", "two"]);
    sandbox.write(
        "my_app/src/version.rs",
        "mod name;\npub use name::VERSION;\n",
    );
    sandbox.write("my_app/src/version/name.rs", &version("two"));
    fs::remove_dir_all(sandbox.path().join("my_app/assets")).expect("it is there");
    for number in 0..300 {
        sandbox.write(&format!("my_app/src/parts/{number}.rs"), "");
    }
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "two"]);
    let mut dev = Dev::serving(&sandbox);
    dev.serves("two");

    git(&["checkout", "--quiet", "one"]);
    dev.serves("one");
    git(&["checkout", "--quiet", "two"]);
    dev.serves("two");
    git(&["checkout", "--quiet", "one"]);
    dev.serves("one");

    // The folder was removed and is back.
    dev.write("assets/css/app.css", "changed");
    dev.prints(CSS);
}

#[test]
fn a_deleted_file_fails_the_build_until_it_is_back() {
    let sandbox = app();
    let mut dev = Dev::serving(&sandbox);

    fs::remove_file(dev.app.join("src/version.rs")).expect("it is there");
    dev.prints(r#"told ["build",{"errors":[{"place":"src/main.rs:2:1""#);
    dev.write("src/version.rs", &version("two"));
    dev.prints("* serving ");
    dev.serves("two");
}

#[test]
fn linked_folders_are_watched() {
    let sandbox = app();
    sandbox.write("shared/name.rs", &version("one"));
    symlink("../../shared", sandbox.path().join("my_app/src/version")).expect("it is made");
    sandbox.write(
        "my_app/src/version.rs",
        "mod name;\npub use name::VERSION;\n",
    );
    let mut dev = Dev::serving(&sandbox);

    sandbox.write("shared/name.rs", &version("two"));

    dev.prints("* changed src/version/name.rs");
    dev.prints("* serving ");
    dev.serves("two");
}

/// npm makes thousands of folders, and Linux limits the number of those that are watched.
#[cfg(target_os = "linux")]
#[test]
fn folders_of_packages_are_not_watched_and_those_beside_them_are() {
    let sandbox = app();
    let packages = ["assets/node_modules", "assets/web/node_modules"];
    for (at, number) in (0..100).map(|number| (packages[number % 2], number)) {
        sandbox.write(&format!("my_app/{at}/p{number}/index.js"), "");
    }
    sandbox.write("my_app/assets/web/src/app.js", "");
    let mut dev = Dev::serving(&sandbox);

    let watched = dev.watched();

    assert!((4..20).contains(&watched), "{watched}");
    dev.write("assets/node_modules/p0/index.js", "// new");
    for path in ["assets/css/app.css", "assets/web/src/app.js"] {
        dev.write(path, "/* new */");
        let before = dev.prints(&format!("* changed {path}"));
        assert!(!before.contains("node_modules"), "{before}");
    }
    dev.write("assets/web/img/new/a.svg", "<svg/>");
    dev.prints("* changed assets/web/img");
    until(|| {
        dev.write(
            "assets/web/img/new/a.svg",
            &format!("<svg id=\"{}\"/>", dev.watched()),
        );
        dev.watched() >= watched + 2
    });
    dev.write("assets/web/img/new/a.svg", "<svg></svg>");
    dev.prints("* changed assets/web/img/new/a.svg");
    // As a new installation does it.
    fs::remove_dir_all(dev.app.join("assets/node_modules")).expect("it is there");
    for number in 0..50 {
        dev.write(&format!("assets/node_modules/p{number}/index.js"), "");
    }
    dev.write("assets/css/app.css", "/* newer */");
    dev.prints("* changed assets/css/app.css");
    assert!(dev.watched() < 20, "{}", dev.watched());
}

#[test]
fn a_build_that_never_ends_is_cancelled_by_the_next_change() {
    let sandbox = app();
    let mut dev = Dev::serving(&sandbox);
    let endless = "fn main() { loop { std::thread::sleep(std::time::Duration::from_secs(1)) } }";

    dev.write("build.rs", endless);
    dev.prints("* building ");
    let builds = dev.app.join("target/debug/build");
    until(|| !processes(&builds).is_empty());
    dev.serves("one");
    dev.write("build.rs", "fn main() {}");
    dev.write("src/version.rs", &version("two"));

    dev.prints("* serving ");
    dev.serves("two");
    assert_eq!(processes(&builds), [""; 0]);
}

#[test]
fn a_build_script_that_writes_into_the_source_does_not_build_for_ever() {
    let sandbox = app();
    let script = "fn main() { std::fs::write(\"src/made.rs\", \"// made\").unwrap() }";
    let mut dev = Dev::serving(&sandbox);

    dev.write("build.rs", script);
    dev.write("src/version.rs", &version("two"));

    dev.prints("* changed src/made.rs");
    dev.prints("* serving ");
    dev.serves("two");
}
