//! Apps that others have made, older than Phoenix 1.8 or with files of the names that ours have.

use crate::shapes;
use crate::support::Sandbox;

/// An app called `shop` on this version of Phoenix, with `files` in it.
pub fn shop(version: &str, files: &[(&str, &str)]) -> Sandbox {
    let lock = format!(
        "%{{\n  \"phoenix\": {{:hex, :phoenix, \"{version}\", \"abc\", [:mix], []}},\n}}\n"
    );
    shapes::shop(&[&[("mix.lock", lock.as_str())], files].concat())
}

/// A router with one scope of a browser.
pub const ROUTER: &str = r#"defmodule ShopWeb.Router do
  use ShopWeb, :router

  pipeline :browser do
    plug :fetch_session
  end

  scope "/", ShopWeb do
    pipe_through :browser

    get "/", PageController, :index
  end
end
"#;

/// A socket handler that has its own way to know its user.
const OWN_CONNECT: &str = r#"defmodule ShopWeb.UserSocket do
  use Phoenix.Socket

  def connect(%{"key" => key}, socket, _info) do
    {:ok, assign(socket, :user, ShopWeb.Keys.owner(key))}
  end

  def connect(_params, _socket, _info), do: :error

  def id(_socket), do: nil
end
"#;

const SCRIPT: &str = "import { Socket } from \"phoenix\"\n\nlet socket = new Socket(\"/socket\", { params: { token: window.userToken } })\nsocket.connect()\n\nexport default socket\n";

#[test]
fn a_socket_before_phoenix_1_4_names_its_transport_and_is_mounted_without_options() {
    let sandbox = shop("1.3.4", &[]);

    sandbox.ok(&["gen", "socket", "Device"]);

    let endpoint = sandbox.read("my_app/lib/shop_web/endpoint.ex");
    let mounted = "  socket \"/device_socket\", ShopWeb.DeviceSocket\n\n  plug";
    assert!(endpoint.contains(mounted), "{endpoint}");
    let socket = sandbox.read("my_app/lib/shop_web/channels/device_socket.ex");
    let start = "defmodule ShopWeb.DeviceSocket do\n  use Phoenix.Socket\n\n  transport :websocket, Phoenix.Transports.WebSocket\n\n  #";
    assert!(socket.starts_with(start), "{socket}");
    assert!(
        socket.contains("  def connect(_params, socket) do\n"),
        "{socket}"
    );
}

#[test]
fn a_presence_before_phoenix_1_5_is_started_behind_the_endpoint_that_starts_the_pubsub() {
    let application = "defmodule Shop.Application do\n  use Application\n\n  def start(_type, _args) do\n    \
         Supervisor.start_link([ShopWeb.Endpoint], strategy: :one_for_one)\n  end\nend\n";
    for (version, child) in [
        ("1.3.4", "supervisor(ShopWeb.Presence, [])"),
        ("1.4.0", "ShopWeb.Presence"),
    ] {
        let sandbox = shop(version, &[("lib/shop/application.ex", application)]);

        let ran = sandbox.ok(&["gen", "presence"]);

        // A name alone is no child before 1.4.
        if version == "1.3.4" {
            let step = format!(
                "Add this to `lib/shop/application.ex` to start it, among the children (after the endpoint, which starts the PubSub):\n\n    {child},\n"
            );
            ran.prints(&step);
        } else {
            let now = sandbox.read("my_app/lib/shop/application.ex");
            let wanted = format!("[ShopWeb.Endpoint, {child}]");
            assert!(now.contains(&wanted), "{now}");
        }
    }
}

