//! A guide that is followed as a reader would: its commands are run in order, its files written, its outputs compared.
//!
//! The words behind the opening fence of a block decide what is done with it:
//!
//! | Block | Effect |
//! |---|---|
//! | `console` | Runs the lines that start with `$ `, and compares the lines below each with what it prints |
//! | `console slow` | The same, for commands that build or run the app: only where this is wanted |
//! | `console no-run=TEST` | Not run, since it needs a network or does not end. `TEST` covers it |
//! | `LANGUAGE file=PATH` | Writes the file |
//! | `LANGUAGE result=PATH` | Compares the file |
//! | `LANGUAGE part=PATH` | The file has these lines, in any indentation, perhaps with comments |
//! | `rust`, `rust test` | Kept, for a module and for a test of the app |
//! | `rust no-run=TEST` | Not compiled here. `TEST` covers it |
//! | `text log` | The log of the running app has these lines |
//! | `js`, `json`, `text`, `elixir` | Shown to the reader only |
//!
//! Outputs are compared by [`pattern`].

use std::path::PathBuf;
use std::process::Command;

use super::markdown::{self, Block};
use super::server::Server;
use super::{Sandbox, app, pattern, terminal};

/// Address of the app in guides. The app itself listens on another port.
const ADDRESS: &str = "localhost:4000";

/// A reader of guides, in one folder.
pub struct Reader {
    pub sandbox: Sandbox,
    /// Current folder.
    pub folder: PathBuf,
    /// Blocks marked `slow` are followed, too.
    slow: bool,
    server: Option<Server>,
    /// Number of commands that were run.
    pub ran: usize,
    /// Tests that cover commands that are never run.
    pub covered_by: Vec<String>,
    /// Rust items of the current guide, and its tests.
    items: String,
    tests: String,
}

impl Reader {
    /// Starts in an empty folder.
    pub fn new() -> Self {
        Self::of(Sandbox::new(), false)
    }

    /// Starts in an empty folder, and also builds and runs the app.
    pub fn slow() -> Self {
        Self::of(Sandbox::new(), true)
    }

    /// Starts in the folder of a sandbox.
    pub fn of(sandbox: Sandbox, slow: bool) -> Self {
        Self {
            folder: sandbox.path().to_owned(),
            sandbox,
            slow,
            server: None,
            ran: 0,
            covered_by: Vec::new(),
            items: String::new(),
            tests: String::new(),
        }
    }

    /// Follows a page from its beginning to its end.
    #[track_caller]
    pub fn follow(&mut self, page: &str) {
        for Block { info, text } in markdown::blocks(page) {
            self.block(&info, &text);
        }
    }

    #[track_caller]
    fn block(&mut self, info: &str, text: &str) {
        let (language, effect) = info.split_once(' ').unwrap_or((info, ""));
        match (language, effect.split_once('=').unwrap_or((effect, ""))) {
            ("console", ("", _)) => self.console(text),
            ("console", ("slow", _)) if !self.slow => {}
            ("console", ("slow", _)) => self.console(text),
            ("console", ("no-run", test)) => self.covered_by.push(test.to_owned()),
            (_, ("file", path)) => {
                self.server = None; // it would run the earlier code
                self.write(path, text);
            }
            (_, ("result", path)) => assert_eq!(self.file(path), text, "{path}"),
            (_, ("part", path)) => {
                let (file, part) = (code(&self.file(path)), code(text));
                assert!(file.contains(&part), "{path} has no\n{part}\nbut\n{file}");
            }
            ("rust", ("", _)) => self.items.push_str(&format!("{text}\n")),
            ("rust", ("no-run", test)) => self.covered_by.push(test.to_owned()),
            ("rust", ("test", _)) => self.tests.push_str(&format!("{text}\n")),
            ("js", ("", _)) if self.slow => self.parses(text),
            ("text", ("log", _)) if self.slow => self.log(text),
            ("text", ("log", _)) | ("js" | "json" | "text" | "elixir", ("", _)) => {}
            _ => panic!("a block `{info}` is not followed"),
        }
    }

    /// Adds the Rust code of a guide to the app: its items as a module of the channels, its tests as a test.
    pub fn keep_code(&mut self, guide: &str) {
        let name = match guide {
            "channels" => "examples".to_owned(), // as the guide calls the file
            guide => format!("{}_examples", guide.replace('-', "_")),
        };
        let (items, tests) = (
            std::mem::take(&mut self.items),
            std::mem::take(&mut self.tests),
        );
        if !items.is_empty() {
            let modules = self.file("src/channels/mod.rs");
            self.write(
                "src/channels/mod.rs",
                &format!("{modules}pub mod {name};\n"),
            );
            self.write(&format!("src/channels/{name}.rs"), &items);
        }
        if !tests.is_empty() {
            self.write(&format!("tests/{name}.rs"), &tests);
        }
    }

