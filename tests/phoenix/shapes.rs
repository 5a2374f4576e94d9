//! Apps of other structures than those made by `new`: modules are found in any file.

use crate::support::taken_back::different;
use crate::support::{Ran, Sandbox};

/// An app called `shop` with the names of `mix phx.new`, with `files`.
pub fn shop(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    let skeleton = [
        (
            "mix.exs",
            "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop, version: \"0.1.0\", elixirc_paths: [\"lib\", \"test/support\"], deps: deps()]\n  \
             defp deps, do: [{:phoenix, \"~> 1.7\"}]\nend\n",
        ),
        (
            "lib/shop_web.ex",
            "defmodule ShopWeb do\n  def channel, do: quote(do: use(Phoenix.Channel))\nend\n",
        ),
        ("lib/shop_web/endpoint.ex", ENDPOINT),
        ("assets/js/app.js", "console.log(\"hi\")\n"),
    ];
    for (path, source) in skeleton.iter().chain(files) {
        sandbox.write(&format!("my_app/{path}"), source);
    }
    sandbox
}

const ENDPOINT: &str = "defmodule ShopWeb.Endpoint do\n  use Phoenix.Endpoint, otp_app: :shop\n\n  plug ShopWeb.Router\nend\n";

pub fn socket(module: &str, route: &str) -> String {
    format!(
        "defmodule {module} do\n  use Phoenix.Socket\n{route}\n  def connect(_p, socket, _i), do: {{:ok, socket}}\n  def id(_), do: nil\nend\n"
    )
}

pub fn mounted(path: &str, module: &str) -> String {
    ENDPOINT.replace(
        "  plug",
        &format!("  socket \"{path}\", {module}\n\n  plug"),
    )
}

/// An app with a mounted socket that routes `route`, and with `files`.
pub fn with_socket(route: &str, files: &[(&str, &str)]) -> Sandbox {
    let handler = socket("ShopWeb.UserSocket", route);
    let endpoint = mounted("/socket", "ShopWeb.UserSocket");
    let own = [
        ("lib/shop_web/channels/user_socket.ex", handler.as_str()),
        ("lib/shop_web/endpoint.ex", &endpoint),
    ];
    shop(&[&own[..], files].concat())
}

/// Checks that the command refuses with these lines and writes nothing.
#[track_caller]
fn refused(sandbox: &Sandbox, args: &[&str], stderr: &str) {
    let before = sandbox.tree();
    let ran = sandbox.run(args);
    assert_eq!(ran.stdout, "");
    ran.misused(stderr);
    assert_eq!(sandbox.tree(), before);
}

/// Returns the lines of the report that name a file.
fn lines(ran: &Ran) -> Vec<&str> {
    ran.stdout
        .lines()
        .filter(|line| line.starts_with("* "))
        .collect()
}

#[test]
fn a_path_that_is_mounted_for_another_module_stops_all_of_it() {
    for (module, name) in [
        ("ShopWeb.Sockets.UserSocket", "Sockets.User"),
        ("Phoenix.LiveView.Socket", "Client"),
    ] {
        let sandbox = shop(&[("lib/shop_web/endpoint.ex", &mounted("/socket", module))]);
        let error = format!(
            "error: the path `/socket` is taken: the endpoint mounts {module} there\n\
             help: hello-sockets gen socket Client\n"
        );

        refused(&sandbox, &["gen", "socket", "User"], &error);
        let command = format!("gen channel Zebra --socket {name}");
        let error = error.replace("gen socket Client", &command);
        let ran = sandbox.run(&["gen", "channel", "Zebra", "--yes"]);
        // The mount is an obstacle to the channel and to the socket, and listed once.
        ran.misused(&error);
        assert!(!sandbox.exists("my_app/lib/shop_web/channels/zebra_channel.ex"));

        // The command in its place has the other options.
        let args = [
            "gen", "channel", "Zebra", "--topic", "animals", "--exact", "--yes",
        ];
        let command = format!("gen channel Zebra --topic animals --socket {name} --exact");
        let error = error.replace(&format!("gen channel Zebra --socket {name}"), &command);
        sandbox.run(&args).misused(&error);
    }
}

