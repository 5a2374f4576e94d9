//! What has been read: each file and each folder once a run, however many places and facts look for something in it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};

use crate::edit::{Language, Source, glob};

/// The names in a folder, in order, and which of them are folders themselves.
pub type Entries = Rc<[(String, bool)]>;

/// The files below a folder.
type Listing = Rc<[String]>;

thread_local! {
    // Nothing is written before all has been read.
    static FILES: RefCell<HashMap<PathBuf, Option<Rc<[u8]>>>> = RefCell::default();
    static SOURCES: RefCell<HashMap<PathBuf, Rc<Source>>> = RefCell::default();
    static LISTINGS: RefCell<HashMap<PathBuf, Listing>> = RefCell::default();
}

/// The bytes of the file at `path`, or `None` if there is none.
pub fn read(path: &Path) -> Result<Option<Rc<[u8]>>> {
    let known = FILES.with_borrow(|files| files.get(path).cloned());
    if let Some(bytes) = known {
        return Ok(bytes);
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => Some(Rc::from(bytes)),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
            ) =>
        {
            None
        }
        Err(error) => {
            return Err(error).with_context(|| format!("`{}` cannot be read", path.display()));
        }
    };
    FILES.with_borrow_mut(|files| files.insert(path.to_owned(), bytes.clone()));
    Ok(bytes)
}

/// Whether the file at `path` is there and has `word` in it.
pub fn mentions(path: &Path, word: &str) -> Result<bool> {
    Ok(read(path)?.is_some_and(|bytes| contains(&bytes, word)))
}

/// Whether `word` is somewhere in `bytes`.
pub fn contains(bytes: &[u8], word: &str) -> bool {
    memchr::memmem::find(bytes, word.as_bytes()).is_some()
}

/// The file at `path`, parsed, if it is in a language that can be and mentions `word`.
pub fn source(path: &Path, word: &str) -> Result<Option<Rc<Source>>> {
    let Some(language) = Language::of(path) else {
        return Ok(None);
    };
    if !mentions(path, word)? {
        return Ok(None);
    }
    let known = SOURCES.with_borrow(|sources| sources.get(path).cloned());
    if let Some(source) = known {
        return Ok(Some(source));
    }
    let bytes = read(path)?.unwrap_or_default();
    let Ok(text) = str::from_utf8(&bytes) else {
        return Ok(None);
    };
    let source = Rc::new(Source::parse(text.to_owned(), language));
    SOURCES.with_borrow_mut(|sources| sources.insert(path.to_owned(), Rc::clone(&source)));
    Ok(Some(source))
}

/// Folders of a project's root that hold nothing of its own: what was built, and libraries.
const FOREIGN: [&str; 2] = ["target", "vendor"];

/// The files below `root` that fit `pattern`. Hidden folders, those of packages, and links are left out.
pub fn list(root: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let folder = glob::folder(pattern);
    let foreign: &[&str] = if folder.is_empty() { &FOREIGN } else { &[] };
    let files = listing(&root.join(folder), foreign)?;
    let paths = files.iter().map(|file| match folder {
        "" => file.clone(),
        folder => format!("{folder}/{file}"),
    });
    let found = paths.filter(|path| glob::matches(pattern, path));
    let mut found: Vec<_> = found.map(PathBuf::from).collect();
    found.sort();
    Ok(found)
}

fn listing(root: &Path, foreign: &[&str]) -> Result<Listing> {
    let known = LISTINGS.with_borrow(|listings| listings.get(root).cloned());
    if let Some(files) = known {
        return Ok(files);
    }
    let mut files = Vec::new();
    let mut todo = vec![String::new()];
    while let Some(folder) = todo.pop() {
        for (name, is_folder) in entries(&root.join(&folder))?.iter() {
            let path = match folder.as_str() {
                "" => name.clone(),
                folder => format!("{folder}/{name}"),
            };
            let is_foreign = folder.is_empty() && foreign.contains(&name.as_str());
            let hidden = name.starts_with('.') || name == "node_modules" || is_foreign;
            match is_folder {
                true if !hidden => todo.push(path),
                true => {}
                false => files.push(path),
            }
        }
    }
    let files = Listing::from(files);
    LISTINGS.with_borrow_mut(|listings| listings.insert(root.to_owned(), Rc::clone(&files)));
    Ok(files)
}

/// What is in a folder; nothing if it is not there.
pub fn entries(folder: &Path) -> Result<Entries> {
    let unread = || format!("`{}` cannot be read", folder.display());
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Entries::from([]));
        }
        Err(error) => return Err(error).with_context(unread),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.with_context(unread)?;
        let is_folder = entry.file_type().with_context(unread)?.is_dir();
        names.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
    }
    names.sort();
    Ok(Entries::from(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_a_folder_are_read_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("lib/a.ex");
        fs::create_dir(folder.path().join("lib")).expect("it is new");
        fs::write(&file, "first").expect("it can be");
        let look = || {
            let found = list(folder.path(), "lib/**/*.ex").expect("it can be read");
            (found, mentions(&file, "first").expect("it can be read"))
        };
        let before = look();

        fs::write(&file, "second").expect("it can be");
        fs::write(folder.path().join("lib/b.ex"), "first").expect("it can be");

        assert_eq!(look(), before);
        assert_eq!(before, (vec![PathBuf::from("lib/a.ex")], true));
    }

    #[test]
    fn what_was_built_and_libraries_are_no_part_of_a_project() {
        let root = tempfile::tempdir().expect("a folder");
        for path in ["a/vendor", "target/debug", "vendor/b"] {
            fs::create_dir_all(root.path().join(path)).expect("it is new");
            fs::write(root.path().join(path).join("mod.rs"), "").expect("it can be");
        }

        let found = list(root.path(), "**/*.rs").expect("it can be read");

        assert_eq!(found, [PathBuf::from("a/vendor/mod.rs")]);
    }
}
