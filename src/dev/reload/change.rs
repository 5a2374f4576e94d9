//! Changes of files, by their effect.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::catalogue::stack::Dev;
use crate::edit::glob;

/// Effect of a changed file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The app has to be built again.
    Code,
    /// Pages change. The type is the extension of the file, as in Phoenix's live reload.
    Asset(String),
}

impl Change {
    /// Returns the effect of a change at `path`, below the root of the app; `None` for files that are no part of it.
    pub fn of(path: &str, settings: &Dev) -> Option<Self> {
        if path.split('/').any(is_temporary) {
            return None;
        }
        let fits = |patterns: &[String]| patterns.iter().any(|p| glob::matches(p, path));
        if fits(&settings.rebuild) {
            return Some(Self::Code);
        }
        let extension = Path::new(path).extension().unwrap_or_default();
        fits(&settings.reload).then(|| Self::Asset(extension.to_string_lossy().into_owned()))
    }
}

/// Returns whether a file or folder of this name is hidden, or made by an editor while it saves another one.
fn is_temporary(name: &str) -> bool {
    let jetbrains = name.ends_with("___jb_tmp___") || name.ends_with("___jb_old___");
    let (vim, emacs) = (name == "4913", name.starts_with('#'));
    name.starts_with('.') || name.ends_with('~') || vim || emacs || jetbrains
}

/// Time without changes at the end of a burst.
const PAUSE: Duration = Duration::from_millis(25);

/// Maximum duration of a burst.
const LONGEST: Duration = Duration::from_millis(250);

/// Changed paths, collected until there have been none for a moment: one save is many events.
#[derive(Debug, Default)]
pub struct Burst {
    paths: BTreeSet<PathBuf>,
    /// Times of the first and the last event.
    times: Option<(Instant, Instant)>,
}

impl Burst {
    pub fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>, now: Instant) {
        self.paths.extend(paths);
        let first = self.times.map_or(now, |(first, _)| first);
        self.times = Some((first, now));
    }

    /// Returns the time at which the burst is over; `None` if there is none.
    pub fn end(&self) -> Option<Instant> {
        let (first, last) = self.times?;
        Some((last + PAUSE).min(first + LONGEST))
    }

    /// Returns the paths in order, and starts again.
    pub fn take(&mut self) -> BTreeSet<PathBuf> {
        std::mem::take(self).paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_of_code_or_of_pages_or_none() {
        let settings = Dev {
            needs: Vec::new(),
            build: Vec::new(),
            run: Vec::new(),
            rebuild: ["Cargo.toml", "src/**"].map(str::to_owned).to_vec(),
            reload: vec!["assets/**".to_owned()],
        };
        let asset = |kind: &str| Some(Change::Asset(kind.to_owned()));
        for (path, expected) in [
            ("src/lib.rs", Some(Change::Code)),
            ("src/channels/room.html", Some(Change::Code)),
            ("Cargo.toml", Some(Change::Code)),
            ("Cargo.lock", None),
            ("README.md", None),
            ("target/debug/src/lib.rs", None),
            ("assets/css/app.css", asset("css")),
            ("assets/js/app.js", asset("js")),
            ("assets/index.html", asset("html")),
            ("assets/LICENSE", asset("")),
            ("assets/css/.app.css.swp", None),
            ("assets/css/app.css~", None),
            ("assets/css/4913", None),
            ("src/#lib.rs#", None),
            ("src/.#lib.rs", None),
            ("src/lib.rs___jb_tmp___", None),
            ("assets/.git/HEAD", None),
        ] {
            assert_eq!(Change::of(path, &settings), expected, "{path}");
        }
    }

    #[test]
    fn a_burst_ends_after_a_pause_and_at_the_latest_after_a_quarter_of_a_second() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let path = |name: &str| PathBuf::from(name);
        let mut burst = Burst::default();
        assert_eq!(burst.end(), None);

        burst.add([path("b")], after(0));
        assert_eq!(burst.end(), Some(after(25)));
        burst.add([path("a"), path("b")], after(20));
        assert_eq!(burst.end(), Some(after(45)));
        for millis in (40..240).step_by(20) {
            burst.add([path("a")], after(millis));
        }
        burst.add([path("a")], after(240));
        assert_eq!(burst.end(), Some(after(250)));

        assert_eq!(burst.take(), BTreeSet::from([path("a"), path("b")]));
        assert_eq!(burst.end(), None);
    }
}
