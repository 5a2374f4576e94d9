//! Generated and edited files, parsed by Elixir. Needs `elixir`, 1.14 or later, and nothing from hex.pm:
//! `cargo test --test phoenix -- --ignored`.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::auth::after_phx_gen_auth;
use crate::edits::{
    APPLICATION, CHANNEL, ENDPOINT, ENDPOINT_AUTH, Kind, ROUTER, SOCKET, SOCKET_AUTH,
};
use crate::shapes::auth_manual_step;
use crate::support::Sandbox;

/// An Elixir that runs scripts, until its input ends with this process.
struct Elixir {
    process: Child,
    responses: BufReader<ChildStdout>,
}

impl Elixir {
    fn start() -> Self {
        let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/phoenix/serve.exs");
        let mut process = Command::new("elixir")
            .arg(server)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("elixir is installed");
        let responses = BufReader::new(process.stdout.take().expect("it is piped"));
        Elixir { process, responses }
    }

    /// Returns what a script prints, or its error.
    fn run(&mut self, script: &str, args: &[&str], input: &str) -> Result<String, String> {
        let bytes = input.len().to_string();
        let request = [&[script, &bytes], args].concat().join("\t");
        let requests = self.process.stdin.as_mut().expect("it is piped");
        write!(requests, "{request}\n{input}").expect("it listens");
        let mut line = String::new();
        self.responses.read_line(&mut line).expect("it answers");
        let (outcome, bytes) = line.trim_end().split_once(' ').expect("two words");
        let mut text = vec![0; bytes.parse().expect("a number")];
        self.responses.read_exact(&mut text).expect("it answers");
        let text = String::from_utf8(text).expect("it prints UTF-8");
        match outcome {
            "ok" => Ok(text),
            _ => Err(text),
        }
    }
}

/// Returns what a script beside this file prints.
#[track_caller]
pub fn elixir(script: &str, args: &[&str], input: &str) -> String {
    static ELIXIR: LazyLock<Mutex<Elixir>> = LazyLock::new(|| Mutex::new(Elixir::start()));
    let mut elixir = ELIXIR.lock().unwrap_or_else(PoisonError::into_inner);
    let printed = elixir.run(script, args, input);
    printed.unwrap_or_else(|error| panic!("{error}\n{input}"))
}

/// Checks all files; lines of channels and sockets have up to `shortest` characters, unless a string is longer.
fn is_sound(sandbox: &Sandbox, shortest: &str) {
    let paths = sandbox.tree().into_iter().map(|(path, _)| path);
    let paths: Vec<_> = paths
        .filter(|path| path.ends_with(".ex") || path.ends_with(".exs"))
        .map(|path| sandbox.path().join(path).display().to_string())
        .collect();
    assert!(paths.len() > 20, "{paths:?}");

    let paths = paths.iter().map(String::as_str);
    let args: Vec<_> = [shortest].into_iter().chain(paths).collect();
    let complaints = elixir("check.exs", &args, "");

    assert_eq!(complaints, "");
}

/// Commands that extend an app, step by step.
pub const GROWTH: [&[&str]; 12] = [
    &["gen", "channel", "User", "--no-socket"],
    &["gen", "channel", "User", "--yes"],
    &["gen", "channel", "Admin.Room", "--topic", "admin_room"],
    &["gen", "socket", "Device"],
    &["gen", "channel", "Sensor", "--socket", "Device"],
    &["gen", "presence"],
    &["gen", "presence", "RoomPresence"],
    &["gen", "presence", "--channel", "Admin.Room"],
    &["gen", "auth"],
    &["gen", "auth", "--socket", "Device"],
    &["gen", "channel", "Inbox", "--per-user"],
    &["gen", "channel", "Status", "--exact"],
];

