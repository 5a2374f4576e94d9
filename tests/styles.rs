//! Quotes, semicolons and indentation of scripts: what `gen` adds has those of the file.

mod support;

use support::Sandbox;
use support::taken_back::{by_destroy, by_undo};

/// A socket's script and the page's script, in double quotes, without semicolons and with an indentation of two spaces.
const SOCKET: &str = r#"import { Socket } from "phoenix"

const socket = new Socket("/socket", { params: { token: window.userToken } })

socket.connect()

if (window.debug) {
  socket.onError(() => console.log("lost"))
}

export default socket
"#;
const PAGE: &str = r#"import "phoenix_html"
import "./user_socket.js"

if (window.debug) {
  console.log("debug")
}
"#;

/// A style that scripts may have.
#[derive(Debug, Clone, Copy)]
struct Style {
    quote: &'static str,
    semicolon: &'static str,
    indent: &'static str,
}

const STYLES: [Style; 3] = [
    Style {
        quote: "'",
        semicolon: ";",
        indent: "\t",
    },
    Style {
        quote: "'",
        semicolon: "",
        indent: "  ",
    },
    Style {
        quote: "\"",
        semicolon: ";",
        indent: "    ",
    },
];

impl Style {
    /// Returns the script in this style: it has no statements over several lines.
    fn of(self, script: &str) -> String {
        let line = |line: &str| {
            let end =
                match line.ends_with(['{', '}']) && !line.contains("Socket") || line.is_empty() {
                    true => "",
                    false => self.semicolon,
                };
            format!("{line}{end}\n")
                .replace("  ", self.indent)
                .replace('"', self.quote)
        };
        script.lines().map(line).collect()
    }

    /// Checks that all lines of a script are in this style.
    #[track_caller]
    fn check(self, script: &str) {
        let other = if self.quote == "'" { '"' } else { '\'' };
        for line in script.lines().filter(|line| !line.trim().starts_with("//")) {
            let code = line.split(" // ").next().unwrap_or_default();
            assert!(!code.contains(other), "{self:?}: {line}\n{script}");
            let bare = code.trim_start();
            let indent = &code[..code.len() - bare.len()];
            assert!(
                indent.replace(self.indent, "").is_empty(),
                "{self:?}: {line}\n{script}"
            );
            // A call goes on with `.receive`.
            let goes_on = bare.ends_with(['{', '}', '>'])
                || bare.ends_with("Channel.join()")
                || bare.contains("(\"ok\"")
                || bare.contains("('ok'");
            let is_right = code.ends_with(';') == (self.semicolon == ";");
            assert!(
                bare.is_empty() || goes_on || is_right,
                "{self:?}: {line}\n{script}"
            );
        }
    }
}

/// Runs the generators in an app whose scripts are in each of the styles.
fn grows(app: impl Fn() -> Sandbox, commands: &[&[&str]], history: &[&str]) {
    for style in STYLES {
        let sandbox = app().after(&[&["gen", "channel", "User", "--yes"]]);
        let [script, page] =
            ["user_socket", "app"].map(|name| format!("my_app/assets/js/{name}.js"));
        sandbox.write(&script, &style.of(SOCKET));
        sandbox.write(&page, &style.of(PAGE));
        for args in commands {
            by_destroy(&sandbox, args);
            by_undo(&sandbox, args);
            let gen_args = [&["gen"], *args].concat();
            sandbox.ok(&gen_args);
            let before = sandbox.tree();
            sandbox.ok(&gen_args);
            assert_eq!(sandbox.tree(), before, "{args:?}");
            style.check(&sandbox.read(&script));
            style.check(&sandbox.read(&page));
        }
        if !history.is_empty() {
            by_undo(&sandbox, history);
            sandbox.ok(&[&["gen"], history].concat());
            let joins = format!(
                "recover(socket.channel.bind(socket), {0}late:lobby{0}",
                style.quote
            );
            assert!(sandbox.read(&script).contains(&joins), "{joins}");
            style.check(&sandbox.read(&script));
            let ran = sandbox.ok(&["destroy", "channel", "Late", "--history"]);
            assert!(!sandbox.read(&script).contains("late"), "{}", ran.stdout);
        }
    }
}

#[test]
fn scripts_of_a_rust_app_keep_their_style() {
    let commands: [&[&str]; 7] = [
        &["channel", "Room"],
        &["channel", "News", "--history"],
        &["presence", "--channel", "Room"],
        &["auth"],
        &["channel", "Late"],
        &["channel", "Inbox", "--per-user"],
        &["socket", "Device"],
    ];
    grows(
        Sandbox::with_app,
        &commands,
        &["channel", "Late", "--history"],
    );
}

#[test]
fn scripts_of_a_phoenix_app_keep_their_style() {
    let commands: [&[&str]; 5] = [
        &["channel", "Room"],
        &["presence", "--channel", "Room"],
        &["auth"],
        &["channel", "Inbox", "--per-user"],
        &["socket", "Device"],
    ];
    grows(Sandbox::with_phoenix_app, &commands, &[]);
}
