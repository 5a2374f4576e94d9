//! Apps unlike those of `mix phx.new`: another port, no scripts, macros and files of their own.

use std::net::TcpListener;

use crate::others::{self, ROUTER};
use crate::shapes::{mounted, shop, socket};
use crate::support::{Ran, finish};
use crate::umbrella::{run_in, umbrella};

/// Returns the address that `gen channel Room` says to open, with these settings of development.
fn address(settings: &str) -> String {
    let settings = format!("import Config\n\n{settings}\n");
    let sandbox = shop(&[("config/dev.exs", &settings)]);
    last_word(&sandbox.ok(&["gen", "channel", "Room", "--yes"]))
}

fn last_word(ran: &Ran) -> String {
    let word = ran.stdout.split_whitespace().last();
    word.expect("it says what to do").to_owned()
}

#[test]
fn the_page_is_opened_at_the_port_of_the_settings() {
    for (settings, port) in [
        (
            "config :shop, ShopWeb.Endpoint,\n  http: [ip: {127, 0, 0, 1}, port: 5004],\n  debug_errors: true",
            "5004",
        ),
        (
            "config :shop, ShopWeb.Endpoint,\n  # Change to `ip: {0, 0, 0, 0}`.\n  http: [ip: {127, 0, 0, 1}, port: 5005],\n  watchers: []",
            "5005",
        ),
        (
            "config :shop, ShopWeb.Endpoint,\n  http: [port: String.to_integer(System.get_env(\"PORT\") || \"4004\")]",
            "4004",
        ),
        (
            "config :shop, ShopWeb.Endpoint, [http: [port: String.to_integer(System.get_env(\"PORT\", \"4008\"))]]",
            "4008",
        ),
        (
            "config :shop, ShopWeb.Endpoint, https: [port: 4443], http: [port: 4001]",
            "4001",
        ),
        // Of another endpoint, in a comment, without `http`, and nothing that is a number.
        (
            "config :shop, ShopAdmin.Endpoint, http: [port: 4001]",
            "4000",
        ),
        (
            "# config :shop, ShopWeb.Endpoint, http: [port: 4001]",
            "4000",
        ),
        ("config :shop, ShopWeb.Endpoint, url: [port: 4001]", "4000"),
        ("config :shop, ShopWeb.Endpoint, http: [port: port]", "4000"),
    ] {
        let expected = format!("http://localhost:{port}");
        assert_eq!(address(settings), expected, "{settings}");
    }
    for settings in [
        "config :shop, ShopWeb.Endpoint,\n  url: [port: 80],\n  https: [port: 4443, cipher_suite: :strong]",
        "config :shop, ShopWeb.Endpoint, [https: [port: 4443]]",
    ] {
        assert_eq!(address(settings), "https://localhost:4443", "{settings}");
    }
}

#[test]
fn doctor_checks_the_port_of_the_settings() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it has one").port();
    let settings =
        format!("import Config\n\nconfig :shop, ShopWeb.Endpoint, http: [port: {port}]\n");
    let sandbox = shop(&[("config/dev.exs", &settings)]);
    let mut doctor = sandbox.command(&["doctor"]);
    doctor.env_remove("IP").env_remove("PORT");
    let ran = finish(doctor, "");
    let problem = format!(
        "* problem port: another program uses port {port} on 127.0.0.1\n            stop it, or "
    );
    ran.prints(&problem);
}

#[test]
fn the_page_of_an_app_in_an_umbrella_is_opened_at_its_own_port() {
    let sandbox = umbrella();
    sandbox.write(
        "shop_umbrella/config/dev.exs",
        "import Config\n\nconfig :admin_web, AdminWeb.Endpoint, http: [port: 4000]\n\nconfig :shop_web, ShopWeb.Endpoint, http: [port: 4010]\n",
    );
    let ran = run_in(&sandbox, "", &["gen", "channel", "Room", "--yes"]).succeeded();
    assert_eq!(last_word(&ran), "http://localhost:4010");
}

