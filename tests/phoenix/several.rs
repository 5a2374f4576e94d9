//! Apps with several routers, scripts or channels that would do, or with none.

use crate::others::{ROUTER, shop};
use crate::support::taken_back::different;
use crate::umbrella::{run_in, umbrella};

const ENDPOINT: &str = "defmodule ShopWeb.Endpoint do\n  use Phoenix.Endpoint, otp_app: :shop\n\n  socket \"/socket\", ShopWeb.UserSocket,\n    websocket: true\nend\n";

const SOCKET: &str = "defmodule ShopWeb.UserSocket do\n  use Phoenix.Socket\n\n  channel \"news:*\", ShopWeb.NewsChannel\n\n  def connect(_params, socket, _info) do\n    {:ok, socket}\n  end\n\n  def id(_socket), do: nil\nend\n";

/// A script whose function connects to `/socket`.
const CONNECTS: &str = "import { Socket } from \"phoenix\"\n\nexport function open() {\n  const socket = new Socket(\"/socket\")\n  socket.connect()\n}\n";

#[test]
fn lines_for_one_of_several_routers_have_the_pipeline_of_browsers() {
    let admin = ROUTER.replace("ShopWeb.Router", "ShopWeb.AdminRouter");
    let two_scopes = ROUTER.replace(
        "\n  end\nend\n",
        "\n  end\n\n  scope \"/\", ShopWeb do\n    pipe_through :browser\n    get \"/:page\", PageController, :show\n  end\nend\n",
    );
    let by_browser = "\n\n    scope \"/\", ShopWeb do\n      pipe_through :browser\n\n      post \"/token\", SocketToken, :token\n    end\n";
    for (own, at, why) in [
        (
            "router.ex",
            &two_scopes,
            "Add this to `lib/shop_web/router.ex` to serve tokens, above all catch-all routes (",
        ),
        (
            "routers/public.ex",
            &ROUTER.to_owned(),
            "Add this to serve tokens, above all catch-all routes (",
        ),
    ] {
        let own = format!("lib/shop_web/{own}");
        let files = [
            (own.as_str(), at.as_str()),
            ("lib/shop_web/routers/admin.ex", &admin),
        ];
        let sandbox = shop("1.7.0", &files);

        let ran = sandbox.ok(&["gen", "auth", "--yes"]);

        ran.prints(why);
        ran.prints(by_browser);
    }
}

#[test]
fn a_pipeline_for_development_is_none_of_the_pages() {
    let router = "defmodule ShopWeb.Router do\n  use Phoenix.Router\n\n  scope \"/\" do\n    get \"/\", ShopWeb.Page, :index\n  end\n\n  \
        if Mix.env() == :dev do\n    pipeline :browser do\n      plug :fetch_session\n      plug :protect_from_forgery\n    end\n\n    \
        scope \"/dev\" do\n      pipe_through :browser\n    end\n  end\nend\n";
    let sandbox = shop("1.7.0", &[("lib/shop_web/router.ex", router)]);

    let ran = sandbox.ok(&["gen", "auth", "--yes"]);

    let lines = "above all catch-all routes (the router has no pipeline `:browser` to read the session and check the page's CSRF token):\n\n    \
        scope \"/\", ShopWeb do\n      post \"/token\", SocketToken, :token\n    end\n";
    ran.prints(lines);
    let test = sandbox.read("my_app/test/shop_web/channels/socket_token_test.exs");
    assert!(!test.contains("CSRF"), "{test}");
}

#[test]
fn of_several_scripts_none_that_is_not_there_is_named() {
    let sandbox = shop(
        "1.7.0",
        &[
            ("lib/shop_web/endpoint.ex", ENDPOINT),
            ("lib/shop_web/channels/user_socket.ex", SOCKET),
            ("assets/js/news.js", CONNECTS),
            ("assets/js/chat.js", CONNECTS),
        ],
    );

    let ran = sandbox.ok(&["gen", "channel", "Room"]);

    let either = "(files `assets/js/chat.js` and `assets/js/news.js` would do)";
    ran.prints(either);
    assert!(!ran.stdout.contains("user_socket.js"), "{}", ran.stdout);
}

/// A script whose module connects to `/socket`.
const SCRIPT: &str = "import { Socket } from \"phoenix\"\n\nconst socket = new Socket(\"/socket\", {params: {token: window.userToken}})\nsocket.connect()\n\nexport default socket\n";

