//! The packages of `cargo publish`: what they hold, and that the command builds from its own, and makes the same app as this checkout.

#[allow(dead_code, reason = "only a part of it is tested")]
#[path = "../build.rs"]
mod build_script;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use support::{Sandbox, finish, tree};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the files of a package, as `cargo package --list` prints them.
fn listed(package: &str) -> Vec<String> {
    let list = ["package", "--list", "--allow-dirty", "--package", package];
    let mut command = Command::new(env!("CARGO"));
    let output = command.args(list).current_dir(ROOT).output();
    let output = output.expect("cargo starts");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("paths are UTF-8");
    text.lines().map(|line| line.replace('\\', "/")).collect()
}

/// Files that cargo adds itself.
const ADDED: [&str; 4] = [
    ".cargo_vcs_info.json",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
];

#[test]
fn packages_hold_what_they_need_and_no_more() {
    let packages: [(&str, &[&str]); 3] = [
        ("axum-channels-trim", &["LICENSE", "src"]),
        (
            "axum-channels",
            &["LICENSE", "README.md", "examples", "js", "src"],
        ),
        (
            "hello-sockets",
            &[
                "CHANGELOG.md",
                "LICENSE",
                "README.md",
                "build.rs",
                "src",
                "templates",
            ],
        ),
    ];
    for (package, expected) in packages {
        let files = listed(package);
        let top = files
            .iter()
            .map(|file| file.split('/').next().unwrap_or_default());
        let top: BTreeSet<_> = top.filter(|name| !ADDED.contains(name)).collect();
        assert_eq!(top, expected.iter().copied().collect(), "{package}");
    }
    let command = listed("hello-sockets");
    let has = |file: &str| command.iter().any(|listed| listed == file);
    assert!(has("templates/rust/app/vendor/axum-channels/src/lib.rs"));
    assert!(has("templates/rust/places/socket_routes.toml"));
    let case =
        |file: &&String| file.split('/').nth(2) == Some("places") && file.split('/').count() > 4;
    assert_eq!(command.iter().find(case), None);
}

#[test]
fn of_the_commands_dependencies_only_serde_json_is_compiled_twice() {
    let mut build = Command::new(env!("CARGO"));
    // `cargo tree` knows features alone. A crate is also compiled twice if the build script's profile is another.
    build
        .args(["build", "--offline", "--locked", "--bin", "hello-sockets"])
        .args(["--profile", "quick", "--unit-graph", "-Zunstable-options"])
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(ROOT);
    let printed = finish(build, "").succeeded().stdout;

    let graph: serde_json::Value = serde_json::from_str(&printed).expect("it is JSON");
    let units = graph["units"].as_array().expect("a list").iter();
    let libraries =
        units.filter(|unit| unit["target"]["kind"][0] == "lib" && unit["mode"] == "build");
    let mut known = BTreeSet::new();
    let twice = libraries.filter(|unit| !known.insert(unit["pkg_id"].to_string()));
    let names: Vec<_> = twice.map(|unit| &unit["target"]["name"]).collect();
    assert!(known.len() > 90, "{}", known.len());
    // tree-sitter's build script asks for another of its features.
    assert_eq!(names, ["serde_json"]);
}

#[test]
fn every_package_and_vendored_library_has_the_license() {
    let license = fs::read(Path::new(ROOT).join("LICENSE")).expect("it is there");
    let vendored = "templates/rust/app/vendor/axum-channels";
    for folder in [
        "axum-channels",
        "axum-channels/trim",
        vendored,
        &format!("{vendored}/trim"),
    ] {
        let file = Path::new(ROOT).join(folder).join("LICENSE");
        assert!(fs::read(file).is_ok_and(|text| text == license), "{folder}");
    }
}

#[test]
fn dependencies_on_packages_of_this_repository_have_their_versions() {
    for manifest in ["Cargo.toml", "axum-channels/Cargo.toml"] {
        let text = fs::read_to_string(Path::new(ROOT).join(manifest)).expect("it is there");
        let manifest: toml::Table = toml::from_str(&text).expect("it is TOML");
        let dependencies = manifest["dependencies"].as_table().expect("it has some");
        for (name, dependency) in dependencies {
            if dependency.get("path").is_some() {
                let version = dependency.get("version").and_then(toml::Value::as_str);
                assert_eq!(version, Some(env!("CARGO_PKG_VERSION")), "{name}");
            }
        }
    }
}

