//! Prepares `templates/` for the binary: without the test cases of places, with the tables of stacks, generators,
//! parts and places in JSON, which takes a fifth of the time to read, and with vendored libraries in one compressed file. Links
//! may be text files, as git checks them out on Windows.
#![allow(
    clippy::print_stdout,
    reason = "a build script reads and writes files, and prints instructions for cargo; tests include it"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use miniz_oxide::deflate::compress_to_vec;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=templates");
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let out = Path::new(&out);
    let templates = out.join("templates");
    if templates.exists() {
        // It may have files that were deleted since.
        fs::remove_dir_all(&templates)?;
    }
    prepare(Path::new("templates"), &templates, "")?;
    pack(&templates, out)
}

/// Writes the files in the folder `from` to `to`. `path` is the folder's path in the templates.
pub fn prepare(from: &Path, to: &Path, path: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| "not UTF-8")?;
        let path = format!("{path}/{name}");
        let (from, to) = (followed(entry.path()), to.join(&name));
        match path.split('/').collect::<Vec<_>>()[1..] {
            [_, "places", _] if from.is_dir() => {}
            _ if from.is_dir() => prepare(&from, &to, &path)?,
            ["languages.toml"] | [_, "stack.toml"] | [_, _, "generator.toml"] => json(&from, &to)?,
            [_, "places" | "parts", _] => json(&from, &to)?,
            _ => fs::write(&to, fs::read(&from)?)?,
        }
    }
    Ok(())
}

/// Returns the target of a link that is a text file, or else `path` itself.
fn followed(path: PathBuf) -> PathBuf {
    const LONGEST: u64 = 200;
    let is_short = fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() < LONGEST);
    let text = match is_short {
        true => fs::read_to_string(&path).unwrap_or_default(),
        false => String::new(),
    };
    let target = path.parent().map(|folder| folder.join(&text));
    match target {
        Some(target) if text.starts_with("../") && target.exists() => {
            println!("cargo::rerun-if-changed={}", target.display());
            target
        }
        _ => path,
    }
}

/// Writes the table at `from` as JSON.
fn json(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let table: toml::Table = toml::from_str(&fs::read_to_string(from)?)
        .map_err(|error| format!("in {}: {error}", from.display()))?;
    fs::write(to, serde_json::to_vec(&table)?)?;
    Ok(())
}

/// Moves the vendored libraries of new apps from `templates` to two files in `out`: `packed` has their contents, one after the
/// other and compressed, `packed.json` their paths and lengths.
fn pack(templates: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    const BEST: u8 = 10;
    let (mut index, mut contents) = (Vec::new(), Vec::new());
    for path in files_below(templates)? {
        let below = path.strip_prefix(templates)?.to_str().ok_or("not UTF-8")?;
        let below = below.replace('\\', "/");
        if let [_, "app", "vendor", ..] = below.split('/').collect::<Vec<_>>()[..] {
            let bytes = fs::read(&path)?;
            index.push((below, bytes.len()));
            contents.extend(bytes);
            fs::remove_file(path)?;
        }
    }
    fs::write(out.join("packed.json"), serde_json::to_vec(&index)?)?;
    fs::write(out.join("packed"), compress_to_vec(&contents, BEST))?;
    Ok(())
}

/// Returns the files in `folder` and below it, sorted.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(files_below(&path)?),
            false => files.push(path),
        }
    }
    files.sort();
    Ok(files)
}
