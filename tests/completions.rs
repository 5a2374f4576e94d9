//! Completions, in a real bash, and man pages, read by a real man.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    reason = "tests look at the disk themselves"
)]

mod support;

use std::process::Command;

use support::{Sandbox, finish};

/// Returns what bash completes after the words of `line`, the last of which is being typed.
#[track_caller]
fn completed(sandbox: &Sandbox, line: &str) -> Vec<String> {
    let script = r#"
        source <("$1" completions bash)
        read -r _ _ _ _ _ function _ < <(complete -p hello-sockets | sed 's/.*-F/_ _ _ _ _/')
        read -ra COMP_WORDS <<<"$2"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        "$function" hello-sockets "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut bash = Command::new("bash");
    let binary = env!("CARGO_BIN_EXE_hello-sockets");
    bash.args(["--norc", "-c", script, "bash", binary, line]);
    let app = sandbox.path().join("my_app");
    bash.current_dir(if app.exists() { &app } else { sandbox.path() });
    let ran = finish(bash, "").succeeded();
    assert_eq!(ran.stderr, "");
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_generators_options_and_values() {
    let sandbox = Sandbox::new();
    for (line, expected) in [
        ("hello-sockets comp", &["completions"][..]),
        ("hello-sockets gen ch", &["channel"]),
        ("hello-sockets gen channel --top", &["--topic"]),
        ("hello-sockets gen auth --sign", &["--sign-in"]),
        ("hello-sockets new --stack ph", &["phoenix"]),
        ("hello-sockets completions f", &["fish"]),
    ] {
        assert_eq!(completed(&sandbox, line), expected, "{line}");
    }
}

#[test]
fn bash_completes_the_projects_own_generators() {
    let sandbox = Sandbox::with_app();
    let generator = "my_app/.hello-sockets/templates/rust/worker/generator.toml";
    sandbox.write(generator, "about = \"Makes a worker\"\n");
    assert_eq!(completed(&sandbox, "hello-sockets gen wo"), ["worker"]);
}

#[test]
fn every_shell_gets_a_script_with_the_generators() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = sandbox.run(&["completions", shell]).succeeded();
        for word in ["presence", "per-user", "phoenix"] {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
}

/// The text of a page, and the warnings of groff.
fn read_by_man(page: &std::path::Path) -> (String, String) {
    let mut man = Command::new("man");
    man.args(["--warnings", "-E", "UTF-8", "-l"]).arg(page);
    man.env("MANWIDTH", "100").env("LC_ALL", "C.UTF-8");
    let ran = finish(man, "").succeeded();
    (ran.stdout, ran.stderr)
}

#[test]
#[ignore = "needs man, with groff"]
fn man_reads_every_page_without_warnings() {
    let sandbox = Sandbox::new();
    sandbox.run(&["man", "pages"]).succeeded();
    let pages = sandbox.tree();
    assert!(pages.len() > 10, "{}", pages.len());
    for (file, _) in pages {
        let (text, warnings) = read_by_man(&sandbox.path().join(&file));
        assert_eq!(warnings, "", "{file}");
        assert!(text.contains("\nSYNOPSIS\n"), "{file}: {text}");
    }
    let (text, _) = read_by_man(&sandbox.path().join("pages/hello-sockets-gen-channel.1"));
    for line in ["--topic", "hello-sockets gen channel"] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn the_man_pages_are_those_of_all_commands() {
    let sandbox = Sandbox::new();
    let written = sandbox.run(&["man", "pages"]).succeeded().stdout;
    let first = sandbox.read("pages/hello-sockets.1");
    assert_eq!(sandbox.run(&["man"]).succeeded().stdout, first);
    for page in ["gen-channel", "gen-release", "new", "templates-test"] {
        let file = format!("pages/hello-sockets-{page}.1");
        assert!(
            written.contains(&format!("* creating {file}\n")),
            "{written}"
        );
        let text = sandbox.read(&file);
        assert!(
            text.starts_with(".ie") && text.contains(".SH SYNOPSIS"),
            "{text}"
        );
    }
    // Newer pages replace those of an older version.
    sandbox.write("pages/hello-sockets.1", "old");
    sandbox.run(&["man", "pages"]).succeeded();
    assert_eq!(sandbox.read("pages/hello-sockets.1"), first);
}
