//! The files of `templates/`: embedded ones, and those of a project, which take precedence.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;

use super::Generator;
use super::embedded;

/// Folder of a project's own templates.
pub const OVERRIDES: &str = ".hello-sockets/templates";

/// Folder of templates and places for all stacks.
pub const SHARED: &str = "shared";

/// Contents of a file: of the binary, or made in this run.
pub type Contents = Cow<'static, [u8]>;

/// The templates of one project.
#[derive(Debug, Default)]
pub struct Templates {
    /// Files by path: `rust/channel/generator.toml`.
    own: BTreeMap<String, Vec<u8>>,
    /// Cache of parsed TOML files.
    tables: RefCell<BTreeMap<String, Rc<toml::Table>>>,
    /// Cache of generators, by path: the command line needs the one that runs.
    generators: RefCell<BTreeMap<String, Rc<Generator>>>,
}

/// Origin of a template.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Origin {
    /// Embedded in the binary.
    #[default]
    BuiltIn,
    /// From a project. The user may not have read it.
    Project,
}

impl Templates {
    /// Combines the embedded templates and the project's `own`.
    pub fn new(own: BTreeMap<String, Vec<u8>>) -> Self {
        Self {
            own,
            ..Self::default()
        }
    }

    /// Returns the contents at `path`, and their origin.
    pub fn get(&self, path: &str) -> Option<(&[u8], Origin)> {
        match self.own.get(path) {
            Some(bytes) => Some((bytes, Origin::Project)),
            None => Some((embedded::at(path)?.bytes(), Origin::BuiltIn)),
        }
    }

    /// Returns the same contents for a file of an app. Those of the binary are not copied.
    pub fn contents(&self, path: &str) -> Option<(Contents, Origin)> {
        match self.own.get(path) {
            Some(bytes) => Some((bytes.clone().into(), Origin::Project)),
            None => Some((embedded::at(path)?.bytes().into(), Origin::BuiltIn)),
        }
    }

    /// Returns the text at `path`.
    ///
    /// # Errors
    /// The file is missing or not UTF-8.
    pub fn text(&self, path: &str) -> Result<&str> {
        let (bytes, _) = self
            .get(path)
            .with_context(|| format!("no template at {path}"))?;
        std::str::from_utf8(bytes).with_context(|| format!("in {}", self.whereabouts(path)))
    }

    /// Returns the contents of the table at `path`.
    ///
    /// # Errors
    /// The file is missing, not TOML, or has unknown or missing keys.
    pub fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let whereabouts = || format!("in {}", self.whereabouts(path));
        match self.get(path) {
            Some((bytes, Origin::BuiltIn)) => {
                serde_json::from_slice(bytes).with_context(whereabouts)
            }
            _ => {
                let table: toml::Table =
                    toml::from_str(self.text(path)?).with_context(whereabouts)?;
                table.try_into().with_context(whereabouts)
            }
        }
    }

    /// Returns the table at `path`, read once.
    ///
    /// # Errors
    /// The file is missing or not TOML.
    pub fn table(&self, path: &str) -> Result<Rc<toml::Table>> {
        if let Some(table) = self.tables.borrow().get(path) {
            return Ok(Rc::clone(table));
        }
        let table = Rc::new(self.read::<toml::Table>(path)?);
        let mut tables = self.tables.borrow_mut();
        tables.insert(path.to_owned(), Rc::clone(&table));
        Ok(table)
    }

    /// Returns the generator at `path`, which is read once.
    ///
    /// # Errors
    /// That of `read`.
    pub fn generator(
        &self,
        path: &str,
        read: impl FnOnce() -> Result<Generator>,
    ) -> Result<Rc<Generator>> {
        if let Some(generator) = self.generators.borrow().get(path) {
            return Ok(Rc::clone(generator));
        }
        let generator = Rc::new(read()?);
        let mut generators = self.generators.borrow_mut();
        generators.insert(path.to_owned(), Rc::clone(&generator));
        Ok(generator)
    }

    pub fn has(&self, path: &str) -> bool {
        self.own.contains_key(path) || embedded::at(path).is_some()
    }

    /// Returns whether the file at `path` is the project's own.
    pub fn is_own(&self, path: &str) -> bool {
        self.own.contains_key(path)
    }

    /// Returns the paths of all files in `folder` and below it, in order.
    pub fn below(&self, folder: &str) -> BTreeSet<&str> {
        let prefix = format!("{folder}/");
        let own = self
            .own
            .range(prefix.clone()..)
            .map(|(path, _)| path.as_str());
        embedded::with_prefix(&prefix)
            .iter()
            .map(|file| file.path)
            .chain(own.take_while(|path| path.starts_with(&prefix)))
            .collect()
    }

    /// Returns the names of the folders in `folder` that contain the file `marker` (`""` is the root).
    pub fn folders_with(&self, folder: &str, marker: &str) -> Vec<&str> {
        let prefix = match folder {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let all = embedded::with_prefix(&prefix).iter().map(|file| file.path);
        let name = |path: &'_ str| -> Option<(usize, usize)> {
            let below = path.strip_prefix(prefix.as_str())?;
            let name = below.strip_suffix(marker)?.strip_suffix('/')?;
            (!name.is_empty() && !name.contains('/')).then_some((prefix.len(), name.len()))
        };
        let names = all.chain(self.own.keys().map(String::as_str));
        let names = names.filter_map(|path| name(path).map(|(at, len)| &path[at..at + len]));
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Returns the names and texts of the shared templates.
    pub fn shared(&self) -> Result<Vec<(&str, &str)>> {
        let places = format!("{SHARED}/places/");
        let paths = self.below(SHARED).into_iter();
        let paths = paths.filter(|path| !path.starts_with(&places));
        paths.map(|path| Ok((path, self.text(path)?))).collect()
    }

    /// Returns the path of the source of a template, for messages.
    pub fn whereabouts(&self, path: &str) -> String {
        match self.is_own(path) {
            true => format!("{OVERRIDES}/{path}"),
            false => format!("templates/{path}"),
        }
    }
}
