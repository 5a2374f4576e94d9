//! `destroy` and `undo` in Phoenix apps of other structures.

use crate::others::{self, ROUTER};
use crate::shapes::{mounted, shop, socket, with_socket};
use crate::support::Sandbox;
use crate::support::taken_back::{by_destroy, by_undo, different};
use crate::umbrella::{run_in, umbrella};

/// A channel with its socket, a presence in it, and tokens.
const COMMANDS: [&[&str]; 3] = [
    &["channel", "Zebra"],
    &["presence", "--channel", "Zebra"],
    &["auth"],
];

const APPLICATION: &str = "defmodule Shop.Application do\n  use Application\n\n  def start(_type, _args) do\n    children = [\n      \
    {Phoenix.PubSub, name: Shop.PubSub},\n      ShopWeb.Endpoint\n    ]\n\n    \
    Supervisor.start_link(children, strategy: :one_for_one)\n  end\nend\n";

/// As `mix phx.new` makes it.
const APP_JS: &str = "// If you want to use Phoenix channels, run `mix help phx.gen.channel`\n\
    // to get started and then uncomment the line below.\n// import \"./user_socket.js\"\n\n\
    import \"phoenix_html\"\nimport {Socket} from \"phoenix\"\n";

#[test]
fn what_is_made_in_apps_of_other_shapes_is_taken_back() {
    let application = ("lib/shop/application.ex", APPLICATION);
    let router = ("lib/shop_web/router.ex", ROUTER);
    let config = ("config/config.exs", "import Config\n\nconfig :shop, a: 1\n");
    let app_js = ("assets/js/app.js", APP_JS);
    let user = socket("ShopWeb.UserSocket", "");
    let user = ("lib/shop_web/sockets/people.ex", user.as_str());
    let mount = mounted("/socket", "ShopWeb.UserSocket");
    let mount = ("lib/shop_web/endpoint.ex", mount.as_str());
    let endpoint = mounted("/live", "ShopWeb.LiveSocket");
    let endpoint = ("lib/shop_web/endpoint.ex", endpoint.as_str());
    let shapes = [
        shop(&[application, router]),
        shop(&[application, router, app_js, endpoint]),
        shop(&[application, router, user, mount]),
        others::shop("1.7.14", &[application, router, config]),
        others::shop("1.3.4", &[application, router, config]),
    ];
    for sandbox in shapes {
        for command in COMMANDS {
            if command == COMMANDS[0] {
                by_undo(&sandbox, command);
            }
            by_destroy(&sandbox, command);
            sandbox.ok(&[&["gen"], command].concat());
        }
    }
}

#[test]
fn in_an_umbrella_the_files_of_the_web_app_are_taken_back_from_everywhere() {
    let sandbox = umbrella();
    let before = sandbox.tree();
    for folder in ["", "apps/shop_web/lib"] {
        for back in [&["destroy", "channel", "User"][..], &["undo"]] {
            run_in(&sandbox, "", &["gen", "channel", "User", "--yes"]).succeeded();
            run_in(&sandbox, folder, back).succeeded();
            assert_eq!(
                different(&sandbox, &before),
                [""; 0],
                "{back:?} in {folder}"
            );
        }
    }
}

/// Another module that is called Presence does not keep this one.
#[test]
fn a_presence_is_needed_by_code_that_names_it_and_not_by_its_last_part() {
    let needs = |alias: &str| {
        let code = format!(
            "defmodule Shop.Tills do\n  alias {alias}\n\n  def open(till) do\n    Presence.track(self(), \"tills\", till, %{{}})\n  end\nend\n"
        );
        let application = ("lib/shop/application.ex", APPLICATION);
        let sandbox = shop(&[application, ("lib/shop/tills.ex", &code)]);
        sandbox.ok(&["gen", "presence"]);
        let ran = sandbox.ok(&["destroy", "presence"]);
        let stays = ran
            .stdout
            .contains("presence.ex stays: lib/shop/tills.ex needs it.");
        let is_there = sandbox.exists("my_app/lib/shop_web/channels/presence.ex");
        assert_eq!(stays, is_there, "{}", ran.stdout);
        stays
    };
    assert!(needs("ShopWeb.Presence"));
    assert!(!needs("Shop.Presence"));
}

