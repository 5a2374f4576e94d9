//! Runs in random order: each leaves the app as it was when it is refused, repeated or taken back. In between, its owner adds
//! lines. A sequence is that of its seed; `SEEDS=40..80 cargo test --test random_runs` tries others.

mod support;

use std::env;
use std::ops::Range;

use support::taken_back::different;
use support::{Ran, Sandbox};

/// Sequences of each stack.
const SEEDS: Range<u64> = 5..7;

/// Most runs of a sequence.
const LONGEST: usize = 6;

const NAMES: [&str; 6] = ["User", "Room", "Admin.Room", "Chat", "Status", "Device"];
const SOCKETS: [&str; 3] = ["User", "Device", "Kiosk"];

/// Lines of an owner: the file, the start of the line that they go before, and the line.
const OWN_IN_RUST: [[&str; 3]; 8] = [
    ["Cargo.toml", "include_dir = ", "own_code = \"1\""],
    ["src/lib.rs", "pub mod log;", "mod own_code {}"],
    ["src/channels/mod.rs", "//! ", "//! own_code"],
    ["src/endpoint.rs", "use crate::log;", "use crate::own_code;"],
    ["src/endpoint.rs", ".url(", ".state(own_code)"],
    [
        "src/endpoint.rs",
        ".route(\"/up\"",
        ".route(\"/\", own_code)",
    ],
    ["src/config.rs", "pub port: ", "pub own_code: u16,"],
    ["assets/js/app.js", "import ", "import \"./own_code.js\""],
];
const OWN_IN_PHOENIX: [[&str; 3]; 8] = [
    ["mix.exs", "{:bandit,", "{:own_code, \"~> 1.0\"},"],
    ["lib/my_app/application.ex", "@otp_app", "@own_code 1"],
    [
        "lib/my_app/application.ex",
        "MyAppWeb.Telemetry",
        "own_code(),",
    ],
    [
        "lib/my_app/application.ex",
        "MyAppWeb.Endpoint",
        "{Own, own_code()},",
    ],
    [
        "lib/my_app_web/endpoint.ex",
        "plug Plug.Head",
        "plug :own_code",
    ],
    [
        "lib/my_app_web/router.ex",
        "get ",
        "get \"/own_code\", Own, :show",
    ],
    ["config/runtime.exs", "config ", "config :own_code, []"],
    ["assets/js/app.js", "import ", "import \"./own_code.js\""],
];

/// Handlers of an owner's socket that is not mounted.
const OWN_SOCKET_IN_RUST: [(&str, &str); 2] = [
    (
        "my_app/src/channels/mod.rs",
        "//! Channels and socket handlers.\n\npub mod user_socket;\n",
    ),
    (
        "my_app/src/channels/user_socket.rs",
        "use axum_channels::{Channels, ConnectInfo, Params, Result, SocketHandler};\n\npub struct UserSocket;\n\nimpl SocketHandler for UserSocket {\n    \
         async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {\n        Ok(Self)\n    }\n\n    \
         fn channels(routes: &mut Channels<Self>) {\n        // Channels of this socket:\n        // routes.channel::<TopicChannel>(\"topic:*\");\n    }\n\n    \
         fn id(&self) -> Option<String> {\n        None\n    }\n}\n",
    ),
];
/// In the form of `mix phx.gen.socket`, as its client.
const OWN_SOCKET_IN_PHOENIX: [(&str, &str); 1] = [(
    "my_app/lib/my_app_web/channels/user_socket.ex",
    "defmodule MyAppWeb.UserSocket do\n  use Phoenix.Socket\n\n  # Channels of this socket:\n  # channel \"topic:*\", MyAppWeb.TopicChannel\n\n  \
     @impl true\n  def connect(_params, socket, _connect_info) do\n    {:ok, socket}\n  end\n\n  @impl true\n  def id(_socket), do: nil\nend\n",
)];
/// The client of that socket, which no script loads.
const OWN_CLIENT: [(&str, &str); 2] = [
    (
        "my_app/assets/js/user_socket.js",
        "import {Socket} from \"phoenix\"\n\nlet socket = new Socket(\"/socket\", {params: {token: window.userToken}})\n\n\
         socket.connect()\n\nexport default socket\n",
    ),
    (
        "my_app/assets/js/app.js",
        "// The client of the socket:\n// import \"./user_socket.js\"\n\nimport \"./inspector.js\"\n",
    ),
];

/// A word of all lines of an owner.
const OWN: &str = "own_code";

/// Random choices: the same ones for each seed.
struct Choices(u64);

