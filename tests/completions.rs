//! Completions, in a real bash, and man pages, read by a real groff.
#![cfg(unix)]

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
        let ran = sandbox.ok(&["completions", shell]);
        for word in ["presence", "per-user", "phoenix"] {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
#[ignore = "needs groff"]
fn groff_reads_every_page_without_warnings() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["man", "pages"]);
    let pages = sandbox.tree();
    let mut groff = Command::new("groff");
    groff.args(["-man", "-Tutf8", "-ww", "-rLL=100n", "-P-cbou"]);
    groff.args(pages.iter().map(|(page, _)| sandbox.path().join(page)));
    let read = finish(groff, "").succeeded();
    assert_eq!(read.stderr, "");
    for line in [
        "\n       hello-sockets [--color] [-h|--help] [-V|--version] <subcommands>\n",
        "\n       --topic <TOPIC>\n",
        "\n         hello-sockets gen channel Room\n",
    ] {
        read.prints(line);
    }
}

#[test]
fn the_man_pages_are_those_of_all_commands() {
    let sandbox = Sandbox::new();
    let written = sandbox.ok(&["man", "pages"]).stdout;
    let first = sandbox.read("pages/hello-sockets.1");
    assert_eq!(sandbox.ok(&["man"]).stdout, first);
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
    sandbox.ok(&["man", "pages"]);
    assert_eq!(sandbox.read("pages/hello-sockets.1"), first);
}
