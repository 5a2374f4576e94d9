//! Selects the files of `assets` that a release embeds: the page and its public files. In development, the app reads the
//! folder itself.

#[path = "src/assets/public.rs"]
mod public;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use public::{PAGE, PUBLIC, is_public};

fn main() -> io::Result<()> {
    let selected = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("assets");
    if selected.exists() {
        fs::remove_dir_all(&selected)?;
    }
    fs::create_dir_all(&selected)?;
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("PROFILE").is_none_or(|profile| profile != "release") {
        return Ok(());
    }
    println!("cargo::rerun-if-changed=src/assets/public.rs");
    println!("cargo::rerun-if-changed=assets");
    let assets = Path::new("assets").canonicalize()?;
    for path in PUBLIC {
        if path.starts_with("node_modules/") && !assets.join(path).is_file() {
            println!("cargo::error=assets/{path} is missing: run `npm install --prefix assets`");
            return Ok(());
        }
    }
    for path in PUBLIC.iter().chain([&PAGE]) {
        select(&assets, Path::new(path), &selected)?;
    }
    Ok(())
}

/// Copies a public file, or those in a folder. Links that lead outside of `assets` are left out, as in development.
fn select(assets: &Path, path: &Path, selected: &Path) -> io::Result<()> {
    let Ok(source) = assets.join(path).canonicalize() else {
        return Ok(()); // folders such as `fonts` are optional
    };
    if source.is_dir() && source.starts_with(assets) {
        for entry in fs::read_dir(source)? {
            select(assets, &path.join(entry?.file_name()), selected)?;
        }
        return Ok(());
    }
    let is_public = path == PAGE || path.to_str().is_some_and(is_public);
    if is_public && source.starts_with(assets) {
        let target = selected.join(path);
        fs::create_dir_all(target.parent().unwrap_or(selected))?;
        fs::copy(source, target)?;
    }
    Ok(())
}