    /// Checks the syntax of a script.
    #[track_caller]
    fn parses(&self, script: &str) {
        self.sandbox.write("example.mjs", script);
        let mut command = Command::new("node");
        command
            .arg("--check")
            .arg(self.sandbox.path().join("example.mjs"));
        merged(command, "");
    }

    fn file(&self, path: &str) -> String {
        let path = self.folder.join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    fn write(&self, path: &str, text: &str) {
        let folder = self.folder.strip_prefix(self.sandbox.path());
        let path = folder.expect("it is below").join(path);
        self.sandbox.write(&path.display().to_string(), text);
    }

    /// Runs the commands of a block.
    #[track_caller]
    fn console(&mut self, text: &str) {
        assert!(
            text.starts_with("$ "),
            "a block starts with a command: {text}"
        );
        let text = text.replace("\\\n", "");
        for step in format!("\n{text}").split("\n$ ").skip(1) {
            let (command, expected) = step.split_once('\n').unwrap_or((step, ""));
            self.run(command, expected);
            self.ran += 1;
        }
    }

    #[track_caller]
    fn run(&mut self, line: &str, expected: &str) {
        if let Some(folder) = line.strip_prefix("cd ") {
            self.folder = self.folder.join(folder);
            assert!(self.folder.is_dir(), "{line}");
            return;
        }
        if line.starts_with("hello-sockets gen ") {
            self.server = None; // as above
        }
        if [ADDRESS, "hello-sockets connect"]
            .iter()
            .any(|part| line.contains(part))
        {
            self.start();
        }
        let port = self.server.as_ref().map_or(4000, |server| server.port);
        let at_port = |text: &str| text.replace(ADDRESS, &format!("localhost:{port}"));
        let command = self.shell(&at_port(line), port);
        let printed = match question(expected) {
            Some((question, answer)) => terminal::transcript(command, &question, answer),
            None if line.starts_with("cargo ") => {
                app::alone(&self.folder, || merged(command, expected))
            }
            None => merged(command, expected),
        };
        let expected = at_port(expected);
        assert!(
            expected.trim().is_empty() || pattern::fits(expected.trim(), printed.trim()),
            "$ {line}\n{printed}\nis not what the guide shows:\n{expected}"
        );
    }

    /// Builds and starts the app, unless it runs.
    fn start(&mut self) {
        if self.server.is_none() {
            // As a test needs it, so that the tests at the end find the library built.
            app::cargo(&self.folder, &["test", "--no-run", "--test", "server"]);
            let name = self.folder.file_name().expect("it has a name");
            let binary = app::target().join("debug").join(name);
            self.server = Some(Server::start(&binary, &self.folder, &[]));
        }
    }

    /// Returns a command that runs a line in the current folder, for an app at a port.
    fn shell(&self, line: &str, port: u16) -> Command {
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_hello-sockets"));
        let folder = binary.parent().expect("it is in a folder").display();
        let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("exec 2>&1; {line}")])
            .current_dir(&self.folder)
            .env("PATH", path)
            .env("PORT", port.to_string())
            .env("NO_COLOR", "1")
            .env("CARGO_TARGET_DIR", app::target())
            .env("RUSTFLAGS", "-D warnings");
        command
    }

    #[track_caller]
    fn log(&self, text: &str) {
        let server = self.server.as_ref().expect("a command has started it");
        for line in text.lines() {
            let mut parts = line.split('…');
            let found = server.log_line(parts.next().unwrap_or(line));
            assert!(parts.all(|part| found.contains(part)), "{line}\n{found}");
        }
    }
}

/// Runs a command, and returns what it prints, to both streams. It has to succeed if the guide does not show that.
#[track_caller]
fn merged(mut command: Command, expected: &str) -> String {
    let output = command.output().expect("the shell starts");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let fine = output.status.success() || !expected.is_empty();
    assert!(fine, "{command:?}\n{printed}");
    printed
}

/// Returns the question in an output, and the answer that is typed.
fn question(output: &str) -> Option<(String, &str)> {
    let (before, after) = output.split_once("[Yn] ")?;
    let question = before.rsplit('\n').next()?;
    Some((format!("{question}[Yn] "), after.split('\n').next()?))
}

/// Returns the lines of a source without comments and indentation.
pub fn code(source: &str) -> String {
    let lines = source.lines().map(str::trim);
    let code = lines.filter(|line| !line.starts_with("//"));
    code.map(|line| format!("{line}\n")).collect()
}
