//! `hello-sockets gen` in a Phoenix app.

use crate::support::Sandbox;

#[test]
fn the_parts_of_a_channel_agree() {
    let sandbox = Sandbox::with_phoenix_app();
    sandbox.ok(&[
        "gen",
        "channel",
        "Admin.ChatRoom",
        "--topic",
        "chat",
        "--yes",
    ]);

    let has = |path: &str, line: &str| {
        let text = sandbox.read(&format!("my_app/{path}"));
        assert!(text.lines().any(|l| l == line), "{path}\n{text}");
    };
    let web = "lib/my_app_web";
    has(
        &format!("{web}/channels/admin/chat_room_channel.ex"),
        "defmodule MyAppWeb.Admin.ChatRoomChannel do",
    );
    has(
        &format!("{web}/channels/admin/chat_room_channel.ex"),
        "  def join(\"chat:\" <> _rest, _payload, socket) do",
    );
    has(
        &format!("{web}/channels/user_socket.ex"),
        "  channel \"chat:*\", MyAppWeb.Admin.ChatRoomChannel",
    );
    has(
        "test/my_app_web/channels/admin/chat_room_channel_test.exs",
        "  @topic \"chat:lobby\"",
    );
    has(
        "assets/js/user_socket.js",
        "export const adminChatRoomChannel = socket.channel(\"chat:lobby\", {})",
    );
    has("assets/js/app.js", "import \"./user_socket.js\"");
}

#[test]
fn no_and_the_printed_command_have_the_effect_of_yes() {
    let yes = Sandbox::with_phoenix_app();
    let no = Sandbox::with_phoenix_app();
    let endpoint = yes.read("my_app/lib/my_app_web/endpoint.ex");
    no.write("my_app/lib/my_app_web/endpoint.ex", &endpoint);
    let grown = |sandbox: &Sandbox| -> Vec<_> {
        sandbox
            .tree()
            .into_iter()
            .filter(|(path, _)| !path.starts_with("my_app/config/"))
            .collect()
    };

    yes.answer(&["gen", "channel", "User"], "y\n").succeeded();
    let ran = no.answer(&["gen", "channel", "User"], "n\n").succeeded();
    ran.prints("\n    hello-sockets gen channel User --yes --skip\n");
    assert!(!no.exists("my_app/lib/my_app_web/channels/user_socket.ex"));
    no.ok(&["gen", "channel", "User", "--yes"]);

    assert_eq!(grown(&no), grown(&yes));
}