#[test]
fn without_a_lock_the_requirement_or_the_settings_show_who_starts_the_pubsub() {
    let application = "defmodule Shop.Application do\n  use Application\n\n  def start(_type, _args) do\n    \
         Supervisor.start_link([ShopWeb.Endpoint], strategy: :one_for_one)\n  end\nend\n";
    let mix = |requirement: &str| {
        format!(
            "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop, deps: deps()]\n  \
             defp deps, do: [{{:phoenix, \"{requirement}\"}}]\nend\n"
        )
    };
    let options = "import Config\n\nconfig :shop, ShopWeb.Endpoint,\n  \
                   pubsub: [name: Shop.PubSub, adapter: Phoenix.PubSub.PG2]\n";
    let server = "import Config\n\nconfig :shop, ShopWeb.Endpoint, pubsub_server: Shop.PubSub\n";
    for (requirement, config, is_behind) in [
        ("~> 1.4.9", server, true),
        ("~> 1.4", options, true),
        ("~> 1.4", server, false),
        ("~> 1.5.0", server, false),
        ("~> 1.7", server, false),
    ] {
        let sandbox = shapes::shop(&[
            ("mix.exs", &mix(requirement)),
            ("config/config.exs", config),
            ("lib/shop/application.ex", application),
        ]);

        sandbox.ok(&["gen", "presence"]);

        let now = sandbox.read("my_app/lib/shop/application.ex");
        let found = now.contains("[ShopWeb.Endpoint, ShopWeb.Presence]");
        assert_eq!(found, is_behind, "{requirement}: {now}");
    }
}

#[test]
fn a_mix_file_that_does_not_compile_the_helpers_of_tests_is_said_to_need_it() {
    let mix = |paths: &str| {
        format!(
            "defmodule Shop.MixProject do\n  use Mix.Project\n\n  def project do\n    \
             [\n      app: :shop,\n{paths}      deps: [{{:phoenix, \"~> 1.7\"}}]\n    ]\n  end\nend\n"
        )
    };
    let line = "      elixirc_paths: if(Mix.env() == :test, do: [\"lib\", \"test/support\"], else: [\"lib\"]),\n";
    let case = "defmodule ShopWeb.ChannelCase do\n  use ExUnit.CaseTemplate\nend\n";
    let elsewhere = ("test/channel_case.exs", case);
    for (mix, files, is_said) in [
        (mix(""), vec![], true),
        (mix(line), vec![], false),
        (mix(""), vec![elsewhere], false),
    ] {
        let sandbox = shapes::shop(&[files, vec![("mix.exs", mix.as_str())]].concat());

        let ran = sandbox.ok(&["gen", "channel", "Room"]);

        let step = format!(
            "The app's mix.exs does not compile `test/support`, which the tests use. Add this to its `project`:\n\n    {}\n",
            line.trim()
        );
        assert_eq!(ran.stdout.contains(&step), is_said, "{mix}{}", ran.stdout);
    }
}

#[test]
fn an_endpoint_without_a_pubsub_is_said_to_need_one() {
    let config = "import Config\n\nconfig :shop, ShopWeb.Endpoint, url: [host: \"localhost\"]\n";
    let child = "defmodule Shop.Application do\n  use Application\n\n  def start(_type, _args) do\n    \
         Supervisor.start_link([{Phoenix.PubSub, name: Shop.PubSub}, ShopWeb.Endpoint], strategy: :one_for_one)\n  end\nend\n";
    let warning = "The endpoint has no PubSub, without which channels cannot broadcast, and their tests fail. Start \
                   `{Phoenix.PubSub, name: Shop.PubSub}`\nbefore the endpoint, and add `pubsub_server: Shop.PubSub` to its \
                   settings in config.exs.\n";
    let named = config.replace("url:", "pubsub_server: Shop.PubSub, url:");
    let options = config.replace("url:", "pubsub: [name: Shop.PubSub], url:");
    for (files, is_warned) in [
        (vec![("config/config.exs", config)], true),
        (vec![("config/config.exs", named.as_str())], false),
        (vec![("config/config.exs", options.as_str())], false),
        (
            vec![
                ("config/config.exs", config),
                ("lib/shop/application.ex", child),
            ],
            false,
        ),
        (vec![], false),
    ] {
        let sandbox = shapes::shop(&files);

        let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);

        assert_eq!(ran.stdout.contains(warning), is_warned, "{}", ran.stdout);
    }
}

