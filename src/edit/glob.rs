//! Patterns with `*`, of paths (`lib/**/*.ex`) and other texts (`room:*`).

/// Returns whether `path` matches `pattern`: `*` matches within a part of the path, `**` any number of parts.
/// Each pattern after `!` excludes paths: `src/**/*.rs!**/tests.rs!src/dev.rs`.
pub fn matches(pattern: &str, path: &str) -> bool {
    if !path.starts_with(folder(pattern)) {
        return false;
    }
    let path: Vec<_> = path.split('/').collect();
    let mut fits = pattern.split('!').map(|pattern| {
        let pattern: Vec<_> = pattern.split('/').collect();
        parts(&pattern, &path)
    });
    fits.next() == Some(true) && !fits.any(|excluded| excluded)
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

/// Returns the folder that contains all matches of `pattern`.
pub fn folder(pattern: &str) -> &str {
    let fixed = &pattern[..pattern.find(['*', '!']).unwrap_or(pattern.len())];
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
        assert_eq!(folder("lib/**/*.ex"), "lib");
        assert_eq!(folder("*.ex"), "");
        assert_eq!(folder("lib/a.ex"), "lib");
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
        ] {
            assert_eq!(covers(pattern, text), fits, "{pattern} {text}");
        }
    }
}
