//! Patterns with `*`, of paths (`lib/**/*.ex`) and other texts (`room:*`).

/// Returns whether `path` matches `pattern`: `*` matches within a part of the path, `**` any number of parts, `{js,ts}` one
/// of these texts. Each pattern after `!` excludes paths: `src/**/*.rs!**/tests.rs!src/dev.rs`.
pub fn matches(pattern: &str, path: &str) -> bool {
    if !path.starts_with(folder(pattern)) {
        return false;
    }
    let path: Vec<_> = path.split('/').collect();
    let mut fits = pattern.split('!').map(|pattern| fits(pattern, &path));
    fits.next() == Some(true) && !fits.any(|excluded| excluded)
}

/// Returns the patterns that one with braces stands for, in order: `a/*.js` and `a/*.ts` for `a/*.{js,ts}`. Each excludes
/// the same paths.
pub fn alternatives(pattern: &str) -> Vec<String> {
    let (included, excluded) = pattern.split_at(pattern.find('!').unwrap_or(pattern.len()));
    let included = without_braces(included).into_iter();
    included.map(|one| one + excluded).collect()
}

/// Most patterns that one with braces stands for; further braces are taken as they are. One of a clone's own templates could
/// stand for millions.
const MOST: usize = 100;

fn without_braces(pattern: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('{')
        && let Some((texts, behind)) = behind.split_once('}')
        && all.len() * texts.split(',').count() <= MOST
    {
        let with_all = |start: &String| {
            let start = format!("{start}{before}");
            texts.split(',').map(move |text| format!("{start}{text}"))
        };
        all = all.iter().flat_map(with_all).collect();
        rest = behind;
    }
    all.into_iter().map(|start| start + rest).collect()
}

/// Returns whether the parts of a path match `pattern`, which excludes nothing.
fn fits(pattern: &str, path: &[&str]) -> bool {
    let one = |pattern: &str| parts(&pattern.split('/').collect::<Vec<_>>(), path);
    match pattern.contains('{') {
        true => without_braces(pattern).iter().any(|pattern| one(pattern)),
        false => one(pattern),
    }
}

fn parts(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => (0..=path.len()).any(|skipped| parts(rest, &path[skipped..])),
        (Some((first, pattern)), Some((part, path))) => covers(first, part) && parts(pattern, path),
        _ => false,
    }
}

/// Returns whether `pattern`, in which `*` matches anything, matches all of `text`.
pub fn covers(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(behind) = text.strip_prefix(start) else {
        return false;
    };
    if !rest.contains('*') {
        return behind.ends_with(rest);
    }
    let mut ends = (0..=behind.len()).filter(|&at| behind.is_char_boundary(at));
    ends.any(|at| covers(rest, &behind[at..]))
}

/// Returns a folder that contains all matches of `pattern`.
pub fn folder(pattern: &str) -> &str {
    let fixed = &pattern[..pattern.find(['*', '!', '{']).unwrap_or(pattern.len())];
    fixed.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_part_and_two_stars_do_not() {
        for (pattern, path, fits) in [
            ("lib/**/*.ex", "lib/a.ex", true),
            ("lib/**/*.ex", "lib/a/b/c.ex", true),
            ("lib/**/*.ex", "lib/a/b/c.exs", false),
            ("lib/*.ex", "lib/a/b.ex", false),
            ("*.rs", "main.rs", true),
            ("src/**/*.rs!**/tests.rs", "src/a/tests.rs", false),
            ("src/**/*.rs!**/tests.rs", "src/a/b.rs", true),
            ("src/**/*.rs!**/tests.rs!src/dev.rs", "src/tests.rs", false),
            ("src/**/*.rs!**/tests.rs!src/dev.rs", "src/dev.rs", false),
            ("src/**/*.rs!**/tests.rs!src/dev.rs", "src/a/dev.rs", true),
            ("assets/**", "assets/js/app.js", true),
            ("src/main.rs!src/b/*.rs", "src/main.rs", true),
            ("assets/**", "assets", true),
            ("assets/**", "tests/app.js", false),
        ] {
            assert_eq!(matches(pattern, path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_with_braces_stands_for_several() {
        let pattern = "{lib,a/b}/**/*.{js,ts}!{lib,c}/old.js";
        for (path, fits) in [
            ("lib/a.js", true),
            ("a/b/c/d.ts", true),
            ("a/b.tsx", false),
            ("c/a.js", false),
            ("lib/old.js", false),
        ] {
            assert_eq!(matches(pattern, path), fits, "{path}");
        }
        assert_eq!(
            alternatives("{a,b/c}/*.{js,ts}"),
            ["a/*.js", "a/*.ts", "b/c/*.js", "b/c/*.ts"]
        );
        assert_eq!(
            alternatives("a/*.{b,c}!{d,e}"),
            ["a/*.b!{d,e}", "a/*.c!{d,e}"]
        );
        assert_eq!(alternatives("a/*"), ["a/*"]);
        assert_eq!(alternatives("a/{b"), ["a/{b"]);
        assert_eq!(alternatives(&"{a,b}".repeat(6)).len(), 64);
        assert_eq!(alternatives(&"{a,b}".repeat(1_000)).len(), 64);
    }

    #[test]
    fn the_folder_of_a_pattern_contains_all_matches() {
        assert_eq!(folder("lib/**/*.ex"), "lib");
        assert_eq!(folder("*.ex"), "");
        assert_eq!(folder("lib/a.ex"), "lib");
        assert_eq!(folder("{lib,web}/**/*.ex"), "");
        assert_eq!(folder("lib/a.ex!lib/b/*.ex"), "lib");
    }

    #[test]
    fn a_pattern_covers_what_it_would_take() {
        for (pattern, text, fits) in [
            ("*", "room:*", true),
            ("r*", "room:*", true),
            ("room:*", "room:*", true),
            ("room:*", "room:lobby", true),
            ("room:lobby", "room:*", false),
            ("rooms:*", "room:*", false),
            ("a*b*c", "a:b:c", true),
            ("a*b*c", "a:c:b", false),
        ] {
            assert_eq!(covers(pattern, text), fits, "{pattern} {text}");
        }
    }
}