#[test]
fn a_web_module_that_makes_routers_is_no_router() {
    let web = "defmodule ShopWeb do\n  def router do\n    quote do\n      use Phoenix.Router\n    end\n  end\nend\n";
    let sandbox = shop(
        "1.7.0",
        &[
            ("lib/shop_web.ex", web),
            ("lib/shop_web/routes/router.ex", ROUTER),
        ],
    );

    let ran = sandbox.ok(&["gen", "auth", "--no-socket"]);

    let injected = "* injecting lib/shop_web/routes/router.ex\n";
    ran.prints(injected);
}

#[test]
fn gen_auth_takes_no_other_script_for_its_own() {
    let sandbox = shop(
        "1.7.0",
        &[("assets/js/token.js", "export const token = \"abc\"\n")],
    );
    let before = sandbox.tree();

    sandbox.run(&["gen", "auth", "--yes"]).misused(
        "error: another script is in assets/js/token.js: it exports no `connectWithToken`\n\
         help: give that another name, then run this again\n",
    );

    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_script_shows_the_token_once_its_socket_asks_for_it() {
    let mounted = "defmodule ShopWeb.Endpoint do\n  use Phoenix.Endpoint, otp_app: :shop\n\n  socket \"/socket\", ShopWeb.UserSocket,\n    websocket: true\nend\n";
    let sandbox = shop(
        "1.7.0",
        &[
            ("lib/shop_web/endpoint.ex", mounted),
            ("lib/shop_web/router.ex", ROUTER),
            ("lib/shop_web/channels/user_socket.ex", OWN_CONNECT),
            ("assets/js/user_socket.js", SCRIPT),
        ],
    );

    let ran = sandbox.ok(&["gen", "auth"]);

    assert_eq!(sandbox.read("my_app/assets/js/user_socket.js"), SCRIPT);
    let two = "instead of its own `connect` and `id` (clauses of `connect`: lines 4 and 8):\n";
    ran.prints(two);
    let later = "No script sends the token yet, because the socket does not verify one. Once it does, run this again:\n\n    hello-sockets gen auth\n";
    ran.prints(later);

    let asks = OWN_CONNECT.replace(
        "{:ok, assign(socket, :user, ShopWeb.Keys.owner(key))}",
        "case ShopWeb.SocketToken.verify(key) do\n      {:ok, user} -> {:ok, assign(socket, :user, user)}\n      _ -> :error\n    end",
    );
    sandbox.write("my_app/lib/shop_web/channels/user_socket.ex", &asks);
    sandbox.ok(&["gen", "auth"]);

    let script = sandbox.read("my_app/assets/js/user_socket.js");
    assert!(
        script.contains("params: () => ({ token: token() })"),
        "{script}"
    );
}

#[test]
fn no_script_joins_a_channel_that_no_socket_routes() {
    let sandbox = shop("1.7.0", &[("assets/js/socket.js", SCRIPT)]);

    sandbox
        .answer(&["gen", "channel", "Room"], "n\n")
        .succeeded();

    assert_eq!(sandbox.read("my_app/assets/js/socket.js"), SCRIPT);
}

#[test]
fn a_script_that_no_other_imports_is_imported_by_the_pages() {
    let app = "my_app/assets/js/app.js";
    for (before, after) in [
        ("go()\n", "import \"./socket.js\"\n\ngo()\n"),
        (
            "// import socket from \"./socket\"\n",
            "import socket from \"./socket\"\n",
        ),
        ("import \"./rooms\"\n", "import \"./rooms\"\n"),
    ] {
        let rooms = "import socket from \"./socket\"\n";
        let mut files = vec![
            ("assets/js/socket.js", SCRIPT),
            ("assets/js/app.js", before),
        ];
        files.extend(
            before
                .contains("rooms")
                .then_some(("assets/js/rooms.js", rooms)),
        );
        let sandbox = shop("1.5.0", &files);

        sandbox.ok(&["gen", "channel", "Room", "--yes"]);

        assert_eq!(sandbox.read(app), after);
    }
}

#[test]
fn an_endpoint_in_lib_itself_leads_to_the_folder_of_the_apps_name() {
    let sandbox = shop("1.7.0", &[]);
    let endpoint = sandbox.read("my_app/lib/shop_web/endpoint.ex");
    std::fs::remove_dir_all(sandbox.path().join("my_app/lib")).expect("it was there");
    sandbox.write("my_app/lib/endpoint.ex", &endpoint);

    sandbox.ok(&["gen", "channel", "Room", "--yes"]);

    assert!(sandbox.exists("my_app/lib/shop/channels/room_channel.ex"));
    let mounted = "socket \"/socket\", ShopWeb.UserSocket,";
    assert!(sandbox.read("my_app/lib/endpoint.ex").contains(mounted));
}

#[test]
fn a_channel_that_is_called_so_alone_counts_nobody_in_unasked() {
    let channel = "defmodule ShopWeb.Presence.Channel do\n  use ShopWeb, :channel\nend\n";
    let sandbox = shop("1.7.0", &[("lib/shop_web/presence/channel.ex", channel)]);

    let ran = sandbox.ok(&["gen", "presence"]);

    let none = "No channel uses it to track its clients yet. Once there is one, such as RoomChannel, run\n";
    ran.prints(none);
}

#[test]
fn two_endpoints_of_other_names_are_none_that_is_known() {
    let sandbox = shop("1.7.0", &[]);
    std::fs::remove_dir_all(sandbox.path().join("my_app/lib")).expect("it was there");
    for name in ["Admin", "Front"] {
        let endpoint =
            format!("defmodule {name}.Endpoint do\n  use Phoenix.Endpoint, otp_app: :shop\nend\n");
        sandbox.write(
            &format!("my_app/lib/{}/endpoint.ex", name.to_lowercase()),
            &endpoint,
        );
    }

    sandbox.run(&["gen", "channel", "Room", "--yes"]).misused(
        "error: the web module was not found: the app has the endpoints Admin.Endpoint and Front.Endpoint, and no module ShopWeb\n\
         help: choose one by a line in .hello-sockets/app.toml, then run this again: web = \"Admin\"\n",
    );
}

/// A channel that tracks its clients in its own way.
const TRACKING: &str = r#"defmodule ShopWeb.RoomChannel do
  use Phoenix.Channel
  alias ShopWeb.Presence

  def join("room:" <> _, _params, socket) do
    send(self(), :after_join)
    {:ok, socket}
  end

  def handle_info(:after_join, socket) do
    {:ok, _} = Presence.track(socket, socket.assigns.player.id, %{at: System.os_time()})
    {:noreply, socket}
  end
end
"#;

#[test]
fn gen_presence_without_a_channel_names_one_that_tracks_its_clients() {
    let other = "defmodule ShopWeb.AdminChannel do\n  use Phoenix.Channel\nend\n";
    let presence = "defmodule ShopWeb.Presence do\n  use Phoenix.Presence, otp_app: :shop, pubsub_server: Shop.PubSub\nend\n";
    let admin = ("lib/shop_web/channels/admin_channel.ex", other);
    let room = ("lib/shop_web/channels/room_channel.ex", TRACKING);
    let own = ("lib/shop_web/presence.ex", presence);
    let more = "run\n\n    hello-sockets gen presence --channel Admin\n";
    let without = TRACKING.replace("Presence.track", "Players.track");
    for (room, words) in [
        (
            room,
            "lib/shop_web/channels/room_channel.ex tracks its clients. To make another channel track them, ",
        ),
        (
            (room.0, without.as_str()),
            "No channel uses it to track its clients yet. To make one track them, ",
        ),
    ] {
        let sandbox = shop("1.7.0", &[admin, room, own]);

        let ran = sandbox.ok(&["gen", "presence"]);

        let next = format!("{words}{more}");
        ran.prints(&next);
    }
}

#[test]
fn gen_presence_without_a_channel_names_a_helper_that_tracks_clients_of_channels() {
    let channel = "defmodule ShopWeb.RoomChannel do\n  use Phoenix.Channel\n\n  def handle_info(:after_join, socket) do\n    \
                   ShopWeb.Players.count_in(socket)\n    {:noreply, socket}\n  end\nend\n";
    let helper = "defmodule ShopWeb.Players do\n  alias ShopWeb.Presence\n\n  def count_in(socket) do\n    \
                  Presence.track(socket, socket.assigns.player, %{})\n  end\nend\n";
    let presence = "defmodule ShopWeb.Presence do\n  use Phoenix.Presence, otp_app: :shop, pubsub_server: Shop.PubSub\nend\n";
    let lobby = channel.replace("Room", "Lobby");
    let sandbox = shop(
        "1.7.0",
        &[
            ("lib/shop_web/channels/room_channel.ex", channel),
            ("lib/shop_web/channels/lobby_channel.ex", &lobby),
            ("lib/shop_web/channels/players.ex", helper),
            ("lib/shop_web/presence.ex", presence),
        ],
    );

    let ran = sandbox.ok(&["gen", "presence"]);

    let next = "\nlib/shop_web/channels/players.ex tracks its clients. To make another channel track them, run\n";
    ran.prints(next);
}

#[test]
fn gen_auth_mounts_a_socket_without_options_before_phoenix_1_4() {
    let handler = shapes::socket("ShopWeb.UserSocket", "").replace(", _i)", ")");
    let handler = ("lib/shop_web/channels/user_socket.ex", handler.as_str());
    let endpoint = "defmodule ShopWeb.Endpoint do\n  use Phoenix.Endpoint, otp_app: :shop\n\n  \
                    # socket \"/socket\", ShopWeb.UserSocket\n  plug ShopWeb.Router\nend\n";
    for (version, endpoint, mounted) in [
        (
            "1.3.4",
            endpoint,
            "  socket \"/socket\", ShopWeb.UserSocket\n  plug",
        ),
        (
            "1.2.5",
            &endpoint.replace("  # socket \"/socket\", ShopWeb.UserSocket\n", ""),
            "  socket \"/socket\", ShopWeb.UserSocket\n\n  plug",
        ),
        (
            "1.4.0",
            &endpoint.replace("  # socket \"/socket\", ShopWeb.UserSocket\n", ""),
            "  socket \"/socket\", ShopWeb.UserSocket,\n    websocket: true,\n    longpoll: false\n\n  plug",
        ),
    ] {
        let sandbox = shop(version, &[handler, ("lib/shop_web/endpoint.ex", endpoint)]);

        sandbox.ok(&["gen", "auth", "--yes"]);

        let now = sandbox.read("my_app/lib/shop_web/endpoint.ex");
        assert!(now.contains(mounted), "{version}: {now}");
    }
}

/// Presences of live views and other processes are no clients of a channel.
#[test]
fn gen_presence_without_a_channel_names_no_live_view_that_tracks_its_own() {
    let live = "defmodule ShopWeb.CartLive do\n  use ShopWeb, :live_view\n\n  def mount(_params, _session, socket) do\n    \
                {:ok, _} = ShopWeb.Presence.track(self(), \"carts\", socket.id, %{})\n    {:ok, socket}\n  end\nend\n";
    let channel =
        |name| format!("defmodule ShopWeb.{name}Channel do\n  use Phoenix.Channel\nend\n");
    let (admin, room) = (channel("Admin"), channel("Room"));
    let presence = "defmodule ShopWeb.Presence do\n  use Phoenix.Presence, otp_app: :shop, pubsub_server: Shop.PubSub\nend\n";
    let sandbox = shop(
        "1.7.0",
        &[
            ("lib/shop_web/channels/admin_channel.ex", &admin),
            ("lib/shop_web/channels/room_channel.ex", &room),
            ("lib/shop_web/live/cart_live.ex", live),
            ("lib/shop_web/presence.ex", presence),
        ],
    );

    let ran = sandbox.ok(&["gen", "presence"]);

    let next = "\nNo channel uses it to track its clients yet. To make one track them, run\n";
    ran.prints(next);
}

#[test]
fn a_script_that_a_component_imports_is_loaded() {
    let socket = ("assets/src/socket.js", SCRIPT);
    let endpoint = "defmodule ShopWeb.Endpoint do\n  use Phoenix.Endpoint, otp_app: :shop\n\n  socket \"/socket\", ShopWeb.UserSocket,\n    websocket: true\nend\n";
    let app = [
        socket,
        ("lib/shop_web/endpoint.ex", endpoint),
        ("lib/shop_web/channels/user_socket.ex", OWN_CONNECT),
    ];
    for (file, component) in [
        (
            "assets/src/App.svelte",
            "<script>\n  import { connect } from './socket';\n</script>\n",
        ),
        (
            "assets/src/App.vue",
            "<script setup>\nimport socket from \"./socket.js\"\n</script>\n",
        ),
    ] {
        let sandbox = shop("1.7.0", &app);
        assert_eq!(sandbox.run(&["routes"]).code, Some(1));

        sandbox.write(&format!("my_app/{file}"), component);

        sandbox.ok(&["routes"]);
        std::fs::remove_dir_all(sandbox.path().join("my_app/assets/js")).expect("it was there");
        sandbox.write("my_app/assets/src/main.js", "");
        let ran = sandbox.ok(&["gen", "channel", "Room"]);
        assert!(!ran.stdout.contains("load"), "{}", ran.stdout);
    }
}

#[test]
fn scripts_are_beside_the_pages_own_whatever_that_is_called() {
    for page in ["main.js", "index.tsx"] {
        let page = format!("assets/src/{page}");
        let sandbox = shop("1.7.0", &[(&page, "")]);
        std::fs::remove_dir_all(sandbox.path().join("my_app/assets/js")).expect("it was there");

        let ran = sandbox.run(&["gen", "channel", "Room", "--yes"]);

        let ran = ran.succeeded();
        assert!(!ran.stdout.contains("Add this"), "{}", ran.stdout);
        let page = sandbox.read(&format!("my_app/{page}"));
        assert_eq!(page, "import \"./user_socket.js\"\n");
        assert!(sandbox.exists("my_app/assets/src/user_socket.js"));
        assert!(!sandbox.exists("my_app/assets/js"));
    }
}

#[test]
fn of_two_scripts_of_the_page_none_is_guessed() {
    let sandbox = shop(
        "1.7.0",
        &[("assets/src/main.js", ""), ("assets/src/index.js", "")],
    );
    std::fs::remove_dir_all(sandbox.path().join("my_app/assets/js")).expect("it was there");

    let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);

    let files = "(files `assets/src/index.js` and `assets/src/main.js` would do):\n";
    ran.prints(files);
    assert_eq!(sandbox.read("my_app/assets/src/main.js"), "");
}

