//! `hello-sockets gen presence` in a Phoenix app. Edits to existing files are in `edits.rs`.

use crate::support::Sandbox;

const SCRIPT: &str = "my_app/assets/js/user_socket.js";

/// An app with the channels User and Room.
fn app() -> Sandbox {
    Sandbox::with_phoenix_app().after(&[
        &["gen", "channel", "User", "--yes"],
        &["gen", "channel", "Room"],
    ])
}

#[test]
fn a_presence_is_wired_into_its_channel_and_its_script() {
    let sandbox = app();

    let ran = sandbox.ok(&["gen", "presence"]);

    assert_eq!(
        ran.stdout,
        "* creating lib/my_app_web/channels/presence.ex\n\
         * creating test/my_app_web/channels/presence_test.exs\n\
         * injecting lib/my_app/application.ex\n\
         * injecting lib/my_app_web/channels/user_channel.ex\n\
         * injecting assets/js/user_socket.js\n\
         \nStart or restart the app with `mix phx.server`: MyAppWeb.Presence starts with it. The clients in a topic of\n\
         UserChannel see each other.\n"
    );
    let channel = sandbox.read("my_app/lib/my_app_web/channels/user_channel.ex");
    assert!(
        channel.contains(
            "    send(self(), :after_join)\n    {:ok, socket}\n  end\n\n  @impl true\n  \
             def handle_info(:after_join, socket) do\n    MyAppWeb.Presence.track(socket)\n    \
             {:noreply, socket}\n  end\n\n  # A reply"
        ),
        "{channel}"
    );
    let script = sandbox.read(SCRIPT);
    assert!(
        script.contains("import { Presence, Socket } from \"phoenix\"\n"),
        "{script}"
    );
    let joined = script.find("userChannel.join()").expect("it is joined");
    let present = script.find("export const userPresence = new Presence(userChannel)\n");
    assert!(present.is_some_and(|present| present > joined), "{script}");
}

