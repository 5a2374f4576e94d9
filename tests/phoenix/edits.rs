//! Files of apps that we did not make, in the shapes that Phoenix 1.3 to 1.8 and people give them: the cases beside
//! each place, run through the whole command.

use std::fs;
use std::path::Path;

use crate::support::{Ran, Sandbox};

/// A kind of file, and the command that edits it.
pub struct Kind {
    /// The place, below `templates`.
    cases: &'static str,
    path: &'static str,
    /// What was run in the app before the file took its place.
    before: &'static [&'static [&'static str]],
    args: &'static [&'static str],
    /// What the reader is told if the edit is left to them.
    by_hand: &'static str,
    /// Cases in which the command does more than this place: a socket that is not mounted is mounted.
    more: &'static [&'static str],
}

pub const ENDPOINT: Kind = Kind {
    cases: "phoenix/places/endpoint_sockets",
    path: "lib/my_app_web/endpoint.ex",
    before: &[],
    args: &["gen", "socket", "User"],
    by_hand: "\nAdd this to `lib/my_app_web/endpoint.ex` to mount the socket:\n\n    \
        socket \"/socket\", MyAppWeb.UserSocket,\n      websocket: true,\n      longpoll: false\n",
    more: &[],
};
pub const SOCKET: Kind = Kind {
    cases: "phoenix/places/socket_routes",
    path: "lib/my_app_web/channels/user_socket.ex",
    before: &[&["gen", "socket", "User"]],
    args: &["gen", "channel", "Room"],
    by_hand: "\nAdd this to `lib/my_app_web/channels/user_socket.ex` to route the channel:\n\n    \
        channel \"room:*\", MyAppWeb.RoomChannel\n",
    more: &[],
};
const APP_JS: Kind = Kind {
    cases: "shared/places/script_imports",
    path: "assets/js/app.js",
    before: &[],
    args: &["gen", "socket", "User"],
    by_hand: "\nAdd this to `assets/js/app.js` to load the script:\n\n    import \"./user_socket.js\"\n",
    more: &[],
};
pub const APPLICATION: Kind = Kind {
    cases: "phoenix/places/children",
    path: "lib/my_app/application.ex",
    before: &[],
    args: &["gen", "presence"],
    by_hand: "\nAdd this to `lib/my_app/application.ex` to start it, among the children: after the PubSub, \
        before the endpoint:\n\n    MyAppWeb.Presence,\n",
    more: &[],
};
pub const CHANNEL: Kind = Kind {
    cases: "phoenix/places/channel_after_join",
    path: "lib/my_app_web/channels/room_channel.ex",
    before: &[&["gen", "channel", "Room", "--yes"]],
    args: &["gen", "presence", "--channel", "Room"],
    by_hand: "\nAdd this to `lib/my_app_web/channels/room_channel.ex` to count clients in, the first as the last \
        thing in `join` before its `{:ok, socket}`:\n\n",
    more: &[],
};
pub const ROUTER: Kind = Kind {
    cases: "phoenix/places/router_browser",
    path: "lib/my_app_web/router.ex",
    before: &[&["gen", "socket", "User"]],
    args: &["gen", "auth"],
    by_hand: "\nAdd this to `lib/my_app_web/router.ex` to serve tokens:",
    more: &[],
};
pub const ENDPOINT_AUTH: Kind = Kind {
    cases: "phoenix/places/socket_options",
    path: "lib/my_app_web/endpoint.ex",
    before: &[&["gen", "socket", "User"]],
    args: &["gen", "auth"],
    by_hand: "\nAdd this to `lib/my_app_web/endpoint.ex` to read the token",
    more: &["another_of_that_last_name", "mounted_elsewhere"],
};
pub const SOCKET_AUTH: Kind = Kind {
    cases: "phoenix/places/socket_user",
    path: "lib/my_app_web/channels/user_socket.ex",
    before: &[&["gen", "socket", "User"]],
    args: &["gen", "auth"],
    by_hand: "\nAdd this to `lib/my_app_web/channels/user_socket.ex` to let in only who shows a token, in place of \
        its own `connect` and `id`:\n\n",
    more: &[],
};
const SCRIPT_AUTH: Kind = Kind {
    cases: "shared/places/script_token",
    path: "assets/js/user_socket.js",
    before: &[&["gen", "socket", "User"]],
    args: &["gen", "auth"],
    by_hand: "\nAdd this to `assets/js/user_socket.js` to show the token: in the options of the `Socket`, which \
        connects when there is one:\n\n",
    more: &[],
};

/// A file in the shape that an app may have it, and in the one that the command leaves it in.
pub struct Fixture {
    pub name: String,
    pub before: String,
    after: Option<String>,
    /// Left to the reader.
    manual: bool,
}

