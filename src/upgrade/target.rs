//! A file of the generators: as it was generated, in the app, and as it is generated now.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Upgrade;
use super::merge::{Merged, merge};
use super::parts::Part;
use crate::edit::ending::{like, line_ending, with_ending};
use crate::edit::{self, Language, Outcome, Source};
use crate::plan::{File, Step};
use crate::project::Project;
use crate::record::Hash;
use crate::record::generated::Base;
use crate::run::entries::base_of;
use crate::run::refusals::refuse_path;

/// A file that a generator has made, or would make now.
#[derive(Debug)]
pub struct Target<'a> {
    pub path: PathBuf,
    /// As it was generated; none if no record has it.
    pub base: Option<&'a Base>,
    /// As it is generated now, by this part.
    pub new: Option<(usize, &'a File)>,
    /// Folder of its library.
    pub folder: Option<&'a PathBuf>,
    /// A recorded run has not made it.
    pub is_known: bool,
    /// A file at this path is none that a generator has made.
    pub is_foreign: bool,
    /// No record has any file of its library.
    pub is_of_unknown_library: bool,
}

/// Result of the comparison of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as generated now, or nothing has changed since it was generated.
    Same,
    /// It is not meant for this app.
    NotMade,
    Create(Vec<u8>),
    /// It is as it was generated.
    Update(Vec<u8>),
    Merge(Vec<u8>),
    /// The same lines have changed on both sides: they are marked.
    Clash(Vec<u8>),
    /// It differs, and cannot be merged. Without `new`, it would be removed.
    Differs {
        now: Vec<u8>,
        new: Option<Vec<u8>>,
    },
    Remove,
    /// It would be removed, and was changed.
    Orphaned,
    /// It was removed from the app, and would be changed.
    Deleted,
}

impl Verdict {
    /// Returns whether the file is not as this version would have it.
    pub fn is_change(&self) -> bool {
        !matches!(
            self,
            Self::Same | Self::NotMade | Self::Orphaned | Self::Deleted
        )
    }

    /// Returns whether a file of a library is decided by itself.
    pub fn is_single(&self) -> bool {
        matches!(self, Self::Differs { .. } | Self::Orphaned)
    }
}

impl Target<'_> {
    /// Returns the base of the next upgrade.
    pub fn new_base(&self) -> Option<Base> {
        self.new.map(|(_, file)| base_of(file))
    }
}

/// Returns all files of `parts`, in order, then those that are no longer generated.
pub fn all<'a>(parts: &'a [Part], project: &Project) -> Result<Vec<Target<'a>>> {
    let mut targets = generated(parts);
    let folders: Vec<_> = targets.iter().filter_map(|target| target.folder).collect();
    for (path, base) in earlier(parts, &mut targets, project)? {
        // The record may come from a clone.
        refuse_path(&path, project)?;
        if targets.iter().any(|target| target.path == path) {
            continue;
        }
        let mut folders = folders.iter().copied();
        let folder = folders.find(|folder| path.starts_with(folder));
        let of_library = |target: &Target<'_>| folder.is_some() && target.folder == folder;
        let at = targets.iter().rposition(of_library);
        let gone = Target {
            folder,
            path,
            base,
            new: None,
            is_known: true,
            is_foreign: false,
            is_of_unknown_library: base.is_none(),
        };
        targets.insert(at.map_or(targets.len(), |at| at + 1), gone);
    }
    Ok(targets)
}

/// Returns the files that are generated now.
fn generated(parts: &[Part]) -> Vec<Target<'_>> {
    let mut bases = BTreeMap::new();
    for part in parts {
        bases.extend(part.made());
    }
    let mut targets: Vec<Target<'_>> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        if !part.is_alive() {
            continue;
        }
        for file in &part.plan.files {
            let is_known = part.entry.files.contains_key(&file.path);
            match targets.iter_mut().find(|known| known.path == file.path) {
                Some(known) => {
                    // Others render the file with other facts.
                    let has_made = known
                        .new
                        .is_some_and(|(of, _)| parts[of].has_made(&file.path));
                    if !has_made || part.has_made(&file.path) {
                        known.new = Some((at, file));
                    }
                    known.is_known &= is_known;
                }
                None => targets.push(Target {
                    base: bases.get(&file.path).copied(),
                    path: file.path.clone(),
                    new: Some((at, file)),
                    folder: file.folder.as_ref(),
                    is_known,
                    is_foreign: !part.is_found,
                    is_of_unknown_library: false,
                }),
            }
        }
    }
    targets
}

/// Returns the files that earlier versions have generated, as recorded, and those in the folders of libraries without a record.
fn earlier<'a>(
    parts: &'a [Part],
    targets: &mut [Target<'a>],
    project: &Project,
) -> Result<Vec<(PathBuf, Option<&'a Base>)>> {
    let mut earlier = Vec::new();
    for part in parts.iter().filter(|part| part.is_alive()) {
        earlier.extend(part.made().map(|(path, base)| (path.clone(), Some(base))));
    }
    for folder in unknown_libraries(targets) {
        let on_disk = project.list(&format!("{}/**/*", folder.display()))?;
        earlier.extend(on_disk.iter().map(|path| (path.clone(), None)));
    }
    Ok(earlier)
}

/// Marks the files of libraries that no record knows, and returns their folders.
fn unknown_libraries<'a>(targets: &mut [Target<'a>]) -> BTreeSet<&'a PathBuf> {
    let recorded = targets.iter().filter(|target| target.base.is_some());
    let recorded: BTreeSet<_> = recorded.filter_map(|target| target.folder).collect();
    let mut unknown = BTreeSet::new();
    for target in targets {
        if let Some(folder) = target.folder.filter(|folder| !recorded.contains(folder)) {
            target.is_of_unknown_library = true;
            unknown.insert(folder);
        }
    }
    unknown
}

