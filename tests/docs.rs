//! The pages of this repository: their commands work, their code is generated code, their links and paths exist.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    reason = "tests look at the disk themselves"
)]

mod support;

use std::path::{Path, PathBuf};

use support::markdown::{self, Block};
use support::{Sandbox, terminal};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(page: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(page)).unwrap_or_else(|e| panic!("{page}: {e}"))
}

/// All pages, as paths below the root of the repository.
fn pages() -> Vec<String> {
    let files = ["", "docs", "axum-channels"]
        .into_iter()
        .flat_map(|folder| {
            let entries = std::fs::read_dir(Path::new(ROOT).join(folder)).expect("it is listed");
            let names = entries.map(|entry| entry.expect("it is read").file_name());
            names.map(move |name| Path::new(folder).join(name))
        });
    let pages = files.filter(|file| file.extension().is_some_and(|e| e == "md"));
    pages.map(|page| page.display().to_string()).collect()
}

/// Runs the lines of a page that are commands of this repository, in order, and returns their number.
fn run_commands(page: &str) -> usize {
    let sandbox = Sandbox::new();
    sandbox.write("clone/Cargo.toml", "");
    let mut folder = sandbox.path().join("clone");
    let mut count = 0;
    for line in markdown::indented_lines(page) {
        if let Some(path) = line.strip_prefix("cd ") {
            folder = folder.join(path);
        }
        let line = line.trim_start_matches("cargo install --debug --path . && ");
        let Some(args) = line.strip_prefix("hello-sockets ") else {
            continue;
        };
        let mut args: Vec<_> = args.split(' ').collect();
        match args[0] {
            "new" => args.extend(["--no-install", "--no-git"]),
            // They need a server, or are one: only their arguments are checked.
            "connect" | "dev" => args.insert(1, "--help"),
            _ => {}
        }
        let mut command = sandbox.command(&args);
        command.current_dir(&folder);
        support::finish(command, "").succeeded();
        count += 1;
    }
    count
}

#[test]
fn the_commands_of_the_readme_work_in_their_order() {
    assert_eq!(run_commands(&read("README.md")), 19);
}

#[test]
fn the_commands_for_phoenix_work_in_their_order() {
    assert_eq!(run_commands(&read("docs/phoenix.md")), 12);
}

#[test]
fn the_commands_for_upgrades_work_in_their_order() {
    assert_eq!(run_commands(&read("docs/upgrade.md")), 4);
}

#[test]
fn the_code_in_the_readme_is_generated_code() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User", "--yes"]]);
    let files = ["src/channels/user_channel.rs", "tests/user_channel.rs"];
    let generated = files.map(|file| code(&sandbox.read(&format!("my_app/{file}"))));
    let page = read("README.md");
    let blocks = markdown::blocks(&page);
    let shown: Vec<_> = blocks.iter().filter(|b| b.info == "rust").collect();

    assert_eq!(shown.len(), generated.len());
    for (Block { text, .. }, file) in shown.into_iter().zip(&generated) {
        assert!(file.contains(&code(text)), "{text}\n{file}");
    }
}

/// Returns the lines of Rust source without comments and indentation.
fn code(source: &str) -> String {
    let lines = source.lines().map(str::trim);
    let code = lines.filter(|line| !line.starts_with("//"));
    code.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_transcript_for_phoenix_is_what_a_terminal_shows() {
    let sandbox = Sandbox::new();
    let new = ["new", "hello_sockets", "--stack", "phoenix", "--no-git"];
    sandbox
        .run(&[&new[..], &["--no-install"]].concat())
        .succeeded();
    let page = read("docs/phoenix.md");
    let [block] = &markdown::blocks(&page)[..] else {
        panic!("there is one block: the transcript");
    };
    let (typed, printed) = block.text.split_once('\n').expect("it has lines");
    let mut command = sandbox.command(&["gen", "channel", "User", "--color", "never"]);
    command.current_dir(sandbox.path().join("hello_sockets"));

    let shown = terminal::transcript(command, "Do you want to create it? [Yn] ", "Y");

    assert_eq!(typed, "$ hello-sockets gen channel User");
    let files = shown
        .rsplit_once("\n\nStart or restart the app with ")
        .map(|s| s.0);
    assert_eq!(files, Some(printed.trim_end()));
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut dead = Vec::new();
    for page in pages() {
        let text = read(&page);
        let links = markdown::links(&text).into_iter();
        for link in links.filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => PathBuf::from(&page),
                path => Path::new(&page).with_file_name(path),
            };
            let found = Path::new(ROOT).join(&target);
            let has_anchor = || markdown::anchors(&read(&target.display().to_string()));
            if !found.exists() || !anchor.is_empty() && !has_anchor().iter().any(|a| a == anchor) {
                dead.push(format!("{page}: {link}"));
            }
        }
    }
    assert_eq!(dead, Vec::<String>::new());
}

#[test]
fn every_page_in_docs_is_listed_in_the_readme() {
    let readme = read("README.md");
    let links = markdown::links(&readme);
    let pages = pages().into_iter().filter(|page| page.starts_with("docs/"));
    let missing: Vec<_> = pages
        .filter(|page| !links.contains(&page.as_str()))
        .collect();

    assert_eq!(
        missing,
        ["docs/decisions.md"],
        "CONTRIBUTING lists that one"
    );
}

#[test]
fn every_test_and_folder_that_contributors_are_pointed_to_exists() {
    let folders = ["src/", "tests/", "templates/", "docs/", "axum-channels/"];
    let mut missing = Vec::new();
    for page in ["CONTRIBUTING.md", "SECURITY.md"] {
        // Files of generated apps are none of this repository.
        let text = read(page).replace("the app's `", "");
        for path in markdown::paths(&text, &folders) {
            if !Path::new(ROOT).join(path).exists() {
                missing.push(format!("{page}: {path}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