#[test]
fn of_several_scripts_that_of_a_module_gets_the_token_and_the_others_are_named() {
    let sandbox = shop(
        "1.7.0",
        &[
            ("lib/shop_web/endpoint.ex", ENDPOINT),
            ("lib/shop_web/router.ex", ROUTER),
            ("lib/shop_web/channels/user_socket.ex", SOCKET),
            ("assets/js/news.js", CONNECTS),
            ("assets/js/chat/live.js", SCRIPT),
        ],
    );
    let before = sandbox.tree();

    let ran = sandbox.ok(&["gen", "auth"]);

    let others = "/socket refuses clients without a token, such as assets/js/news.js: send one there, as assets/js/chat/live.js does.\n";
    ran.prints(others);
    let script = sandbox.read("my_app/assets/js/chat/live.js");
    assert!(script.contains(" from \"../token.js\"\n"), "{script}");
    sandbox.write(
        "my_app/assets/js/news.js",
        &CONNECTS.replace(
            "\"/socket\"",
            "\"/socket\", { params: () => ({ token: token() }) }",
        ),
    );
    let ran = sandbox.ok(&["gen", "auth"]);
    assert!(!ran.stdout.contains("news.js"), "{}", ran.stdout);
    sandbox.write("my_app/assets/js/news.js", CONNECTS);

    let inbox = ["channel", "Inbox", "--per-user"];
    sandbox.ok(&[&["gen"][..], &inbox].concat());
    sandbox.run(&["destroy", "auth"]).misused(
        "error: assets/js/chat/live.js joins the topic of its user, whom assets/js/token.js fetches\n\
         help: take back the channels made with --per-user first\n",
    );
    sandbox.ok(&[&["destroy"][..], &inbox].concat());
    sandbox.ok(&["destroy", "auth"]);
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn without_a_script_the_commands_that_make_one_are_printed() {
    let sandbox = shop(
        "1.7.0",
        &[
            ("lib/shop_web/endpoint.ex", ENDPOINT),
            ("lib/shop_web/router.ex", ROUTER),
            (
                "lib/shop_web/channels/user_socket.ex",
                &SOCKET.replace("  channel \"news:*\", ShopWeb.NewsChannel\n\n", ""),
            ),
            ("assets/js/app.js", "import \"phoenix_html\"\n"),
        ],
    );

    let ran = sandbox.ok(&["gen", "auth"]);

    let commands = "\nNo script was found that connects to /socket, so none sends the token. To make one that does, run\n\n    \
                    hello-sockets gen socket User --skip\n    hello-sockets gen auth\n\n";
    ran.prints(commands);
    assert!(!ran.stdout.contains("user_socket.js"), "{}", ran.stdout);

    sandbox.ok(&["gen", "socket", "User", "--skip"]);
    let ran = sandbox.ok(&["gen", "auth"]);

    assert!(!ran.stdout.contains("No script"), "{}", ran.stdout);
    let script = sandbox.read("my_app/assets/js/user_socket.js");
    assert!(script.contains("token: token()"), "{script}");
}

const TRACKING: &str = "defmodule ShopWeb.NewsChannel do\n  use ShopWeb, :channel\n\n  def join(_topic, _payload, socket) do\n    ShopWeb.Presence.track(socket, 1, %{})\n    {:ok, socket}\n  end\nend\n";

#[test]
fn gen_presence_names_a_channel_that_tracks_no_clients_yet() {
    let presence = "defmodule ShopWeb.Presence do\n  use Phoenix.Presence, otp_app: :shop, pubsub_server: Shop.PubSub\nend\n";
    let tracks = "lib/shop_web/channels/news_channel.ex tracks its clients. ";
    let room = "defmodule ShopWeb.RoomChannel do\n  use ShopWeb, :channel\nend\n";
    let sports = TRACKING.replace("NewsChannel", "SportsChannel");
    for (other, next) in [
        (
            room,
            "To make another channel track them, run\n\n    hello-sockets gen presence --channel Room\n",
        ),
        (
            sports.as_str(),
            "For another channel, name that one with `--channel`.\n",
        ),
    ] {
        let sandbox = shop(
            "1.7.0",
            &[
                ("lib/shop_web/channels/news_channel.ex", TRACKING),
                ("lib/shop_web/channels/other_channel.ex", other),
                ("lib/shop_web/presence.ex", presence),
            ],
        );

        let ran = sandbox.ok(&["gen", "presence"]);

        ran.prints(&format!("{tracks}{next}"));
    }
}

#[test]
fn from_the_root_of_an_umbrella_next_steps_have_the_whole_path() {
    let sandbox = umbrella();
    let app = "shop_umbrella/apps/shop_web";
    sandbox.write(
        &format!("{app}/lib/shop_web/endpoint.ex"),
        &ENDPOINT.replace(":shop\n", ":shop_web\n"),
    );
    sandbox.write(
        &format!("{app}/lib/shop_web/channels/user_socket.ex"),
        SOCKET,
    );
    let connects = "import { Socket } from \"phoenix\"\n\nconst socket = new Socket(\"/socket\")\nsocket.connect()\n";
    sandbox.write(&format!("{app}/assets/js/feed.js"), connects);

    let ran = run_in(&sandbox, "", &["gen", "channel", "Room"]).succeeded();

    let next = "\nNo script or page was found that loads apps/shop_web/assets/js/feed.js: import it in the page's script.\n";
    ran.prints(next);
}

/// Code reloading starts no sockets.
#[test]
fn a_socket_that_is_mounted_now_needs_a_restart() {
    let unmounted = ENDPOINT.replace(
        "\n  socket \"/socket\", ShopWeb.UserSocket,\n    websocket: true\n",
        "",
    );
    let connects = CONNECTS
        .replace("export function open() {\n", "")
        .replace("  ", "")
        .replace("}\n", "");
    for (endpoint, next) in [
        (
            unmounted.as_str(),
            "Start or restart the app with `mix phx.server`: its socket starts with it. Then open http://localhost:4000\n",
        ),
        (
            ENDPOINT,
            "Start the app with `mix phx.server` if it is not running, and open http://localhost:4000\n",
        ),
    ] {
        let sandbox = shop(
            "1.7.0",
            &[
                ("lib/shop_web/endpoint.ex", endpoint),
                ("lib/shop_web/channels/user_socket.ex", SOCKET),
                ("assets/js/app.js", "import \"./user_socket.js\"\n"),
                ("assets/js/user_socket.js", &connects),
            ],
        );

        let ran = sandbox.ok(&["gen", "channel", "Room"]);

        assert!(ran.stdout.ends_with(&format!("\n{next}")), "{}", ran.stdout);
    }
}