impl Kind {
    pub fn fixtures(&self) -> Vec<Fixture> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("templates")
            .join(self.cases);
        let entries = fs::read_dir(&folder).expect("the cases are there");
        let mut paths: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
        paths.sort();
        assert!(!paths.is_empty(), "{}", folder.display());
        paths.iter().map(|path| Fixture::read(path)).collect()
    }

    /// What the command makes of `source` in a new app, and says.
    pub fn edited(&self, source: &str) -> (String, Ran) {
        let sandbox = Sandbox::with_phoenix_app();
        for args in self.before {
            sandbox.run(args).succeeded();
        }
        let path = format!("my_app/{}", self.path);
        sandbox.write(&path, source);
        let ran = sandbox.run(self.args).succeeded();
        let before = sandbox.tree();
        sandbox.run(self.args).succeeded();
        assert_eq!(sandbox.tree(), before, "run twice it changes nothing");
        (sandbox.read(&path), ran)
    }

    /// The report without the reasons in parentheses that a manual step may give.
    fn without_reasons(report: &str) -> String {
        let lines = report
            .lines()
            .map(|line| match line.split_once(" (lines ") {
                Some((start, _)) => format!("{start}:"),
                None => line.to_owned(),
            });
        lines.map(|line| line + "\n").collect()
    }

    fn holds(&self) {
        for fixture in self.fixtures() {
            if self.more.contains(&fixture.name.as_str()) {
                continue;
            }
            let (edited, ran) = self.edited(&fixture.before);
            let verb = match (&fixture.after, fixture.manual) {
                (Some(after), _) => {
                    assert_eq!(&edited, after, "{}", fixture.name);
                    "injecting"
                }
                (None, manual) => {
                    assert_eq!(edited, fixture.before, "{}", fixture.name);
                    let said = Self::without_reasons(&ran.stdout).contains(self.by_hand);
                    assert_eq!(said, manual, "{}\n{}", fixture.name, ran.stdout);
                    if manual { "" } else { "identical" }
                }
            };
            let line = |verb: &str| ran.stdout.contains(&format!("* {verb} {}\n", self.path));
            for one in ["injecting", "identical"] {
                assert_eq!(line(one), one == verb, "{}\n{}", fixture.name, ran.stdout);
            }
        }
    }
}

impl Fixture {
    fn read(folder: &Path) -> Self {
        let read = |stem: &str| {
            let mut files = fs::read_dir(folder).expect("a case is a folder");
            let path = files.find_map(|file| {
                let path = file.expect("an entry").path();
                (path.file_stem()? == stem).then_some(path)
            })?;
            Some(fs::read_to_string(path).expect("it is read"))
        };
        Self {
            name: folder
                .file_name()
                .expect("it has one")
                .to_string_lossy()
                .into_owned(),
            before: read("before").expect("a case has a `before`"),
            after: read("after"),
            manual: folder.join("manual").exists(),
        }
    }
}

#[test]
fn a_socket_is_mounted_in_the_endpoints_own_body_or_left_to_the_reader() {
    ENDPOINT.holds();
}

#[test]
fn a_channel_is_routed_beside_the_others_or_left_to_the_reader() {
    SOCKET.holds();
}

#[test]
fn a_script_is_imported_in_the_files_own_way() {
    APP_JS.holds();
}

#[test]
fn a_presence_is_started_between_the_pubsub_and_the_endpoint_or_left_to_the_reader() {
    APPLICATION.holds();
}

#[test]
fn a_channel_counts_its_clients_in_where_it_lets_them_in_or_that_is_left_to_the_reader() {
    CHANNEL.holds();
}

#[test]
fn tokens_are_served_to_browsers_beside_the_pages_or_that_is_left_to_the_reader() {
    ROUTER.holds();
}

#[test]
fn a_mounted_socket_reads_the_token_or_that_is_left_to_the_reader() {
    ENDPOINT_AUTH.holds();
}

#[test]
fn a_socket_that_lets_everybody_in_asks_for_a_token_and_another_is_left_to_the_reader() {
    SOCKET_AUTH.holds();
}

#[test]
fn a_script_shows_the_token_in_place_of_the_one_that_nobody_sets_or_that_is_left_to_the_reader() {
    SCRIPT_AUTH.holds();
}

#[test]
fn a_script_in_typescript_is_edited_and_one_that_is_missing_is_left_to_the_reader() {
    let sandbox = Sandbox::with_phoenix_app();
    let app_js = sandbox.path().join("my_app/assets/js/app.js");
    fs::remove_file(&app_js).expect("it was there");
    let missing = sandbox.run(&["gen", "socket", "User"]).succeeded();
    let lines = "\nAdd this to load the script (there is no `assets/js/app.js`):\n\n    import \"./user_socket.js\"\n";
    assert!(missing.stdout.contains(lines), "{}", missing.stdout);

    for extension in ["ts", "tsx"] {
        let file = format!("my_app/assets/js/app.{extension}");
        let source = "import \"phoenix_html\"\nconst token: string = \"\"\n";
        sandbox.write(&file, source);
        sandbox.run(&["gen", "socket", "Device"]).succeeded();

        let expected = source.replace("html\"\n", "html\"\nimport \"./device_socket.js\"\n");
        assert_eq!(sandbox.read(&file), expected);
        fs::remove_file(sandbox.path().join(&file)).expect("it was there");
    }
    assert!(!app_js.exists());
}
