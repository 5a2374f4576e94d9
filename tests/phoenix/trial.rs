//! Shapes met in apps that others have made.

use crate::others;
use crate::shapes::{shop, socket, with_socket};
use crate::support::Sandbox;
use crate::support::taken_back::different;

/// The script of a socket as Phoenix 1.3 to 1.5 make it.
const SOCKET_JS: &str = "import {Socket} from \"phoenix\"\n\nlet socket = new Socket(\"/socket\", {params: {}})\n\nsocket.connect()\n\n\
    let channel = socket.channel(\"topic:subtopic\", {})\nchannel.join()\n\nexport default socket\n";

/// A channel that accepts everybody.
const ROOM: &str = "defmodule ShopWeb.RoomChannel do\n  use ShopWeb, :channel\n\n  def join(_topic, _payload, socket) do\n    {:ok, socket}\n  end\nend\n";

#[test]
fn a_presence_goes_into_the_script_that_joins_its_channel() {
    let app_js = "import socket from \"./socket\"\n\nconst channel = socket.channel(\"room:lobby\", {})\nchannel.join()\n";
    let sandbox = with_socket(
        "  channel \"room:*\", ShopWeb.RoomChannel\n",
        &[
            ("assets/js/app.js", app_js),
            ("assets/js/socket.js", SOCKET_JS),
            ("lib/shop_web/channels/room_channel.ex", ROOM),
        ],
    );

    sandbox.ok(&["gen", "presence", "--channel", "Room"]);

    assert_eq!(sandbox.read("my_app/assets/js/socket.js"), SOCKET_JS);
    let script = sandbox.read("my_app/assets/js/app.js");
    let presence = "channel.join()\n\n// `roomPresence.list()` returns the users in the topic. `onSync` runs after each change.\n\
         export const roomPresence = new Presence(channel)\n";
    assert!(script.contains(presence), "{script}");
}

#[test]
fn a_pubsub_whose_name_is_an_atom_keeps_it() {
    let children = "{Phoenix.PubSub, name: :events}";
    let application = format!(
        "defmodule Shop.Application do\n  use Application\n\n  def start(_type, _args) do\n    children = [\n      {children},\n      ShopWeb.Endpoint\n    ]\n\n    \
         Supervisor.start_link(children, strategy: :one_for_one)\n  end\nend\n"
    );
    let sandbox = shop(&[
        ("lib/shop/application.ex", &application),
        (
            "config/config.exs",
            "import Config\n\nconfig :shop, ShopWeb.Endpoint,\n  pubsub_server: :events\n",
        ),
    ]);

    let ran = sandbox.ok(&["gen", "pubsub", "redis"]);
    sandbox.ok(&["gen", "presence"]);

    let now = sandbox.read("my_app/lib/shop/application.ex");
    let wanted = "{Phoenix.PubSub, Application.get_env(:shop, :pubsub, []) ++ [name: :events]},";
    assert!(now.contains(wanted), "{now}");
    let other_nodes = "`Redis::phoenix(url, \"events\", \"rust-1\")`";
    ran.prints(other_nodes);
    let presence = sandbox.read("my_app/lib/shop_web/channels/presence.ex");
    assert!(presence.contains("pubsub_server: :events\n"), "{presence}");
}

/// An app with `socket.js`, and the entry script `app_js`.
fn with_scripts(app_js: &str) -> Sandbox {
    let scripts = [
        ("assets/js/app.js", app_js),
        ("assets/js/socket.js", SOCKET_JS),
    ];
    with_socket("", &scripts)
}

