//! Paths in printed commands.

use std::path::Path;

/// Returns `path` as a word of a POSIX shell: quoted if necessary, and never read as an option.
pub fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let path = if path.starts_with('-') {
        format!("./{path}")
    } else {
        path
    };
    let plain = |c: char| c.is_alphanumeric() || "_-./+,:@%".contains(c);
    match !path.is_empty() && path.chars().all(plain) {
        true => path,
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let command = format!("printf %s {}", quoted(Path::new(path)));
            let output = std::process::Command::new("sh")
                .args(["-c", &command])
                .output()
                .expect("sh is there");
            let read = String::from_utf8(output.stdout).expect("UTF-8");
            assert_eq!(read.trim_start_matches("./"), path, "{command}");
        }
    }
}