#[test]
fn a_socket_inside_of_the_endpoint_is_mounted_and_its_path_taken() {
    let endpoint = "defmodule ShopWeb.Endpoint do\n  use Phoenix.Endpoint, otp_app: :shop\n\n  defmodule FeedSocket do\n    \
                    use Phoenix.Socket\n\n    def connect(_p, socket, _i), do: {:ok, socket}\n    def id(_), do: nil\n  end\n\n  \
                    socket \"/socket\", __MODULE__.FeedSocket\n\n  plug ShopWeb.Router\nend\n";
    let sandbox = shop(&[("lib/shop_web/endpoint.ex", endpoint)]);

    let routes = sandbox.ok(&["routes"]);
    let mounted = "  /socket  mounted  lib/shop_web/endpoint.ex:11\n";
    routes.prints(mounted);

    let error = "error: the path `/socket` is taken: the endpoint mounts __MODULE__.FeedSocket there\n\
                 help: hello-sockets gen socket Client\n";
    refused(&sandbox, &["gen", "socket", "User"], error);

    let args = [
        "gen",
        "channel",
        "Zebra",
        "--socket",
        "Endpoint.Feed",
        "--yes",
    ];
    sandbox.ok(&args);
    let route = "    use Phoenix.Socket\n\n    channel \"zebra:*\", ShopWeb.ZebraChannel\n";
    let now = sandbox.read("my_app/lib/shop_web/endpoint.ex");
    assert_eq!(now, endpoint.replace("    use Phoenix.Socket\n", route));
}

#[test]
fn a_socket_is_found_by_its_module_and_mounted_if_it_is_not() {
    for path in [
        "lib/shop_web/user_socket.ex",
        "lib/shop_web/sockets/people.ex",
        "web/channels/user_socket.ex",
    ] {
        let sandbox = shop(&[(path, &socket("ShopWeb.UserSocket", ""))]);

        let ran = sandbox.ok(&["gen", "channel", "Zebra", "--yes"]);

        let [channels, tests] = match path.starts_with("web/") {
            true => ["web/channels", "test/channels"],
            false => ["lib/shop_web/channels", "test/shop_web/channels"],
        };
        let expected = [
            &format!("* creating {tests}/zebra_channel_test.exs"),
            "* creating test/support/channel_case.ex",
            &format!("* injecting {path}"),
            "* injecting lib/shop_web/endpoint.ex",
        ];
        let mut found = lines(&ran);
        let channel = format!("* creating {channels}/zebra_channel.ex");
        found.retain(|line| *line != channel);
        assert_eq!(found, expected, "{}", ran.stdout);
        ran.prints(&channel);
        assert!(
            sandbox
                .read(&format!("my_app/{path}"))
                .contains("channel \"zebra:*\", ShopWeb.ZebraChannel\n")
        );
        assert!(
            !sandbox.exists("my_app/lib/shop_web/channels/user_socket.ex")
                || path.contains("channels/user")
        );
        let endpoint = sandbox.read("my_app/lib/shop_web/endpoint.ex");
        assert_eq!(
            endpoint
                .matches("socket \"/socket\", ShopWeb.UserSocket")
                .count(),
            1
        );
    }
}

#[test]
fn another_module_at_the_path_of_a_presence_is_left_alone() {
    let other = "defmodule Shop.Online do\n  use Phoenix.Presence, otp_app: :shop, pubsub_server: Shop.PubSub\nend\n";
    let sandbox = shop(&[("lib/shop_web/channels/presence.ex", other)]);

    refused(
        &sandbox,
        &["gen", "presence"],
        "error: lib/shop_web/channels/presence.ex contains another module than ShopWeb.Presence\n\
         help: hello-sockets gen presence ShopPresence\n",
    );
}

#[test]
fn a_presence_that_is_elsewhere_is_used() {
    let presence = "defmodule ShopWeb.Presence do\n  use Phoenix.Presence, otp_app: :shop, pubsub_server: Shop.PubSub\nend\n";
    let sandbox = shop(&[("lib/shop_web/presence.ex", presence)]);

    // No channel calls the function that it lacks.
    let ran = sandbox.ok(&["gen", "presence"]);

    assert_eq!(lines(&ran), ["* skipping lib/shop_web/presence.ex"]);
    assert_eq!(sandbox.read("my_app/lib/shop_web/presence.ex"), presence);
    let sandbox = sandbox.after(&[&["gen", "channel", "Zebra", "--no-socket"]]);

    let ran = sandbox.ok(&["gen", "presence"]);

    let expected = [
        "* skipping lib/shop_web/presence.ex",
        "* creating test/shop_web/channels/presence_test.exs",
        "* injecting lib/shop_web/presence.ex",
        "* injecting lib/shop_web/channels/zebra_channel.ex",
    ];
    assert_eq!(lines(&ran), expected);
    assert!(!sandbox.exists("my_app/lib/shop_web/channels/presence.ex"));
    assert!(
        sandbox
            .read("my_app/lib/shop_web/presence.ex")
            .contains("def track(socket) do")
    );
}