/// A handler whose `connect` nobody but its owner can replace.
const OWN_CONNECT: &str = "  def connect(%{\"key\" => \"secret\"}, socket, _info), do: {:ok, socket}\n  def connect(_p, _s, _i), do: :error\n  def id(_), do: nil\nend\n";

#[test]
fn an_app_without_scripts_is_pointed_to_none() {
    let handler = format!("defmodule ShopWeb.UserSocket do\n  use Phoenix.Socket\n\n{OWN_CONNECT}");
    let sandbox = shop(&[("lib/shop_web/channels/user_socket.ex", &handler)]);
    std::fs::remove_dir_all(sandbox.path().join("my_app/assets")).expect("it was there");

    let auth = sandbox.ok(&["gen", "auth"]);

    auth.prints("to accept only clients with a token");
    assert!(!auth.stdout.contains("The script"), "{}", auth.stdout);
    let other = sandbox.ok(&["gen", "channel", "Room", "--socket", "Other", "--yes"]);
    let restart =
        "\nStart or restart the app with `mix phx.server`: a new socket starts with it.\n";
    assert!(other.stdout.ends_with(restart), "{}", other.stdout);
}

#[test]
fn a_socket_handler_of_another_name_gets_channels() {
    for (module, path, typed) in [
        (
            "ShopWeb.Socket",
            "lib/shop_web/channels/socket.ex",
            "Socket",
        ),
        (
            "ShopWeb.V1.Socket",
            "lib/shop_web/v1/sockets/socket.ex",
            "V1.Socket",
        ),
        ("Shop.UserSocket", "lib/shop/user_socket.ex", "Shop.User"),
        (
            "Shop.Live.Socket",
            "lib/shop/live/socket.ex",
            "Shop.Live.Socket",
        ),
    ] {
        let handler = socket(module, "  channel \"news:*\", ShopWeb.NewsChannel\n");
        let sandbox = shop(&[
            (path, &handler),
            ("lib/shop_web/endpoint.ex", &mounted("/socket", module)),
        ]);
        let before = sandbox.tree();

        sandbox.run(&["gen", "channel", "Room"]).misused(&format!(
            "error: the path `/socket` is taken: the endpoint mounts {module} there\n\
             help: hello-sockets gen channel Room --socket {typed}\n"
        ));
        assert_eq!(sandbox.tree(), before);
        let channel = ["channel", "Room", "--socket", typed];
        let ran = sandbox.ok(&[&["gen"], &channel[..]].concat());

        let routed = handler.replace(
            "ShopWeb.NewsChannel\n",
            "ShopWeb.NewsChannel\n  channel \"room:*\", ShopWeb.RoomChannel\n",
        );
        assert_eq!(sandbox.read(&format!("my_app/{path}")), routed);
        assert!(!ran.stdout.contains("was not found."), "{}", ran.stdout);
        ran.prints("\n/socket, so none joins");
        sandbox.ok(&[&["destroy"], &channel[..]].concat());
        assert_eq!(sandbox.read(&format!("my_app/{path}")), handler);
    }
}

#[test]
fn a_handler_of_another_name_asks_for_tokens() {
    let handler = "defmodule ShopWeb.Socket do\n  use Phoenix.Socket\n\n  @impl true\n  def connect(_params, socket, _info) do\n    {:ok, socket}\n  end\n\n  \
         @impl true\n  def id(_socket), do: nil\nend\n";
    let sandbox = shop(&[
        ("lib/shop_web/socket.ex", handler),
        (
            "lib/shop_web/endpoint.ex",
            &mounted("/ws", "ShopWeb.Socket"),
        ),
        ("lib/shop_web/router.ex", ROUTER),
    ]);

    sandbox.ok(&["gen", "auth", "--socket", "Socket"]);

    let handler = sandbox.read("my_app/lib/shop_web/socket.ex");
    assert!(
        handler.contains("ShopWeb.SocketToken.verify(params[\"token\"])"),
        "{handler}"
    );
    let id = "def id(socket), do: \"socket:#{socket.assigns.user}\"";
    assert!(handler.contains(id), "{handler}");
}