#[test]
#[ignore = "needs elixir"]
fn all_that_is_generated_parses_and_is_formatted() {
    let names: [(&[&str], &str); 3] = [
        (&[], "80"),
        (&["--module", "Acme.HelloSockets"], "80"),
        (&["--app", "a_rather_long_name_for_an_app"], "98"),
    ];
    for (name, shortest) in names {
        let sandbox = Sandbox::new();
        let new = [
            "new",
            "my_app",
            "--stack",
            "phoenix",
            "--no-git",
            "--no-install",
        ];
        sandbox.ok(&[&new[..], name].concat());
        is_sound(&sandbox, shortest);
        for args in GROWTH {
            sandbox.ok(args);
            is_sound(&sandbox, shortest);
        }
        // Not in `GROWTH`: its app has no dependency of that kind.
        let report = sandbox.ok(&["gen", "pubsub"]).stdout;
        assert!(!report.contains("Add this"), "{report}");
        is_sound(&sandbox, shortest);
    }
}

#[test]
#[ignore = "needs elixir"]
fn tokens_after_phx_gen_auth_parse_and_are_formatted() {
    let sandbox = after_phx_gen_auth();
    sandbox.ok(&["gen", "auth"]);
    is_sound(&sandbox, "80");
}

#[test]
#[ignore = "needs elixir"]
fn lines_of_manual_steps_parse_after_pasting() {
    let (sandbox, lines) = auth_manual_step();
    for (path, lines) in lines {
        let source = sandbox.read(&format!("my_app/{path}"));
        let body = source.trim_end().strip_suffix("end").expect("a module");
        let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
        let lines = lines.replace("  \n", "\n");
        sandbox.write("pasted.ex", &format!("{body}\n{lines}end\n"));
        let pasted = sandbox.path().join("pasted.ex").display().to_string();

        let complaints = elixir("check.exs", &[&pasted], "");

        assert_eq!(complaints, "", "{path}: {}", sandbox.read("pasted.ex"));
    }
}

#[test]
#[ignore = "needs elixir"]
fn a_mounted_socket_stands_in_the_endpoints_own_body_before_the_plugs_or_beside_another_socket() {
    for fixture in ENDPOINT.fixtures() {
        let (edited, _) = ENDPOINT.edited(&fixture.before);
        // Files with errors keep them, apart from the edit.
        if edited == fixture.before || fixture.name.starts_with("broken") {
            continue;
        }
        let ours = "socket \"/socket\", MyAppWeb.UserSocket, [websocket: true, longpoll: false]";
        let is_desktop = edited.contains("use Desktop.Endpoint");
        let used = ["Phoenix.Endpoint", "Desktop.Endpoint"][usize::from(is_desktop)];
        let modules = elixir("tree.exs", &[used, "socket", "plug"], &edited);
        let calls = modules.split("\n\n").find(|calls| calls.contains(ours));
        let calls = calls.unwrap_or_else(|| panic!("{}\n{modules}", fixture.name));
        let place = |wanted: &str| calls.lines().position(|line| line.contains(wanted));
        let ours = place(ours);

        let above = ours.and_then(|at| calls.lines().nth(at.checked_sub(1)?));
        let is_beside_another = above.is_some_and(|line| line.contains(" socket "));
        assert!(
            ours < place(" plug ") || is_beside_another,
            "{}\n{calls}",
            fixture.name
        );
        let sockets = modules
            .lines()
            .filter(|line| line.contains(", MyAppWeb.UserSocket"))
            .count();
        assert_eq!(sockets, 1, "{}\n{calls}", fixture.name);
    }
}

#[test]
#[ignore = "needs elixir"]
fn a_routed_channel_stands_in_the_sockets_own_body() {
    for fixture in SOCKET.fixtures() {
        let (edited, _) = SOCKET.edited(&fixture.before);
        if edited == fixture.before {
            continue;
        }
        let used = match edited.contains("use MyAppWeb.Socket") {
            true => "MyAppWeb.Socket", // a macro of the app's own
            false => "Phoenix.Socket",
        };
        let calls = elixir("tree.exs", &[used, "channel"], &edited);
        let ours = calls
            .lines()
            .filter(|line| line.ends_with("channel \"room:*\", MyAppWeb.RoomChannel"));
        assert_eq!(ours.count(), 1, "{}\n{calls}", fixture.name);
    }
}