impl Choices {
    fn below(&mut self, count: usize) -> usize {
        // Knuth's MMIX: its low bits repeat.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % count
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// One in `count` times.
    fn rarely(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }

    /// The words of a run, after `gen` or `destroy`.
    fn run(&mut self, is_rust: bool) -> Vec<&'static str> {
        let mut words = Vec::new();
        match self.below(20) {
            0..4 => {
                words.extend(["socket", self.one(&SOCKETS)]);
                if self.rarely(4) {
                    words.push("--longpoll");
                }
                if self.rarely(6) {
                    words.push("--no-js");
                }
            }
            4..12 => {
                words.extend(["channel", self.one(&NAMES)]);
                match self.below(8) {
                    0 => words.extend(["--topic", "news"]),
                    1 => words.push("--exact"),
                    2 => words.push("--per-user"),
                    3 if is_rust => words.push("--history"),
                    _ => {}
                }
                match self.below(8) {
                    0..3 => words.extend(["--socket", self.one(&SOCKETS)]),
                    3 => words.push("--no-socket"),
                    _ => {}
                }
            }
            12..16 => {
                words.push("presence");
                if self.rarely(2) {
                    words.push(self.one(&NAMES));
                }
                if self.rarely(2) {
                    words.extend(["--channel", self.one(&NAMES)]);
                }
            }
            16..18 => {
                words.push("auth");
                if self.rarely(2) {
                    words.extend(["--socket", self.one(&SOCKETS)]);
                }
                if is_rust && self.rarely(3) {
                    words.push("--sign-in");
                }
            }
            18 => words.push("release"),
            _ => {
                words.push("pubsub");
                if is_rust && self.rarely(2) {
                    words.push("nats");
                }
            }
        }
        words
    }
}

/// Adds up to three lines of an owner: code, or a comment before a line that the app was made with.
fn edit(sandbox: &Sandbox, choices: &mut Choices, start: &[(String, Vec<u8>)], is_rust: bool) {
    let own = match is_rust {
        true => &OWN_IN_RUST,
        false => &OWN_IN_PHOENIX,
    };
    for _ in 0..choices.below(4) {
        let [path, before, line] = own[choices.below(own.len())];
        let path = &format!("my_app/{path}");
        let text = sandbox.read(path);
        let made = start.iter().find(|(made, _)| made == path);
        let made = String::from_utf8_lossy(&made.expect("it is in a new app").1);
        let mut lines: Vec<_> = text.lines().collect();
        let (at, line) = if choices.rarely(2) {
            let at = lines
                .iter()
                .position(|line| line.trim().starts_with(before));
            // Twice is an error in tables and modules.
            let is_new = !text.contains(line);
            (at.filter(|_| is_new), line.to_owned())
        } else {
            // Other lines may be inside of a text: `end`, `}`, or a string.
            let is_safe = |line: &str| {
                let first = line.trim_start();
                first.starts_with(char::is_alphabetic) && line.ends_with([',', ';', ')', ']', '"'])
            };
            let of_app: Vec<_> = made.lines().filter(|line| is_safe(line)).collect();
            let at: Vec<_> = (0..lines.len())
                .filter(|at| of_app.contains(&lines[*at]))
                .collect();
            let mark = match path.rsplit('.').next() {
                Some("rs" | "js") => "//",
                _ => "#",
            };
            let at = (!at.is_empty()).then(|| at[choices.below(at.len())]);
            (
                at,
                format!("{mark} {OWN}: {} }} ) end ü", choices.below(99)),
            )
        };
        if let Some(at) = at {
            let margin = lines[at].len() - lines[at].trim_start().len();
            let line = lines[at][..margin].to_owned() + &line;
            lines.insert(at, &line);
            sandbox.write(path, &(lines.join("\n") + "\n"));
        }
    }
}

/// Returns the files without the lines of an owner, and those lines.
fn without_own_lines(tree: &[(String, Vec<u8>)]) -> (Vec<(String, Vec<u8>)>, Vec<String>) {
    let (mut files, mut own_lines) = (tree.to_vec(), Vec::new());
    for (path, bytes) in &mut files {
        let text = String::from_utf8_lossy(bytes);
        if !path.contains("/vendor/") && text.contains(OWN) {
            let lines = text.split_inclusive('\n');
            let (own, others): (Vec<_>, Vec<_>) = lines.partition(|line| line.contains(OWN));
            own_lines.extend(own.iter().map(|line| format!("{path}: {line}")));
            *bytes = others.concat().into_bytes();
        }
    }
    (files, own_lines)
}