#[test]
fn a_script_in_typescript_that_nothing_imports_is_imported_without_its_extension() {
    let script = "import { Socket } from \"phoenix\"\n\nconst socket = new Socket(\"/socket\", {})\nsocket.connect()\n\nexport default socket\n";
    for name in ["socket", "user_socket"] {
        let path = format!("assets/js/{name}.ts");
        let app = ("assets/js/app.js", "import \"phoenix_html\"\n");
        let sandbox = shop("1.7.0", &[(&path, script), app]);

        sandbox.ok(&["gen", "channel", "Room", "--yes"]);

        let app = sandbox.read("my_app/assets/js/app.js");
        let expected = format!("import \"phoenix_html\"\nimport \"./{name}\"\n");
        assert_eq!(app, expected);
        assert!(
            sandbox
                .read(&format!("my_app/{path}"))
                .contains("room:lobby")
        );
    }
}

/// A socket handler whose `id` is that of `gen auth`, and whose `connect` is not.
#[test]
fn destroy_auth_leaves_an_id_that_the_app_had() {
    let own = "defmodule ShopWeb.UserSocket do\n  use Phoenix.Socket\n\n  def connect(params, socket, _info) do\n    \
               {:ok, assign(socket, :user, params[\"name\"])}\n  end\n\n  def id(socket), do: \"user_socket:#{socket.assigns.user}\"\nend\n";
    let handler = "my_app/lib/shop_web/channels/user_socket.ex";
    let app = [
        ("lib/shop_web/router.ex", ROUTER),
        ("lib/shop_web/channels/user_socket.ex", own),
    ];
    let sandbox = shop("1.7.0", &app).after(&[&["gen", "channel", "Room"], &["gen", "auth"]]);
    let before = sandbox.read(handler);

    let ran = sandbox.ok(&["destroy", "auth"]);

    assert_eq!(sandbox.read(handler), before, "{}", ran.stdout);

    // Lines of the manual step go, though no run has inserted them.
    let verify = "case ShopWeb.SocketToken.verify(params[\"token\"]) do\n      {:ok, user} -> {:ok, assign(socket, :user, user)}\n      {:error, _reason} -> :error\n    end";
    let sandbox = sandbox.after(&[&["gen", "auth"]]);
    let pasted = before.replace("{:ok, assign(socket, :user, params[\"name\"])}", verify);
    sandbox.write(handler, &pasted);

    sandbox.ok(&["destroy", "auth"]);

    assert!(!sandbox.read(handler).contains("SocketToken"));
}