#[test]
fn the_endpoint_names_the_web_module_if_there_is_none() {
    let endpoint = ENDPOINT.replace("ShopWeb", "Shop");
    let sandbox = shop(&[
        ("lib/shop/endpoint.ex", &endpoint),
        (
            "web/web.ex",
            "defmodule Shop.Web do\n  def channel, do: quote(do: use(Phoenix.Channel))\nend\n",
        ),
        (
            "web/channels/user_socket.ex",
            &socket("Shop.UserSocket", ""),
        ),
    ]);
    std::fs::remove_file(sandbox.path().join("my_app/lib/shop_web.ex")).expect("it was there");
    std::fs::remove_file(sandbox.path().join("my_app/lib/shop_web/endpoint.ex"))
        .expect("it was there");

    let ran = sandbox.ok(&["gen", "channel", "Zebra", "--yes"]);

    assert!(
        lines(&ran).contains(&"* injecting web/channels/user_socket.ex"),
        "{}",
        ran.stdout
    );
    assert!(
        lines(&ran).contains(&"* injecting lib/shop/endpoint.ex"),
        "{}",
        ran.stdout
    );
    // As Phoenix 1.2 has it.
    let channel = sandbox.read("my_app/web/channels/zebra_channel.ex");
    assert!(
        channel.starts_with("defmodule Shop.ZebraChannel do\n  use Phoenix.Channel\n"),
        "{channel}"
    );
}

#[test]
fn an_app_with_its_channels_in_web_gets_everything_there() {
    let sandbox = shop(&[
        (
            "web/web.ex",
            "defmodule Shop.Web do\n  def channel, do: quote(do: use(Phoenix.Channel))\nend\n",
        ),
        (
            "web/router.ex",
            &API_ROUTER
                .replace("ShopWeb, :router", "Shop.Web, :router")
                .replace("ShopWeb", "Shop"),
        ),
        ("lib/shop/endpoint.ex", &ENDPOINT.replace("ShopWeb", "Shop")),
    ]);
    std::fs::remove_file(sandbox.path().join("my_app/lib/shop_web.ex")).expect("it was there");
    std::fs::remove_dir_all(sandbox.path().join("my_app/lib/shop_web")).expect("it was there");

    let mut made = Vec::new();
    for command in [
        &["gen", "channel", "Zebra", "--yes"][..],
        &["gen", "presence", "--channel", "Zebra"],
        &["gen", "auth"],
    ] {
        let ran = sandbox.ok(command);
        let created = ran
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix("* creating "));
        made.extend(created.map(str::to_owned));
        let before = sandbox.tree();
        sandbox.ok(&[command, &["--skip"]].concat());
        assert_eq!(sandbox.tree(), before, "{command:?} again");
    }

    made.sort();
    let expected = [
        "assets/js/token.js",
        "assets/js/user_socket.js",
        "test/channels/presence_test.exs",
        "test/channels/socket_token_test.exs",
        "test/channels/zebra_channel_test.exs",
        "test/support/channel_case.ex",
        "web/channels/presence.ex",
        "web/channels/socket_token.ex",
        "web/channels/user_socket.ex",
        "web/channels/zebra_channel.ex",
    ];
    assert_eq!(made, expected);
}

#[test]
fn a_web_module_without_a_channel_is_not_used_for_one() {
    let web =
        "defmodule ShopWeb do\n  def controller, do: quote(do: use(Phoenix.Controller))\nend\n";
    let sandbox = shop(&[("lib/shop_web.ex", web)]);

    sandbox.ok(&["gen", "channel", "Zebra", "--no-socket"]);

    let channel = sandbox.read("my_app/lib/shop_web/channels/zebra_channel.ex");
    assert!(
        channel.starts_with("defmodule ShopWeb.ZebraChannel do\n  use Phoenix.Channel\n"),
        "{channel}"
    );
}

#[test]
fn a_script_elsewhere_that_connects_to_the_socket_is_the_one_that_joins() {
    let script = "import {Socket} from \"phoenix\"\nlet socket = new Socket(\"/socket\", {})\nsocket.connect()\nexport default socket\n";
    let sandbox = shop(&[
        (
            "lib/shop_web/channels/user_socket.ex",
            &socket("ShopWeb.UserSocket", ""),
        ),
        ("assets/js/socket.js", script),
    ]);

    let ran = sandbox.ok(&["gen", "channel", "Zebra", "--yes"]);

    assert!(
        lines(&ran).contains(&"* injecting assets/js/socket.js"),
        "{}",
        ran.stdout
    );
    let joined = "export const zebraChannel = socket.channel(\"zebra:lobby\", {})\n";
    assert!(sandbox.read("my_app/assets/js/socket.js").contains(joined));
}

#[test]
fn an_open_manual_step_is_printed_every_time() {
    let sandbox = shop(&[]);
    std::fs::remove_file(sandbox.path().join("my_app/assets/js/app.js")).expect("it was there");
    let manual = "\nAdd this to load the script (there is no `assets/js/app.js`):\n\n    import \"./user_socket.js\"\n";

    for _ in 0..2 {
        let ran = sandbox.ok(&["gen", "channel", "Zebra", "--yes"]);
        ran.prints(manual);
    }
}

