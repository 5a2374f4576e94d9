//! The pages of this repository: their commands work, their code is generated code, their links and paths exist.
#![cfg(unix)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use support::Sandbox;
use support::guide::{Reader, code};
use support::markdown::{self, Block};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(page: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(page)).unwrap_or_else(|e| panic!("{page}: {e}"))
}

/// All pages, as paths below the root of the repository.
fn pages() -> Vec<String> {
    let folders = ["", "docs", "docs/guides", "docs/reference", "axum-channels"];
    let files = folders.into_iter().flat_map(|folder| {
        let entries = std::fs::read_dir(Path::new(ROOT).join(folder)).expect("it is listed");
        let names = entries.map(|entry| entry.expect("it is read").file_name());
        names.map(move |name| Path::new(folder).join(name))
    });
    let pages = files.filter(|file| file.extension().is_some_and(|e| e == "md"));
    pages.map(|page| page.display().to_string()).collect()
}

/// Runs the lines of a page that are commands of this repository, in order, and returns their number. A page that makes no
/// app starts in one.
fn run_commands(page: &str) -> usize {
    let makes_an_app =
        page.contains("    hello-sockets new ") || page.contains("&& hello-sockets new ");
    let (sandbox, start) = match makes_an_app {
        true => (Sandbox::new(), "clone"),
        false => (Sandbox::with_app(), "my_app"),
    };
    sandbox.write("clone/Cargo.toml", "");
    let mut folder = sandbox.path().join(start);
    let mut count = 0;
    for line in markdown::indented_lines(page) {
        if let Some(path) = line.strip_prefix("cd ") {
            folder = folder.join(path);
        }
        let line = line.trim_start_matches("cargo install --locked --profile quick --path . && ");
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
fn the_commands_of_the_pages_work_in_their_order() {
    let has_commands = |page: &String| {
        markdown::indented_lines(&read(page)).any(|line| line.contains("hello-sockets "))
    };
    let pages = pages().into_iter().filter(has_commands);
    let counts = pages.map(|page| (page.clone(), run_commands(&read(&page))));
    let counts: BTreeMap<_, _> = counts.collect();
    let expected = [
        ("README.md", 19),
        ("docs/command-line.md", 5),
        ("docs/connect.md", 4),
        ("docs/delivery.md", 1),
        ("docs/development.md", 2),
        ("docs/phoenix.md", 15),
        ("docs/rust.md", 5),
        ("docs/scaling.md", 1),
        ("docs/scripts-and-ci.md", 1),
        ("docs/upgrade.md", 4),
    ];
    assert_eq!(
        counts,
        expected
            .map(|(page, count)| (page.to_owned(), count))
            .into()
    );
}

#[test]
fn the_profile_of_the_first_command_is_one_of_the_manifest() {
    let readme = read("README.md");
    let (_, after) = readme
        .split_once("cargo install --locked --profile ")
        .expect("the first command");
    let profile = after.split(' ').next().unwrap_or_default();

    let heading = format!("[profile.{profile}]\ninherits = \"dev\"\n");
    assert!(read("Cargo.toml").contains(&heading), "{heading}");
}

#[test]
fn every_block_of_commands_is_on_a_page_that_is_followed() {
    let is_followed = |page: &String| {
        // By tests/guides.rs, tests/stacks_guide.rs, and below.
        page.starts_with("docs/guides/")
            || ["docs/stacks.md", "docs/phoenix.md"].contains(&page.as_str())
    };
    let others = pages().into_iter().filter(|page| !is_followed(page));
    let is_shell = |block: &Block| {
        ["console", "sh", "bash", "shell"]
            .iter()
            .any(|word| block.info.starts_with(word))
    };
    let unfollowed: Vec<_> = others
        .filter(|page| markdown::blocks(&read(page)).iter().any(is_shell))
        .collect();
    assert_eq!(unfollowed, Vec::<String>::new());
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

#[test]
fn the_transcript_for_phoenix_is_what_a_terminal_shows() {
    let sandbox = Sandbox::new();
    let new = ["new", "hello_sockets", "--stack", "phoenix", "--no-git"];
    sandbox.ok(&[&new[..], &["--no-install"]].concat());
    let mut reader = Reader::of(sandbox, false);
    reader.folder.push("hello_sockets");

    reader.follow(&read("docs/phoenix.md"));

    assert_eq!(reader.ran, 1);
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

#[test]
fn the_figures_of_files_and_records_are_those_of_a_new_app() {
    let page = read("docs/figures.md");
    let figure = |before: &str, after: &str| {
        let rests = page.split(before).skip(1);
        let mut found = rests.filter_map(|rest| rest.split_once(after)?.0.parse::<usize>().ok());
        found.next().unwrap_or_else(|| panic!("{before}…{after}"))
    };
    let channel = &["gen", "channel", "User", "--yes"][..];
    let rust = Sandbox::with_app().after(&[channel, &["gen", "auth", "--yes"]]);
    let phoenix = Sandbox::with_phoenix_app();
    let record = |sandbox: &Sandbox, run: &str| {
        let runs = sandbox.runs().into_iter();
        let of_run = runs.filter(|(name, _)| name.contains(run));
        of_run.map(|(_, text)| text.len()).sum::<usize>() / 1000
    };
    let files = Sandbox::with_app().tree();
    let library = files.iter().filter(|(path, _)| path.contains("/vendor/"));

    for (shown, actual) in [
        (figure("A new Rust app has some ", " files"), files.len()),
        (figure(" files, ", " of them the library"), library.count()),
        (
            figure("new Rust app has some ", " kB"),
            record(&rust, "-new-"),
        ),
        (figure("new Phoenix app ", " kB"), record(&phoenix, "-new-")),
        (
            figure("`gen channel` adds ", " kB"),
            record(&rust, "-gen-channel-"),
        ),
        (figure("`gen auth` ", " kB"), record(&rust, "-gen-auth-")),
    ] {
        assert!(shown.abs_diff(actual) * 4 <= actual, "{shown}: {actual}");
    }
}