/// Copies `from` to `to`, with links as text files that hold their targets, and returns their number.
#[cfg(unix)]
fn copy_without_links(from: &Path, to: &Path) -> usize {
    fs::create_dir_all(to).expect("it is new");
    let mut links = 0;
    for entry in fs::read_dir(from).expect("it is listed") {
        let entry = entry.expect("it is read");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_symlink() {
            let target = fs::read_link(&from).expect("it is a link");
            fs::write(&to, target.to_str().expect("it is UTF-8")).expect("it is new");
            links += 1;
        } else if from.is_dir() {
            links += copy_without_links(&from, &to);
        } else {
            fs::copy(&from, &to).expect("it is new");
        }
    }
    links
}

#[cfg(unix)]
#[test]
fn links_that_are_checked_out_as_text_files_are_followed() {
    let sandbox = Sandbox::new();
    let root = sandbox.path();
    let links = copy_without_links(&Path::new(ROOT).join("templates"), &root.join("templates"));
    assert!(links >= 12, "{links}");
    let library = "axum-channels";
    for folder in [
        format!("{library}/src"),
        format!("{library}/js"),
        format!("{library}/trim"),
    ] {
        copy_without_links(&Path::new(ROOT).join(&folder), &root.join(&folder));
    }
    for file in ["LICENSE", "axum-channels/Cargo.toml"] {
        fs::copy(Path::new(ROOT).join(file), root.join(file)).expect("it is new");
    }

    let [linked, copied] = [Path::new(ROOT), root].map(|checkout| {
        let to = Sandbox::new();
        let prepared =
            build_script::prepare(&checkout.join("templates"), &to.path().join("out"), "");
        prepared.expect("the templates are valid");
        tree(&to.path().join("out"))
    });

    assert!(linked == copied, "the templates differ");
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Makes the packages as `cargo publish` does, and unpacks them outside of the repository.
#[track_caller]
fn unpacked(target: &Path) -> Sandbox {
    let root = Path::new(ROOT);
    let flags = ["--workspace", "--allow-dirty", "--no-verify"];
    // They are built below, apart from the repository.
    run(cargo(target, root)
        .args(["publish", "--dry-run"])
        .args(flags));
    run(cargo(target, root).arg("package").args(flags));
    let sandbox = Sandbox::new();
    for name in ["axum-channels-trim", "axum-channels", "hello-sockets"] {
        let archive = target.join(format!("package/{name}-{VERSION}.crate"));
        run(Command::new("tar")
            .arg("-xzf")
            .arg(&archive)
            .current_dir(sandbox.path()));
    }
    sandbox
}

/// Makes an app, and adds to it.
#[track_caller]
fn make_app(sandbox: &Sandbox, command: impl Fn(&[&str]) -> Command) {
    let app = sandbox.path().join("my_app");
    let new = ["new", "my_app", "--channel", "User"];
    for (folder, args) in [
        (
            sandbox.path(),
            &[&new, &["--no-git", "--no-install"][..]].concat()[..],
        ),
        (&app, &["gen", "presence"]),
        (&app, &["upgrade", "--check"]),
    ] {
        let mut command = command(args);
        command.current_dir(folder);
        finish(command, "").succeeded();
    }
}

#[test]
#[ignore = "compiles the packaged command and the packaged library"]
fn packages_build_by_themselves_and_the_command_makes_the_same_app_as_this_checkout() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("package");
    let sandbox = unpacked(&target);
    let folder = |name: &str| sandbox.path().join(format!("{name}-{VERSION}"));
    run(cargo(&target, &folder("hello-sockets")).arg("build"));
    // It is not in a registry yet.
    let trim = folder("axum-channels-trim");
    let trim = format!("patch.crates-io.axum-channels-trim.path={trim:?}");
    let library = ["check", "--all-features", "--config", &trim];
    run(cargo(&target, &folder("axum-channels")).args(library));

    let packaged = target.join("debug/hello-sockets");
    make_app(&sandbox, |args| {
        let mut command = Command::new(&packaged);
        command.args(args);
        command
    });
    let checkout = Sandbox::new();
    make_app(&checkout, |args| checkout.command(args));

    let made = tree(&sandbox.path().join("my_app"));
    let license = fs::read(Path::new(ROOT).join("LICENSE")).expect("it is there");
    for library in ["vendor/axum-channels", "vendor/axum-channels/trim"] {
        let path = format!("{library}/LICENSE");
        assert!(made.contains(&(path, license.clone())), "{library}");
    }
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

/// With a profile of its own for the command, cargo (1.95) strips only what debuggers use: 0.8 MB of symbols would stay.
#[test]
fn a_release_has_no_symbols() {
    let manifest = fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).expect("it is there");
    let manifest: toml::Table = toml::from_str(&manifest).expect("it is TOML");
    let release = &manifest["profile"]["release"];
    assert_eq!(release["strip"].as_bool(), Some(true));
    assert!(release["package"].get("hello-sockets").is_none());
}
