//! Shapes met in apps of other ages and habits: sockets before Phoenix 1.5, supervisors and scripts in other places.

use crate::shapes::{mounted, shop, socket, with_socket};
use crate::support::taken_back::different;

/// A supervisor in a module of its own, with `children`.
fn supervisor(children: &str) -> String {
    format!(
        "defmodule Shop.Processes do\n  use Supervisor\n\n  def start_link(_), do: Supervisor.start_link(__MODULE__, [])\n\n  \
         def init([]) do\n    children = [\n{children}\n    ]\n\n    Supervisor.init(children, strategy: :one_for_one)\n  end\nend\n"
    )
}

/// An application that starts this supervisor alone.
const APPLICATION: &str = "defmodule Shop.Application do\n  use Application\n\n  def start(_type, _args) do\n    \
    Supervisor.start_link([Shop.Processes], strategy: :one_for_one)\n  end\nend\n";

#[test]
fn a_presence_starts_in_the_supervisor_that_starts_the_pubsub() {
    let children = "      {Phoenix.PubSub, name: Shop.PubSub},\n      ShopWeb.Endpoint";
    let sandbox = shop(&[
        ("lib/shop/application.ex", APPLICATION),
        ("lib/shop/processes.ex", &supervisor(children)),
    ]);
    let before = sandbox.tree();

    sandbox.ok(&["gen", "presence"]);

    let now = sandbox.read("my_app/lib/shop/processes.ex");
    let wanted = children.replace("      ShopWeb", "      ShopWeb.Presence,\n      ShopWeb");
    assert_eq!(now, supervisor(&wanted));
    sandbox.ok(&["destroy", "presence"]);
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn a_pubsub_is_found_by_what_the_app_starts() {
    let children = "      {Phoenix.PubSub, name: Shop.Events},\n      ShopWeb.Endpoint";
    let sandbox = shop(&[
        ("lib/shop/application.ex", APPLICATION),
        ("lib/shop/processes.ex", &supervisor(children)),
    ]);
    let before = sandbox.tree();

    sandbox.ok(&["gen", "presence"]);
    let presence = sandbox.read("my_app/lib/shop_web/channels/presence.ex");
    assert!(
        presence.contains("pubsub_server: Shop.Events\n"),
        "{presence}"
    );
    sandbox.ok(&["destroy", "presence"]);
    sandbox.ok(&["gen", "pubsub", "redis"]);
    let now = sandbox.read("my_app/lib/shop/processes.ex");
    let setting =
        "{Phoenix.PubSub, Application.get_env(:shop, :pubsub, []) ++ [name: Shop.Events]},";
    assert!(now.contains(setting), "{now}");
    sandbox.ok(&["destroy", "pubsub", "redis"]);
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn a_pubsub_that_only_the_runtime_settings_name_is_that_of_the_endpoint() {
    let sandbox = shop(&[
        ("lib/shop/application.ex", APPLICATION),
        (
            "config/runtime.exs",
            "import Config\n\nconfig :shop, ShopWeb.Endpoint,\n  pubsub_server: Market.PubSub\n",
        ),
    ]);

    sandbox.ok(&["gen", "presence"]);

    let presence = sandbox.read("my_app/lib/shop_web/channels/presence.ex");
    assert!(
        presence.contains("pubsub_server: Market.PubSub\n"),
        "{presence}"
    );
    // Another library starts it.
    sandbox.run(&["gen", "pubsub", "redis"]).misused(
        "error: the adapter is an option of Market.PubSub, and no supervisor of this app has an entry of that\n\
         help: put `{Phoenix.PubSub, name: Market.PubSub}` among its children, before the endpoint, then run this again\n",
    );
}

#[test]
fn modules_below_the_namespace_of_the_endpoint_are_those_of_the_app() {
    let endpoint = mounted("/socket", "Shop.UI.UserSocket").replace("ShopWeb", "Shop.UI");
    let handler = socket(
        "Shop.UI.UserSocket",
        "  channel \"cart:*\", Shop.UI.CartChannel\n",
    );
    let sandbox = shop(&[
        (
            "lib/shop_web.ex",
            "defmodule Shop.UI.Web do\n  def channel, do: quote(do: use(Phoenix.Channel))\nend\n",
        ),
        ("lib/shop_web/endpoint.ex", &endpoint),
        ("lib/shop_web/channels/user_socket.ex", &handler),
    ]);

    sandbox.ok(&["gen", "channel", "Room"]);

    let handler = sandbox.read("my_app/lib/shop_web/channels/user_socket.ex");
    assert!(
        handler.contains("  channel \"room:*\", Shop.UI.RoomChannel\n"),
        "{handler}"
    );
    let channel = sandbox.read("my_app/lib/shop_web/channels/room_channel.ex");
    assert!(
        channel.starts_with("defmodule Shop.UI.RoomChannel do\n"),
        "{channel}"
    );
}

#[test]
fn a_channel_of_a_mounted_path_is_for_the_socket_that_is_there() {
    let handler = socket("ShopWeb.GameSocket", "");
    let sandbox = shop(&[
        ("lib/shop_web/channels/game_socket.ex", &handler),
        (
            "lib/shop_web/endpoint.ex",
            &mounted("/socket", "ShopWeb.GameSocket"),
        ),
    ]);

    for command in [&["gen", "channel", "Room"][..], &["gen", "auth"]] {
        let line = [&["hello-sockets"], command, &["--socket", "Game"]].concat();
        let help = format!("help: {}\n", line.join(" "));
        let ran = sandbox.run(&[command, &["--yes"]].concat());
        assert!(ran.stderr.ends_with(&help), "{}", ran.stderr);
        sandbox.ok(&line[1..]);
    }
}

#[test]
fn a_socket_that_stays_names_all_of_its_channels() {
    let routes =
        "  channel \"room:*\", ShopWeb.RoomChannel\n  channel \"cart:*\", ShopWeb.CartChannel\n";
    let sandbox = with_socket(routes, &[]);

    let ran = sandbox.run(&["destroy", "socket", "User"]);

    ran.misused(
        "error: ShopWeb.UserSocket routes topics to ShopWeb.CartChannel, ShopWeb.RoomChannel\n\
         help: hello-sockets destroy channel Cart && hello-sockets destroy channel Room\n",
    );
}

#[test]
fn a_socket_that_stays_names_a_channel_that_no_command_can_name() {
    let routes = "  channel \"room:*\", ShopWeb.Channel\n  channel \"cart:*\", ShopWeb.Carts\n";
    let sandbox = with_socket(routes, &[]);

    let ran = sandbox.run(&["destroy", "socket", "User"]);

    ran.misused(
        "error: ShopWeb.UserSocket routes topics to ShopWeb.Carts, ShopWeb.Channel\n\
         help: take what routes to ShopWeb.Carts, ShopWeb.Channel out of ShopWeb.UserSocket, then run this again\n",
    );
}

const SOCKET_JS: &str = "import {Socket} from \"phoenix\"\n\nlet socket = new Socket(\"/socket\")\n\nsocket.connect()\n\nexport default socket\n";

#[test]
fn a_comment_between_empty_lines_comes_back() {
    let app_js = "import \"phoenix_html\"\n\n// import socket from \"./socket\"\n\nimport {start} from \"./start\"\n\nstart()\n";
    let sandbox = with_socket(
        "",
        &[
            ("assets/js/app.js", app_js),
            ("assets/js/socket.js", SOCKET_JS),
        ],
    );
    let before = sandbox.tree();

    sandbox.ok(&["gen", "channel", "Room"]);
    let script = sandbox.read("my_app/assets/js/app.js");
    assert!(
        script.contains("\n\nimport socket from \"./socket\"\n\n"),
        "{script}"
    );
    sandbox.ok(&["destroy", "channel", "Room"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

/// The import of another socket, further down, came later.
#[test]
fn an_empty_line_below_an_import_outlives_it() {
    let app_js = "import \"phoenix_html\"\n\n// Local files.\n// import socket from \"./socket\"\n";
    let sandbox = with_socket(
        "",
        &[
            ("assets/js/app.js", app_js),
            ("assets/js/socket.js", SOCKET_JS),
        ],
    );
    let room = ["channel", "Room", "--socket", "Other", "--yes"];
    sandbox.ok(&[&["gen"], &room[..]].concat());
    sandbox.ok(&["gen", "channel", "Lobby"]);

    sandbox.ok(&[&["destroy"], &room[..]].concat());

    assert_eq!(
        sandbox.read("my_app/assets/js/app.js"),
        app_js.replace("// import", "import")
    );
}

#[test]
fn an_import_of_a_socket_that_gen_channel_added_is_taken_back_in_the_style_of_the_script() {
    for (app_js, import) in [
        (
            "import 'phoenix_html';\n\nstart('page');\n",
            "import './socket.js';\n",
        ),
        ("import 'phoenix_html'\n", "import './socket.js'\n"),
        ("import \"phoenix_html\";\n", "import \"./socket.js\";\n"),
        ("start('page')\n", "import './socket.js'\n"),
    ] {
        let sandbox = with_socket(
            "",
            &[
                ("assets/js/app.js", app_js),
                ("assets/js/socket.js", SOCKET_JS),
            ],
        );
        let before = sandbox.tree();

        sandbox.ok(&["gen", "channel", "Room"]);
        let script = sandbox.read("my_app/assets/js/app.js");
        assert!(script.contains(import), "{script}");
        let there = sandbox.tree();
        sandbox.ok(&["gen", "channel", "Room"]);
        assert_eq!(different(&sandbox, &there), [""; 0]);
        sandbox.ok(&["destroy", "channel", "Room"]);

        assert_eq!(different(&sandbox, &before), [""; 0], "{app_js}");
    }
}

#[test]
fn lines_above_a_close_default_export_are_taken_back() {
    let script = SOCKET_JS.replace("\n\nexport", "\nexport");
    let sandbox = with_socket("", &[("assets/js/user_socket.js", &script)]);
    sandbox.ok(&["gen", "socket", "User", "--skip"]);
    let before = sandbox.tree();

    for command in [&["channel", "Room"][..], &["auth"]] {
        sandbox.ok(&[&["gen"], command].concat());
        sandbox.ok(&[&["destroy"], command].concat());
        assert_eq!(different(&sandbox, &before), [""; 0], "{command:?}");
    }
}

#[test]
fn a_script_with_a_token_of_its_own_gets_lines_that_leave_it_alone() {
    let script = "import { Socket } from \"phoenix\"\n\nconst token = document.body.dataset.token\n\
        const socket = new Socket(\"/socket\", { params: { token } })\nsocket.connect()\n";
    let handler = socket("ShopWeb.UserSocket", "")
        .replace(", do: {:ok, socket}", " do\n    {:ok, socket}\n  end\n");
    let sandbox = with_socket(
        "",
        &[
            ("assets/js/app.js", "import \"./user_socket.js\"\n"),
            ("assets/js/user_socket.js", script),
            ("lib/shop_web/channels/user_socket.ex", &handler),
        ],
    );

    let ran = sandbox.ok(&["gen", "auth"]);

    assert_eq!(sandbox.read("my_app/assets/js/user_socket.js"), script);
    for line in [
        "import { connectWithToken, token as signedToken } from \"./token.js\"",
        "connectWithToken(socket)",
        "params: () => ({ token: signedToken() })",
    ] {
        ran.prints(&format!("    {line}\n"));
    }
    let pasted = script
        .replace(
            "\n\nconst token",
            "\nimport { connectWithToken, token as signedToken } from \"./token.js\"\n\nconst token",
        )
        .replace("params: { token }", "params: () => ({ token: signedToken() })")
        .replace("socket.connect()", "connectWithToken(socket)");
    sandbox.write("my_app/assets/js/user_socket.js", &pasted);
    let again = sandbox.ok(&["gen", "auth"]);
    assert!(
        !again.stdout.contains("of the `Socket`"),
        "{}",
        again.stdout
    );
}

#[test]
fn of_several_scripts_that_connect_the_one_with_a_socket_for_others_counts() {
    let hook = "import {Socket} from \"phoenix\"\n\nexport const useSocket = () => {\n  const socket = new Socket(\"/socket\")\n  \
        socket.connect()\n  return socket\n}\n";
    let sandbox = with_socket(
        "",
        &[
            ("assets/js/app.js", "import \"./socket\"\n"),
            ("assets/js/hooks/use_socket.js", hook),
            ("assets/js/socket.js", SOCKET_JS),
        ],
    );

    sandbox.ok(&["gen", "channel", "Room"]);

    let script = sandbox.read("my_app/assets/js/socket.js");
    assert!(
        script.contains("export const roomChannel = socket.channel("),
        "{script}"
    );
    assert_eq!(sandbox.read("my_app/assets/js/hooks/use_socket.js"), hook);
}

#[test]
fn scripts_in_typescript_below_web_are_those_of_the_page() {
    let sandbox = shop(&[
        ("web/static/js/app.ts", "import \"phoenix_html\";\n"),
        ("web/web.ex", "defmodule ShopWeb.Old do\nend\n"),
    ]);
    std::fs::remove_file(sandbox.path().join("my_app/assets/js/app.js")).expect("it was there");

    sandbox.ok(&["gen", "socket", "User"]);

    assert_eq!(
        sandbox.read("my_app/web/static/js/app.ts"),
        "import \"phoenix_html\";\nimport \"./user_socket.js\";\n"
    );
    assert!(sandbox.exists("my_app/web/static/js/user_socket.js"));
}

#[test]
fn scripts_go_into_the_folder_that_has_the_others() {
    let sandbox = shop(&[("assets/src/main/start.ts", "console.log(1)\n")]);
    std::fs::remove_file(sandbox.path().join("my_app/assets/js/app.js")).expect("it was there");

    sandbox.ok(&["gen", "socket", "User"]);

    assert!(sandbox.exists("my_app/assets/src/user_socket.js"));
}

#[test]
fn scripts_below_web_are_found_without_the_script_of_a_page() {
    let sandbox = with_socket(
        "",
        &[
            ("web/static/js/socket.js", SOCKET_JS),
            (
                "lib/shop_web/router.ex",
                "defmodule ShopWeb.Router do\n  use ShopWeb, :router\nend\n",
            ),
        ],
    );
    std::fs::remove_dir_all(sandbox.path().join("my_app/assets")).expect("it was there");

    sandbox.ok(&["gen", "auth"]);

    // The modules that the script imports are beside it.
    assert!(sandbox.exists("my_app/web/static/js/token.js"));
}

#[test]
fn a_script_that_nothing_loads_is_named() {
    let app_js = ("assets/js/app.js", "import \"phoenix_html\"\n");
    let script = ("assets/js/old_connection.js", SOCKET_JS);
    let page = (
        "lib/shop_web/root.html.heex",
        "<script src=\"/old_connection.js\"></script>\n",
    );
    let line = "No script or page was found that loads assets/js/old_connection.js: import it in the page's script.\n";
    for (files, is_loaded) in [
        (&[app_js, script][..], false),
        (&[app_js, script, page], true),
    ] {
        let ran = with_socket("", files)
            .run(&["gen", "channel", "Room"])
            .succeeded();

        assert_eq!(!ran.stdout.contains(line), is_loaded, "{}", ran.stdout);
    }
}

#[test]
fn a_route_of_the_app_to_its_channel_in_another_folder_stays() {
    let handler = socket(
        "ShopWeb.UserSocket",
        "\n  channel \"room:*\", ShopWeb.RoomChannel\n",
    );
    let channel = "defmodule ShopWeb.RoomChannel do\n  use Phoenix.Channel\n\n  def join(\"room:\" <> _, _payload, socket), do: {:ok, socket}\nend\n";
    let sandbox = with_socket(
        "",
        &[
            ("lib/shop_web/channels/user_socket.ex", handler.as_str()),
            ("lib/shop_web/rooms/room_channel.ex", channel),
            ("assets/js/app.js", "import \"./socket\"\n"),
            ("assets/js/socket.js", SOCKET_JS),
        ],
    );
    let before = sandbox.tree();

    sandbox.ok(&["gen", "channel", "Room"]);
    sandbox.ok(&["destroy", "channel", "Room"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

/// An app that was moved from Phoenix 1.2 may have left files in web/, which is not compiled.
#[test]
fn a_folder_of_channels_in_lib_comes_before_one_in_web() {
    let left = "defmodule ShopWeb.Presence do\n  use Phoenix.Presence, otp_app: :shop\nend\n";
    let sandbox = with_socket("", &[("web/channels/presence.ex", left)]);

    sandbox.ok(&["gen", "channel", "Room"]);

    assert!(sandbox.exists("my_app/lib/shop_web/channels/room_channel.ex"));
    assert!(sandbox.exists("my_app/test/shop_web/channels/room_channel_test.exs"));
}

/// Of two scripts that connect, the channel is joined in the one with a socket at the top level, often the one that `mix phx.new` made.
#[test]
fn a_left_over_script_that_nothing_loads_is_named() {
    let real = "import {Socket} from \"phoenix\"\n\nexport function connect() {\n  let socket = new Socket(\"/socket\")\n  socket.connect()\n}\n";
    let line = "No script or page was found that loads assets/js/socket.js: import it in the page's script.\n";
    for (import, is_loaded) in [("", false), ("import \"./socket\"\n", true)] {
        let app_js = format!("import {{connect}} from \"./actions/user\"\n{import}\nconnect()\n");
        let sandbox = with_socket(
            "",
            &[
                ("assets/js/app.js", app_js.as_str()),
                ("assets/js/actions/user.js", real),
                ("assets/js/socket.js", SOCKET_JS),
            ],
        );

        let ran = sandbox.ok(&["gen", "channel", "Room"]);

        ran.prints("* injecting assets/js/socket.js\n");
        assert_eq!(!ran.stdout.contains(line), is_loaded, "{}", ran.stdout);
    }
}

#[test]
fn options_of_a_pubsub_in_brackets_come_back() {
    for options in [
        "name: Shop.PubSub",
        "name: Shop.PubSub, adapter: Phoenix.PubSub.PG2",
        "name: Shop.PubSub, pool_size: 4",
    ] {
        let children = format!("      {{Phoenix.PubSub, [{options}]}},\n      ShopWeb.Endpoint");
        let sandbox = shop(&[
            ("lib/shop/application.ex", APPLICATION),
            ("lib/shop/processes.ex", &supervisor(&children)),
        ]);
        let before = sandbox.tree();

        sandbox.ok(&["gen", "pubsub", "redis"]);
        sandbox.ok(&["destroy", "pubsub", "redis"]);

        assert_eq!(different(&sandbox, &before), [""; 0], "{options}");
    }
}

/// A socket with its channel in its own module.
const NESTED: &str = "defmodule ShopWeb.UserSocket do
  use Phoenix.Socket

  channel \"room:*\", __MODULE__.RoomChannel

  def connect(_params, socket, _connect_info), do: {:ok, socket}

  def id(_socket), do: nil

  defmodule RoomChannel do
    use ShopWeb, :channel

    def join(_topic, _payload, socket), do: {:ok, socket}
  end
end
";

#[test]
fn a_route_to_a_module_below_its_own_is_seen() {
    let sandbox = shop(&[
        ("lib/shop_web/channels/user_socket.ex", NESTED),
        (
            "lib/shop_web/endpoint.ex",
            &mounted("/socket", "ShopWeb.UserSocket"),
        ),
    ]);
    let before = sandbox.tree();

    let routes = sandbox.run(&["routes"]).stdout;
    let names =
        |line: &&str| line.contains("room:*") && line.contains("ShopWeb.UserSocket.RoomChannel");
    assert!(routes.lines().any(|line| names(&line)), "{routes}");
    let taken = sandbox.run(&["gen", "channel", "Zebra", "--topic", "room"]);
    assert!(
        taken
            .stderr
            .contains("UserSocket routes `room:*` to __MODULE__.RoomChannel\n"),
        "{}",
        taken.stderr
    );
    sandbox.run(&["destroy", "socket", "User"]).misused(
        "error: ShopWeb.UserSocket routes topics to __MODULE__.RoomChannel\n\
         help: take what routes to __MODULE__.RoomChannel out of ShopWeb.UserSocket, then run this again\n",
    );
    assert_eq!(different(&sandbox, &before), [""; 0]);
    sandbox.ok(&[
        "gen",
        "channel",
        "UserSocket.Room",
        "--topic",
        "room",
        "--yes",
        "--skip",
    ]);
    assert_eq!(
        sandbox.read("my_app/lib/shop_web/channels/user_socket.ex"),
        NESTED
    );
}

/// With Phoenix 1.4 to 1.6, a test joins in a process of the socket, which the endpoint starts.
#[test]
fn tests_join_as_the_version_of_phoenix_does_it() {
    let stands_in = "      __MODULE__\n      |> socket(";
    for (version, channel, presence) in [
        (
            "1.3.4",
            "      \"user_id\"\n      |> socket(%{some: :assign})",
            "      id\n      |> socket(%{})",
        ),
        (
            "1.4.17",
            "      ShopWeb.UserSocket\n      |> socket(\"user_id\", %{some: :assign})",
            "      ShopWeb.UserSocket\n      |> socket(id, %{})",
        ),
        (
            "1.6.16",
            "      ShopWeb.UserSocket\n      |> socket(\"user_id\", %{some: :assign})",
            "      ShopWeb.UserSocket\n      |> socket(id, %{})",
        ),
        ("1.7.21", stands_in, stands_in),
    ] {
        let sandbox = crate::others::shop(version, &[]);
        let test = |name: &str| {
            let path = format!("my_app/test/shop_web/channels/{name}_test.exs");
            sandbox.read(&path)
        };

        let ran = sandbox.ok(&["gen", "channel", "Room", "--no-socket"]);
        sandbox.ok(&["gen", "presence", "--channel", "Room"]);

        assert!(test("room_channel").contains(channel), "{version}");
        assert!(test("presence").contains(presence), "{version}");
        let needs_socket = "The channel compiles. Its tests join it through ShopWeb.UserSocket, once the endpoint mounts that.\n";
        let needs_none = "The channel compiles, and its tests pass without a socket: `mix test`\n";
        let next = match channel.contains("UserSocket") {
            true => needs_socket,
            false => needs_none,
        };
        assert!(ran.stdout.ends_with(next), "{version}: {}", ran.stdout);
    }
}
