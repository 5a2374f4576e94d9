//! Uncommitted changes of an app, as git sees them.
//!
//! The settings of a repository name programs: monitors of files, hooks, filters, transports. Those of a clone are somebody
//! else's, so git compares the app with its commit in a repository of its own, which has none of them but `KEPT`, and lends
//! the index and the objects.
#![expect(
    clippy::disallowed_methods,
    reason = "git needs a folder for the repository"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::commands;

/// Settings that name no programs, and by which git tells changed files: on some file systems, each one has become executable.
const KEPT: &str = "^core[.](filemode|autocrlf)$";

/// Returns whether git knows uncommitted changes of files in `root`; `false` without git or a commit.
pub fn are_in(root: &Path) -> bool {
    changes(root).is_some_and(|changes| !changes.is_empty())
}

/// Returns the changes of committed files, one a line.
fn changes(root: &Path) -> Option<String> {
    // Reads references, and neither the index nor objects.
    let where_is = [
        "rev-parse",
        "--path-format=absolute",
        "--show-toplevel",
        "--git-path",
        "index",
        "--git-path",
        "objects",
        "HEAD",
    ];
    let found = git(&where_is, &[], root)?;
    let [top, index, objects, commit] = found.lines().collect::<Vec<_>>()[..] else {
        return None;
    };
    let repository = Repository::at(commit)?;
    let path = repository.0.to_str()?;
    let kept = git(&["config", "--get-regexp", KEPT], &[], root).unwrap_or_default();
    let kept = kept.lines().filter_map(|line| line.split_once(' '));
    let kept = kept.map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")]);
    let kept: Vec<_> = kept.flatten().collect();
    let status = [
        "-c",
        "core.fsmonitor=false",
        "status",
        "--porcelain",
        "--untracked-files=no",
        // They are repositories with settings.
        "--ignore-submodules=all",
        "--",
        ".",
    ];
    let status: Vec<_> = kept.iter().map(String::as_str).chain(status).collect();
    let env = [
        ("GIT_DIR", path),
        ("GIT_WORK_TREE", top),
        ("GIT_INDEX_FILE", index),
        ("GIT_OBJECT_DIRECTORY", objects),
    ];
    git(&status, &env, root)
}

/// Returns what git prints. It writes nothing, and fetches nothing that a partial clone lacks.
fn git(arguments: &[&str], env: &[(&str, &str)], root: &Path) -> Option<String> {
    let run = ["git"].iter().chain(arguments);
    let run: Vec<_> = run.map(|&word| word.to_owned()).collect();
    let never = [("GIT_OPTIONAL_LOCKS", "0"), ("GIT_ALLOW_PROTOCOL", "none")];
    let env = never.iter().chain(env);
    let env: BTreeMap<_, _> = env.map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
    commands::output(&run, &env, root)
}

/// A repository without settings, at a commit, in a temporary folder.
struct Repository(PathBuf);

impl Repository {
    fn at(commit: &str) -> Option<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let name = format!("hello-sockets-{}-{}", std::process::id(), now.as_nanos());
        let folder = std::env::temp_dir().join(name);
        // Fails if anything is there, such as somebody's link.
        fs::create_dir(&folder).ok()?;
        let repository = Self(folder);
        fs::create_dir(repository.0.join("refs")).ok()?;
        fs::write(repository.0.join("HEAD"), format!("{commit}\n")).ok()?;
        Some(repository)
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