#[test]
fn the_import_of_a_script_that_was_there_is_taken_back() {
    let app_js = "// Local files can be imported, for example:\n//\n//     import socket from \"./socket\"\n//\nimport \"phoenix_html\"\n";
    let sandbox = with_scripts(app_js);
    let before = sandbox.tree();

    sandbox.ok(&["gen", "channel", "Room"]);

    // Without the indentation of an example.
    let uncommented = "//\nimport socket from \"./socket\"\n//\nimport \"phoenix_html\"\n";
    let script = sandbox.read("my_app/assets/js/app.js");
    assert!(script.ends_with(uncommented), "{script}");
    sandbox.ok(&["destroy", "channel", "Room"]);
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn the_import_goes_with_the_socket_that_it_was_made_for() {
    let sandbox = shop(&[("assets/js/socket.js", SOCKET_JS)]);
    let before = sandbox.tree();

    sandbox.ok(&["gen", "channel", "Room", "--yes"]);
    let script = sandbox.read("my_app/assets/js/app.js");
    assert!(script.contains("import \"./socket.js\"\n"), "{script}");
    sandbox.ok(&["destroy", "channel", "Room", "--yes"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn the_import_of_a_script_goes_with_the_last_channel_that_gen_has_made() {
    let sandbox = with_socket(
        "  channel \"room:*\", ShopWeb.RoomChannel\n",
        &[
            ("assets/js/app.js", "import \"phoenix_html\"\n"),
            ("assets/js/socket.js", SOCKET_JS),
            ("lib/shop_web/channels/room_channel.ex", ROOM),
        ],
    );
    let before = sandbox.tree();
    for name in ["Zebra", "Lion"] {
        sandbox.ok(&["gen", "channel", name]);
    }

    let first = sandbox.ok(&["destroy", "channel", "Zebra"]);
    let kept = "`import \"./socket.js\"` in assets/js/app.js stays: lib/shop_web/channels/user_socket.ex needs it.\n";
    first.prints(kept);
    let last = sandbox.ok(&["destroy", "channel", "Lion"]);

    // The channel of the app did without.
    assert!(!last.stdout.contains("stays"), "{}", last.stdout);
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn the_mount_of_a_socket_goes_with_the_last_channel_that_gen_has_made() {
    let handler = socket(
        "ShopWeb.UserSocket",
        "  channel \"room:*\", ShopWeb.RoomChannel\n",
    );
    let sandbox = shop(&[
        ("lib/shop_web/channels/user_socket.ex", &handler),
        ("lib/shop_web/channels/room_channel.ex", ROOM),
    ]);
    let before = sandbox.tree();

    sandbox.ok(&["gen", "channel", "Zebra"]);
    let endpoint = sandbox.read("my_app/lib/shop_web/endpoint.ex");
    assert!(endpoint.contains("socket \"/socket\""), "{endpoint}");
    sandbox.ok(&["destroy", "channel", "Zebra"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn a_mount_that_gen_socket_has_made_stays_when_a_channel_goes() {
    let handler = socket(
        "ShopWeb.UserSocket",
        "  channel \"room:*\", ShopWeb.RoomChannel\n",
    );
    let sandbox = shop(&[
        ("lib/shop_web/channels/user_socket.ex", &handler),
        ("lib/shop_web/channels/room_channel.ex", ROOM),
    ]);
    sandbox.ok(&["gen", "socket", "User", "--no-js", "--skip"]);
    let before = sandbox.tree();

    for command in ["gen", "destroy"] {
        sandbox.ok(&[command, "channel", "Zebra"]);
    }

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn a_presence_of_the_app_is_no_child_any_more_if_it_was_none_before() {
    let presence = "defmodule ShopWeb.Presence do\n  use Phoenix.Presence, otp_app: :shop, pubsub_server: Shop.PubSub\nend\n";
    let application = "defmodule Shop.Application do\n  use Application\n\n  def start(_type, _args) do\n    children = [\n      \
        {Phoenix.PubSub, name: Shop.PubSub},\n      ShopWeb.Endpoint\n    ]\n\n    Supervisor.start_link(children, strategy: :one_for_one)\n  end\nend\n";
    let sandbox = with_socket(
        "  channel \"room:*\", ShopWeb.RoomChannel\n",
        &[
            ("lib/shop_web/channels/room_channel.ex", ROOM),
            ("lib/shop_web/channels/presence.ex", presence),
            ("lib/shop/application.ex", application),
        ],
    );
    let before = sandbox.tree();

    sandbox.ok(&["gen", "presence", "--channel", "Room"]);
    let now = sandbox.read("my_app/lib/shop/application.ex");
    assert!(now.contains("      ShopWeb.Presence,\n"), "{now}");
    sandbox.ok(&["destroy", "presence", "--channel", "Room"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

/// An app with a channel of its own, which its socket routes, and with `files`.
fn with_own_channel(files: &[(&str, &str)]) -> Sandbox {
    let own = [("lib/shop_web/channels/room_channel.ex", ROOM)];
    with_socket(
        "  channel \"room:*\", ShopWeb.RoomChannel\n",
        &[&own[..], files].concat(),
    )
}

#[test]
fn destroy_leaves_the_route_of_a_channel_that_the_app_had() {
    let sandbox = with_own_channel(&[("assets/js/socket.js", SOCKET_JS)]);
    let before = sandbox.tree();

    sandbox.ok(&["gen", "channel", "Room", "--skip"]);
    let script = sandbox.read("my_app/assets/js/socket.js");
    assert!(script.contains("room:lobby"), "{script}");
    let ran = sandbox.run(&["destroy", "channel", "Room", "--yes"]);

    let kept = "`import \"./socket.js\"` in assets/js/app.js stays: lib/shop_web/channels/user_socket.ex needs it.\n";
    assert!(ran.succeeded().stdout.contains(kept));
    let others = different(&sandbox, &before);
    assert!(
        others.iter().all(|path| path == "my_app/assets/js/app.js"),
        "{others:?}"
    );
}

#[test]
fn a_channel_that_the_app_had_gets_no_test_of_other_messages() {
    let test = "my_app/test/shop_web/channels/room_channel_test.exs";
    let sandbox = with_own_channel(&[]);
    sandbox.ok(&["gen", "channel", "Room", "--skip"]);
    assert!(!sandbox.exists(test));

    // A channel that is overwritten gets one, as does that of a run that was stopped.
    let sandbox = with_own_channel(&[]);
    sandbox.ok(&["gen", "channel", "Room", "--force"]);
    let made = sandbox.read(test);
    std::fs::remove_file(sandbox.path().join(test)).expect("it was there");
    sandbox.ok(&["gen", "channel", "Room"]);
    assert_eq!(sandbox.read(test), made);
}

#[test]
fn a_channel_that_tracks_its_clients_by_a_function_of_the_app_stays_as_it_is() {
    let presence = "defmodule ShopWeb.Presence do\n  use Phoenix.Presence, otp_app: :shop, pubsub_server: Shop.PubSub\n\n  \
        def start_tracking(socket), do: track(socket, socket.assigns.user_id, %{})\nend\n";
    for (alias, call) in [
        (
            "alias ShopWeb.{Presence, Repo}",
            "Presence.start_tracking(socket)",
        ),
        (
            "alias ShopWeb.Tracker",
            "push(socket, \"presence_state\", Tracker.list(socket))",
        ),
    ] {
        let channel = format!(
            "defmodule ShopWeb.RoomChannel do\n  use ShopWeb, :channel\n  {alias}\n\n  def join(_topic, _payload, socket) do\n    \
             send(self(), :after_join)\n    {{:ok, socket}}\n  end\n\n  def handle_info(:after_join, socket) do\n    {call}\n    {{:noreply, socket}}\n  end\nend\n"
        );
        let sandbox = with_own_channel(&[
            ("lib/shop_web/channels/room_channel.ex", &channel),
            ("lib/shop_web/channels/presence.ex", presence),
        ]);

        let ran = sandbox.ok(&["gen", "presence", "--channel", "Room"]);

        let wanted = "RoomChannel tracks its clients itself, and stays as it is.\n";
        ran.prints(wanted);
        assert_eq!(
            sandbox.read("my_app/lib/shop_web/channels/presence.ex"),
            presence
        );
        assert!(!sandbox.exists("my_app/test/shop_web/channels/presence_test.exs"));
    }
}

/// Runs `gen`, moves one of its files, and runs it again, which has to find the file. Returns the last output.
fn moved_and_made_again(sandbox: &Sandbox, args: &[&str], from: &str, to: &str) -> String {
    let gen_again = [&["gen"], args].concat();
    sandbox.ok(&gen_again);
    let [from_app, to_app] = [from, to].map(|path| format!("my_app/{path}"));
    let made = sandbox.read(&from_app);
    sandbox.delete(&from_app);
    sandbox.write(&to_app, &made);

    let before = sandbox.tree();
    let ran = sandbox.ok(&gen_again);

    assert_eq!(different(sandbox, &before), [""; 0], "{from}");
    assert!(!ran.stdout.contains(from), "{}", ran.stdout);
    ran.stdout
}

#[test]
fn modules_that_were_moved_are_made_once() {
    let sandbox = with_own_channel(&[("assets/js/socket.js", SOCKET_JS)]);
    for (command, file) in [
        (&["channel", "Lion"][..], "lion_channel.ex"),
        (&["auth"], "socket_token.ex"),
        (&["channel", "Inbox", "--per-user"], "inbox_channel.ex"),
    ] {
        let from = format!("lib/shop_web/channels/{file}");
        let to = format!("lib/shop_web/{file}");
        let stdout = moved_and_made_again(&sandbox, command, &from, &to);
        assert!(stdout.contains(&format!("* skipping {to}\n")), "{stdout}");
    }

    // Also their tests: mix refuses two modules of one name.
    for (command, file) in [
        (&["channel", "Lion"][..], "lion_channel_test.exs"),
        (&["auth"], "socket_token_test.exs"),
        (
            &["presence", "Crowd", "--channel", "Lion"],
            "crowd_test.exs",
        ),
    ] {
        let from = format!("test/shop_web/channels/{file}");
        let to = format!("test/moved_{file}");
        moved_and_made_again(&sandbox, command, &from, &to);
    }
    sandbox.ok(&["destroy", "presence", "Crowd", "--channel", "Lion"]);

    let ran = sandbox.ok(&["destroy", "channel", "Lion"]);
    let kept = "* skipping lib/shop_web/lion_channel.ex\n";
    ran.prints(kept);
    assert!(sandbox.exists("my_app/lib/shop_web/lion_channel.ex"));
}

#[test]
fn a_channel_that_tracks_its_clients_itself_is_no_reason_to_destroy_its_presence() {
    let channel = ROOM.replace(
        "    {:ok, socket}\n",
        "    {:ok, _} = ShopWeb.Presence.track(self(), \"room\", socket.assigns.user, %{})\n    {:ok, socket}\n",
    );
    let sandbox = with_own_channel(&[
        ("lib/shop_web/channels/room_channel.ex", &channel),
        ("assets/js/app.js", "import \"./socket\"\n"),
        ("assets/js/socket.js", SOCKET_JS),
    ]);
    let before = sandbox.tree();

    sandbox.ok(&["gen", "channel", "Room", "--skip"]);
    sandbox.ok(&["destroy", "channel", "Room"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn a_mount_that_the_app_had_is_none_that_stays_when_its_option_goes() {
    let lock =
        "%{\n  \"phoenix\": {:hex, :phoenix, \"1.8.9\", \"0\", [:mix], [], \"hexpm\", \"0\"},\n}\n";
    let sandbox = with_own_channel(&[("mix.lock", lock)]);
    let before = sandbox.tree();

    sandbox.ok(&["gen", "auth"]);
    let endpoint = sandbox.read("my_app/lib/shop_web/endpoint.ex");
    assert!(endpoint.contains("auth_token: true"), "{endpoint}");
    let ran = sandbox.ok(&["destroy", "auth"]);

    assert!(!ran.stdout.contains("stays"), "{}", ran.stdout);
    let others = different(&sandbox, &before);
    assert!(
        !others.iter().any(|path| path.ends_with("endpoint.ex")),
        "{others:?}"
    );
}

/// The page's script of Phoenix 1.5.
const APP_JS_1_5: &str = "// Import deps with the dep name or local files with a relative path, for example:\n//\n\
    //     import {Socket} from \"phoenix\"\n//     import socket from \"./socket\"\n//\nimport \"phoenix_html\"\n";

#[test]
fn the_import_of_a_script_stays_while_only_another_socket_goes() {
    let sandbox = with_scripts(APP_JS_1_5);
    sandbox.ok(&["gen", "channel", "Room"]);
    let before = sandbox.tree();

    for command in [
        &["gen", "socket", "Device"][..],
        &["gen", "channel", "Sensor", "--socket", "Device"],
        &["destroy", "channel", "Sensor", "--no-socket"],
        &["destroy", "socket", "Device"],
    ] {
        sandbox.ok(command);
    }

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn an_uncommented_import_has_its_indentation_again_in_any_order() {
    let sandbox = with_scripts(APP_JS_1_5);
    let before = sandbox.tree();

    for command in [
        &["gen", "channel", "Room"][..],
        &["gen", "socket", "Device"],
        &["destroy", "channel", "Room"],
        &["destroy", "socket", "Device"],
    ] {
        sandbox.ok(command);
    }

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn mounts_in_parentheses_are_taken_back_in_any_order() {
    let endpoint = "defmodule ShopWeb.Endpoint do\n  use Phoenix.Endpoint, otp_app: :shop\n\n  \
                    socket(\"/live\", Phoenix.LiveView.Socket)\n\n  plug(ShopWeb.Router)\nend\n";
    let sandbox = shop(&[("lib/shop_web/endpoint.ex", endpoint)]);

    for command in [
        ["gen", "socket", "User"],
        ["gen", "socket", "Device"],
        ["destroy", "socket", "User"],
        ["destroy", "socket", "Device"],
    ] {
        let ran = sandbox.ok(&command);
        assert!(!ran.stdout.contains("Take out"), "{}", ran.stdout);
    }

    assert_eq!(sandbox.read("my_app/lib/shop_web/endpoint.ex"), endpoint);
}

#[test]
fn an_import_that_was_there_stays() {
    let app_js = "import \"phoenix_html\"\nimport socket from \"./socket\"\n";
    let sandbox = with_scripts(app_js);
    let before = sandbox.tree();

    sandbox.ok(&["gen", "channel", "Room"]);
    sandbox.ok(&["destroy", "channel", "Room"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn the_command_that_routes_prints_for_a_script_loads_it() {
    let sandbox = with_socket("", &[("assets/js/socket.js", SOCKET_JS)]);
    let ran = sandbox.run(&["routes"]);
    let advice = "* `assets/js/socket.js`: no script or page loads it\n    hello-sockets gen socket User --skip\n";
    ran.prints(advice);

    sandbox.ok(&["gen", "socket", "User", "--skip"]);

    let script = sandbox.read("my_app/assets/js/app.js");
    assert!(script.contains("import \"./socket.js\"\n"), "{script}");
}

#[test]
fn a_script_that_is_imported_by_an_alias_is_loaded() {
    let main_js = "const { connect } = await import(\"@js/sockets/user\")\nconnect()\n";
    let user_js = "import { Socket } from \"phoenix\"\n\nexport const connect = () => new Socket(\"/socket\").connect()\n";
    let sandbox = with_socket(
        "",
        &[
            ("assets/js/main.js", main_js),
            ("assets/js/sockets/user.js", user_js),
        ],
    );

    let ran = sandbox.ok(&["routes"]);

    ran.prints("script assets/js/sockets/user.js");
}

#[test]
fn a_presence_of_the_app_is_found_by_what_it_uses() {
    let presence = "defmodule Shop.Presence do\n  use Phoenix.Presence, otp_app: :shop, pubsub_server: Shop.PubSub\nend\n";
    for path in ["lib/shop/presence.ex", "lib/shop_web/channels/presence.ex"] {
        let sandbox = with_socket(
            "  channel \"room:*\", ShopWeb.RoomChannel\n",
            &[
                (path, presence),
                ("lib/shop_web/channels/room_channel.ex", ROOM),
            ],
        );

        sandbox.ok(&["gen", "presence", "--channel", "Room"]);

        let channel = sandbox.read("my_app/lib/shop_web/channels/room_channel.ex");
        assert!(
            channel.contains("    Shop.Presence.track(socket)\n"),
            "{channel}"
        );
        let presence = sandbox.read(&format!("my_app/{path}"));
        assert!(presence.contains("  def track(socket) do\n"), "{presence}");
        let paths = sandbox.tree().into_iter().map(|(path, _)| path);
        let presences = paths.filter(|path| path.ends_with("presence.ex"));
        assert_eq!(presences.collect::<Vec<_>>(), [format!("my_app/{path}")]);
    }
}

#[test]
fn files_that_no_run_has_made_are_no_reason_to_destroy() {
    let sandbox = shop(&[(
        "lib/shop_web/channels/presence.ex",
        "defmodule ShopWeb.Presence do\n  use Phoenix.Presence, otp_app: :shop, pubsub_server: Shop.PubSub\nend\n",
    )]);

    sandbox.run(&["destroy", "presence"]).misused(
        "error: nothing of `hello-sockets gen presence` is in this app\n\
         help: the options have to be those of `gen`, such as --topic; .hello-sockets/runs/ has those of its runs\n",
    );
}

#[test]
fn without_a_new_socket_no_restart_is_asked_for() {
    let sandbox = with_socket("", &[]);
    std::fs::remove_dir_all(sandbox.path().join("my_app/assets")).expect("it was there");

    let ran = sandbox.ok(&["gen", "channel", "Room"]);

    let next = "\nStart the app with `mix phx.server` if it is not running.\n";
    assert!(ran.stdout.ends_with(next), "{}", ran.stdout);
}

#[test]
fn an_app_whose_sockets_name_their_transports_is_older_than_phoenix_1_4() {
    let handler = "defmodule ShopWeb.UserSocket do\n  use Phoenix.Socket\n\n  transport :websocket, Phoenix.Transports.WebSocket\n\n  \
         def connect(_params, socket), do: {:ok, socket}\n  def id(_socket), do: nil\nend\n";
    let sandbox = shop(&[
        ("lib/shop_web/channels/user_socket.ex", handler),
        (
            "mix.lock",
            "%{\n  \"phoenix\": {:git, \"https://github.com/phoenixframework/phoenix.git\", \"180ebe6\", []},\n}\n",
        ),
        (
            "mix.exs",
            "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop, version: \"0.1.0\", deps: deps()]\n  \
             defp deps, do: [{:phoenix, github: \"phoenixframework/phoenix\"}]\nend\n",
        ),
    ]);

    sandbox.ok(&["gen", "socket", "Device"]);

    let endpoint = sandbox.read("my_app/lib/shop_web/endpoint.ex");
    let mount = "  socket \"/device_socket\", ShopWeb.DeviceSocket\n\n  plug";
    assert!(endpoint.contains(mount), "{endpoint}");
}

#[test]
fn an_older_phoenix_js_has_no_fallback_to_long_polling() {
    let next = "ignores `longPollFallbackMs`";
    for (version, is_old) in [
        ("1.7.10", true),
        ("1.7.11", false),
        ("1.6.16", true),
        ("1.8.0", false),
    ] {
        let sandbox = others::shop(version, &[]);
        let ran = sandbox.ok(&["gen", "socket", "Device", "--longpoll"]);
        assert_eq!(
            ran.stdout.contains(next),
            is_old,
            "{version}: {}",
            ran.stdout
        );
    }
    // The package of npm counts before that of Phoenix.
    for (version, is_old) in [
        ("^1.6.2", true),
        ("^1.7.11", false),
        ("file:../deps/phoenix", true),
    ] {
        let package = format!("{{\"dependencies\": {{\"phoenix\": \"{version}\"}}}}\n");
        let sandbox = others::shop("1.7.2", &[("assets/package.json", &package)]);
        let ran = sandbox.ok(&["gen", "socket", "Device", "--longpoll"]);
        assert_eq!(
            ran.stdout.contains(next),
            is_old,
            "{version}: {}",
            ran.stdout
        );
    }
}

#[test]
fn lines_for_a_channel_say_only_what_is_missing() {
    let room = "defmodule ShopWeb.RoomChannel do\n  use ShopWeb, :channel\n\n  def join(_topic, _payload, socket) do\n    send(self(), :after_join)\n    {:ok, socket}\n  end\n\n  \
         def handle_info(:after_join, socket), do: {:noreply, socket}\nend\n";
    let sandbox = with_socket(
        "  channel \"room:*\", ShopWeb.RoomChannel\n",
        &[("lib/shop_web/channels/room_channel.ex", room)],
    );

    let ran = sandbox.ok(&["gen", "presence", "--channel", "Room"]);

    let step = "Add this to `lib/shop_web/channels/room_channel.ex` to track clients; in a \
         `handle_info(:after_join, socket)` of your own, only the line with `track`:\n\n    def handle_info(:after_join, socket) do\n";
    ran.prints(step);
}