#[test]
fn the_exit_code_of_strict_shows_open_manual_steps() {
    let sandbox = shop(&[]);
    let strict = ["gen", "channel", "Zebra", "--yes", "--strict"];
    let app = sandbox.path().join("my_app/assets/js/app.js");
    std::fs::remove_file(app).expect("it was there");

    assert_eq!(sandbox.run(&strict).code, Some(3));
    // The exit code is the same on each run, as is the report.
    assert_eq!(sandbox.run(&strict).code, Some(3));
    assert_eq!(sandbox.run(&strict[..4]).code, Some(0));

    sandbox.write("my_app/assets/js/app.js", "import \"./user_socket.js\"\n");
    sandbox.ok(&strict);
}

#[test]
fn of_two_endpoints_that_of_the_web_module_mounts_the_socket() {
    let admin = ENDPOINT.replace("ShopWeb.Endpoint", "ShopWeb.AdminEndpoint");
    let usual = "lib/shop_web/endpoint.ex";
    let nested = "lib/shop_web/admin/endpoint.ex";
    for [own, other] in [[usual, nested], [nested, usual]] {
        let sandbox = shop(&[("mix.exs", MIX), (own, ENDPOINT), (other, &admin)]);

        sandbox.ok(&["gen", "auth", "--yes"]);

        let read = |path: &str| sandbox.read(&format!("my_app/{path}"));
        let mount = "\n  socket \"/socket\", ShopWeb.UserSocket,\n    websocket: true,\n    longpoll: false,\n    auth_token: true\n";
        assert!(read(own).contains(mount), "{}", read(own));
        assert_eq!(read(other), admin);
    }
}

#[test]
fn of_two_endpoints_of_other_names_none_is_guessed() {
    let [public, admin] = ["Public", "Admin"]
        .map(|name| ENDPOINT.replace("ShopWeb.Endpoint", &format!("ShopWeb.{name}Endpoint")));
    let sandbox = shop(&[
        ("lib/shop_web/endpoint.ex", &public),
        ("lib/shop_web/admin/endpoint.ex", &admin),
    ]);

    let ran = sandbox.ok(&["gen", "socket", "User"]);

    let why = "\nAdd this to `lib/shop_web/endpoint.ex` to mount the socket (files `lib/shop_web/endpoint.ex` and \
               `lib/shop_web/admin/endpoint.ex` would do):\n";
    ran.prints(why);
    assert_eq!(sandbox.read("my_app/lib/shop_web/endpoint.ex"), public);
}

