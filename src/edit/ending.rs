//! Line endings: generated files have `\n`, and git may check them out with `\r\n`, as on Windows.

use std::borrow::Cow;

/// Returns the most frequent line ending of a file.
pub fn line_ending(text: &str) -> &'static str {
    let crlf = text.matches("\r\n").count();
    let lf = text.matches('\n').count() - crlf;
    if crlf > lf { "\r\n" } else { "\n" }
}

/// Returns `text` with the line ending `\n`, or with `\r\n` everywhere.
pub fn with_ending<'a>(text: &'a str, ending: &str) -> Cow<'a, str> {
    match ending {
        "\r\n" => Cow::Owned(text.replace("\r\n", "\n").replace('\n', ending)),
        _ if text.contains("\r\n") => Cow::Owned(text.replace("\r\n", "\n")),
        _ => Cow::Borrowed(text),
    }
}

/// Returns generated `contents` with the line endings of the file that is `there`.
pub fn like<'a>(contents: &'a [u8], there: &[u8]) -> Cow<'a, [u8]> {
    match (str::from_utf8(contents), str::from_utf8(there)) {
        (Ok(text), Ok(there)) if there.contains("\r\n") && !text.contains("\r\n") => Cow::Owned(
            with_ending(text, line_ending(there))
                .into_owned()
                .into_bytes(),
        ),
        _ => Cow::Borrowed(contents),
    }
}

/// Returns `contents` as they were generated, if git has changed their line endings.
pub fn as_generated(contents: &[u8]) -> Cow<'_, [u8]> {
    match str::from_utf8(contents) {
        Ok(text) if text.contains("\r\n") => {
            Cow::Owned(with_ending(text, "\n").into_owned().into_bytes())
        }
        _ => Cow::Borrowed(contents),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_get_the_line_endings_of_the_file_that_is_there() {
        for (contents, there, expected) in [
            ("a\nb\n", "x\r\ny\r\n", "a\r\nb\r\n"),
            ("a\nb\n", "x\ny\n", "a\nb\n"),
            ("a\nb\n", "x\r\ny\nz\n", "a\nb\n"),
            ("a\nb\n", "x\r\ny\n", "a\nb\n"),
            ("a\r\nb\n", "x\r\n", "a\r\nb\n"),
            ("", "x\r\n", ""),
        ] {
            assert_eq!(
                *like(contents.as_bytes(), there.as_bytes()),
                *expected.as_bytes()
            );
        }
        assert_eq!(*like(b"\xff\n", b"x\r\n"), *b"\xff\n");
        assert_eq!(*as_generated(b"a\r\nb\r\n"), *b"a\nb\n");
        assert_eq!(*as_generated(b"\xff\r\n"), *b"\xff\r\n");
    }
}
