//! The modules of the library are layers: each imports only those below it, so that there are no circles.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules, from the lowest.
const LAYERS: [&str; 37] = [
    "sync",
    "dice",
    "allocator",
    "client_id",
    "term",
    "metrics",
    "message",
    "error",
    "codec",
    "params",
    "log",
    "guard",
    "task",
    "session",
    "rate_limit",
    "url",
    "origin",
    "response",
    "proxies",
    "pubsub",
    "presence",
    "endpoint",
    "socket",
    "channel",
    "runner",
    "serve",
    "transport",
    "builder",
    "serializer",
    "engine",
    "nats",
    "redis",
    "cluster",
    "token",
    "testing",
    "fuzz",
    "lib",
];

/// Files that only tests use.
const TESTS: [&str; 4] = ["tests.rs", "models.rs", "oracle.rs", "fuzz.rs"];

#[test]
fn each_module_imports_only_those_below_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut upward = Vec::new();
    for path in files(&source) {
        let text = fs::read_to_string(&path).expect("it is UTF-8");
        let name = path.strip_prefix(&source).expect("it is in the folder");
        let module = name.iter().next().and_then(|part| part.to_str());
        let own = layer(module.expect("it is UTF-8").trim_end_matches(".rs"));
        let imports = imports(&text).into_iter();
        let above = imports.filter(|import| layer(import) > own);
        upward.extend(above.map(|import| format!("{} imports {import}", name.display())));
    }
    assert_eq!(upward, [""; 0]);
}

/// Apps have the sources alone.
#[test]
fn no_file_includes_one_outside_of_the_sources() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let outside = files(&source).into_iter().filter(|path| {
        let text = fs::read_to_string(path).expect("it is UTF-8");
        text.contains("!(\"../")
    });
    assert_eq!(outside.collect::<Vec<_>>(), [""; 0].map(PathBuf::from));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .filter(|path| !TESTS.iter().any(|name| path.ends_with(name)))
        .collect()
}

/// Returns the place of a module among the layers.
fn layer(module: &str) -> usize {
    let at = LAYERS.iter().position(|layer| *layer == module);
    at.unwrap_or_else(|| panic!("`{module}` has no place among the layers"))
}

/// Returns the modules that code imports, without its comments and its tests.
fn imports(source: &str) -> Vec<&str> {
    let code = source.split("#[cfg(test)]\nmod tests {").next();
    let lines = code.unwrap_or_default().lines();
    let code = lines.filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| {
            let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_');
            &rest[..end.unwrap_or(rest.len())]
        })
        .collect()
}