/// The name of `ShopWeb.Socket` is not cut, and its script has another name than the generator's.
#[test]
fn routes_names_commands_for_a_handler_that_is_only_called_socket() {
    let user = shapes::socket(
        "ShopWeb.Socket",
        "  channel \"room:*\", ShopWeb.RoomChannel\n",
    );
    let script = "import { Socket } from \"phoenix\"\n\nconst socket = new Socket(\"/socket\")\nsocket.connect()\n";
    let mount = shapes::mounted("/socket", "ShopWeb.Socket");
    let mut files = vec![
        ("lib/shop_web/socket.ex", user.as_str()),
        ("assets/js/socket.js", script),
        ("assets/js/app.js", "import \"phoenix_html\"\n"),
    ];
    let open = shop("1.7.0", &files).run(&["routes"]);
    files.push(("lib/shop_web/endpoint.ex", mount.as_str()));
    let unloaded = shop("1.7.0", &files).run(&["routes"]);

    let load = "add to the page's script in assets/js: import \"./socket.js\"";
    assert!(unloaded.stdout.contains(load), "{unloaded:?}");
    let command = "hello-sockets gen socket Socket --skip";
    assert!(open.stdout.contains(command), "{open:?}");
}

#[test]
fn a_page_in_another_language_is_named_with_what_is_left_to_do() {
    for page in [
        "assets/js/app.coffee",
        "assets/js/shop/core.cljs",
        "assets/js/Main.elm",
        "assets/js/app.res",
    ] {
        let sandbox = shop("1.7.0", &[(page, "")]);
        std::fs::remove_file(sandbox.path().join("my_app/assets/js/app.js")).unwrap_or_default();

        let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);

        let step = format!(
            "\nAdd this to load the script (there is no `assets/js/app.js`: in `{page}`, as its language does it):\n\n    \
             import \"./user_socket.js\"\n"
        );
        ran.prints(&step);
        let ran = sandbox.ok(&["gen", "socket", "Device"]);
        let warning = "The page's script is in a language that is not edited here: import the generated script there. \
            With `--no-js`, none is made.\n";
        ran.prints(warning);
        let none = ["gen", "socket", "Phone", "--no-js"];
        let ran = sandbox.ok(&none);
        assert!(!ran.stdout.contains("script"), "{}", ran.stdout);
    }
}