#[test]
#[ignore = "needs elixir"]
fn a_started_presence_leaves_a_file_that_parses() {
    for fixture in APPLICATION.fixtures() {
        let (edited, _) = APPLICATION.edited(&fixture.before);
        elixir("tree.exs", &["Application", "def"], &edited);
    }
}

/// Checks that every changed file has `count` more calls with `line` in the body of a module that uses `used`.
fn adds_to_the_body(kind: &Kind, used: &str, name: &str, line: &str, count: usize) {
    let mut edits = 0;
    for fixture in kind.fixtures() {
        let (edited, _) = kind.edited(&fixture.before);
        if edited == fixture.before || !fixture.before.contains(&format!("  use {used}")) {
            continue;
        }
        let calls = |source: &str| {
            let calls = elixir("tree.exs", &[used, name], source);
            calls.lines().filter(|call| call.contains(line)).count()
        };
        assert_eq!(
            calls(&edited),
            calls(&fixture.before) + count,
            "{}\n{edited}",
            fixture.name
        );
        edits += 1;
    }
    assert!(edits > 1);
}

#[test]
#[ignore = "needs elixir"]
fn a_channel_that_tracks_clients_has_one_more_callback() {
    let clause = "handle_info(:after_join, socket)";
    for used in ["MyAppWeb", "Phoenix.Channel"] {
        let of = |source: &str| source.contains(&format!("  use {used}"));
        for fixture in CHANNEL.fixtures().iter().filter(|f| of(&f.before)) {
            let (edited, _) = CHANNEL.edited(&fixture.before);
            let calls = elixir("tree.exs", &[used, "def"], &edited);
            let clauses = calls.lines().filter(|call| call.contains(clause)).count();
            let wanted = usize::from(edited != fixture.before || fixture.before.contains(clause));
            assert_eq!(clauses, wanted, "{}\n{calls}", fixture.name);
        }
    }
}

#[test]
#[ignore = "needs elixir"]
fn code_that_requires_a_token_is_in_the_right_function() {
    adds_to_the_body(&ROUTER, "MyAppWeb", "scope", "\"/token\", SocketToken", 1);
    adds_to_the_body(
        &ENDPOINT_AUTH,
        "Phoenix.Endpoint",
        "socket",
        "auth_token: true",
        1,
    );
    adds_to_the_body(
        &SOCKET_AUTH,
        "Phoenix.Socket",
        "def",
        "SocketToken.verify",
        1,
    );
    adds_to_the_body(
        &SOCKET_AUTH,
        "Phoenix.Socket",
        "def",
        "#{socket.assigns.user}",
        1,
    );
}

#[test]
#[ignore = "needs elixir"]
fn no_app_is_called_as_a_module_of_elixir_is() {
    let modules = elixir("modules.exs", &[], "");
    assert!(
        modules.lines().any(|line| line == "String string"),
        "{modules}"
    );
    for line in modules.lines() {
        let (module, name) = line.split_once(' ').expect("two words");
        let quiet = ["--stack", "phoenix", "--no-git", "--no-install"];
        for new in [&["new", name][..], &["new", "my_app", "--module", module]] {
            let sandbox = Sandbox::new();
            let ran = sandbox.run(&[new, &quiet].concat());

            assert_eq!(ran.code, Some(2), "{line}: {}", ran.stdout);
            assert!(ran.stderr.contains("\nhelp: "), "{}", ran.stderr);
        }
    }
}

#[test]
#[ignore = "needs elixir"]
fn what_readers_make_of_printed_lines_parses() {
    let places = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/phoenix/places");
    let files = crate::support::tree(&places)
        .into_iter()
        .map(|(path, _)| path);
    let pasted = files.filter(|path| path.contains("/manual.ex") && !path.contains("/broken"));
    let pasted: Vec<_> = pasted
        .map(|path| places.join(path).display().to_string())
        .collect();
    assert!(pasted.len() > 40, "{pasted:?}");

    let pasted: Vec<_> = pasted.iter().map(String::as_str).collect();
    elixir("check.exs", &pasted, "");
}
