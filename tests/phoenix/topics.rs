//! Exact topics (`--exact`) and topics per user (`--per-user`).

use crate::support::Sandbox;

const SOCKET: &str = "my_app/lib/my_app_web/channels/user_socket.ex";
const SCRIPT: &str = "my_app/assets/js/user_socket.js";

#[test]
fn an_exact_topic_is_routed_joined_and_tested() {
    let sandbox = Sandbox::with_phoenix_app();
    let exact = ["gen", "channel", "Status", "--exact", "--yes"];

    sandbox.ok(&exact);

    let channel = sandbox.read("my_app/lib/my_app_web/channels/status_channel.ex");
    assert!(
        channel.contains("  def join(\"status\", _payload, socket) do\n"),
        "{channel}"
    );
    let test = sandbox.read("my_app/test/my_app_web/channels/status_channel_test.exs");
    assert!(test.contains("  @topic \"status\"\n"), "{test}");
    let route = "  channel \"status\", MyAppWeb.StatusChannel\n";
    assert!(sandbox.read(SOCKET).contains(route));
    let join = "export const statusChannel = socket.channel(\"status\", {})\n";
    assert!(sandbox.read(SCRIPT).contains(join));
    let before = sandbox.tree();
    sandbox.ok(&exact);
    assert_eq!(sandbox.tree(), before, "the same again");
}

/// The first route that fits wins, so a page that joined `room:lobby` would join the other channel.
#[test]
fn a_page_joins_no_topic_that_is_routed_to_another_channel() {
    let sandbox =
        Sandbox::with_phoenix_app().after(&[&["gen", "channel", "Lobby", "--exact", "--yes"]]);
    let channel = "my_app/lib/my_app_web/channels/lobby_channel.ex";
    for path in [SOCKET, SCRIPT, channel] {
        let moved = sandbox.read(path).replace("\"lobby\"", "\"room:lobby\"");
        sandbox.write(path, &moved);
    }

    let room = ["gen", "channel", "Room"];
    sandbox.ok(&room);

    let routes = "  channel \"room:lobby\", MyAppWeb.LobbyChannel\n  channel \"room:*\", MyAppWeb.RoomChannel\n";
    assert!(sandbox.read(SOCKET).contains(routes));
    let join = "export const roomChannel = socket.channel(\"room:main\", {})\n";
    assert!(sandbox.read(SCRIPT).contains(join));
    let test = sandbox.read("my_app/test/my_app_web/channels/room_channel_test.exs");
    assert!(test.contains("  @topic \"room:main\"\n"), "{test}");
    sandbox.run(&room).found_all_identical();
}

#[test]
fn an_exact_topic_goes_beside_those_below_it() {
    let sandbox = Sandbox::with_phoenix_app().after(&[
        &["gen", "channel", "Room", "--yes"],
        &["gen", "channel", "Hall", "--topic", "room", "--exact"],
    ]);

    let socket = sandbox.read(SOCKET);
    assert!(socket.contains("  channel \"room:*\", MyAppWeb.RoomChannel\n"));
    assert!(socket.contains("  channel \"room\", MyAppWeb.HallChannel\n"));
    let script = sandbox.read(SCRIPT);
    assert!(script.contains("socket.channel(\"room:lobby\", {})"));
    assert!(script.contains("socket.channel(\"room\", {})"));
}

