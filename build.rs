//! Embeds `templates/` in the binary: one array of paths and contents, sorted by path.
//!
//! The cases beside a place (`<stack>/places/<place>/`) are for tests and stay out.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script reads and writes by itself"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root =
        PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("templates");
    let mut files = Vec::new();
    walk(&root, "", &mut files)?;
    files.sort();
    let mut code = String::from("pub static EMBEDDED: &[(&str, &[u8])] = &[\n");
    for (path, file) in &files {
        writeln!(code, "    ({path:?}, include_bytes!({file:?})),").expect("strings grow");
    }
    code += "];\n";
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("templates.rs"), code)
}

/// Collects the files of `folder`, links followed; `below` is its path seen from the root.
fn walk(folder: &Path, below: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .expect("templates have UTF-8 names");
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        let is_cases = path.split('/').nth(1) == Some("places") && path.split('/').count() == 3;
        match fs::metadata(entry.path())?.is_dir() {
            true if is_cases => {}
            true => walk(&entry.path(), &path, files)?,
            false => files.push((path, entry.path())),
        }
    }
    Ok(())
}
