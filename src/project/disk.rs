//! Files and lists of files, read once a run, however many places and facts search them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::mem::ManuallyDrop;
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::edit::{Language, Source, glob};
use crate::key;

/// Paths of the files below a folder.
type Listing = Rc<[String]>;

/// A cache by path. It lives as long as the process, which need not free it at its end.
type Cache<T> = RefCell<ManuallyDrop<HashMap<OsString, T>>>;

thread_local! {
    // Nothing is written before all has been read. The keys are paths as they are written: those of a `Path` would be split into
    // their parts at each look-up.
    static FILES: Cache<Option<Rc<[u8]>>> = RefCell::default();
    static SOURCES: Cache<Rc<Source>> = RefCell::default();
    static DOCUMENTS: Cache<Option<Rc<Value>>> = RefCell::default();
    static LISTINGS: Cache<Listing> = RefCell::default();
    /// Results of [`list`], by the pattern below its root.
    static LISTS: Cache<Rc<[PathBuf]>> = RefCell::default();
}

/// Returns the bytes of the file at `path`; `None` if there is none.
pub fn read(path: &Path) -> Result<Option<Rc<[u8]>>> {
    let known = FILES.with_borrow(|files| files.get(path.as_os_str()).cloned());
    if let Some(bytes) = known {
        return Ok(bytes);
    }
    let bytes = match contents(path) {
        Ok(bytes) => bytes.map(Rc::from),
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
    FILES.with_borrow_mut(|files| files.insert(path.into(), bytes.clone()));
    Ok(bytes)
}

/// Maximum number of bytes of a file that is read.
const MAX_BYTES: u64 = 64 << 20;

/// Reads a file as it is now. `None` for what is none: in a clone, a link may lead to a device or a pipe, which has no end.
pub fn contents(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut options = File::options();
    #[cfg(unix)]
    options.custom_flags(nix::libc::O_NONBLOCK); // a pipe may have no writer
    let mut file = options.read(true).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(None);
    }
    if metadata.len() > MAX_BYTES {
        return Err(ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Returns whether there is a file at `path` that contains one of `words`, or any file without words.
pub fn mentions(path: &Path, words: &[String]) -> Result<bool> {
    Ok(read(path)?.is_some_and(|bytes| contains_any(&bytes, words)))
}

/// Returns whether `bytes` contains one of `words`, or there are none.
pub fn contains_any(bytes: &[u8], words: &[String]) -> bool {
    words.is_empty() || words.iter().any(|word| contains(bytes, word))
}

fn contains(bytes: &[u8], word: &str) -> bool {
    memchr::memmem::find(bytes, word.as_bytes()).is_some()
}

/// Returns the parsed file at `path`; `None` without a grammar for it, or if it contains none of `words`.
pub fn source(path: &Path, words: &[String]) -> Result<Option<Rc<Source>>> {
    let Some(bytes) = read(path)?.filter(|bytes| contains_any(bytes, words)) else {
        return Ok(None);
    };
    let known = SOURCES.with_borrow(|sources| sources.get(path.as_os_str()).cloned());
    if let Some(source) = known {
        return Ok(Some(source));
    }
    let Some(language) = Language::of(path) else {
        return Ok(None);
    };
    let Ok(text) = str::from_utf8(&bytes) else {
        return Ok(None);
    };
    let source = Rc::new(Source::new(text.to_owned(), language));
    SOURCES.with_borrow_mut(|sources| sources.insert(path.into(), Rc::clone(&source)));
    Ok(Some(source))
}

/// Returns the values of the TOML or JSON file at `path`; `None` if it is missing or invalid, or contains none of `words`.
pub fn document(path: &Path, words: &[String]) -> Result<Option<Rc<Value>>> {
    let Some(bytes) = read(path)?.filter(|bytes| contains_any(bytes, words)) else {
        return Ok(None);
    };
    let known = DOCUMENTS.with_borrow(|documents| documents.get(path.as_os_str()).cloned());
    if let Some(document) = known {
        return Ok(document);
    }
    let document = parsed(path, &bytes)?.ok().map(Rc::new);
    DOCUMENTS.with_borrow_mut(|documents| documents.insert(path.into(), document.clone()));
    Ok(document)
}

/// Returns what is wrong with the TOML or JSON file at `path`, if there is one and it cannot be parsed.
pub fn fault(path: &Path) -> Result<Option<String>> {
    let Some(bytes) = read(path)? else {
        return Ok(None);
    };
    let fault = parsed(path, &bytes)?.err();
    Ok(fault.map(|error| error.to_string().trim_end().to_owned()))
}

/// Returns the values of a TOML or JSON file, or what is wrong with it.
///
/// # Errors
/// The file is in another language: a fault in a stack.
fn parsed(path: &Path, bytes: &[u8]) -> Result<Result<Value>> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Ok(Err(error.into())),
    };
    let language = Language::of(path).map_or("", |language| &language.name);
    key::parse(language, text).with_context(|| {
        format!(
            "`{}` has no keys: it is neither TOML nor JSON",
            path.display()
        )
    })
}

/// Folders in a project's root without code of the app itself: build output, vendored libraries, and programs beside it.
const FOREIGN: [&str; 5] = ["benches", "examples", "target", "tests", "vendor"];

/// End of the names of drafts: hidden files, of which a killed run may leave one.
pub const DRAFT: &str = ".hello-sockets";

/// Returns the files below `root` that match `pattern`, in order, without drafts. Hidden folders, those of packages, and links
/// to folders are not entered.
pub fn list(root: &Path, pattern: &str) -> Result<Rc<[PathBuf]>> {
    let key = root.join(pattern).into_os_string();
    if let Some(paths) = LISTS.with_borrow(|lists| lists.get(&key).cloned()) {
        return Ok(paths);
    }
    let mut found = Vec::new();
    for pattern in glob::alternatives(pattern) {
        let folder = glob::folder(&pattern);
        let foreign: &[&str] = if folder.is_empty() { &FOREIGN } else { &[] };
        let below = root.join(folder);
        let files = match pattern.contains("**") {
            true => listing(&below, foreign)?,
            false => walk(&below, foreign, depth(&pattern))?.into(),
        };
        let paths = files.iter().map(|file| joined(folder, file));
        let fitting = paths.filter(|path| glob::matches(&pattern, path));
        found.extend(fitting.map(PathBuf::from));
    }
    found.sort();
    found.dedup();
    let found = Rc::from(found);
    LISTS.with_borrow_mut(|lists| lists.insert(key, Rc::clone(&found)));
    Ok(found)
}

fn listing(root: &Path, foreign: &[&str]) -> Result<Listing> {
    let known = LISTINGS.with_borrow(|listings| listings.get(root.as_os_str()).cloned());
    if let Some(files) = known {
        return Ok(files);
    }
    let files = Listing::from(walk(root, foreign, usize::MAX)?);
    LISTINGS.with_borrow_mut(|listings| listings.insert(root.into(), Rc::clone(&files)));
    Ok(files)
}

/// Returns the number of folders between the folder of a pattern without `**` and its files.
fn depth(pattern: &str) -> usize {
    let (included, _) = pattern.split_once('!').unwrap_or((pattern, ""));
    let folder = glob::folder(pattern);
    let files = included.strip_prefix(folder).unwrap_or(included);
    files.trim_start_matches('/').matches('/').count()
}

/// Returns the files below `root`, with at most `depth` folders between.
fn walk(root: &Path, foreign: &[&str], depth: usize) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let mut todo = vec![String::new()];
    while let Some(folder) = todo.pop() {
        for (name, is_folder) in entries(&root.join(&folder))? {
            let path = joined(&folder, &name);
            let is_foreign = folder.is_empty() && foreign.contains(&name.as_str());
            let is_hidden = name.starts_with('.');
            let is_closed = is_hidden || name == "node_modules" || is_foreign;
            match is_folder {
                true if !is_closed && path.matches('/').count() < depth => todo.push(path),
                true => {}
                false if is_hidden && name.ends_with(DRAFT) => {}
                false => files.push(path),
            }
        }
    }
    Ok(files)
}