#[test]
fn a_topic_per_user_is_joined_only_by_that_user() {
    let sandbox = Sandbox::with_phoenix_app().after(&[&["gen", "auth", "--yes"]]);
    let per_user = ["gen", "channel", "Inbox", "--per-user"];

    sandbox.ok(&per_user);

    let channel = sandbox.read("my_app/lib/my_app_web/channels/inbox_channel.ex");
    let join = "  def join(\"inbox:\" <> id, _payload, socket) do
    user = socket.assigns[:user]

    if user && id == to_string(user) do
      {:ok, socket}
    else
      {:error, %{reason: \"unauthorized\"}}
    end
  end
";
    assert!(channel.contains(join), "{channel}");
    let script = sandbox.read(SCRIPT);
    let import = "import { connectWithToken, token, userFetched } from \"./token.js\"\n";
    assert!(script.contains(import), "{script}");
    assert_eq!(script.matches("token.js").count(), 1, "{script}");
    assert!(script.contains("  inboxChannel = socket.channel(`inbox:${user}`, {})\n"));
    let token = sandbox.read("my_app/assets/js/token.js");
    assert!(token.contains("export const userFetched = "), "{token}");
    let before = sandbox.tree();
    sandbox.ok(&per_user);
    assert_eq!(sandbox.tree(), before, "the same again");
}

#[test]
fn a_script_in_another_folder_imports_the_token_by_its_path_from_there() {
    for (folder, path) in [
        ("assets/js/lib", "../token.js"),
        ("assets/src", "../js/token.js"),
    ] {
        let sandbox = Sandbox::with_phoenix_app().after(&[&["gen", "socket", "User"]]);
        let script = format!("my_app/{folder}/net.js");
        sandbox.write(&script, &sandbox.read(SCRIPT));
        std::fs::remove_file(sandbox.path().join(SCRIPT)).expect("it was there");

        let sandbox =
            sandbox.after(&[&["gen", "auth"], &["gen", "channel", "Inbox", "--per-user"]]);

        let script = sandbox.read(&script);
        let imports: Vec<_> = script
            .lines()
            .filter(|line| line.contains("token.js"))
            .collect();
        let import = format!("import {{ connectWithToken, token, userFetched }} from \"{path}\"");
        assert_eq!(imports, [import]);
    }
}

#[test]
fn topics_per_user_need_a_socket_that_identifies_its_user() {
    let sandbox = Sandbox::with_phoenix_app();
    let before = sandbox.tree();

    let refused = sandbox.run(&["gen", "channel", "Inbox", "--per-user", "--yes"]);
    refused.misused(
        "error: `--per-user` needs the token of `gen auth`, which identifies the user of a page\n\
         help: hello-sockets gen auth\n",
    );
    let both = sandbox.run(&["gen", "channel", "Inbox", "--per-user", "--exact"]);
    assert!(
        both.stderr.starts_with(
            "error: `--exact` is for one topic, `--per-user` for a topic for each user\n"
        ),
        "{}",
        both.stderr
    );
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_socket_that_does_not_know_its_user_routes_no_users_topic() {
    let sandbox = Sandbox::with_phoenix_app().after(&[
        &["gen", "channel", "Room", "--yes"],
        &["gen", "auth", "--socket", "Device", "--yes"],
    ]);
    let before = sandbox.tree();

    let refused = sandbox.run(&["gen", "channel", "Inbox", "--per-user"]);

    refused.misused(
        "error: with `--per-user`, a socket has to know its user, and UserSocket assigns no `:user`\n\
         help: hello-sockets gen auth\n",
    );
    assert_eq!(sandbox.tree(), before);
    let device = [
        "gen",
        "channel",
        "Inbox",
        "--per-user",
        "--socket",
        "Device",
    ];
    sandbox.ok(&device);
}

#[test]
fn who_is_in_a_users_topic_is_counted_and_shown() {
    let sandbox = Sandbox::with_phoenix_app().after(&[
        &["gen", "auth", "--yes"],
        &["gen", "channel", "Inbox", "--per-user"],
    ]);
    let presence = ["gen", "presence", "--channel", "Inbox", "--strict"];

    let ran = sandbox.ok(&presence);

    let channel = sandbox.read("my_app/lib/my_app_web/channels/inbox_channel.ex");
    assert!(
        channel.contains("      send(self(), :after_join)\n      {:ok, socket}\n"),
        "{channel}"
    );
    let script = sandbox.read(SCRIPT);
    let kept = "
  // `inboxPresence.list()` returns the users in the topic. `onSync` runs after each change.
  const inboxPresence = new Presence(inboxChannel)
  inboxPresence.onSync(() => {
    const detail = { channel: inboxChannel, presence: inboxPresence }
    window.dispatchEvent(new CustomEvent(\"presence:sync\", { detail })) // for the page's inspector
  })
})
";
    assert!(script.contains(kept), "{script}");
    assert!(!ran.stdout.contains("No script is known"), "{}", ran.stdout);
    sandbox.run(&presence).found_all_identical();
}

#[test]
fn a_socket_with_a_user_of_its_own_is_told_what_its_channel_compares() {
    let sandbox = Sandbox::with_phoenix_app().after(&[&["gen", "channel", "Room", "--yes"]]);
    let path = "my_app/lib/my_app_web/channels/user_socket.ex";
    let source = sandbox.read(path);
    sandbox.ok(&["gen", "auth"]);
    let inbox = ["gen", "channel", "Inbox", "--per-user"];
    let next = "UserSocket assigns a `:user` of its own. InboxChannel compares it with the end of the topic by `to_string(user)`: if\n\
                it is a struct, compare its id there.\n";
    let ran = sandbox.ok(&[&inbox[..], &["--dry-run"]].concat());
    assert!(!ran.stdout.contains(next), "{}", ran.stdout);

    let accepts = "{:ok, socket}";
    assert!(source.contains(accepts), "{source}");
    let own = source.replace(accepts, "{:ok, assign(socket, :user, Accounts.one())}");
    sandbox.write(path, &own);
    let ran = sandbox.ok(&inbox);
    ran.prints(next);
}

#[test]
fn a_channel_of_the_app_that_does_not_accept_the_topic_is_told_of() {
    let room = |join: &str| {
        format!(
            "defmodule MyAppWeb.RoomChannel do\n  use MyAppWeb, :channel\n\n  {join} do\n    {{:ok, socket}}\n  end\nend\n"
        )
    };
    let next = "No clause of `join` in RoomChannel accepts ";
    for (join, options, told) in [
        ("def join(\"room:lobby\", _payload, socket)", &[][..], ""),
        ("def join(\"room:\" <> _id, _payload, socket)", &[], ""),
        (
            "def join(\"room:\" <> id, _p, socket) when id != \"\"",
            &[],
            "",
        ),
        (
            "def join(topic, _payload, socket)",
            &["--topic", "chat"],
            "",
        ),
        (
            "def join(\"room:lobby\", _payload, socket)",
            &["--topic", "chat"],
            "`chat:lobby`",
        ),
        (
            "def join(\"room:\" <> _id, _payload, socket)",
            &["--topic", "chat"],
            "`chat:lobby`",
        ),
        (
            "def join(\"room:42\", _p, socket) when is_map(socket)",
            &[],
            "`room:lobby`",
        ),
        (
            "def join(\"room:lobby\", _payload, socket)",
            &["--exact"],
            "`room`",
        ),
        ("def join(\"room\", _payload, socket)", &["--exact"], ""),
    ] {
        let sandbox = Sandbox::with_phoenix_app();
        sandbox.write(
            "my_app/lib/my_app_web/channels/room_channel.ex",
            &room(join),
        );
        let args = ["gen", "channel", "Room", "--yes", "--skip"];
        let ran = sandbox.ok(&[&args, options].concat());
        match told {
            "" => assert!(!ran.stdout.contains(next), "{join}: {}", ran.stdout),
            topic => assert!(
                ran.stdout
                    .contains(&format!("{next}{topic}, which is routed to it: add one.\n")),
                "{join}: {}",
                ran.stdout
            ),
        }
    }
    let new = Sandbox::with_phoenix_app();
    let ran = new.ok(&["gen", "channel", "Room", "--yes"]);
    assert!(!ran.stdout.contains(next), "{}", ran.stdout);
}