#[test]
fn of_two_endpoints_without_a_web_module_the_app_chooses_one() {
    let endpoint =
        |name: &str| ENDPOINT.replace("ShopWeb.Endpoint", &format!("Shop.{name}.Endpoint"));
    let (api, admin) = (endpoint("Api"), endpoint("Admin"));
    let sandbox = shop(&[
        ("mix.exs", MIX),
        ("lib/shop/api/endpoint.ex", &api),
        ("lib/shop/admin/endpoint.ex", &admin),
    ]);
    for file in ["lib/shop_web.ex", "lib/shop_web/endpoint.ex"] {
        let _ = std::fs::remove_file(sandbox.path().join("my_app").join(file));
    }
    refused(
        &sandbox,
        &["gen", "channel", "Room"],
        "error: the web module was not found: the app has the endpoints Shop.Admin.Endpoint and Shop.Api.Endpoint, and no module ShopWeb\n\
         help: choose one by a line in .hello-sockets/app.toml, then run this again: web = \"Shop.Admin\"\n",
    );

    sandbox.write("my_app/.hello-sockets/app.toml", "web = \"Shop.Api\"\n");
    let before = sandbox.tree();
    sandbox.ok(&["gen", "channel", "Room", "--yes"]);

    let now = sandbox.read("my_app/lib/shop/api/endpoint.ex");
    assert!(
        now.contains("socket \"/socket\", Shop.Api.UserSocket"),
        "{now}"
    );
    assert_eq!(sandbox.read("my_app/lib/shop/admin/endpoint.ex"), admin);
    let channel = sandbox.read("my_app/lib/shop/api/channels/room_channel.ex");
    assert!(
        channel.starts_with("defmodule Shop.Api.RoomChannel do\n"),
        "{channel}"
    );
    sandbox.ok(&["destroy", "channel", "Room", "--yes"]);
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn a_script_connects_to_where_its_socket_is_mounted_and_messages_name_that_path() {
    let routed = socket(
        "ShopWeb.UserSocket",
        "\n  channel \"room:*\", ShopWeb.RoomChannel\n",
    );
    let sandbox = shop(&[
        (
            "lib/shop_web/endpoint.ex",
            &mounted("/ws", "ShopWeb.UserSocket"),
        ),
        ("lib/shop_web/user_socket.ex", &routed),
    ]);

    let ran = sandbox.ok(&["gen", "socket", "User"]);

    let script = sandbox.read("my_app/assets/js/user_socket.js");
    assert!(script.contains("new Socket(\"/ws\", "), "{script}");
    let words =
        "\nIt is mounted at /ws and starts with the app: restart the app if it is running.\n";
    assert!(ran.stdout.ends_with(words), "{}", ran.stdout);
}

#[test]
fn without_a_script_for_the_socket_the_report_does_not_mention_the_page() {
    let files = [(
        "lib/shop_web/channels/user_socket.ex",
        &*socket("ShopWeb.UserSocket", ""),
    )];
    let start = "\nStart or restart the app with `mix phx.server`: its socket starts with it. No script was found that connects to\n\
                 /socket, so none joins `zebra:lobby`.";
    let none = shop(&files);
    let ran = none.ok(&["gen", "channel", "Zebra"]);
    let made = format!(
        "{start} To make one that does, run\n\n    hello-sockets gen socket User --skip\n    hello-sockets gen channel Zebra --skip\n"
    );
    assert!(ran.stdout.ends_with(&made), "{}", ran.stdout);
    none.ok(&["gen", "socket", "User", "--skip"]);
    none.ok(&["gen", "channel", "Zebra", "--skip"]);
    let script = none.read("my_app/assets/js/user_socket.js");
    assert!(
        script.contains("socket.channel(\"zebra:lobby\""),
        "{script}"
    );

    let other = "import { Socket } from \"phoenix\"\nexport const connect = (path) => new Socket(path).connect()\n";
    let elsewhere = shop(&[files[0], ("assets/js/lib/net.js", other)]);
    let ran = elsewhere.ok(&["gen", "channel", "Zebra"]);
    let pointed = format!(
        "{start} assets/js/lib/net.js connects a socket: if it is this one, join the topic there.\n"
    );
    assert!(ran.stdout.ends_with(&pointed), "{}", ran.stdout);

    let ran = elsewhere.ok(&["gen", "auth"]);
    let pointed = "\nNo script was found that connects to /socket, so none sends the token. \
                   assets/js/lib/net.js connects a socket: if it is this one, send the token there.\n";
    ran.prints(pointed);
}

/// An app with a manual step, and the lines for the file at `path`.
fn lines_manual_step(ran: &Ran, path: &str) -> String {
    let start = format!("\nAdd this to `{path}` ");
    let (_, lines) = ran
        .stdout
        .split_once(&start)
        .unwrap_or_else(|| panic!("{path}: {}", ran.stdout));
    let lines = lines.lines().skip(1);
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with("    "));
    let lines: Vec<_> = lines
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .collect();
    lines.join("\n").trim().to_owned()
}

const API_ROUTER: &str = "defmodule ShopWeb.Router do\n  use ShopWeb, :router\n\n  pipeline :api do\n    plug :accepts, [\"json\"]\n  \
                          end\n\n  scope \"/api\", ShopWeb do\n    pipe_through :api\n  end\nend\n";

const SOCKET_OF_ITS_OWN: &str = "defmodule ShopWeb.UserSocket do\n  use Phoenix.Socket\n\n  def connect(%{\"key\" => key}, socket, _info) do\n    \
                                 {:ok, assign(socket, :key, key)}\n  end\n\n  def id(socket), do: socket.assigns.key\nend\n";

const PUBLIC_ENDPOINT: &str =
    "defmodule ShopWeb.Public.Endpoint do\n  use Phoenix.Endpoint, otp_app: :shop\nend\n";

const ADMIN_ENDPOINT: &str =
    "defmodule Shop.Admin.Endpoint do\n  use Phoenix.Endpoint, otp_app: :shop\nend\n";

const MIX: &str = "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop, deps: deps()]\n  \
                   defp deps, do: [{:phoenix, \"~> 1.8.9\"}]\nend\n";

