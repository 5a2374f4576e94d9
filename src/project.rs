//! What is on disk: the project's root, stack, facts and files. The only place that reads.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where reading is allowed"
)]

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};

use crate::edit::{self, Grammar};
use crate::error::Misuse;
use crate::stack::{Fact, Stack};

/// An app that is there, or one that `new` is about to make.
#[derive(Debug)]
pub struct Project {
    pub root: PathBuf,
    pub stack: Stack,
    /// What the app says of itself: `name`, and more where the stack wants it.
    pub facts: BTreeMap<String, String>,
}

impl Project {
    /// The project that the current folder belongs to.
    ///
    /// # Errors
    /// There is none, here or in any folder above.
    pub fn find() -> Result<Self> {
        let here = env::current_dir().context("the current folder cannot be read")?;
        for folder in here.ancestors() {
            for name in Stack::names() {
                if let Some(project) = Self::at(folder, Stack::read(name)?)? {
                    return Ok(project);
                }
            }
        }
        let missing = format!(
            "no app was found in `{}` or in any folder above it",
            here.display()
        );
        let help = "make one with `hello-sockets new my_app`, or go to one: a Rust app is known by `axum-channels` among the dependencies in its Cargo.toml";
        Err(Misuse::new(missing).help(help).into())
    }

    /// The app that `new` makes in `root`, under the name `name`. It has one fact more: the folder, as typed.
    pub fn planned(root: PathBuf, stack: Stack, name: &str) -> Self {
        let folder = root.display().to_string();
        let facts = [
            ("name".to_owned(), name.to_owned()),
            ("folder".to_owned(), folder),
        ];
        Self {
            root,
            stack,
            facts: facts.into(),
        }
    }

    fn at(root: &Path, stack: Stack) -> Result<Option<Self>> {
        for marker in &stack.project.markers {
            if ask(root, marker)?.is_none() {
                return Ok(None);
            }
        }
        let mut facts = BTreeMap::new();
        for (name, fact) in &stack.project.facts {
            match ask(root, fact)? {
                Some(value) => facts.insert(name.clone(), value),
                None => return Ok(None),
            };
        }
        Ok(Some(Self {
            root: root.to_owned(),
            stack,
            facts,
        }))
    }

    /// The bytes of the file at `path` below the root, or `None` if there is none.
    pub fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        read(&self.root.join(path))
    }

    /// A file in the root that is not one of `ours`; `None` if there is none.
    pub fn stranger(&self, ours: &dyn Fn(&Path) -> bool) -> Result<Option<PathBuf>> {
        let mut todo = vec![PathBuf::new()];
        while let Some(folder) = todo.pop() {
            let entries = match fs::read_dir(self.root.join(&folder)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(error).with_context(|| {
                        format!("`{}` cannot be read", self.root.join(&folder).display())
                    });
                }
            };
            for entry in entries {
                let entry = entry?;
                let path = folder.join(entry.file_name());
                if ours(&path) {
                    continue;
                }
                match entry.file_type()?.is_dir() {
                    true => todo.push(path),
                    false => return Ok(Some(path)),
                }
            }
        }
        Ok(None)
    }

    /// Whether `entry` is in the root or in a folder above it.
    pub fn above(&self, entry: &str) -> bool {
        let root = std::path::absolute(&self.root).unwrap_or_else(|_| self.root.clone());
        // The root may not be there yet, and `..` in it is not above it: so the closest folder that is there counts.
        let there = root
            .ancestors()
            .find_map(|folder| fs::canonicalize(folder).ok());
        there.is_some_and(|there| there.ancestors().any(|folder| folder.join(entry).exists()))
    }
}

/// What `fact` is in the folder `root`.
fn ask(root: &Path, fact: &Fact) -> Result<Option<String>> {
    let path = root.join(&fact.file);
    let Some(text) = read(&path)?.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return Ok(None);
    };
    let Some(grammar) = Grammar::of(&path) else {
        return Ok(None);
    };
    let found = edit::captures(&text, grammar, &fact.query, ["value"])?;
    Ok(found
        .first()
        .map(|[value]| value.trim_matches(['"', '\'', ':']).to_owned()))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("`{}` cannot be read", path.display())),
    }
}
