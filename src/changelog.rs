//! The changelog of the command, embedded: what has changed between two versions.

const CHANGELOG: &str = include_str!("../CHANGELOG.md");

/// A version, without what is behind a hyphen.
type Version = [u64; 3];

/// Returns the sections of the versions after `from`, up to `to`, as they are in the changelog; empty if there are none.
pub fn between(from: &str, to: &str) -> String {
    sections(CHANGELOG, from, to)
}

/// Returns whether `version` is later than that of this command.
pub fn is_newer(version: &str) -> bool {
    parse(version) > parse(env!("CARGO_PKG_VERSION"))
}

fn sections(changelog: &str, from: &str, to: &str) -> String {
    let is_meant = |section: &&str| {
        let heading = section.split_whitespace().next().and_then(parse);
        let (from, to) = (parse(from), parse(to));
        heading.is_some() && heading > from && heading <= to
    };
    let sections = changelog.split("\n## ").skip(1).filter(is_meant);
    let sections = sections.map(|section| section.trim_end());
    sections.collect::<Vec<_>>().join("\n\n")
}

/// Returns the numbers of `1.2.3`, also in brackets, as in a heading.
fn parse(version: &str) -> Option<Version> {
    let version = version.trim_matches(['[', ']']);
    let version = version.split(['-', '+']).next()?;
    let numbers = version.split('.').map(|number| number.parse().ok());
    numbers.collect::<Option<Vec<_>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Changelog\n\n## Unreleased\n- Later.\n\n## 0.10.0 – 2027\n- Ten.\n\n## [0.9.1]\n- Nine.\n\n## 0.9.0\n- First.\n";

    #[test]
    fn the_sections_between_two_versions_are_those_of_the_later_one_and_of_all_in_between() {
        let of = |from, to| sections(TEXT, from, to);
        assert_eq!(
            of("0.9.0", "0.10.0"),
            "0.10.0 – 2027\n- Ten.\n\n[0.9.1]\n- Nine."
        );
        assert_eq!(of("0.9.0", "0.9.1"), "[0.9.1]\n- Nine.");
        assert_eq!(of("0.10.0", "0.10.0"), "");
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(is_newer("999.0.0") && is_newer("0.100.0-rc.1"));
        assert!(!is_newer(env!("CARGO_PKG_VERSION")) && !is_newer("0.0.9") && !is_newer("?"));
    }
}