/// The output of `gen auth` in an API with a socket that has its own `connect` and is not mounted.
pub fn auth_manual_step() -> (Sandbox, [(&'static str, String); 3]) {
    let files = [
        ("mix.exs", MIX),
        ("lib/shop_web/router.ex", API_ROUTER),
        ("lib/shop_web/channels/user_socket.ex", SOCKET_OF_ITS_OWN),
        // Of two endpoints, neither of which is that of the web module, none is chosen.
        ("lib/shop_web/endpoint.ex", PUBLIC_ENDPOINT),
        ("lib/shop/admin/endpoint.ex", ADMIN_ENDPOINT),
    ];
    let sandbox = shop(&files);
    let ran = sandbox.ok(&["gen", "auth", "--yes"]);
    let paths = [files[1].0, files[2].0, "lib/shop_web/endpoint.ex"];
    (
        sandbox,
        paths.map(|path| (path, lines_manual_step(&ran, path))),
    )
}

#[test]
fn lines_of_manual_steps_name_only_what_exists() {
    let (_, [(_, router), (_, socket), (_, endpoint)]) = auth_manual_step();

    assert_eq!(
        router,
        "scope \"/\", ShopWeb do\n  post \"/token\", SocketToken, :token\nend"
    );
    assert_eq!(
        socket,
        "@impl true\ndef connect(_params, socket, connect_info) do\n  \
         case ShopWeb.SocketToken.verify(connect_info[:auth_token]) do\n    \
         {:ok, user} -> {:ok, assign(socket, :user, user)}\n    {:error, _reason} -> :error\n  end\nend\n\n\
         @impl true\ndef id(socket), do: \"user_socket:#{socket.assigns.user}\""
    );
    assert_eq!(
        endpoint,
        "socket \"/socket\", ShopWeb.UserSocket,\n  websocket: true,\n  longpoll: false,\n  auth_token: true"
    );
}

#[test]
fn an_app_without_a_web_module_is_refused_in_one_sentence() {
    for args in [
        &["gen", "channel", "Room"][..],
        &["gen", "socket", "User"],
        &["gen", "presence"],
        &["gen", "auth"],
    ] {
        let sandbox = shop(&[]);
        std::fs::remove_dir_all(sandbox.path().join("my_app/lib")).expect("it was there");
        sandbox.write("my_app/lib/shop.ex", "defmodule Shop do\nend\n");

        refused(
            &sandbox,
            args,
            "error: the web module was not found: no module below lib/ or web/ uses Phoenix.Endpoint, and none is called ShopWeb\n\
             help: run this in the app that has one\n",
        );
    }
}

#[test]
fn a_web_module_below_the_app_has_its_channels_there() {
    let endpoint = ENDPOINT.replace("ShopWeb", "Shop.Web");
    let sandbox = shop(&[
        ("lib/shop/web/endpoint.ex", &endpoint),
        (
            "lib/shop/web/web.ex",
            "defmodule Shop.Web do\n  def channel, do: quote(do: use(Phoenix.Channel))\nend\n",
        ),
    ]);
    for gone in ["lib/shop_web.ex", "lib/shop_web/endpoint.ex"] {
        std::fs::remove_file(sandbox.path().join("my_app").join(gone)).expect("it was there");
    }

    sandbox.ok(&["gen", "channel", "Room", "--yes"]);
    sandbox.ok(&["gen", "presence"]);

    let read = |path: &str| sandbox.read(&format!("my_app/lib/shop/web/{path}"));
    let channel = read("channels/room_channel.ex");
    assert!(
        channel.starts_with("defmodule Shop.Web.RoomChannel do\n  use Shop.Web, :channel\n"),
        "{channel}"
    );
    assert!(read("endpoint.ex").contains("socket \"/socket\", Shop.Web.UserSocket,\n"));
    assert!(read("channels/user_socket.ex").contains("channel \"room:*\", Shop.Web.RoomChannel\n"));
    assert!(read("channels/presence.ex").contains("pubsub_server: Shop.PubSub\n"));
}

/// The files of the app, without their contents.
fn paths(sandbox: &Sandbox) -> Vec<String> {
    sandbox.tree().into_iter().map(|(path, _)| path).collect()
}

#[test]
fn a_module_is_known_inside_of_the_one_that_it_is_nested_in() {
    let web = "defmodule ShopWeb do
  def channel, do: quote(do: use(Phoenix.Channel))

  defmodule UserSocket do
    use Phoenix.Socket

    def connect(_params, socket, _info), do: {:ok, socket}
    def id(_socket), do: nil
  end

  defmodule Endpoint do
    use Phoenix.Endpoint, otp_app: :shop

    socket \"/ws\", UserSocket
  end
end
";
    let sandbox = shop(&[("lib/shop_web.ex", web)]);
    std::fs::remove_dir_all(sandbox.path().join("my_app/lib/shop_web")).expect("it was there");

    let ran = sandbox.ok(&["gen", "channel", "Zebra"]);

    let expected = [
        "* creating lib/shop_web/channels/zebra_channel.ex",
        "* creating test/shop_web/channels/zebra_channel_test.exs",
        "* creating test/support/channel_case.ex",
        "* injecting lib/shop_web.ex",
    ];
    assert_eq!(lines(&ran), expected, "{}", ran.stdout);
    let route = "    use Phoenix.Socket\n\n    channel \"zebra:*\", ShopWeb.ZebraChannel\n";
    assert_eq!(
        sandbox.read("my_app/lib/shop_web.ex"),
        web.replace("    use Phoenix.Socket\n", route)
    );
}

#[test]
fn of_several_modules_in_a_file_the_one_that_is_named_is_edited() {
    let open = |module: &str| {
        let one_line = "do: {:ok, socket}\n";
        socket(module, "").replace(&format!(", {one_line}"), " do\n    {:ok, socket}\n  end\n")
    };
    let two = open("ShopWeb.UserSocket") + "\n" + &open("ShopWeb.AdminSocket");
    let sandbox = shop(&[
        ("lib/shop_web/sockets.ex", &two),
        (
            "lib/shop_web/endpoint.ex",
            &mounted("/admin", "ShopWeb.AdminSocket"),
        ),
        ("lib/shop_web/router.ex", API_ROUTER),
    ]);

    sandbox.ok(&["gen", "auth", "--socket", "Admin"]);

    let (user, admin) = two
        .split_once("defmodule ShopWeb.AdminSocket")
        .expect("it is there");
    let edited = sandbox.read("my_app/lib/shop_web/sockets.ex");
    assert!(edited.starts_with(user), "{edited}");
    assert!(!edited.ends_with(admin), "{edited}");
    assert!(
        edited.contains("def id(socket), do: \"admin_socket:#{socket.assigns.user}\""),
        "{edited}"
    );
}

#[test]
fn a_socket_that_a_macro_of_another_file_mounts_is_mounted() {
    let endpoint = ENDPOINT.replace("\n\n  plug", "\n  use ShopWeb.Sockets\n\n  plug");
    let sockets = "defmodule ShopWeb.Sockets do\n  defmacro __using__(_) do\n    quote do\n      \
                   socket \"/socket\", ShopWeb.UserSocket, websocket: true\n    end\n  end\nend\n";
    let sandbox = shop(&[
        ("lib/shop_web/endpoint.ex", &endpoint),
        ("lib/shop_web/sockets.ex", sockets),
        (
            "lib/shop_web/user_socket.ex",
            &socket("ShopWeb.UserSocket", ""),
        ),
    ]);

    let ran = sandbox.ok(&["gen", "channel", "Zebra"]);

    assert!(!ran.stdout.contains("endpoint.ex"), "{}", ran.stdout);
    assert_eq!(sandbox.read("my_app/lib/shop_web/endpoint.ex"), endpoint);
}

#[test]
fn an_app_without_a_page_is_made_no_script_and_asked_for_none() {
    let sandbox = shop(&[("lib/shop_web/router.ex", API_ROUTER)]);
    std::fs::remove_dir_all(sandbox.path().join("my_app/assets")).expect("it was there");

    let mut said = String::new();
    for args in [
        &["gen", "channel", "Zebra", "--yes", "--strict"][..],
        &["gen", "socket", "Device", "--strict"],
        &["gen", "auth"],
        &["gen", "presence", "--channel", "Zebra"],
    ] {
        said += &sandbox.ok(args).stdout;
    }

    for word in ["script", "assets", ".js", "localhost", "browser, "] {
        assert!(!said.contains(word), "{word}: {said}");
    }
    assert!(!paths(&sandbox).iter().any(|path| path.contains(".js")));
}

pub const OWN_SCRIPT: &str = "import {Socket} from \"phoenix\"\n\nlet socket = new Socket(\"/socket\", {params: {token: window.userToken}})\n\n\
                          socket.connect()\n\nexport default socket\n";
pub const OWN_APP: &str = "import \"phoenix_html\"\n\n// Import local files\n//\n// Local files can be imported directly using relative\n\
                       // paths \"./socket\" or full ones \"web/static/js/socket\".\n\n// import socket from \"./socket\"\n";

#[test]
fn the_script_that_phoenix_made_joins_and_is_loaded_where_its_import_is_commented_out() {
    for folder in ["assets/js", "web/static/js"] {
        let comments = "\n  ## Channels\n  # channel \"room:*\", ShopWeb.RoomChannel\n";
        let sandbox = with_socket(comments, &[]);
        std::fs::remove_dir_all(sandbox.path().join("my_app/assets")).expect("it was there");
        sandbox.write(&format!("my_app/{folder}/socket.js"), OWN_SCRIPT);
        sandbox.write(&format!("my_app/{folder}/app.js"), OWN_APP);
        let command = ["gen", "channel", "Zebra", "--strict"];

        let ran = sandbox.ok(&command);

        ran.prints(&format!("* injecting {folder}/socket.js\n"));
        let app = sandbox.read(&format!("my_app/{folder}/app.js"));
        assert_eq!(app, OWN_APP.replace("// import socket", "import socket"));
        let before = sandbox.tree();
        sandbox.ok(&command);
        sandbox.ok(&["gen", "socket", "User", "--skip"]);
        assert_eq!(sandbox.tree(), before, "{folder}");
    }
}

#[test]
fn scripts_go_where_the_page_has_its_own() {
    for (page, script) in [
        ("assets/src/app.ts", "assets/src/user_socket.js"),
        ("web/static/js/app.js", "web/static/js/user_socket.js"),
        ("assets/js/app.ts", "assets/js/user_socket.js"),
        ("assets/admin/js/app.js", "assets/admin/js/user_socket.js"),
        ("assets/app.tsx", "assets/user_socket.js"),
    ] {
        let sandbox = shop(&[]);
        std::fs::remove_dir_all(sandbox.path().join("my_app/assets")).expect("it was there");
        sandbox.write(&format!("my_app/{page}"), "import \"phoenix_html\"\n");

        let ran = sandbox.ok(&["gen", "channel", "Zebra", "--yes", "--strict"]);

        ran.prints(&format!("* creating {script}\n"));
        assert_eq!(
            sandbox.read(&format!("my_app/{page}")),
            "import \"phoenix_html\"\nimport \"./user_socket.js\"\n"
        );
        assert!(
            sandbox
                .read(&format!("my_app/{script}"))
                .contains("\"zebra:lobby\"")
        );
    }
}

#[test]
fn of_the_scripts_of_two_pages_below_assets_none_is_guessed() {
    let pages = ["assets/admin/js/app.js", "assets/shop/js/app.js"];
    let sandbox = shop(&pages.map(|page| (page, "")));
    std::fs::remove_dir_all(sandbox.path().join("my_app/assets/js")).expect("it was there");

    let ran = sandbox.ok(&["gen", "channel", "Zebra", "--yes"]);

    let step = "Add this to load the script (there is no `assets/js/app.js`):\n";
    ran.prints(step);
    assert_eq!(
        pages.map(|page| sandbox.read(&format!("my_app/{page}"))),
        ["", ""]
    );
}

#[test]
fn a_socket_in_typescript_is_the_one_that_joins() {
    let script = "import { Socket } from \"phoenix\"\n\nconst socket: Socket = new Socket(\"/socket\", {})\nsocket.connect()\n";
    let sandbox = shop(&[
        ("assets/js/user_socket.ts", script),
        (
            "assets/js/app.ts",
            "import \"phoenix_html\"\nimport \"./user_socket\"\n",
        ),
    ]);
    std::fs::remove_file(sandbox.path().join("my_app/assets/js/app.js")).expect("it was there");

    let ran = sandbox.ok(&["gen", "channel", "Zebra", "--yes", "--strict"]);

    ran.prints("* injecting assets/js/user_socket.ts\n");
    ran.prints("* skipping assets/js/user_socket.ts\n");
    assert!(!paths(&sandbox).contains(&"my_app/assets/js/user_socket.js".to_owned()));
    let app = sandbox.read("my_app/assets/js/app.ts");
    assert_eq!(app, "import \"phoenix_html\"\nimport \"./user_socket\"\n");
}

#[test]
fn lines_for_a_script_say_what_its_socket_is_called_there() {
    let script = "import { Socket } from \"phoenix\"\n\nexport default class Line {\n  constructor() {\n    this.socket = new Socket(\"/socket\")\n  }\n}\n";
    let sandbox = shop(&[
        ("assets/js/line.js", script),
        (
            "lib/shop_web/endpoint.ex",
            &mounted("/socket", "ShopWeb.UserSocket"),
        ),
        (
            "lib/shop_web/user_socket.ex",
            &socket("ShopWeb.UserSocket", ""),
        ),
    ]);

    let ran = sandbox.ok(&["gen", "channel", "Zebra"]);

    assert_eq!(sandbox.read("my_app/assets/js/line.js"), script);
    let step = "\nAdd this to `assets/js/line.js` to join the channel in the browser, where `socket` is the one that connects to `/socket`:\n";
    ran.prints(step);
}

#[test]
fn an_app_without_a_web_module_is_refused_for_this_alone() {
    let none = "# Nothing yet.\n";
    let sandbox = shop(&[
        ("lib/shop_web/endpoint.ex", none),
        ("lib/shop_web.ex", none),
    ]);
    let error = "error: the web module was not found: no module below lib/ or web/ uses Phoenix.Endpoint, and none is called ShopWeb\n\
                 help: run this in the app that has one\n";
    for args in [
        &["gen", "presence", "--channel", "Zebra"][..],
        &["gen", "channel", "Zebra", "--per-user"],
        &["gen", "auth", "--sign-in"],
    ] {
        refused(&sandbox, args, error);
    }
}
