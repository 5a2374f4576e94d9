//! The dependencies of both packages build with their `rust-version`. Clippy checks the code itself
//! (`incompatible_msrv`), and an older toolchain if there is one (`.ci/run`).

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Dependencies without a `rust-version`, to be checked by hand when added.
const UNSTATED: [&str; 36] = [
    "adler2",
    "cfg_aliases",
    "combine",
    "command-fds",
    "core-foundation-sys",
    "encode_unicode",
    "getrandom",
    "httparse",
    "inotify-sys",
    "kqueue",
    "matchit",
    "mime",
    "miniz_oxide",
    "same-file",
    "sha1_smol",
    "shell-words",
    "smallvec",
    "stable_deref_trait",
    "subtle",
    "sync_wrapper",
    "tera",
    "tower-layer",
    "tower-service",
    "tree-sitter-elixir",
    "tree-sitter-javascript",
    "tree-sitter-json",
    "tree-sitter-md",
    "tree-sitter-rust",
    "tree-sitter-toml-ng",
    "tree-sitter-typescript",
    "untrusted",
    "utf8parse",
    "walkdir",
    "wasi",
    "winapi-util",
    "xxhash-rust",
];

#[test]
fn no_dependency_of_the_command_asks_for_a_newer_rust() {
    check("hello-sockets");
}

#[test]
fn no_dependency_of_the_library_asks_for_a_newer_rust() {
    check("axum-channels");
}

fn check(name: &str) {
    let graph = Graph::read();
    let root = graph.named(name);
    let ours = version(&graph.packages[root]).expect("a package of this repository has one");
    let (mut newer, mut unstated) = (Vec::new(), BTreeSet::new());
    for id in graph.compiled_for(root) {
        let package = &graph.packages[id];
        match version(package) {
            Some(theirs) if theirs > ours => newer.push(format!("{id} needs {theirs:?}")),
            Some(_) => {}
            None => drop(unstated.insert(package["name"].as_str().unwrap_or_default())),
        }
    }
    assert!(newer.is_empty(), "{name} says {ours:?}: {newer:#?}");
    let known = BTreeSet::from(UNSTATED);
    assert_eq!(
        unstated.difference(&known).collect::<Vec<_>>(),
        Vec::<&&str>::new()
    );
}

/// The packages of the lock file, with all features.
struct Graph {
    packages: BTreeMap<String, Value>,
    dependencies: BTreeMap<String, Value>,
}

impl Graph {
    /// Reads the graph for all platforms, or only for this one if packages for others were not downloaded: tests use no
    /// network.
    fn read() -> Self {
        let metadata = metadata(&[]).or_else(|| metadata(&["--filter-platform", &host()]));
        let metadata = metadata.expect("what was compiled is on this machine");
        let by_id = |list: &Value| {
            let list = list.as_array().expect("a list").iter();
            let entry = |item: &Value| (item["id"].as_str().map(str::to_owned), item.clone());
            list.map(entry)
                .filter_map(|(id, item)| Some((id?, item)))
                .collect()
        };
        Self {
            packages: by_id(&metadata["packages"]),
            dependencies: by_id(&metadata["resolve"]["nodes"]),
        }
    }

    fn named(&self, name: &str) -> &str {
        let mut packages = self.packages.iter();
        let found = packages.find(|(_, package)| package["name"] == name);
        found.expect("a package of that name").0
    }

    /// Returns the packages compiled for users of a package, without dependencies of its tests.
    fn compiled_for<'a>(&'a self, root: &'a str) -> BTreeSet<&'a str> {
        let (mut found, mut left) = (BTreeSet::new(), vec![root]);
        while let Some(id) = left.pop() {
            if !found.insert(id) {
                continue;
            }
            for dependency in self.dependencies[id]["deps"].as_array().expect("a list") {
                let mut kinds = dependency["dep_kinds"].as_array().expect("a list").iter();
                if kinds.any(|kind| kind["kind"] != "dev") {
                    left.extend(dependency["pkg"].as_str());
                }
            }
        }
        found
    }
}

fn metadata(options: &[&str]) -> Option<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--all-features",
            "--locked",
            "--offline",
        ])
        .args(options)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    serde_json::from_slice(&output.stdout).ok()
}

fn host() -> String {
    let output = Command::new(env!("CARGO"))
        .arg("-vV")
        .output()
        .expect("cargo runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = printed.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("cargo names its host").to_owned()
}

/// Returns `[1, 88, 0]` for `1.88`.
fn version(package: &Value) -> Option<[u32; 3]> {
    let mut version = [0; 3];
    let stated = package["rust_version"].as_str()?;
    for (number, part) in version.iter_mut().zip(stated.split('.')) {
        *number = part.parse().expect("a number");
    }
    Some(version)
}
