//! The page docs/reference/settings.md: its tables are those of the sources. `BLESS=1 cargo test --test settings_page` renews them.

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use support::Sandbox;

fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

const PAGE: &str = "docs/reference/settings.md";

#[test]
fn the_tables_of_the_page_are_those_of_the_sources() {
    let page = std::fs::read_to_string(path(PAGE)).expect("it is there");
    let made = made(&page);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path(PAGE), &made).expect("it is written");
    }
    let page = std::fs::read_to_string(path(PAGE)).expect("it is there");
    assert_eq!(
        page, made,
        "`BLESS=1 cargo test --test settings_page` renews it"
    );
}

#[test]
fn every_setting_of_the_library_is_on_the_page() {
    let page = std::fs::read_to_string(path(PAGE)).expect("it is there");
    let mut missing = BTreeSet::new();
    for (file, text) in support::tree(&path("axum-channels/src")) {
        if file.starts_with("testing/") || file.starts_with("fuzz/") {
            continue;
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        let declared = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub fn "));
        // A refusal is a value of one connection.
        let sets = |line: &&str| line.contains("(mut self") && !file.ends_with("refused.rs");
        let names = declared
            .filter(sets)
            .filter_map(|line| line.split(['(', '<']).next());
        let is_missing = |name: &&str| !page.contains(&format!("\n| `{name}` | "));
        missing.extend(names.filter(is_missing).map(str::to_owned));
    }
    assert_eq!(missing, BTreeSet::new());
}

/// Returns the page with each table, between two comments, made again.
fn made(page: &str) -> String {
    let (mut made, mut tables) = (String::new(), 0);
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(made, "{line}");
        let source = line.strip_prefix("<!-- from: ");
        if let Some(source) = source.and_then(|rest| rest.strip_suffix(" -->")) {
            let table = match source.split_once(' ') {
                Some((file, name)) => methods(file, name),
                None => environment(),
            };
            let _ = write!(made, "\n{table}\n<!-- end -->\n");
            lines.by_ref().find(|line| *line == "<!-- end -->");
            tables += 1;
        }
    }
    assert_eq!(tables, 12);
    made
}

/// Returns the settings of Rust apps: the table in the documentation of their `src/config.rs`.
fn environment() -> String {
    let mut rows: Vec<String> = Vec::new();
    for engine in ["redis", "nats"] {
        let app = Sandbox::new();
        let new = ["new", "my_app", "--no-git", "--no-install", "--pubsub"];
        app.ok(&[&new[..], &[engine]].concat());
        let config = app.read("my_app/src/config.rs");
        let lines = config.lines().filter_map(|line| line.strip_prefix("//! |"));
        for line in lines.filter(|line| !line.starts_with('-')) {
            let cells: Vec<_> = line
                .trim_end_matches('|')
                .split('|')
                .map(str::trim)
                .collect();
            let row = format!("| {} |", cells.join(" | "));
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        let names = rows.iter().filter_map(|row| row.split('`').nth(1));
        let names: BTreeSet<_> = names.map(str::to_owned).collect();
        let read = variables(&config, &["text(\"", "set(\""]);
        assert!(read.is_subset(&names), "{read:?}\n{names:?}");
    }
    rows.insert(1, "|---|---|---|".to_owned());
    rows.join("\n") + "\n"
}

/// Returns the names of variables behind these calls.
fn variables(source: &str, calls: &[&str]) -> BTreeSet<String> {
    let found = calls.iter().flat_map(|call| source.split(call).skip(1));
    let names = found.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()));
    names.collect()
}

/// Returns the public methods of a type that set something, or the constants of a trait, with the summaries of their
/// documentation.
fn methods(file: &str, name: &str) -> String {
    let source = std::fs::read_to_string(path(file)).expect("it is there");
    let mut table = "| Name | Meaning |\n|---|---|\n".to_owned();
    let (mut docs, mut is_within) = (Vec::new(), false);
    for line in source.lines() {
        if line.starts_with("impl") || line.starts_with("pub trait") {
            let of = line
                .trim_end_matches(" {")
                .split(": ")
                .next()
                .unwrap_or(line);
            is_within = of
                .strip_suffix(name)
                .is_some_and(|rest| rest.ends_with([' ', '>']));
        }
        let line = line.strip_prefix("    ").unwrap_or_default();
        if let Some(doc) = line.strip_prefix("///") {
            docs.push(doc.trim());
        } else if let Some(setting) = setting(line).filter(|_| is_within) {
            let summary: Vec<_> = docs
                .iter()
                .take_while(|line| !line.is_empty())
                .copied()
                .collect();
            let summary = without_links(&summary.join(" "));
            let _ = writeln!(table, "| `{setting}` | {} |", summary.trim_end_matches('.'));
            docs.clear();
        } else if line.is_empty() || line.starts_with('}') {
            docs.clear();
        }
    }
    assert!(table.lines().count() > 3, "{file} {name}\n{table}");
    table
}

/// Returns the name of the method or constant that a line declares.
fn setting(line: &str) -> Option<&str> {
    let function = line.strip_prefix("pub fn ");
    let function = function.or_else(|| line.strip_prefix("pub const fn "));
    let constant = || {
        line.strip_prefix("const ")
            .filter(|rest| !rest.starts_with("fn "))
    };
    let declared = function.or_else(constant)?;
    let name = declared.split(['(', '<', ':']).next()?;
    let reads = declared.contains("(&self");
    let ends_building = ["build", "check"].contains(&name);
    (!reads && !ends_building).then_some(name)
}

/// Returns a text without the links of rustdoc.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        let (label, after) = link.split_once(']').expect("it is closed");
        let _ = write!(plain, "{before}{label}");
        rest = match after
            .strip_prefix('(')
            .and_then(|target| target.split_once(')'))
        {
            Some((_, after)) => after,
            None => after,
        };
    }
    plain + rest
}

#[test]
fn the_variables_of_phoenix_apps_and_of_the_command_are_listed() {
    let page = std::fs::read_to_string(path(PAGE)).expect("it is there");
    let section = |heading: &str| {
        let (_, rest) = page.split_once(heading).expect("it has the section");
        let section = rest.split("\n## ").next().unwrap_or(rest);
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        let names = rows.flat_map(|row| row.split(" |").next().unwrap_or(row).split("`, `"));
        names
            .map(|name| name.trim_end_matches('`').to_owned())
            .collect::<BTreeSet<_>>()
    };

    let app = Sandbox::new();
    let new = [
        "new",
        "my_app",
        "--no-git",
        "--no-install",
        "--stack",
        "phoenix",
        "--pubsub",
        "redis",
    ];
    app.ok(&new);
    let runtime = app.read("my_app/config/runtime.exs");
    let read = variables(&runtime, &["env.(\"", "get_env(\""]);
    assert_eq!(section("## Phoenix apps: environment"), read);

    let files = support::tree(&path("src")).into_iter();
    let files =
        files.filter(|(file, _)| ["address.rs", "output/terminal.rs"].contains(&file.as_str()));
    let sources: Vec<_> = files
        .map(|(_, text)| String::from_utf8_lossy(&text).into_owned())
        .collect();
    let read = variables(&sources.concat(), &["variable(\"", "var_os(\""]);
    let listed = section("## The command: environment");
    assert!(
        !read.is_empty() && read.is_subset(&listed),
        "{read:?}\n{listed:?}"
    );
}