#[test]
fn a_socket_handler_by_a_macro_of_the_apps_own_gets_channels_and_is_listed() {
    for (uses, path) in [
        ("use ShopWeb, :socket", "/socket"),
        ("use ShopWeb.Socket, log: false", "/ws"),
        (
            "use Phoenix.Socket\n  use Absinthe.Phoenix.Socket, schema: Shop.Schema",
            "/graphql",
        ),
    ] {
        let handler = socket(
            "ShopWeb.UserSocket",
            "  channel \"news:*\", ShopWeb.NewsChannel\n",
        );
        let handler = handler.replace("use Phoenix.Socket", uses);
        let sandbox = shop(&[
            ("lib/shop_web/channels/user_socket.ex", &handler),
            (
                "lib/shop_web/endpoint.ex",
                &mounted(path, "ShopWeb.UserSocket"),
            ),
        ]);

        sandbox.ok(&["gen", "channel", "Room"]);

        let routed = sandbox.read("my_app/lib/shop_web/channels/user_socket.ex");
        let route = "NewsChannel\n  channel \"room:*\", ShopWeb.RoomChannel\n";
        assert!(routed.contains(route), "{routed}");
        let routes = sandbox.run(&["routes"]).stdout;
        assert_eq!(
            routes.matches("ShopWeb.UserSocket (").count(),
            1,
            "{routes}"
        );
        assert_eq!(
            routes.matches("ShopWeb.RoomChannel ").count(),
            1,
            "{routes}"
        );
    }
}

#[test]
fn channels_go_beside_those_of_the_app() {
    let handler = socket("ShopWeb.UserSocket", "");
    let sandbox = shop(&[
        ("lib/web/channels/user_socket.ex", &handler),
        (
            "lib/web/shop/endpoint.ex",
            &mounted("/socket", "ShopWeb.UserSocket"),
        ),
        ("lib/web/shop_web.ex", "defmodule ShopWeb do\nend\n"),
    ]);
    for path in ["lib/shop_web.ex", "lib/shop_web/endpoint.ex"] {
        std::fs::remove_file(sandbox.path().join("my_app").join(path)).expect("it was there");
    }

    let ran = sandbox.ok(&["gen", "channel", "Room"]);

    let made = "* creating lib/web/channels/room_channel.ex\n* creating test/web/channels/room_channel_test.exs\n";
    assert!(ran.stdout.starts_with(made), "{}", ran.stdout);
    sandbox.ok(&["gen", "socket", "Other"]);
    let with_two = sandbox.tree();
    sandbox.ok(&["gen", "socket", "Other"]);
    assert_eq!(sandbox.tree(), with_two);
    assert!(sandbox.exists("my_app/lib/web/channels/other_socket.ex"));
}

#[test]
fn phoenix_1_2_is_started_by_its_own_command() {
    let handler = socket("ShopWeb.UserSocket", "");
    let sandbox = others::shop(
        "1.2.5",
        &[
            ("lib/shop_web/channels/user_socket.ex", &handler),
            (
                "lib/shop_web/endpoint.ex",
                &mounted("/socket", "ShopWeb.UserSocket"),
            ),
        ],
    );

    for args in [
        &["gen", "channel", "Room"][..],
        &["gen", "presence"],
        &["gen", "auth"],
    ] {
        let ran = sandbox.ok(args);
        ran.prints("`mix phoenix.server`");
        assert!(!ran.stdout.contains("phx.server"), "{}", ran.stdout);
    }
}

/// The mix.exs of an app on this version of Phoenix, without a lock.
fn mix(version: &str) -> String {
    format!(
        "defmodule Shop.Mixfile do\n  use Mix.Project\n  def project, do: [app: :shop, elixirc_paths: [\"lib\", \"test/support\"], deps: deps()]\n  \
         defp deps, do: [{{:phoenix, \"{version}\"}}]\nend\n"
    )
}