#[test]
fn a_changed_presence_serves_a_second_channel() {
    let sandbox = app();
    sandbox.ok(&["gen", "presence"]);
    let path = "my_app/lib/my_app_web/channels/presence.ex";
    let own = sandbox.read(path).replace("\"guest\"", "\"visitor\"");
    sandbox.write(path, &own);

    let ran = sandbox.ok(&["gen", "presence", "--channel", "Room"]);

    assert!(
        ran.stdout
            .starts_with("* skipping lib/my_app_web/channels/presence.ex\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(sandbox.read(path), own);
    let script = sandbox.read(SCRIPT);
    assert_eq!(script.matches("import { Presence, Socket }").count(), 1);
    for channel in ["user", "room"] {
        let present = format!("const {channel}Presence = new Presence({channel}Channel)\n");
        assert!(script.contains(&present), "{script}");
    }
}

#[test]
fn a_presence_is_for_the_channel_of_its_name() {
    let sandbox = app();

    sandbox.ok(&["gen", "presence", "RoomPresence"]);

    let channel = sandbox.read("my_app/lib/my_app_web/channels/room_channel.ex");
    assert!(
        channel.contains("    MyAppWeb.RoomPresence.track(socket)\n"),
        "{channel}"
    );
}

#[test]
fn a_presence_in_a_folder_is_for_the_channels_in_it() {
    let sandbox = app();

    let ran = sandbox.ok(&["gen", "presence", "Admin.Presence"]);

    ran.prints("UserChannel see each other");
    let channel = sandbox.read("my_app/lib/my_app_web/channels/user_channel.ex");
    assert!(
        channel.contains("    MyAppWeb.Admin.Presence.track(socket)\n"),
        "{channel}"
    );
}

#[test]
fn a_channel_of_another_socket_has_the_list_in_that_ones_script() {
    let sandbox = Sandbox::with_phoenix_app();
    for args in [
        &["gen", "socket", "Device"][..],
        &["gen", "channel", "Admin.Sensor", "--socket", "Device"],
        &[
            "gen",
            "presence",
            "--channel",
            "Admin.Sensor",
            "--socket",
            "Device",
        ],
    ] {
        sandbox.ok(args);
    }

    let script = sandbox.read("my_app/assets/js/device_socket.js");
    assert!(
        script.contains("const adminSensorPresence = new Presence(adminSensorChannel)\n"),
        "{script}"
    );
    let channel = sandbox.read("my_app/lib/my_app_web/channels/admin/sensor_channel.ex");
    assert!(
        channel.contains("MyAppWeb.Presence.track(socket)"),
        "{channel}"
    );
}

#[test]
fn without_a_channel_the_next_command_is_printed() {
    let sandbox = Sandbox::with_phoenix_app();

    let ran = sandbox.ok(&["gen", "presence", "Guests"]);

    assert_eq!(
        ran.stdout,
        "* creating lib/my_app_web/channels/guests.ex\n\
         * creating test/my_app_web/channels/guests_test.exs\n\
         * injecting lib/my_app/application.ex\n\
         \nMyAppWeb.Guests starts with the app: restart the app if it is running.\n\
         No channel uses it to track its clients yet. Once there is one, such as RoomChannel, run\n\n    \
         hello-sockets gen presence Guests --channel Room\n"
    );
}

#[test]
fn a_script_keeps_the_list_of_the_channel_by_the_name_that_it_has_there() {
    let sandbox = app();
    let own = sandbox.read(SCRIPT).replace("userChannel", "lobby");
    sandbox.write(SCRIPT, &own);

    sandbox.ok(&["gen", "presence"]);

    let script = sandbox.read(SCRIPT);
    assert!(
        script.contains("export const userPresence = new Presence(lobby)\n"),
        "{script}"
    );
}

#[test]
fn a_script_without_the_channel_is_left_alone_and_no_line_names_what_is_not_there() {
    let sandbox = app();
    let script =
        "import { Socket } from \"phoenix\"\nexport const socket = new Socket(\"/socket\")\n";
    sandbox.write(SCRIPT, script);

    let ran = sandbox.ok(&["gen", "presence"]);

    assert_eq!(sandbox.read(SCRIPT), script);
    let printed = "\nNo script was found that joins a topic of UserChannel. In the script that joins one, `new Presence(channel)` of\n\
                the package \"phoenix\" keeps the list.\n";
    assert!(ran.stdout.ends_with(printed), "{}", ran.stdout);
    assert!(!ran.stdout.contains("userChannel"), "{}", ran.stdout);
}

#[test]
fn a_script_that_joins_in_its_own_way_is_named() {
    let joins = [
        "this.channel = socket.channel(`user:${id}`)\n",
        "socket.channel('user:' + id, {}).join()\n",
        "const open = (id) => socket.channel(\"user:lobby\", { id })\n",
    ];
    for line in joins {
        let sandbox = app();
        let own = sandbox.read(SCRIPT);
        let own = own.replace("userChannel", "lobby");
        let own = own.replace("\"user:lobby\"", "\"chat:lobby\"");
        sandbox.write(SCRIPT, &own);
        let script = format!("import socket from \"./user_socket\"\n\nconst id = 1\n{line}");
        sandbox.write("my_app/assets/js/room.js", &script);

        let ran = sandbox.ok(&["gen", "presence"]);

        let printed = "\nassets/js/room.js joins a topic of UserChannel. There, `new Presence(channel)` of\n\
                       the package \"phoenix\" keeps the list.\n";
        assert!(ran.stdout.ends_with(printed), "{line}: {}", ran.stdout);
    }
}

/// Characters of regular expressions stand for themselves.
#[test]
fn a_topic_of_any_characters_is_found_in_the_script() {
    let handler = "my_app/lib/my_app_web/channels/user_socket.ex";
    for topic in ["user(1", "us+er", "user.v[1]"] {
        let sandbox = app();
        let [own, routes] = [SCRIPT, handler].map(|path| sandbox.read(path));
        sandbox.write(
            handler,
            &routes.replace("\"user:*\"", &format!("\"{topic}:*\"")),
        );
        let own = own.replace("userChannel", "lobby");
        sandbox.write(SCRIPT, &own.replace("user:lobby", "userv1:lobby"));
        let script = format!("socket.channel(\"{topic}:\" + id).join()\n");
        sandbox.write("my_app/assets/js/room.js", &script);

        let ran = sandbox.ok(&["gen", "presence"]);

        let found = "\nassets/js/room.js joins a topic of UserChannel. ";
        assert!(ran.stdout.contains(found), "{topic}: {}", ran.stdout);
    }
}

#[test]
fn manual_steps_print_commands_as_they_are_typed() {
    let sandbox = app();
    let path = "my_app/lib/my_app_web/channels/user_channel.ex";
    let own = "defmodule MyAppWeb.UserChannel do\n  use MyAppWeb, :channel\n\n  \
        @impl true\n  def join(_topic, _payload, socket), do: {:ok, socket}\nend\n";
    sandbox.write(path, own);

    let ran = sandbox.ok(&["gen", "presence"]);

    assert_eq!(sandbox.read(path), own);
    let lines = "\nAdd this to `lib/my_app_web/channels/user_channel.ex` to track clients; in a \
        `handle_info(:after_join, socket)` of your own, only the line with `track`:\n\n  in `join`, as the last expression before its `{:ok, socket}`:\n\n    \
        send(self(), :after_join)\n\n  below `join`:\n\n    @impl true\n    \
        def handle_info(:after_join, socket) do\n      MyAppWeb.Presence.track(socket)\n      \
        {:noreply, socket}\n    end\n";
    ran.prints(lines);
}

/// A presence made by `mix phx.gen.presence`, without `track/1`.
#[test]
fn a_presence_of_phoenix_gets_the_function_that_the_channel_calls() {
    let sandbox = app();
    let path = "my_app/lib/my_app_web/channels/presence.ex";
    let own = "defmodule MyAppWeb.Presence do\n  use Phoenix.Presence,\n    otp_app: :my_app,\n    \
               pubsub_server: MyApp.PubSub\nend\n";
    sandbox.write(path, own);

    sandbox.ok(&["gen", "presence"]);

    let presence = sandbox.read(path);
    assert!(
        presence.contains("    pubsub_server: MyApp.PubSub\n\n  # Tracks"),
        "{presence}"
    );
    assert!(
        presence.contains("\n  def track(socket) do\n"),
        "{presence}"
    );
    let before = sandbox.tree();
    sandbox.ok(&["gen", "presence"]);
    assert_eq!(sandbox.tree(), before);
}

const OWN_PRESENCE: &str = "defmodule MyAppWeb.Presence do\n  use Phoenix.Presence, otp_app: :my_app, pubsub_server: MyApp.PubSub\nend\n";

const TRACKS_ITSELF: &str = r#"defmodule MyAppWeb.UserChannel do
  use MyAppWeb, :channel

  alias MyAppWeb.Presence

  @impl true
  def join(_topic, %{"name" => name}, socket) do
    send(self(), {:joined, name})
    {:ok, socket}
  end

  @impl true
  def handle_info({:joined, name}, socket) do
    {:ok, _} = Presence.track(socket, name, %{device: "phone"})
    push(socket, "presence_state", Presence.list(socket))
    {:noreply, socket}
  end
end
"#;

#[test]
fn destroy_names_a_presence_of_the_app_that_it_edits() {
    let sandbox = app();
    let path = "my_app/lib/my_app_web/channels/presence.ex";
    let own = "defmodule MyAppWeb.Presence do\n  use Phoenix.Presence,\n    otp_app: :my_app,\n    \
               pubsub_server: MyApp.PubSub\nend\n";
    sandbox.write(path, own);
    sandbox.ok(&["gen", "presence"]);
    assert_ne!(sandbox.read(path), own);

    let ran = sandbox.ok(&["destroy", "presence"]);

    assert_eq!(sandbox.read(path), own);
    let line = "* editing lib/my_app_web/channels/presence.ex\n";
    ran.prints(line);
}

#[test]
fn a_presence_with_callbacks_of_its_own_gets_clients_by_keys_that_are_named() {
    let fetch = "\n  def fetch(_topic, presences) do\n    presences\n  end\n";
    let metas =
        "\n  def handle_metas(_topic, _diff, _presences, state) do\n    {:ok, state}\n  end\n";
    for (callbacks, named) in [
        (fetch.to_owned(), "`fetch` of MyAppWeb.Presence also gets"),
        (
            metas.to_owned(),
            "`handle_metas` of MyAppWeb.Presence also gets",
        ),
        (
            format!("{fetch}{metas}"),
            "`fetch` and `handle_metas` of MyAppWeb.Presence also get",
        ),
    ] {
        let sandbox = app();
        let own = format!(
            "defmodule MyAppWeb.Presence do\n  use Phoenix.Presence,\n    otp_app: :my_app,\n    \
             pubsub_server: MyApp.PubSub\n{callbacks}end\n"
        );
        sandbox.write("my_app/lib/my_app_web/channels/presence.ex", &own);

        let ran = sandbox.ok(&["gen", "presence"]);

        let line = format!(
            "\n{named} the clients of the channel. Their keys are the ends of their `socket.id`, or `guest`.\n"
        );
        ran.prints(&line);
    }
}

/// A channel that sends itself a message and does not handle it ends.
#[test]
fn of_a_changed_channel_all_lines_are_to_be_taken_out() {
    let sandbox = app();
    sandbox.ok(&["gen", "presence"]);
    let path = "my_app/lib/my_app_web/channels/user_channel.ex";
    let track = "    MyAppWeb.Presence.track(socket)\n";
    let changed = format!("{track}    push(socket, \"hello\", %{{}})\n");
    let channel = sandbox.read(path).replace(track, &changed);
    sandbox.write(path, &channel);

    let ran = sandbox.ok(&["destroy", "presence"]);

    assert_eq!(sandbox.read(path), channel);
    let (_, step) = ran.stdout.split_once("\nTake out of ").expect("a step");
    for line in ["send(self(), :after_join)", track.trim()] {
        assert!(step.contains(line), "{step}");
    }
}

/// `gen` adds no function that nothing calls, and `destroy` does not take the app's own code for a generated one.
#[test]
fn a_channel_that_tracks_its_clients_itself_and_its_presence_stay_as_they_are() {
    let sandbox = app();
    let presence = "my_app/lib/my_app_web/channels/presence.ex";
    let channel = "my_app/lib/my_app_web/channels/user_channel.ex";
    sandbox.write(presence, OWN_PRESENCE);
    sandbox.write(channel, TRACKS_ITSELF);

    let ran = sandbox.ok(&["gen", "presence"]);

    assert_eq!(sandbox.read(presence), OWN_PRESENCE);
    assert_eq!(sandbox.read(channel), TRACKS_ITSELF);
    assert_eq!(
        ran.stdout,
        "* skipping lib/my_app_web/channels/presence.ex\n\
         * injecting lib/my_app/application.ex\n\
         \nUserChannel tracks its clients itself, and stays as it is.\n\
         \nStart or restart the app with `mix phx.server`: MyAppWeb.Presence starts with it. The clients in a topic of\n\
         UserChannel see each other.\n"
    );

    let ran = sandbox.ok(&["destroy", "presence"]);

    assert_eq!(sandbox.read(channel), TRACKS_ITSELF);
    assert!(!ran.stdout.contains("Take out"), "{}", ran.stdout);
}
