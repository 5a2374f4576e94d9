//! Programs in the folders of `PATH`.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Endings of programs on Windows, if the variable `PATHEXT` is not set.
const ENDINGS: &str = ".COM;.EXE;.BAT;.CMD";

/// Returns the path of the program `name`. On Windows, npm is `npm.cmd`, which is not found by its name alone.
pub fn program(name: &str) -> Option<PathBuf> {
    let endings = match cfg!(windows) {
        true => env::var("PATHEXT").unwrap_or_else(|_| ENDINGS.to_owned()),
        false => String::new(),
    };
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders = env::split_paths(&path);
    folders.find_map(|folder| in_folder(&folder, name, &endings))
}

/// Returns the program `name` in `folder`: with one of `endings`, which are separated by `;`, if there are any.
fn in_folder(folder: &Path, name: &str, endings: &str) -> Option<PathBuf> {
    let mut paths = endings.split(';').map(|ending| {
        let mut path = OsString::from(folder.join(name));
        path.push(ending.to_lowercase());
        PathBuf::from(path)
    });
    paths.find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "tests write files themselves")]
    fn a_program_is_found_by_the_endings_of_the_system() {
        let folder = tempfile::tempdir().expect("a folder");
        // As Node.js installs npm on Windows: the first one is a script for a POSIX shell.
        for name in ["npm", "npm.cmd", "git.exe"] {
            std::fs::write(folder.path().join(name), "").expect("it is new");
        }
        let found = |name: &str, endings: &str| {
            let path = in_folder(folder.path(), name, endings)?;
            Some(path.file_name()?.to_string_lossy().into_owned())
        };
        let found = [
            found("npm", ENDINGS),
            found("git", ENDINGS),
            found("git.exe", ""),
            found("npm", ""),
            found("mix", ENDINGS),
        ];
        let expected = ["npm.cmd", "git.exe", "git.exe", "npm"];
        let expected = expected.map(|name| Some(name.to_owned()));
        assert_eq!(found, [&expected[..], &[None]].concat()[..]);
    }
}
