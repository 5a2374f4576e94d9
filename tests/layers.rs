//! The modules of the command are layers: each imports only those before it in the list, so that there are no circles.

mod support;

use std::path::Path;

/// The modules, from the lowest.
const LAYERS: [&str; 28] = [
    "address",
    "changelog",
    "error",
    "key",
    "nearest",
    "printable",
    "secrets",
    "shell",
    "edit",
    "name",
    "record",
    "catalogue",
    "facts",
    "plan",
    "project",
    "args",
    "changes",
    "routes",
    "output",
    "connect",
    "dev",
    "doctor",
    "run",
    "destroy",
    "new",
    "undo",
    "upgrade",
    "lib",
];

#[test]
fn each_module_imports_only_those_below_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut upward = Vec::new();
    let files = support::tree(&source).into_iter();
    for (path, text) in files.filter(|(path, _)| is_built(path)) {
        let text = String::from_utf8(text).expect("it is UTF-8");
        let module = path.split('/').next().unwrap_or_default();
        let own = layer(module.trim_end_matches(".rs"));
        let above = imports(&text).filter(|import| layer(import) > own);
        upward.extend(above.map(|import| format!("{path} imports {import}")));
    }
    assert_eq!(upward, [""; 0]);
}

/// Returns whether the file is part of the library, and not only of its tests.
fn is_built(path: &str) -> bool {
    let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
    path.ends_with(".rs") && path != "main.rs" && !is_test
}

/// Returns the position of a module among the layers.
fn layer(module: &str) -> usize {
    let at = LAYERS.iter().position(|layer| *layer == module);
    at.unwrap_or_else(|| panic!("`{module}` is not among the layers"))
}

/// Returns the modules that code imports, without its comments and its tests.
fn imports(source: &str) -> impl Iterator<Item = &str> {
    let code = source.split("#[cfg(test)]\nmod tests {").next();
    let lines = code.unwrap_or_default().lines();
    let code = lines.filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| {
            let is_name = |char: char| char.is_alphanumeric() || char == '_';
            &rest[..rest.find(|char| !is_name(char)).unwrap_or(rest.len())]
        })
}
