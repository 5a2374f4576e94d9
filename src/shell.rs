//! Paths in printed commands.

use std::path::Path;

/// Returns `path` as a word of the shell: quoted if necessary, and never read as an option.
pub fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    match cfg!(windows) {
        true => in_windows(path),
        false => in_posix(path),
    }
}

fn in_posix(path: String) -> String {
    let path = if path.starts_with('-') {
        format!("./{path}")
    } else {
        path
    };
    match is_plain(&path, "") {
        true => path,
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

/// Returns a word of both `cmd` and PowerShell. No path of Windows contains a `"`.
fn in_windows(path: String) -> String {
    match is_plain(&path, r"\") {
        true => path,
        false => format!("\"{path}\""),
    }
}

fn is_plain(path: &str, separator: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_-./+,:@%".contains(c) || separator.contains(c);
    !path.is_empty() && path.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_has_double_quotes_and_plain_backslashes() {
        for (path, expected) in [
            (r"C:\apps\chat", r"C:\apps\chat"),
            (r"..\my dir\chat", "\"..\\my dir\\chat\""),
            ("it's", "\"it's\""),
        ] {
            assert_eq!(in_windows(path.to_owned()), expected);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for path in [
            "my_app",
            "../über/app-1",
            "my dir/chat",
            "it's",
            "-x",
            "$HOME/`x`",
            "a;b",
            "~x",
            "",
        ] {
            let command = format!("printf %s {}", in_posix(path.to_owned()));
            let output = std::process::Command::new("sh")
                .args(["-c", &command])
                .output()
                .expect("sh is there");
            let read = String::from_utf8(output.stdout).expect("UTF-8");
            assert_eq!(read.trim_start_matches("./"), path, "{command}");
        }
    }
}