/// Makes the runs of a seed, and takes all of them back in another order: by `destroy` with `options`.
fn walk(sandbox: &Sandbox, seed: u64, is_rust: bool, options: &[&str]) {
    let start = sandbox.tree();
    let mut choices = Choices(seed);
    let mut made: Vec<Vec<&str>> = Vec::new();
    for _ in 0..2 + choices.below(LONGEST - 1) {
        edit(sandbox, &mut choices, &start, is_rust);
        let words = choices.run(is_rust);
        let run = |command: &str| sandbox.run(&[&[command], &*words, &["--yes"]].concat());
        let before = sandbox.tree();
        let ran = run("gen");
        let after = sandbox.tree();
        let context = format!("seed {seed}: {made:?}, then {words:?}\n{ran:?}");
        match ran.code {
            Some(0) => {}
            Some(2) => {
                assert!(after == before, "refused, and has written: {context}");
                continue;
            }
            _ => panic!("{context}"),
        }
        let own_lines = |tree| without_own_lines(tree).1;
        assert_eq!(own_lines(&after), own_lines(&before), "{context}");
        let again = run("gen");
        assert_eq!(again.code, Some(0), "{context}\nagain: {again:?}");
        assert!(sandbox.tree() == after, "not the same again: {context}");
        if after == before {
            continue;
        }
        if choices.rarely(2) {
            let undone = sandbox.run(&["undo"]);
            assert_eq!(undone.code, Some(0), "{context}\n{undone:?}");
            assert_eq!(different(sandbox, &before), [""; 0], "{context}");
            run("gen");
            assert_eq!(different(sandbox, &after), [""; 0], "{context}");
        }
        made.push(words);
    }
    edit(sandbox, &mut choices, &start, is_rust);
    let (start, _) = without_own_lines(&start);
    let (_, own_lines) = without_own_lines(&sandbox.tree());
    choices.shuffle(&mut made);
    // Sockets that a question has made stay if they have other channels.
    let sockets = SOCKETS.map(|name| vec!["socket", name]);
    let (mut report, mut has_manual_steps) = (String::new(), false);
    // A handler of the owner that no run has edited: it may have been given channels since it was mounted.
    let is_kept = |ran: &Ran| {
        let needs = ["user_socket.rs needs it.", "user_socket.js needs it."];
        options == ["--skip"] && is_rust && needs.iter().any(|needs| ran.stdout.contains(needs))
    };
    // Several rounds: a thing that others need is refused until they are gone.
    let mut keeps_mount = false;
    for _ in 0..made.len() {
        for words in made.iter().chain(&sockets) {
            let ran =
                sandbox.run(&[&["destroy"], &**words, &["--yes", "--strict"], options].concat());
            // A mount that `gen auth` has changed, of a handler that --force removes.
            has_manual_steps |= !is_rust && ran.code == Some(3);
            keeps_mount |= is_kept(&ran);
            report += &format!("destroy {words:?}\n{}{}\n", ran.stdout, ran.stderr);
        }
        let (left, own_lines_left) = without_own_lines(&sandbox.tree());
        assert_eq!(own_lines_left, own_lines, "seed {seed}: {made:?}\n{report}");
        if has_manual_steps || left == start {
            return;
        }
    }
    let (left, _) = without_own_lines(&sandbox.tree());
    let mounts = ["my_app/src/endpoint.rs", "my_app/assets/js/app.js"];
    let is_of_mount = |path: &str| keeps_mount && mounts.contains(&path);
    let left: Vec<_> = left
        .iter()
        .filter(|file| !start.contains(file) && !is_of_mount(&file.0))
        .map(|(path, text)| (path, String::from_utf8_lossy(text)))
        .collect();
    let context = format!("seed {seed}: {made:?}\n{report}");
    assert!(keeps_mount && left.is_empty(), "{context}\nleft: {left:#?}");
}

fn seeds() -> Range<u64> {
    let given = env::var("SEEDS").ok();
    let parse = |given: String| {
        let (first, end) = given.split_once("..")?;
        Some(first.parse().ok()?..end.parse().ok()?)
    };
    given.map_or(SEEDS, |given| parse(given).expect("SEEDS=0..9"))
}

#[test]
fn runs_in_random_order_on_rust_are_exact_and_taken_back() {
    for seed in seeds() {
        walk(&Sandbox::with_app(), seed, true, &["--force"]);
    }
}

#[test]
fn runs_in_random_order_on_phoenix_are_exact_and_taken_back() {
    for seed in seeds() {
        walk(&Sandbox::with_phoenix_app(), seed, false, &["--force"]);
    }
}

/// Returns the app with a socket of its owner: `handler`, and its client.
fn with_own_socket(app: Sandbox, handler: &[(&str, &str)]) -> Sandbox {
    for (path, text) in handler.iter().chain(&OWN_CLIENT) {
        app.write(path, text);
    }
    app
}

#[test]
fn runs_in_random_order_with_a_socket_of_the_owner_on_rust_are_exact_and_taken_back() {
    for seed in seeds() {
        let sandbox = with_own_socket(Sandbox::with_app(), &OWN_SOCKET_IN_RUST);
        walk(&sandbox, seed, true, &["--skip"]);
    }
}

#[test]
fn runs_in_random_order_with_a_socket_of_the_owner_on_phoenix_are_exact_and_taken_back() {
    for seed in seeds() {
        let sandbox = with_own_socket(Sandbox::with_phoenix_app(), &OWN_SOCKET_IN_PHOENIX);
        walk(&sandbox, seed, false, &["--skip"]);
    }
}
