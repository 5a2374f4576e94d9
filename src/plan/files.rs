//! The files of a generator, and those that its conditions ask for.

use std::collections::{BTreeMap, HashSet};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result};
use tera::Context;

use super::steps::Places;
use super::{File, Sought};
use crate::catalogue::Generator;
use crate::catalogue::generator::FILE;
use crate::catalogue::templates::{Contents, Origin};
use crate::edit::indented;
use crate::edit::place::Location;
use crate::error::Misuse;

/// Builder of a generator's plan.
pub struct Planner<'a> {
    /// The rendered generator.
    pub generator: &'a Generator,
    pub places: Places<'a>,
    pub variables: &'a Context,
}

impl Planner<'_> {
    /// Returns files without a rule, then those with one in the order of the rules.
    pub fn files(&self) -> Result<(Vec<File>, Origin)> {
        let generator = self.generator;
        let templates = self.places.renderer.templates();
        let mut names = templates.below(&generator.folder);
        let (stack, _) = generator.folder.split_once('/').unwrap_or_default();
        for folder in &generator.more_files {
            names.extend(templates.below(&format!("{stack}/{folder}")));
        }
        let mut files = Vec::new();
        let mut origin = Origin::BuiltIn;
        for name in names {
            // Behind the stack's folder and the generator's.
            let below = name.splitn(3, '/').nth(2).unwrap_or_default();
            if below == FILE {
                continue;
            }
            let whereabouts = || format!("in {}", templates.whereabouts(name));
            let (bytes, from) = templates.contents(name).with_context(whereabouts)?;
            if from == Origin::Project {
                origin = from;
            }
            let (order, file) = self.file(below, bytes).with_context(whereabouts)?;
            files.push((order, from, file));
        }
        // Of two templates for one path, the project's own takes precedence.
        files.sort_by_key(|(_, from, _)| *from == Origin::BuiltIn);
        let mut paths = HashSet::new();
        files.retain(|(_, _, file)| paths.insert(file.path.clone()));
        let mut files: Vec<_> = files
            .into_iter()
            .map(|(order, _, file)| (order, file))
            .collect();
        files.sort_by(|a, b| (a.0, &a.1.path).cmp(&(b.0, &b.1.path)));
        Ok((files.into_iter().map(|(_, file)| file).collect(), origin))
    }

    /// Returns the target path of a template: rendered, without `.tera`, with a dot for a leading `_`.
    fn file(&self, template: &str, bytes: Contents) -> Result<(usize, File)> {
        let target = self.places.renderer.text(template, self.variables)?;
        let (target, contents) = match target.strip_suffix(".tera") {
            Some(stem) => {
                let text = self
                    .places
                    .renderer
                    .text(std::str::from_utf8(&bytes)?, self.variables)?;
                let text = match self.places.level(stem) {
                    Some(level) => indented(&text, &level),
                    None => text,
                };
                (stem, text.into_bytes().into())
            }
            None => (target.as_str(), bytes),
        };
        let path = dotted(target);
        refuse_outside(&path)?;
        let mut rules = self.generator.files.iter().enumerate();
        let rule = rules.find(|(_, rule)| path.starts_with(&rule.path));
        let order = rule.map_or(0, |(at, _)| at + 1);
        let rule = rule.map(|(_, rule)| rule.clone());
        let folder = rule.as_ref().filter(|rule| rule.report_as_folder);
        Ok((
            order,
            File {
                folder: folder.map(|rule| PathBuf::from(&rule.path)),
                needed_by: rule
                    .as_ref()
                    .map(|rule| rule.needed_by.clone())
                    .unwrap_or_default(),
                once: rule.as_ref().is_some_and(|rule| rule.once),
                condition: rule
                    .as_ref()
                    .map(|r| r.condition.clone())
                    .unwrap_or_default(),
                unless_found: rule.and_then(|rule| rule.unless_found),
                path,
                contents,
            },
        ))
    }

    /// Returns the files and folders that conditions ask for.
    pub fn finds(&self) -> Result<BTreeMap<String, Sought>> {
        let mut finds = BTreeMap::new();
        for (name, find) in &self.generator.find {
            let sought = match (&find.place, &find.file, &find.folder, &find.above) {
                (Some(place), None, None, None) => {
                    Sought::File(self.places.location(place, &find.with)?)
                }
                (None, Some(file), None, None) => Sought::File(Location {
                    paths: vec![file.clone()],
                    ..Location::default()
                }),
                (None, None, Some(folder), None) => Sought::Folder(folder.clone()),
                (None, None, None, Some(above)) => Sought::Above(above.clone()),
                _ => anyhow::bail!(
                    "in {}/{FILE}: `find.{name}` has one of `place`, `file`, `folder` and `above`",
                    self.generator.folder
                ),
            };
            finds.insert(name.clone(), sought);
        }
        Ok(finds)
    }
}

/// Returns `path` with a dot for a leading `_` of its last part.
fn dotted(path: &str) -> PathBuf {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    match path[name..].strip_prefix('_') {
        Some(rest) => PathBuf::from(format!("{}.{rest}", &path[..name])),
        None => PathBuf::from(path),
    }
}

/// Checks that a generator writes only inside the project.
///
/// # Errors
/// `path` is absolute, or has `..` in it.
pub fn refuse_outside(path: &Path) -> Result<(), Misuse> {
    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    match path.components().all(inside) {
        true => Ok(()),
        false => Err(Misuse::new(format!(
            "`{}` is outside the project: a generator writes nothing there",
            path.display()
        ))),
    }
}