/// As `mix phx.gen.presence` makes it, with a function that LiveViews call.
#[test]
fn a_presence_of_the_app_stays_as_it_was_and_started() {
    let presence = "defmodule ShopWeb.Presence do\n  use Phoenix.Presence, otp_app: :shop, pubsub_server: Shop.PubSub\n\n  \
        def online, do: list(\"online\")\nend\n";
    let application = APPLICATION.replace(
        "ShopWeb.Endpoint\n",
        "ShopWeb.Endpoint,\n      ShopWeb.Presence\n",
    );
    let sandbox = shop(&[
        ("lib/shop/application.ex", &application),
        ("lib/shop_web/channels/presence.ex", presence),
    ]);
    sandbox.ok(&["gen", "channel", "Zebra", "--yes"]);

    by_destroy(&sandbox, &["presence", "--channel", "Zebra"]);
}

/// As `mix phx.gen.socket` and `mix phx.new` of Phoenix 1.5 write them.
#[test]
fn lines_that_were_comments_and_spacing_that_is_not_ours_come_back() {
    let user = "defmodule ShopWeb.UserSocket do\n  use Phoenix.Socket\n\n  ## Channels\n  # channel \"zebra:*\", ShopWeb.ZebraChannel\n\n  \
        def connect(_params, socket, _connect_info) do\n    {:ok, socket}\n  end\n\n  def id(_socket), do: nil\nend\n";
    let script = "import {Socket} from \"phoenix\"\n\nlet socket = new Socket(\"/socket\", {params: {token: window.userToken}})\n\n\
        socket.connect()\n\nexport default socket\n";
    let mount = mounted("/socket", "ShopWeb.UserSocket");
    let sandbox = others::shop(
        "1.7.14",
        &[
            ("lib/shop_web/endpoint.ex", mount.as_str()),
            ("lib/shop_web/channels/user_socket.ex", user),
            ("lib/shop_web/router.ex", ROUTER),
            ("config/config.exs", "import Config\n\nconfig :shop, a: 1\n"),
            ("assets/js/app.js", "import \"./user_socket\"\n"),
            ("assets/js/user_socket.js", script),
        ],
    );
    by_destroy(&sandbox, &["channel", "Zebra"]);
    by_destroy(&sandbox, &["auth"]);
}

/// The comment above the routes is not one that a run has made a route of.
#[test]
fn a_route_below_a_comment_becomes_no_comment_in_any_order() {
    let route = "\n  ## Channels\n  # channel \"room:*\", ShopWeb.RoomChannel\n";
    let [first, second] = ["Zebra", "Sensor"];
    for order in [[first, second], [second, first]] {
        let sandbox = with_socket(route, &[]);
        let before = sandbox.tree();
        for name in [first, second] {
            sandbox.ok(&["gen", "channel", name]);
        }
        for name in order {
            sandbox.ok(&["destroy", "channel", name]);
        }
        assert_eq!(different(&sandbox, &before), [""; 0], "{order:?}");
    }
}

