//! The three-way merge of a file. Pure: the file as it was generated, in the app, and as it would be generated now.

use crate::edit::ending::{line_ending, with_ending};
use diffy::{ConflictStyle, IncompleteHunkStyle, MergeOptions};

/// A merged file.
#[derive(Debug, PartialEq, Eq)]
pub enum Merged {
    Clean(String),
    /// Both have changed the same lines: they stand between markers.
    Conflict(String),
}

/// Length of the markers of the merge, which are in no file. Those of git are shorter.
const LENGTH: usize = 53;
const LENGTH_IN_GIT: usize = 7;

/// Merges what is `new` since `base` into the file of the `app`.
pub fn merge(base: &str, app: &str, new: &str) -> Merged {
    let ending = line_ending(app);
    let [base, new] = [base, new].map(|text| with_ending(text, ending));
    let mut options = MergeOptions::new();
    options
        .set_conflict_marker_length(LENGTH)
        .set_incomplete_hunk_style(IncompleteHunkStyle::Git)
        .set_conflict_style(ConflictStyle::Merge);
    match options.merge(&base, app, &new) {
        Ok(merged) => Merged::Clean(merged),
        Err(marked) => Merged::Conflict(with_labels(&marked, ending)),
    }
}

/// Returns the text with git's markers and our labels.
fn with_labels(marked: &str, ending: &str) -> String {
    let marker = |character: &str| character.repeat(LENGTH_IN_GIT);
    let labels = [
        (
            format!("{} ours", "<".repeat(LENGTH)),
            format!("{} app", marker("<")),
        ),
        ("=".repeat(LENGTH), marker("=")),
        (
            format!("{} theirs", ">".repeat(LENGTH)),
            format!(
                "{} hello-sockets {}",
                marker(">"),
                env!("CARGO_PKG_VERSION")
            ),
        ),
    ];
    let line = |line: &str| {
        let bare = line.trim_end_matches(['\r', '\n']);
        match labels.iter().find(|(theirs, _)| theirs == bare) {
            Some((_, ours)) => format!("{ours}{ending}"),
            None => line.to_owned(),
        }
    };
    marked.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "a\nb\nc\nd\ne\n";

    fn conflict(ours: &str, theirs: &str, ending: &str) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let lines = [
            "<<<<<<< app",
            ours,
            "=======",
            theirs,
            &format!(">>>>>>> hello-sockets {version}"),
        ];
        lines.map(|line| format!("{line}{ending}")).concat()
    }

    #[test]
    fn changes_of_different_lines_are_both_in_the_merged_file() {
        let merged = merge(BASE, "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n");
        assert_eq!(merged, Merged::Clean("A\nb\nc\nd\nE\n".to_owned()));
    }

    #[test]
    fn the_same_change_on_both_sides_is_no_conflict() {
        let merged = merge(BASE, "a\nX\nc\nd\ne\n", "a\nX\nc\nd\ne\n");
        assert_eq!(merged, Merged::Clean("a\nX\nc\nd\ne\n".to_owned()));
    }

    #[test]
    fn changes_of_one_line_are_between_the_markers_of_git() {
        let merged = merge(BASE, "a\nb\nours\nd\ne\n", "a\nb\ntheirs\nd\ne\n");
        let marked = format!("a\nb\n{}d\ne\n", conflict("ours", "theirs", "\n"));
        assert_eq!(merged, Merged::Conflict(marked));
    }

    #[test]
    fn line_endings_are_those_of_the_app() {
        let merged = merge(BASE, "A\r\nb\r\nc\r\nd\r\ne\r\n", "a\nb\nc\nd\nE\n");
        let clean = "A\r\nb\r\nc\r\nd\r\nE\r\n";
        assert_eq!(merged, Merged::Clean(clean.to_owned()));
        let merged = merge(BASE, "a\r\nb\r\nours\r\nd\r\ne\r\n", "a\nb\ntheirs\nd\ne\n");
        let lines = conflict("ours", "theirs", "\r\n");
        let marked = format!("a\r\nb\r\n{lines}d\r\ne\r\n");
        assert_eq!(merged, Merged::Conflict(marked));
    }

    #[test]
    fn markers_are_on_lines_of_their_own_without_a_last_line_end() {
        let merged = merge("a\nb", "a\nours", "a\ntheirs");
        let marked = format!("a\n{}", conflict("ours", "theirs", "\n"));
        assert_eq!(merged, Merged::Conflict(marked));
    }
}
