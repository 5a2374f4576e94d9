//! The example `examples/team_chat`: what its README says of its files, its tests, and its page in a browser.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::server::Server;
use support::{Sandbox, app, finish, markdown, tree};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/team_chat")
}

fn readme() -> String {
    fs::read_to_string(folder().join("README.md")).expect("it has a README")
}

/// Returns the files of an app, without the library and what builds and installations leave.
fn files(app: &Path) -> BTreeMap<String, Vec<u8>> {
    let others = [
        "target/",
        "vendor/",
        "assets/node_modules/",
        "assets/package-lock.json",
    ];
    let is_own =
        |path: &str| !path.contains(".db") && !others.iter().any(|it| path.starts_with(it));
    let files = tree(app).into_iter();
    files.filter(|(path, _)| is_own(path)).collect()
}

/// Returns the paths in the first column of the table under a heading.
fn listed(page: &str, heading: &str) -> Vec<String> {
    let lines = page.lines().skip_while(|line| *line != heading).skip(1);
    let section = lines.take_while(|line| !line.starts_with("## "));
    let paths = section.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let mut paths = paths.map(str::to_owned).collect::<Vec<_>>();
    paths.sort();
    paths
}

/// Runs the commands of the README, and returns the folder of the app that they make.
fn generate(sandbox: &Sandbox) -> PathBuf {
    let page = readme();
    let mut folder = sandbox.path().to_owned();
    for line in markdown::indented_lines(&page) {
        if let Some(into) = line.strip_prefix("cd ") {
            folder.push(into);
        } else if let Some(args) = line.strip_prefix("hello-sockets ") {
            let mut command = Command::new(env!("CARGO_BIN_EXE_hello-sockets"));
            command.args(args.split(' ')).current_dir(&folder);
            finish(command, "").succeeded();
        }
    }
    folder
}

#[test]
fn its_readme_lists_all_files_that_its_commands_do_not_make_today() {
    let sandbox = Sandbox::new();
    let generated = files(&generate(&sandbox));
    let here = files(&folder());
    let names = |files: Vec<&String>| files.into_iter().cloned().collect::<Vec<_>>();
    let missing_in = |these: &BTreeMap<_, _>, those: &BTreeMap<_, _>| {
        names(
            those
                .keys()
                .filter(|path| !these.contains_key(*path))
                .collect(),
        )
    };
    let changed = generated
        .iter()
        .filter(|(path, made)| here.get(*path).is_some_and(|own| own != *made));

    let page = readme();
    assert_eq!(missing_in(&generated, &here), listed(&page, "## Added"));
    assert_eq!(missing_in(&here, &generated), listed(&page, "## Removed"));
    assert_eq!(
        names(changed.map(|(path, _)| path).collect()),
        listed(&page, "## Changed")
    );
}

#[test]
#[ignore = "compiles an app"]
fn its_tests_pass_without_warnings() {
    let clippy = [
        "clippy",
        "--locked",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    app::cargo(&folder(), &clippy);
    let tests = app::cargo(&folder(), &["test", "--locked"]);
    assert!(tests.contains("test messages_and_files_are_there_after_a_restart ... ok"));
}

#[test]
#[ignore = "compiles an app; needs node, npm and Chromium"]
fn two_users_chat_in_a_browser() {
    app::cargo(&folder(), &["build", "--locked"]);
    let sandbox = Sandbox::new();
    let assets = sandbox.path().join("assets");
    for (path, bytes) in tree(&folder().join("assets")) {
        if !path.starts_with("node_modules/") {
            let path = assets.join(path);
            fs::create_dir_all(path.parent().expect("it has a folder")).expect("it is made");
            fs::write(path, bytes).expect("it is copied");
        }
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    app::npm(&["install", "--prefix", "."], &assets);
    app::npm(&["install"], &tests);
    let binary = app::target().join("debug/team_chat");
    let path = assets.display().to_string();
    let server = Server::start(&binary, sandbox.path(), &[("ASSETS", &path)]);

    let status = Command::new("node")
        .args(["--test", "--test-force-exit", "team_chat.mjs"])
        .current_dir(&tests)
        .env("APP_URL", &server.url)
        .env(
            "SCREENSHOT_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots"),
        )
        .status()
        .expect("node starts");

    assert!(status.success(), "see above");
    assert!(sandbox.exists("team_chat.db"));
}