#[test]
fn a_mount_is_not_kept_for_the_tokens_of_another_socket() {
    let user = socket("ShopWeb.UserSocket", "");
    let sandbox = shop(&[
        ("lib/shop_web/channels/user_socket.ex", &user),
        ("lib/shop_web/router.ex", ROUTER),
        ("config/config.exs", "import Config\n\nconfig :shop, a: 1\n"),
    ]);
    let before = sandbox.tree();
    let kiosk = ["--socket", "Kiosk"];
    let zebra = ["channel", "Zebra"];
    sandbox.ok(&[&["gen"], &zebra[..]].concat());
    sandbox.ok(&["gen", "socket", "Kiosk"]);
    sandbox.ok(&[&["gen", "auth"], &kiosk[..]].concat());

    sandbox.ok(&[&["destroy"], &zebra[..]].concat());
    sandbox.ok(&[&["destroy", "auth"], &kiosk[..]].concat());
    sandbox.ok(&["destroy", "socket", "Kiosk"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

/// A script of Phoenix 1.7 in an app of 1.8, and the other way round.
#[test]
fn params_of_a_script_come_back_as_they_were_in_each_version() {
    let options = [
        "{params: {token: window.userToken}}",
        "{authToken: window.userToken}",
        "{\n  authToken: window.userToken,\n}",
        "{\n  params: {token: window.userToken}\n}",
    ];
    for (version, options) in ["1.7.14", "1.8.9"]
        .iter()
        .flat_map(|version| options.map(|options| (version, options)))
    {
        let script = format!(
            "import {{Socket}} from \"phoenix\"\n\nlet socket = new Socket(\"/socket\", {options})\n\n\
             socket.connect()\n\nexport default socket\n"
        );
        let user = socket("ShopWeb.UserSocket", "");
        let sandbox = others::shop(
            version,
            &[
                ("lib/shop_web/channels/user_socket.ex", &user),
                ("lib/shop_web/router.ex", ROUTER),
                ("config/config.exs", "import Config\n\nconfig :shop, a: 1\n"),
                ("assets/js/app.js", "import \"./user_socket\"\n"),
                ("assets/js/user_socket.js", &script),
            ],
        );
        by_destroy(&sandbox, &["auth"]);
    }
}

#[test]
fn tokens_stay_for_code_of_the_app_that_signs_them() {
    let sandbox = with_socket(
        "",
        &[
            ("lib/shop_web/router.ex", ROUTER),
            ("config/config.exs", "import Config\n\nconfig :shop, a: 1\n"),
        ],
    );
    sandbox.ok(&["gen", "auth"]);
    let devices = "defmodule ShopWeb.Devices do\n  alias ShopWeb.SocketToken\n\n  def token(device), do: SocketToken.sign(device)\nend\n";
    sandbox.write("my_app/lib/shop_web/devices.ex", devices);

    let ran = sandbox.ok(&["destroy", "auth"]);

    let stays = "lib/shop_web/channels/socket_token.ex stays: lib/shop_web/devices.ex needs it.\n";
    ran.prints(stays);
    assert!(sandbox.exists("my_app/lib/shop_web/channels/socket_token.ex"));
    assert!(!sandbox.read(HANDLER).contains("SocketToken"));
}

#[test]
fn a_socket_of_the_app_stays_and_is_mounted_only_if_it_was() {
    let user = socket("ShopWeb.UserSocket", "");
    let path = "my_app/lib/shop_web/channels/user_socket.ex";
    let sandbox = shop(&[("lib/shop_web/channels/user_socket.ex", &user)]);
    let args = ["channel", "Zebra", "--topic", "stripes"];
    by_destroy(&sandbox, &args);
    assert_eq!(sandbox.read(path), user);

    let endpoint = "my_app/lib/shop_web/endpoint.ex";
    let line = "  socket \"/socket\", ShopWeb.UserSocket\n";
    let mounted = sandbox
        .read(endpoint)
        .replace("\nend\n", &format!("\n\n{line}end\n"));
    sandbox.write(endpoint, &mounted);
    by_destroy(&sandbox, &args);
}

/// A socket handler of the app whose `connect` and `id` have these parameters.
fn handler(params: &str, info: &str, id: &str) -> String {
    format!(
        "defmodule ShopWeb.UserSocket do\n  use Phoenix.Socket\n\n  @impl true\n  \
         def connect({params}, socket, {info}) do\n    {{:ok, socket}}\n  end\n\n  @impl true\n  \
         def id({id}), do: nil\nend\n"
    )
}

const HANDLER: &str = "my_app/lib/shop_web/channels/user_socket.ex";

/// An app whose socket handler is `handler`, with a token in its parameters or in a header.
fn with_handler(handler: &str, phoenix: &str) -> Sandbox {
    let mount = mounted("/socket", "ShopWeb.UserSocket");
    others::shop(
        phoenix,
        &[
            ("lib/shop_web/endpoint.ex", mount.as_str()),
            ("lib/shop_web/channels/user_socket.ex", handler),
            ("lib/shop_web/router.ex", ROUTER),
            ("config/config.exs", "import Config\n\nconfig :shop, a: 1\n"),
        ],
    )
}

#[test]
fn parameters_come_back_as_they_were_spelled() {
    for phoenix in ["1.7.14", "1.8.9"] {
        for (params, info, id) in [
            ("params", "info", "socket"),
            ("_params", "_info", "_socket"),
            ("__params", "__info", "__socket"),
            ("___params", "___info", "___socket"),
            ("____params", "info", "socket"),
            ("_", "_", "_"),
            ("p1", "_connect_info", "s"),
        ] {
            let own = handler(params, info, id);
            let over_lines = own.replace("{:ok, socket}", "{:ok,\n     socket}");
            for own in [own, over_lines] {
                by_destroy(&with_handler(&own, phoenix), &["auth"]);
            }
        }
    }
}

/// No run has recorded the file as it is without the token.
#[test]
fn parameters_come_back_after_other_changes_of_their_file() {
    for (params, info, id) in [("params", "info", "socket"), ("_params", "_", "_socket")] {
        let own = handler(params, info, id);
        let sandbox = with_handler(&own, "1.7.14");
        sandbox.ok(&["gen", "auth"]);
        sandbox.ok(&["gen", "channel", "Zebra", "--yes"]);
        let edited = sandbox.read(HANDLER).replace(
            "  use Phoenix.Socket\n",
            "  use Phoenix.Socket\n\n  # For the tills.\n",
        );
        sandbox.write(HANDLER, &edited);

        sandbox.ok(&["destroy", "auth"]);
        sandbox.ok(&["destroy", "channel", "Zebra"]);

        let expected = own.replace(
            "  use Phoenix.Socket\n",
            "  use Phoenix.Socket\n\n  # For the tills.\n",
        );
        assert_eq!(sandbox.read(HANDLER), expected);
    }
}

#[test]
fn of_several_recorded_texts_the_last_one_comes_back() {
    let spellings = [
        handler("params", "info", "socket"),
        handler("_params", "_info", "_socket"),
        handler("_", "_", "_"),
        handler("params", "_info", "socket"),
    ];
    let sandbox = with_handler(&spellings[0], "1.7.14");
    for own in spellings.iter().chain(spellings.iter().rev()) {
        sandbox.write(HANDLER, own);
        by_destroy(&sandbox, &["auth"]);
    }
}

/// The record has the first mount as one of a channel, and the second one is that of the socket.
#[test]
fn a_mount_that_gen_socket_has_made_again_stays_without_channels() {
    let own = socket("ShopWeb.UserSocket", "");
    let path = "my_app/lib/shop_web/channels/user_socket.ex";
    let endpoint = "my_app/lib/shop_web/endpoint.ex";
    let sandbox = shop(&[("lib/shop_web/channels/user_socket.ex", &own)]);
    sandbox.ok(&["gen", "channel", "Zebra"]);
    assert!(sandbox.read(endpoint).contains("socket \"/socket\""));
    sandbox.write(path, &own);
    sandbox.ok(&["destroy", "socket", "User", "--force"]);
    assert!(!sandbox.read(endpoint).contains("socket \"/socket\""));
    sandbox.ok(&["gen", "socket", "User"]);
    let made = sandbox.read(endpoint);

    by_destroy(&sandbox, &["channel", "Room", "--no-socket"]);

    assert_eq!(sandbox.read(endpoint), made);
    assert!(made.contains("socket \"/socket\""), "{made}");
}

/// A script that joins `room:*` may join the channel of another name.
#[test]
fn destroy_takes_nothing_of_another_channel_that_has_the_topic() {
    let route = "  channel \"room:*\", ShopWeb.ChatChannel\n";
    let script = "import { Socket } from \"phoenix\"\n\nexport function enter(id) {\n  \
                  const socket = new Socket(\"/socket\")\n  socket.connect()\n  \
                  return socket.channel(`room:${id}`, {})\n}\n";
    let chat = "defmodule ShopWeb.ChatChannel do\n  use ShopWeb, :channel\nend\n";
    let files = [
        ("lib/shop_web/channels/chat_channel.ex", chat),
        ("assets/js/chat.js", script),
    ];
    let sandbox = with_socket(route, &files);
    let before = sandbox.tree();

    let ran = sandbox.run(&["destroy", "channel", "Room", "--yes"]);

    assert_eq!(ran.stdout, "");
    assert!(
        ran.stderr
            .starts_with("error: nothing of `hello-sockets gen channel Room` is in this app\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn the_last_child_has_no_comma_again_in_any_order() {
    let application = "defmodule Shop.Application do\n  use Application\n\n  def start(_type, _args) do\n    children = [\n      \
                       Shop.Repo,\n      ShopWeb.Endpoint\n      # {Shop.Worker, arg}\n    ]\n\n    \
                       Supervisor.start_link(children, strategy: :one_for_one)\n  end\nend\n";
    let path = "lib/shop/application.ex";
    let [first, second] = ["Presence", "RoomPresence"];
    for order in [[first, second], [second, first]] {
        let sandbox = others::shop("1.4.0", &[(path, application)]);
        for name in [first, second] {
            sandbox.ok(&["gen", "presence", name]);
        }
        for name in order {
            sandbox.ok(&["destroy", "presence", name]);
        }
        assert_eq!(sandbox.read(&format!("my_app/{path}")), application);
    }
}

#[test]
fn a_mount_for_a_handler_of_the_app_is_taken_back_if_gen_auth_has_made_it() {
    let own = mounted(
        "/socket",
        "ShopWeb.UserSocket,\n    websocket: true,\n    longpoll: false",
    );
    let unmounted = own.replace(
        "\n  socket \"/socket\", ShopWeb.UserSocket,\n    websocket: true,\n    longpoll: false\n",
        "",
    );
    assert_ne!(own, unmounted);
    for (version, endpoint) in [
        ("1.8.9", &unmounted),
        ("1.7.0", &unmounted),
        ("1.8.9", &own),
        ("1.7.0", &own),
    ] {
        let sandbox = others::shop(
            version,
            &[
                ("lib/shop_web/endpoint.ex", endpoint),
                ("lib/shop_web/router.ex", ROUTER),
                (
                    "lib/shop_web/channels/user_socket.ex",
                    &socket(
                        "ShopWeb.UserSocket",
                        "\n  channel \"room:*\", ShopWeb.RoomChannel\n",
                    ),
                ),
                ("config/config.exs", "import Config\n\nconfig :shop, a: 1\n"),
            ],
        );
        let before = sandbox.tree();
        sandbox.ok(&["gen", "auth"]);

        let ran = sandbox.ok(&["destroy", "auth"]);

        assert!(!ran.stdout.contains("Take out"), "{}", ran.stdout);
        assert_eq!(
            different(&sandbox, &before),
            [""; 0],
            "{version}: {endpoint}"
        );
        sandbox.run(&["destroy", "auth"]).misused(
            "error: nothing of `hello-sockets gen auth` is in this app\n\
             help: `hello-sockets destroy auth` has taken it back already\n",
        );
    }
}
