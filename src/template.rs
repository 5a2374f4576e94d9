//! The embedded tree of templates, and Tera, which renders them.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use include_dir::{Dir, DirEntry, include_dir};
use tera::{Context, Tera};

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Where a project keeps templates of its own, which win over ours.
pub const OVERRIDES: &str = ".hello-sockets/templates";

/// Templates that belong to no stack, for those of any to include.
const SHARED: &str = "shared";

/// Reads a file of the project, if it is there.
pub type Overrides<'a> = dyn Fn(&Path) -> Result<Option<Vec<u8>>> + 'a;

/// The templates as one project sees them.
pub struct Templates<'a> {
    overrides: &'a Overrides<'a>,
    tera: Tera,
}

/// A file that a generator makes.
pub struct Rendered {
    pub path: PathBuf,
    pub contents: Vec<u8>,
}

impl<'a> Templates<'a> {
    /// The embedded templates, less those that `overrides` finds in the project.
    pub fn new(overrides: &'a Overrides<'a>) -> Self {
        Self {
            overrides,
            tera: Tera::new(),
        }
    }

    /// What several templates have in common can be included in each: `{% include "shared/page.html" %}`.
    pub fn with_shared(mut self) -> Result<Self> {
        let shared = TEMPLATES.get_dir(SHARED).into_iter().flat_map(walk);
        for file in shared {
            let name = utf8(file.path())?;
            let text = self.text(name)?;
            // The line that includes it has an end of its own.
            self.tera.add_raw_template(name, text.trim_end())?;
        }
        Ok(self)
    }

    /// The text at `path`, such as `rust/channel/generator.toml`.
    pub fn text(&self, path: &str) -> Result<Cow<'static, str>> {
        match self.overridden(path)? {
            Some(bytes) => Ok(Cow::Owned(
                String::from_utf8(bytes).with_context(|| format!("{OVERRIDES}/{path}"))?,
            )),
            None => text(path).map(Cow::Borrowed),
        }
    }

    /// Renders a template given as text. An undefined variable is an error.
    pub fn render(&self, text: &str, context: &Context) -> Result<String> {
        if !text.contains("{{") && !text.contains("{%") && !text.contains("{#") {
            return Ok(text.to_owned());
        }
        self.tera
            .render_str(text, context, false)
            .with_context(|| format!("in the template {text:?}"))
    }

    /// The files of the generator in `folder`, in the order of their paths.
    pub fn files(&self, folder: &str, context: &Context) -> Result<Vec<Rendered>> {
        let dir = TEMPLATES
            .get_dir(folder)
            .with_context(|| format!("no templates in {folder}"))?;
        let mut files = Vec::new();
        for file in walk(dir) {
            let path = file.path();
            let name = utf8(path)?;
            let below = name.trim_start_matches(folder).trim_start_matches('/');
            if below == "generator.toml" {
                continue;
            }
            let contents = match self.overridden(name)? {
                Some(bytes) => bytes,
                None => file.contents().to_vec(),
            };
            let rendered = self.file(below, contents, context);
            files.push(rendered.with_context(|| format!("in {}", self.whereabouts(name)))?);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// A template's path is its target's path: rendered, without `.tera`, a leading `_` being a dot.
    fn file(&self, path: &str, contents: Vec<u8>, context: &Context) -> Result<Rendered> {
        let target = self.render(path, context)?;
        let (target, is_template) = match target.strip_suffix(".tera") {
            Some(stem) => (stem, true),
            None => (target.as_str(), false),
        };
        let contents = match is_template {
            true => self
                .render(std::str::from_utf8(&contents)?, context)?
                .into_bytes(),
            false => contents,
        };
        Ok(Rendered {
            path: dotted(Path::new(target)),
            contents,
        })
    }

    /// Where the template at `path` is read from, for messages.
    pub fn whereabouts(&self, path: &str) -> String {
        match self.overridden(path) {
            Ok(Some(_)) => format!("{OVERRIDES}/{path}"),
            _ => format!("templates/{path}"),
        }
    }

    fn overridden(&self, path: &str) -> Result<Option<Vec<u8>>> {
        (self.overrides)(&Path::new(OVERRIDES).join(path))
    }
}

/// The embedded text at `path`.
pub fn text(path: &str) -> Result<&'static str> {
    let file = TEMPLATES
        .get_file(path)
        .with_context(|| format!("no template at {path}"))?;
    file.contents_utf8()
        .with_context(|| format!("{path} is not UTF-8"))
}

/// The names of the folders in `folder`.
pub fn folders(folder: &str) -> impl Iterator<Item = &'static str> {
    let dir = match folder {
        "" => Some(&TEMPLATES),
        _ => TEMPLATES.get_dir(folder),
    };
    dir.into_iter()
        .flat_map(Dir::dirs)
        .filter_map(|d| d.path().file_name()?.to_str())
}

fn walk(dir: &'static Dir<'static>) -> Vec<&'static include_dir::File<'static>> {
    let mut files = Vec::new();
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(dir) => files.extend(walk(dir)),
            DirEntry::File(file) => files.push(file),
        }
    }
    files
}

fn dotted(path: &Path) -> PathBuf {
    let name = path
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default();
    match name.strip_prefix('_') {
        Some(rest) => path.with_file_name(format!(".{rest}")),
        None => path.to_owned(),
    }
}

fn utf8(path: &Path) -> Result<&str> {
    match path.to_str() {
        Some(path) => Ok(path),
        None => bail!("{} is not UTF-8", path.display()),
    }
}