#[test]
fn an_older_phoenix_without_a_lock_is_known_by_what_the_app_requires() {
    for (version, command) in [
        ("~> 1.1.4", "`mix phoenix.server`"),
        ("1.2.5", "`mix phoenix.server`"),
        ("~> 1.2", "`mix phx.server`"),
        ("~> 1.3.0", "`mix phx.server`"),
    ] {
        let sandbox = shop(&[("mix.exs", &mix(version))]);
        let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);
        assert!(ran.stdout.contains(command), "{version}: {}", ran.stdout);
    }
}

#[test]
fn sockets_before_phoenix_1_4_take_long_polling_by_a_transport() {
    let kiosk = ["gen", "socket", "Kiosk"];
    let longpoll = [&kiosk[..], &["--longpoll", "--skip"]].concat();
    let wanted = "ShopWeb.KioskSocket is there already, and its transports stay as they are. For long-polling, add this to it:\n\n    \
                  transport :longpoll, Phoenix.Transports.LongPoll\n";
    let sandbox = others::shop("1.3.4", &[]);
    for _ in 0..2 {
        let ran = sandbox.ok(&longpoll);
        assert!(!ran.stdout.contains("already"), "{}", ran.stdout);
    }

    let sandbox = others::shop("1.3.4", &[]).after(&[&kiosk]);
    let ran = sandbox.ok(&longpoll);
    ran.prints(wanted);
}

#[test]
fn a_presence_before_phoenix_1_2_is_refused() {
    let refusal = "error: Phoenix has presences from 1.2 on\nhelp: update Phoenix to 1.2 or later, then run this again\n";
    for sandbox in [
        others::shop("1.1.9", &[]),
        shop(&[("mix.exs", &mix("~> 1.0.3"))]),
    ] {
        sandbox.run(&["gen", "presence"]).misused(refusal);
    }
    for sandbox in [
        others::shop("1.2.0", &[("mix.exs", &mix("~> 1.1.0"))]),
        shop(&[("mix.exs", &mix("~> 1.1"))]),
    ] {
        sandbox.ok(&["gen", "presence"]);
    }
}

#[test]
fn calls_have_parentheses_where_mix_format_adds_them() {
    let own = |settings: &str| {
        format!("[\n  {settings}inputs: [\"{{config,lib,test}}/**/*.{{ex,exs}}\"]\n]\n")
    };
    for (settings, open, close) in [
        (own(""), "(", ")"),
        (own("import_deps: [:ecto], "), "(", ")"),
        (own("import_deps: [:ecto, :phoenix], "), " ", ""),
        ("[subdirectories: [\"apps/*\"]]\n".to_owned(), " ", ""),
    ] {
        let sandbox = others::shop("1.3.4", &[(".formatter.exs", &settings)]);

        sandbox.ok(&["gen", "channel", "Room", "--yes"]);
        sandbox.ok(&["gen", "presence", "--channel", "Room"]);

        for (path, call, arguments) in [
            (
                "lib/shop_web/channels/user_socket.ex",
                "channel",
                "\"room:*\", ShopWeb.RoomChannel",
            ),
            (
                "lib/shop_web/channels/user_socket.ex",
                "transport",
                ":websocket, Phoenix.Transports.WebSocket",
            ),
            (
                "test/shop_web/channels/room_channel_test.exs",
                "assert_reply",
                "ref, :ok, %{\"hello\" => \"there\"}",
            ),
            (
                "test/shop_web/channels/presence_test.exs",
                "assert_push",
                "\"presence_state\", %{\"alice\" => _}",
            ),
        ] {
            let source = sandbox.read(&format!("my_app/{path}"));
            let line = format!("  {call}{open}{arguments}{close}\n");
            assert!(source.contains(&line), "{settings}: {line}: {source}");
        }
    }
}