/// Returns lists of the files in `folder`, with their sizes: as it is, and as it is generated now.
pub fn listings(folder: &Path, parts: &[Part], project: &Project) -> Result<[Vec<u8>; 2]> {
    let mut lists = [BTreeMap::new(), BTreeMap::new()];
    for path in project.list(&format!("{}/**/*", folder.display()))?.iter() {
        let contents = project.read(path)?.unwrap_or_default();
        lists[0].insert(path.clone(), contents);
    }
    for file in parts.iter().flat_map(|part| &part.plan.files) {
        if file.path.starts_with(folder) {
            lists[1].insert(file.path.clone(), file.contents.to_vec());
        }
    }
    Ok(lists.map(|list| {
        let mut text = String::new();
        for (path, contents) in list {
            let _ = writeln!(text, "{} ({})", path.display(), Hash::of(&contents).short());
        }
        text.into_bytes()
    }))
}

impl Upgrade<'_> {
    /// Compares a file with the app.
    pub fn verdict(&self, target: &Target<'_>, parts: &[Part]) -> Result<Verdict> {
        let now = self.project.read(&target.path)?;
        let Some((at, file)) = target.new else {
            return Ok(without_new(target, now));
        };
        let new = &file.contents;
        let Some(base) = target.base else {
            return self.without_base(target, (at, file), parts, now);
        };
        let is_unchanged = base.is(new);
        let Some(now) = now else {
            return Ok(match is_unchanged {
                true => Verdict::Same,
                false => Verdict::Deleted,
            });
        };
        // A killed upgrade has written it.
        let is_done = self.killed.written(&target.path) == Some(&Hash::of(&now));
        let new = &*like(new, &now);
        if is_unchanged || now == new || is_done {
            return Ok(Verdict::Same);
        }
        if base.is(&now) {
            return Ok(Verdict::Update(new.to_owned()));
        }
        let (Base::Text(base), Ok(text), Ok(new_text)) =
            (base, str::from_utf8(&now), str::from_utf8(new))
        else {
            let new = Some(new.to_owned());
            return Ok(Verdict::Differs { now, new });
        };
        let base = with_ending(base, line_ending(text));
        let [base, new] = with_same_edits(&target.path, [&base, new_text], parts)?;
        if base == text {
            return Ok(Verdict::Update(new.into_bytes()));
        }
        Ok(match merge(&base, text, &new) {
            Merged::Clean(merged) if merged == text => Verdict::Same,
            Merged::Clean(merged) => Verdict::Merge(merged.into_bytes()),
            Merged::Conflict(marked) => Verdict::Clash(marked.into_bytes()),
        })
    }

    /// Compares a file that no record has made with the app.
    fn without_base(
        &self,
        target: &Target<'_>,
        (at, file): (usize, &File),
        parts: &[Part],
        now: Option<Vec<u8>>,
    ) -> Result<Verdict> {
        let part = &parts[at];
        let library = target.folder.filter(|_| !target.is_of_unknown_library);
        let is_removed = |folder: &PathBuf| !self.project.has_folder(&folder.to_string_lossy());
        let is_meant = !target.is_known
            && !library.is_some_and(is_removed)
            && self.holds(&file.condition, part)?
            && self.changes.elsewhere(file, &part.plan)?.is_none();
        let Some(now) = now.filter(|_| is_meant) else {
            return Ok(match is_meant {
                true => Verdict::Create(file.contents.to_vec()),
                false => Verdict::NotMade,
            });
        };
        if *now == *like(&file.contents, &now) || *now == *self.with_texts(file, parts, &now)? {
            return Ok(Verdict::Same);
        }
        let new = Some(file.contents.to_vec());
        Ok(Verdict::Differs { now, new })
    }

    /// Returns a file as it is generated now, with the inserted texts that the app's file, `now`, has.
    pub fn with_texts<'f>(
        &self,
        file: &'f File,
        parts: &[Part],
        now: &[u8],
    ) -> Result<Cow<'f, [u8]>> {
        let steps: Vec<&Step> = parts.iter().flat_map(|part| &part.plan.steps).collect();
        self.changes.with_present(file, &steps, now)
    }
}

fn without_new(target: &Target<'_>, now: Option<Vec<u8>>) -> Verdict {
    match (now, target.base) {
        (None, _) => Verdict::Same,
        (Some(now), None) => Verdict::Differs { now, new: None },
        (Some(now), Some(base)) if base.is(&now) => Verdict::Remove,
        (Some(_), Some(_)) => Verdict::Orphaned,
    }
}

/// Returns the generated `texts` of the file at `path` with the edits of both versions, so that these are no differences.
fn with_same_edits(path: &Path, texts: [&str; 2], parts: &[Part]) -> Result<[String; 2]> {
    let texts = texts.map(str::to_owned);
    let Some(language) = Language::of(path) else {
        return Ok(texts);
    };
    let mut sources = texts.map(|text| Source::new(text, language));
    for step in parts.iter().flat_map(|part| part.same_steps(path)) {
        let [base, new] = [&sources[0], &sources[1]].map(|source| edit::apply(&step.parts, source));
        if let (Outcome::Changed(base), Outcome::Changed(new)) = (base?, new?) {
            sources = [base, new];
        }
    }
    Ok(sources.map(|source| source.text))
}
