//! Prepares `templates/` for the binary: without the test cases of places, and with the tables of stacks, generators and
//! places in JSON, which takes a fifth of the time to read.
#![allow(
    clippy::disallowed_methods,
    reason = "a build script reads and writes files"
)]

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=templates");
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let out = Path::new(&out).join("templates");
    if out.exists() {
        // It may have files that were deleted since.
        fs::remove_dir_all(&out)?;
    }
    prepare(Path::new("templates"), &out, "")
}

/// Writes the files in the folder `from` to `to`. `path` is the folder's path in the templates.
fn prepare(from: &Path, to: &Path, path: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| "not UTF-8")?;
        let path = format!("{path}/{name}");
        let (from, to) = (entry.path(), to.join(&name));
        match path.split('/').collect::<Vec<_>>()[1..] {
            [_, "places", _] if from.is_dir() => {}
            _ if from.is_dir() => prepare(&from, &to, &path)?,
            ["languages.toml"] | [_, "stack.toml"] | [_, _, "generator.toml"] => json(&from, &to)?,
            [_, "places", _] => json(&from, &to)?,
            _ => fs::write(&to, fs::read(&from)?)?,
        }
    }
    Ok(())
}

/// Writes the table at `from` as JSON.
fn json(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let table: toml::Table = toml::from_str(&fs::read_to_string(from)?)
        .map_err(|error| format!("in {}: {error}", from.display()))?;
    fs::write(to, serde_json::to_vec(&table)?)?;
    Ok(())
}