#[test]
fn everything_twice_changes_nothing() {
    let sandbox = Sandbox::with_phoenix_app();
    let commands: [&[&str]; 4] = [
        &["gen", "channel", "User", "--yes"],
        &["gen", "socket", "Admin.Device"],
        &["gen", "channel", "Sensor", "--topic", "sensors"],
        &["gen", "presence", "RoomPresence"],
    ];
    commands.iter().for_each(|args| drop(sandbox.ok(args)));
    let before = sandbox.tree();

    for args in commands {
        sandbox.run(args).found_all_identical();
    }
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn the_paths_of_a_nested_socket_agree() {
    let sandbox = Sandbox::with_phoenix_app();
    sandbox.ok(&["gen", "socket", "Admin.Device"]);

    assert!(sandbox.exists("my_app/lib/my_app_web/channels/admin/device_socket.ex"));
    let script = sandbox.read("my_app/assets/js/admin/device_socket.js");
    assert!(
        script.contains("new Socket(\"/admin_device_socket\""),
        "{script}"
    );
    let app_js = sandbox.read("my_app/assets/js/app.js");
    assert!(
        app_js.ends_with("import \"./admin/device_socket.js\"\n"),
        "{app_js}"
    );
    let endpoint = sandbox.read("my_app/lib/my_app_web/endpoint.ex");
    assert!(
        endpoint.contains("  socket \"/admin_device_socket\", MyAppWeb.Admin.DeviceSocket,\n"),
        "{endpoint}"
    );
}

#[test]
fn used_topics_paths_and_modules_are_refused() {
    let sandbox = Sandbox::with_phoenix_app();
    sandbox.ok(&["gen", "channel", "Room", "--yes"]);
    let before = sandbox.tree();

    sandbox
        .run(&["gen", "channel", "Admin.Lobby", "--topic", "room"])
        .misused(
            "error: the topic `room:*` is taken: UserSocket routes `room:*` to MyAppWeb.RoomChannel\n\
         help: hello-sockets gen channel Admin.Lobby --topic admin_lobby\n",
        );
    sandbox.run(&["gen", "presence", "Endpoint"]).misused(
        "error: the module `MyAppWeb.Endpoint` is taken: it is in lib/my_app_web/endpoint.ex\n\
         help: hello-sockets gen presence EndpointPresence\n",
    );
    assert_eq!(sandbox.tree(), before);

    let endpoint = "my_app/lib/my_app_web/endpoint.ex";
    sandbox.write(
        endpoint,
        &sandbox
            .read(endpoint)
            .replace("MyAppWeb.UserSocket", "MyAppWeb.GameSocket"),
    );
    sandbox.run(&["gen", "socket", "User"]).misused(
        "error: the path `/socket` is taken: the endpoint mounts MyAppWeb.GameSocket there\n\
         help: hello-sockets gen socket Client\n\
         error: `lib/my_app_web/channels/user_socket.ex` exists and differs; nothing was written\n\
         error: `assets/js/user_socket.js` exists and differs; nothing was written\n\
         help: --force overwrites files that differ, --skip keeps them, --dry-run shows what would be done\n",
    );
}

#[test]
fn a_presence_may_have_a_name() {
    let sandbox = Sandbox::with_phoenix_app();
    sandbox.ok(&["gen", "presence"]);
    sandbox.ok(&["gen", "presence", "RoomPresence"]);

    assert!(sandbox.exists("my_app/lib/my_app_web/channels/presence.ex"));
    assert!(sandbox.exists("my_app/lib/my_app_web/channels/room_presence.ex"));
    let application = sandbox.read("my_app/lib/my_app/application.ex");
    let children = "      {Phoenix.PubSub, name: MyApp.PubSub},\n      MyAppWeb.RoomPresence,\n      \
        MyAppWeb.Presence,\n      MyAppWeb.Endpoint\n";
    assert!(application.contains(children), "{application}");
}

#[test]
fn channel_tests_of_an_app_with_a_database_are_isolated() {
    let sandbox = Sandbox::with_phoenix_app();
    sandbox.write(
        "my_app/test/support/data_case.ex",
        "defmodule MyApp.DataCase do\n  use ExUnit.CaseTemplate\n\n  def setup_sandbox(tags) do\n    tags\n  end\nend\n",
    );
    sandbox.ok(&["gen", "channel", "User", "--no-socket"]);

    let case = sandbox.read("my_app/test/support/channel_case.ex");
    assert!(
        case.contains("    MyApp.DataCase.setup_sandbox(tags)\n"),
        "{case}"
    );
}

#[test]
fn an_existing_app_is_recognised_by_its_dependency() {
    let mix = |app: &str, dep: &str| {
        format!(
            "defmodule X.MixProject do\n  use Mix.Project\n\n  @app :my_app\n\n  def project do\n    \
             [app: {app}, deps: deps()]\n  end\n\n  defp deps do\n    [\n      {dep}\n    ]\n  end\nend\n"
        )
    };
    for app in [":my_app", "@app"] {
        for dep in [
            "{:phoenix, \"~> 1.7\"}",
            "{:phoenix, github: \"phoenixframework/phoenix\", override: true}",
        ] {
            let sandbox = Sandbox::new();
            sandbox.write("my_app/mix.exs", &mix(app, dep));
            sandbox.write("my_app/lib/my_app_web.ex", "defmodule ShopWeb do\nend\n");
            sandbox.ok(&["gen", "channel", "User", "--no-socket"]);
            let channel = sandbox.read("my_app/lib/my_app_web/channels/user_channel.ex");
            assert!(
                channel.starts_with("defmodule ShopWeb.UserChannel do\n"),
                "{channel}"
            );
        }
    }
    let sandbox = Sandbox::new();
    sandbox.write(
        "my_app/mix.exs",
        &mix(
            ":my_app",
            "{:phoenix_pubsub, \"~> 2.1\"} # not {:phoenix, \"~> 1.8\"}",
        ),
    );
    assert_eq!(sandbox.run(&["gen", "channel", "User"]).code, Some(2));
}

#[test]
fn both_stacks_have_the_same_generators() {
    let names = |sandbox: &Sandbox| {
        let page = sandbox.ok(&["help", "gen"]).stdout;
        let names = page.lines().filter(|line| line.starts_with("  "));
        let names = names.filter_map(|line| line.split_whitespace().next());
        names.map(str::to_owned).collect::<Vec<_>>()
    };

    let phoenix = names(&Sandbox::with_phoenix_app());

    assert!(phoenix.contains(&"auth".to_owned()), "{phoenix:?}");
    assert_eq!(phoenix, names(&Sandbox::with_app()));
}

#[test]
fn help_lists_the_generators_of_the_current_app() {
    let page = |sandbox: &Sandbox| sandbox.ok(&["help", "gen", "channel"]).stdout;

    assert!(page(&Sandbox::with_phoenix_app()).contains("lib/my_app_web/channels/room_channel.ex"));
    assert!(page(&Sandbox::with_app()).contains("src/channels/room_channel.rs"));
    assert!(page(&Sandbox::new()).contains("src/channels/room_channel.rs"));
}

#[test]
fn gen_socket_warns_of_a_running_app_before_anything_else_and_only_of_a_new_socket() {
    let warning = "\nIf the app is running, stop it first: until it has restarted, open pages retry this socket, and each attempt \
                   fails with a long error.\n";
    let sandbox = Sandbox::with_phoenix_app();

    let first = sandbox.ok(&["gen", "socket", "User"]);
    let again = sandbox.ok(&["gen", "socket", "User"]);

    let rest = first.stdout.strip_prefix(warning);
    let rest = rest.unwrap_or_else(|| panic!("{}", first.stdout));
    assert!(rest.starts_with("* creating "), "{rest}");
    assert!(!again.stdout.contains(warning.trim()), "{}", again.stdout);
}