/// Returns the path of `name` in `folder`, which is empty for the root.
pub fn joined(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// Returns the names in a folder, in order, each with whether it is a folder itself; none if the folder is missing.
pub fn entries(folder: &Path) -> Result<Vec<(String, bool)>> {
    let unread = || format!("`{}` cannot be read", folder.display());
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
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
    Ok(names)
}

/// Returns whether there is a folder at `path`.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
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
            (
                found,
                mentions(&file, &["first".to_owned()]).expect("it can be read"),
            )
        };
        let before = look();

        fs::write(&file, "second").expect("it can be");
        fs::write(folder.path().join("lib/b.ex"), "first").expect("it can be");

        assert_eq!(look(), before);
        assert_eq!(before, (Rc::from([PathBuf::from("lib/a.ex")]), true));
    }

    #[test]
    fn a_draft_is_no_file_of_a_project() {
        let root = tempfile::tempdir().expect("a folder");
        for name in [".a.rs.hello-sockets", ".gitignore", "b.hello-sockets"] {
            fs::write(root.path().join(name), "").expect("it can be");
        }

        let found = list(root.path(), "**/*").expect("it can be read");

        assert_eq!(*found, [".gitignore", "b.hello-sockets"].map(PathBuf::from));
    }

    #[test]
    fn what_was_built_libraries_and_tests_are_no_part_of_a_project() {
        let root = tempfile::tempdir().expect("a folder");
        for path in [
            "a/vendor",
            "examples/c",
            "target/debug",
            "tests",
            "vendor/b",
        ] {
            fs::create_dir_all(root.path().join(path)).expect("it is new");
            fs::write(root.path().join(path).join("mod.rs"), "").expect("it can be");
        }

        let found = list(root.path(), "**/*.rs").expect("it can be read");

        assert_eq!(*found, [PathBuf::from("a/vendor/mod.rs")]);
    }
}
