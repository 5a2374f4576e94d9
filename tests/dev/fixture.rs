//! A small app that takes over a listening socket, and `dev` on it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rexpect::session::PtySession;

use crate::support::{Sandbox, terminal};

/// Maximum time for each step: a limit for tests that hang.
const PATIENCE: Duration = Duration::from_secs(60);

const MANIFEST: &str = r#"
[package]
name = "my_app"
version = "0.1.0"
edition = "2024"

[dependencies]
axum-channels = { path = "axum-channels" }

[workspace]
"#;

const LIBRARY: &str = r#"
[package]
name = "axum-channels"
version = "0.1.0"
edition = "2024"
"#;

/// Answers each request with its version, and prints the messages that it is told.
const MAIN: &str = r#"
mod version;

use std::io::{Read, Write, stdin};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, FromRawFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

fn main() {
    assert!(std::env::var("HELLO_SOCKETS_DEV").is_ok());
    let listener = unsafe { TcpListener::from_raw_fd(3) };
    std::thread::spawn(|| {
        stdin().lines().map_while(Result::ok).for_each(|line| println!("told {line}"));
        std::process::exit(0);
    });
    let stdin = stdin().as_fd().try_clone_to_owned().unwrap();
    UnixStream::from(stdin).write_all(b"ready\n").unwrap();
    loop {
        match listener.accept() {
            Ok((stream, _)) => answer(stream),
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn answer(mut stream: TcpStream) {
    stream.set_nonblocking(false).unwrap();
    let _ = stream.read(&mut [0; 4096]);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", version::VERSION.len());
    let _ = stream.write_all(format!("{head}{}", version::VERSION).as_bytes());
}
"#;

/// Returns the file `src/version.rs` of a version.
pub fn version(name: &str) -> String {
    format!("pub const VERSION: &str = \"{name}\";\n")
}

/// Returns a sandbox with the app, at version `one`.
pub fn app() -> Sandbox {
    let sandbox = Sandbox::new();
    for (path, contents) in [
        ("Cargo.toml", MANIFEST),
        ("axum-channels/Cargo.toml", LIBRARY),
        ("axum-channels/src/lib.rs", ""),
        ("src/main.rs", MAIN),
        ("src/version.rs", &version("one")),
        ("assets/index.html", ""),
        ("assets/css/app.css", ""),
        ("assets/js/app.js", ""),
    ] {
        sandbox.write(&format!("my_app/{path}"), contents);
    }
    sandbox
}

/// A running `dev`.
pub struct Dev {
    session: PtySession,
    pub port: u16,
    pub app: PathBuf,
}

impl Dev {
    /// Starts `dev` on the app of a sandbox, and waits for the app.
    pub fn serving(sandbox: &Sandbox) -> Self {
        let mut dev = Self::start(sandbox);
        dev.prints("* serving ");
        dev
    }

    /// Starts `dev` on the app of a sandbox.
    pub fn start(sandbox: &Sandbox) -> Self {
        let timeout = u64::try_from(PATIENCE.as_millis()).expect("it is short");
        let mut session = terminal::start_with_timeout(command(sandbox, &["--port", "0"]), timeout);
        let (_, url) = session
            .exp_regex(r"listening on http://localhost:\d+")
            .expect("it listens");
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
        Self {
            session,
            port: port.expect("a port"),
            app: sandbox.path().join("my_app"),
        }
    }

    /// Waits until the terminal shows `text`, and returns what it showed before.
    #[track_caller]
    pub fn prints(&mut self, text: &str) -> String {
        let shown = self.session.exp_string(text);
        shown.unwrap_or_else(|error| panic!("`{text}` was not shown: {error}"))
    }

    /// Returns the id of the command: its child is the app.
    pub fn id(&self) -> String {
        let app = processes(&self.app).remove(0);
        let status = fs::read_to_string(format!("/proc/{app}/status")).expect("it runs");
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        parent.expect("each has one").trim().to_owned()
    }

    /// Returns the number of watched folders.
    #[cfg(target_os = "linux")]
    pub fn watched(&self) -> usize {
        let open = fs::read_dir(format!("/proc/{}/fdinfo", self.id())).expect("it runs");
        let open = open.flatten().map(|file| fs::read_to_string(file.path()));
        let open = open.flatten();
        open.map(|file| file.matches("inotify wd:").count()).sum()
    }

    /// Replaces a file of the app.
    pub fn write(&self, path: &str, contents: &str) {
        let path = self.app.join(path);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("it is made");
        fs::write(path, contents).expect("it is written");
    }

    /// Returns the response to a request for a page.
    pub fn get(&self) -> String {
        get(self.port).expect("it answers")
    }

    /// Waits until the app of a version answers.
    #[track_caller]
    pub fn serves(&self, version: &str) {
        self.answers(&format!("\r\n\r\n{version}"));
    }

    /// Waits until the response to a request contains `text`.
    #[track_caller]
    pub fn answers(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        // This app does not finish its requests when it is stopped.
        while !get(self.port).is_ok_and(|answer| answer.contains(text)) {
            assert!(Instant::now() < deadline, "{:?}", get(self.port));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Presses Ctrl-C, and returns the rest of the output and the exit code.
    pub fn interrupt(mut self) -> (String, String) {
        self.session.send_control('c').expect("it reads");
        let rest = self.session.exp_eof().expect("it ends");
        let status = self.session.process().wait().expect("it is waited for");
        (rest.replace("\r\n", "\n"), format!("{status:?}"))
    }
}

/// Returns the command `dev` on the app of a sandbox.
pub fn command(sandbox: &Sandbox, args: &[&str]) -> Command {
    let mut command = sandbox.command(&[&["dev", "--color", "never"], args].concat());
    for variable in ["CARGO_TARGET_DIR", "IP", "PORT", "RUSTFLAGS"] {
        command.env_remove(variable);
    }
    command
}

/// Returns the response to a request on a new connection.
pub fn get(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n")?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

/// Waits until the condition holds.
#[track_caller]
pub fn until(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Returns the ids of processes whose executable is below a folder.
pub fn processes(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir("/proc").expect("Linux has it");
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_below = |id: &String| {
        let executable = fs::read_link(format!("/proc/{id}/exe"));
        executable.is_ok_and(|executable| executable.starts_with(folder))
    };
    names.filter(is_below).collect()
}
