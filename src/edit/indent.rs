//! Levels of indentation: four spaces in templates, and those of a project or a file.

use super::source::Source;

/// One level of indentation in templates.
pub const LEVEL: &str = "    ";

/// Returns `text`, which is indented as templates are, with `level` for each level of indentation.
pub fn indented(text: &str, level: &str) -> String {
    let line = |line: &str| {
        let depth = (line.len() - line.trim_start_matches(' ').len()) / LEVEL.len();
        format!("{}{}", level.repeat(depth), &line[depth * LEVEL.len()..])
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Returns one level of indentation of the code in `source`, if it has any: lines of strings and comments have their own.
pub fn level_of(source: &Source) -> Option<&str> {
    let mut start = 0;
    let lines = source.text.split_inclusive('\n').map(|line| {
        start += line.len();
        (start - line.len(), line)
    });
    smallest(lines, |at| !source.is_string(at) && !source.is_comment(at))
}

/// Returns the smallest indentation in `text`; a tab if there is one.
pub fn level_in(text: &str) -> Option<&str> {
    smallest(text.lines().map(|line| (0, line)), |_| true)
}

/// Returns the smallest indentation of `lines`, each with its position, that `counts`; a tab if there is one.
fn smallest<'a>(
    lines: impl Iterator<Item = (usize, &'a str)>,
    counts: impl Fn(usize) -> bool,
) -> Option<&'a str> {
    let mut smallest: Option<&str> = None;
    for (at, line) in lines {
        let bare = line.trim_start();
        let indent = &line[..line.len() - bare.len()];
        let indent = if indent.starts_with('\t') {
            "\t"
        } else {
            indent
        };
        let is_smaller = smallest.is_none_or(|smallest| indent.len() < smallest.len());
        let is_code = !bare.is_empty() && !bare.starts_with('*');
        if !indent.is_empty() && is_smaller && is_code && counts(at) {
            smallest = Some(indent);
        }
    }
    smallest
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::edit::language::Language;

    #[test]
    fn the_level_of_a_file_is_the_smallest_of_its_code() {
        let text = "/*\n c\n */\nfn a() {\n    b();\n  let c = \"\n d\";\n}\n";
        let language = Language::of(Path::new("a.rs")).expect("Rust is known");
        let source = Source::new(text.to_owned(), language);
        assert_eq!(level_of(&source), Some("  "));
    }
}
