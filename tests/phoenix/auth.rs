//! `hello-sockets gen auth` in a Phoenix app. Edits to existing files are in `edits.rs`.

use crate::support::{Ran, Sandbox};

/// A new app after `commands`.
fn app(commands: &[&[&str]]) -> Sandbox {
    Sandbox::with_phoenix_app().after(commands)
}

const CHANNEL: &[&str] = &["gen", "channel", "User", "--yes"];
const AUTH: &[&str] = &["gen", "auth", "--yes"];
const SOCKET: &str = "my_app/lib/my_app_web/channels/user_socket.ex";
const SCRIPT: &str = "my_app/assets/js/user_socket.js";

#[test]
fn a_socket_requires_a_token_and_its_script_sends_one() {
    let sandbox = app(&[CHANNEL]);

    let ran = sandbox.ok(&["gen", "auth"]);

    assert_eq!(
        ran.stdout,
        "* creating lib/my_app_web/channels/socket_token.ex\n\
         * creating test/my_app_web/channels/socket_token_test.exs\n\
         * creating assets/js/token.js\n\
         * injecting lib/my_app_web/router.ex\n\
         * injecting lib/my_app_web/endpoint.ex\n\
         * injecting lib/my_app_web/channels/user_socket.ex\n\
         * injecting assets/js/user_socket.js\n\
         \nStart or restart the app with `mix phx.server`. Return the signed-in user from `current_user` in\n\
         lib/my_app_web/channels/socket_token.ex.\n"
    );
    let socket = sandbox.read(SOCKET);
    assert!(
        socket.contains(
            "  def connect(_params, socket, connect_info) do\n    \
             case MyAppWeb.SocketToken.verify(connect_info[:auth_token]) do\n"
        ),
        "{socket}"
    );
    assert!(
        socket.contains("  channel \"user:*\", MyAppWeb.UserChannel\n"),
        "routes stay: {socket}"
    );
    let script = sandbox.read(SCRIPT);
    assert!(
        script.contains("new Socket(\"/socket\", { authToken: token })\n"),
        "{script}"
    );
    assert!(!script.contains("userToken"), "{script}");
}

#[test]
fn the_second_time_changes_nothing() {
    let sandbox = app(&[CHANNEL, AUTH]);
    let before = sandbox.tree();

    let ran = sandbox.ok(&["gen", "auth"]);

    assert_eq!(sandbox.tree(), before);
    let mut lines = ran.stdout.lines().filter(|line| line.starts_with("* "));
    assert!(
        lines.all(|line| line.starts_with("* identical ")),
        "{}",
        ran.stdout
    );
}

#[test]
fn an_existing_current_user_is_kept() {
    let sandbox = app(&[CHANNEL, AUTH]);
    let path = "my_app/lib/my_app_web/channels/socket_token.ex";
    let own = sandbox.read(path).replace("guest-", "visitor-");
    sandbox.write(path, &own);

    sandbox.ok(&["gen", "auth"]);

    assert_eq!(sandbox.read(path), own);
}

/// An app whose router has the plug of `mix phx.gen.auth`.
pub fn after_phx_gen_auth() -> Sandbox {
    let sandbox = app(&[CHANNEL]);
    let path = "my_app/lib/my_app_web/router.ex";
    let router = sandbox.read(path);
    let plug = "    plug :put_secure_browser_headers\n";
    assert!(router.contains(plug), "{router}");
    let signs_in = format!("{plug}    plug :fetch_current_scope_for_user\n");
    sandbox.write(path, &router.replace(plug, &signs_in));
    sandbox
}

#[test]
fn tokens_name_the_user_of_phx_gen_auth() {
    let sandbox = after_phx_gen_auth();

    let ran = sandbox.ok(AUTH);

    let module = sandbox.read("my_app/lib/my_app_web/channels/socket_token.ex");
    assert!(
        module.contains("      %{user: %{id: id}} -> to_string(id)\n"),
        "{module}"
    );
    assert!(!module.contains("guest"), "{module}");
    let closes = "  `log_out_user` of `mix phx.gen.auth`:\n\n      if scope = conn.assigns[:current_scope] do\n        \
                  id = \"user_socket:\" <> to_string(scope.user.id)\n        \
                  MyAppWeb.Endpoint.broadcast(id, \"disconnect\", %{})\n      end\n  \"\"\"\n";
    assert!(module.contains(closes), "{module}");
    let test = sandbox.read("my_app/test/my_app_web/channels/socket_token_test.exs");
    assert!(
        test.contains("    setup :register_and_log_in_user\n"),
        "{test}"
    );
    assert!(!test.contains("guest"), "{test}");
    let says = "Tokens name the user of `mix phx.gen.auth`. Sockets stay open when a user\n\
                signs out, until `log_out_user` closes them: lib/my_app_web/channels/socket_token.ex has the lines.\n";
    ran.prints(says);
}

/// The compiler warns of an attribute or a function that nothing uses.
#[test]
fn an_authentication_in_place_of_guests_leaves_nothing_unused() {
    let sandbox = app(&[AUTH]);
    let module = sandbox.read("my_app/lib/my_app_web/channels/socket_token.ex");
    let start = module
        .find("  # Returns the signed-in user")
        .expect("it says so");
    let end = module
        .find("  @doc \"Returns a token for `user`")
        .expect("it has one");
    let guests = &module[start..end];
    assert_eq!(guests.matches("  defp ").count(), 2, "{guests}");
    assert!(
        guests.contains("Replace this and the next function by"),
        "{guests}"
    );

    let rest = module.replace(guests, "");

    let lines = rest
        .lines()
        .filter_map(|line| line.strip_prefix("  @")?.split_once(' '));
    for (name, _) in
        lines.filter(|(name, _)| !["behaviour", "moduledoc", "doc", "impl"].contains(name))
    {
        assert!(
            rest.matches(&format!("@{name}")).count() > 1,
            "@{name}\n{rest}"
        );
    }
    for (function, _) in rest
        .split("  defp ")
        .skip(1)
        .filter_map(|rest| rest.split_once('('))
    {
        assert!(
            rest.matches(&format!("{function}(")).count() > 1,
            "{function}\n{rest}"
        );
    }
}

#[test]
fn tokens_name_the_user_of_phx_gen_auth_before_phoenix_1_8() {
    let helper = "defmodule MyAppWeb.ConnHelpers do\n  def register_and_log_in_user(context), do: context\nend\n";
    for (pipeline, helper, is_known) in [
        (":browser", helper, true),
        (":api", helper, false),
        // Another plug of that name.
        (":browser", "", false),
    ] {
        let sandbox = app(&[CHANNEL]);
        let path = "my_app/lib/my_app_web/router.ex";
        let start = format!("  pipeline {pipeline} do\n");
        let router = sandbox.read(path);
        assert!(router.contains(&start), "{router}");
        let plug = format!("{start}    plug :fetch_current_user\n");
        sandbox.write(path, &router.replace(&start, &plug));
        sandbox.write("my_app/test/support/helpers.ex", helper);

        sandbox.ok(AUTH);

        let module = sandbox.read("my_app/lib/my_app_web/channels/socket_token.ex");
        let user = "    case conn.assigns[:current_user] do\n      %{id: id} -> to_string(id)\n      _ -> nil\n    end\n";
        assert_eq!(module.contains(user), is_known, "{module}");
        let test = sandbox.read("my_app/test/my_app_web/channels/socket_token_test.exs");
        let setup = "    setup :register_and_log_in_user\n";
        assert_eq!(test.contains(setup), is_known, "{test}");
    }
}

#[test]
fn the_order_of_auth_and_channel_makes_no_difference() {
    let presence: &[&str] = &["gen", "presence"];
    let made = |args: &[&[&str]]| -> Vec<_> {
        let tree = app(args).tree();
        // Each app has its own secrets.
        let secret = |path: &str| path.contains("/config/") || path.ends_with("/endpoint.ex");
        tree.into_iter().filter(|(path, _)| !secret(path)).collect()
    };

    assert_eq!(
        made(&[CHANNEL, presence, AUTH]),
        made(&[AUTH, CHANNEL, presence])
    );
}

#[test]
fn a_missing_socket_is_asked_for() {
    let sandbox = Sandbox::with_phoenix_app();

    let ran = sandbox.answer(&["gen", "auth"], "\n").succeeded();

    assert_eq!(ran.stderr, "\nDo you want to create it? [Yn] Y\n");
    ran.prints("The default socket handler - MyAppWeb.UserSocket - was not found.\n");
    let socket = sandbox.read(SOCKET);
    assert!(socket.contains("SocketToken.verify("), "{socket}");
    let endpoint = sandbox.read("my_app/lib/my_app_web/endpoint.ex");
    assert!(
        endpoint.contains("    longpoll: false,\n    auth_token: true\n"),
        "{endpoint}"
    );
}

#[test]
fn after_a_no_tokens_are_served_and_the_next_command_is_printed() {
    let sandbox = Sandbox::with_phoenix_app();

    let ran = sandbox.ok(&["gen", "auth", "--no-socket", "--socket", "Device"]);

    ran.prints("\n    hello-sockets gen auth --socket Device --yes\n");
    assert!(!ran.stdout.contains("Add this"), "{}", ran.stdout);
    let router = sandbox.read("my_app/lib/my_app_web/router.ex");
    assert!(router.contains("post \"/token\", SocketToken, :token"));
}

#[test]
fn another_socket_can_require_the_token() {
    let sandbox = app(&[CHANNEL, &["gen", "socket", "Admin.Device"]]);
    let open = sandbox.read(SOCKET);

    sandbox.ok(&["gen", "auth", "--socket", "Admin.Device"]);

    assert_eq!(sandbox.read(SOCKET), open);
    let guarded = sandbox.read("my_app/lib/my_app_web/channels/admin/device_socket.ex");
    assert!(
        guarded.contains("  def id(socket), do: \"admin_device_socket:#{socket.assigns.user}\"\n"),
        "{guarded}"
    );
    let script = sandbox.read("my_app/assets/js/admin/device_socket.js");
    assert!(
        script.contains("import { connectWithToken, token } from \"../token.js\"\n"),
        "{script}"
    );
    let endpoint = sandbox.read("my_app/lib/my_app_web/endpoint.ex");
    assert_eq!(endpoint.matches("auth_token: true").count(), 1);
}

#[test]
fn a_path_that_leads_elsewhere_is_refused() {
    let sandbox = app(&[CHANNEL]);
    let path = "my_app/lib/my_app_web/router.ex";
    let own = sandbox.read(path).replace(
        "    get \"/\", PageController, :home\n",
        "    get \"/\", PageController, :home\n    get \"/token\", TokenController, :show\n",
    );
    sandbox.write(path, &own);
    let before = sandbox.tree();

    sandbox.run(&["gen", "auth"]).misused(
        "error: the path `/token` is taken: the router leads it to TokenController\n\
         help: give that another path: assets/js/token.js requests `/token`\n",
    );
    assert_eq!(sandbox.tree(), before);
}

/// An app with the given requirement and locked version of Phoenix, after `gen auth`.
fn of_phoenix(requirement: &str, version: Option<&str>) -> (Sandbox, Ran) {
    let sandbox = app(&[CHANNEL]);
    let path = "my_app/mix.exs";
    let mix = sandbox.read(path).replace(
        "{:phoenix, \"~> 1.8.0\"}",
        &format!("{{:phoenix, {requirement}}}"),
    );
    sandbox.write(path, &mix);
    if let Some(version) = version {
        let lock = format!(
            "%{{\n  \"phoenix\": {{:hex, :phoenix, \"{version}\", \"0a1b\", [:mix], [{{:plug, \"~> 1.14\", \
             [hex: :plug, repo: \"hexpm\", optional: false]}}], \"hexpm\", \"2c3d\"}},\n}}\n"
        );
        sandbox.write("my_app/mix.lock", &lock);
    }
    let ran = sandbox.ok(&["gen", "auth"]);
    (sandbox, ran)
}

#[test]
fn a_token_travels_in_a_header_where_phoenix_supports_it() {
    for (requirement, version) in [
        ("\"~> 1.8.0\"", None),
        ("\">= 1.8.0\"", None),
        ("\"~> 1.7\"", Some("1.8.9")),
        ("github: \"phoenixframework/phoenix\"", Some("1.10.0")),
        ("\"~> 1.8\"", Some("1.8.12")),
        ("\"~> 2.0\"", Some("2.0.1")),
    ] {
        let (sandbox, _) = of_phoenix(requirement, version);

        let (socket, script) = (sandbox.read(SOCKET), sandbox.read(SCRIPT));
        let endpoint = sandbox.read("my_app/lib/my_app_web/endpoint.ex");
        assert!(socket.contains("connect_info[:auth_token]"), "{socket}");
        assert!(endpoint.contains("auth_token: true"), "{endpoint}");
        assert!(script.contains("{ authToken: token }"), "{script}");
    }
}

/// From git, or from a folder, no lock has the version: Phoenix's own mix.exs does.
#[test]
fn the_version_of_a_phoenix_that_hex_does_not_lock_is_in_its_folder() {
    let git = "github: \"phoenixframework/phoenix\"";
    let lock = "%{\n  \"phoenix\": {:git, \"https://github.com/phoenixframework/phoenix.git\", \"0a1b\", []},\n}\n";
    for (source, folder) in [
        (git, "my_app/deps/phoenix"),
        (git, "deps/phoenix"),
        ("path: \"../phoenix\"", "phoenix"),
        (
            "[path: \"vendor/phoenix\", override: true]",
            "my_app/vendor/phoenix",
        ),
        (
            "\"~> 1.7\", path: \"vendor/phoenix\"",
            "my_app/vendor/phoenix",
        ),
    ] {
        for (version, in_header) in [("1.8.8", false), ("1.8.9", true), ("1.9.0-dev", true)] {
            let app = |sandbox: &Sandbox| {
                let path = "my_app/mix.exs";
                let from = format!("{{:phoenix, {source}}}");
                let mut mix = sandbox
                    .read(path)
                    .replace("{:phoenix, \"~> 1.8.0\"}", &from);
                if folder == "deps/phoenix" {
                    let deps = "app: :my_app,\n      deps_path: \"../deps\",";
                    mix = mix.replacen("app: :my_app,", deps, 1);
                }
                sandbox.write(path, &mix);
                sandbox.write("my_app/mix.lock", lock);
                let own = format!(
                    "defmodule Phoenix.MixProject do\n  use Mix.Project\n\n  @version \"{version}\"\nend\n"
                );
                sandbox.write(&format!("{folder}/mix.exs"), &own);
            };
            let sandbox = self::app(&[CHANNEL]);
            app(&sandbox);
            sandbox.ok(&["gen", "auth"]);

            let socket = sandbox.read(SOCKET);
            let found = socket.contains("connect_info[:auth_token]");
            assert_eq!(found, in_header, "{source} {version}");
        }
    }
}

#[test]
fn a_token_is_a_parameter_where_phoenix_is_older_or_of_no_known_version() {
    for (requirement, version) in [
        ("\"~> 1.7.21\"", None),
        ("\"~> 1.7\"", None),
        ("\"~> 1.8.0\"", Some("1.8.8")),
        ("\"~> 1.8.0\"", Some("1.8.1")),
        ("\">= 1.6.0\"", Some("1.7.21")),
        ("github: \"phoenixframework/phoenix\"", None),
    ] {
        let (sandbox, ran) = of_phoenix(requirement, version);

        let config = sandbox.read("my_app/config/config.exs");
        let filter = "config :phoenix, :filter_parameters, [\"password\", \"token\"]\n";
        assert!(
            config.contains(filter),
            "the token stays out of the log: {config}"
        );
        let (socket, script) = (sandbox.read(SOCKET), sandbox.read(SCRIPT));
        assert!(
            socket.contains(
                "  def connect(params, socket, _connect_info) do\n    \
                 case MyAppWeb.SocketToken.verify(params[\"token\"]) do\n"
            ),
            "{socket}"
        );
        assert!(
            script.contains("{ params: () => ({ token: token() }) }"),
            "{script}"
        );
        assert!(!ran.stdout.contains("endpoint.ex"), "{}", ran.stdout);
        let before = sandbox.tree();
        sandbox.ok(&["gen", "auth"]);
        assert_eq!(sandbox.tree(), before);
    }
}

#[test]
fn a_handler_of_an_older_phoenix_is_given_no_more_than_it_takes() {
    let sandbox = app(&[CHANNEL]);
    let mix = sandbox
        .read("my_app/mix.exs")
        .replace("~> 1.8.0", "~> 1.4.0");
    sandbox.write("my_app/mix.exs", &mix);
    let own = "defmodule MyAppWeb.UserSocket do\n  use Phoenix.Socket\n\n  \
        def connect(_params, socket) do\n    {:ok, socket}\n  end\n\n  def id(_socket), do: nil\nend\n";
    sandbox.write(SOCKET, own);

    sandbox.ok(&["gen", "auth"]);

    let socket = sandbox.read(SOCKET);
    assert!(
        socket.contains("  def connect(params, socket) do\n    case "),
        "{socket}"
    );
}

#[test]
fn a_socket_that_nobody_mounts_is_mounted_with_its_option_and_its_script_is_loaded() {
    let sandbox = app(&[CHANNEL]);
    let (endpoint, script) = (
        "my_app/lib/my_app_web/endpoint.ex",
        "my_app/assets/js/app.js",
    );
    let mounted = sandbox.read(endpoint);
    let socket =
        "  socket \"/socket\", MyAppWeb.UserSocket,\n    websocket: true,\n    longpoll: false\n\n";
    sandbox.write(endpoint, &mounted.replace(socket, ""));
    let loaded = sandbox.read(script);
    sandbox.write(script, &loaded.replace("import \"./user_socket.js\"\n", ""));

    sandbox.ok(AUTH);

    let with_option = socket.replace(
        "longpoll: false\n",
        "longpoll: false,\n    auth_token: true\n",
    );
    assert_eq!(
        sandbox.read(endpoint),
        mounted.replace(socket, &with_option)
    );
    assert_eq!(sandbox.read(script), loaded);
}

#[test]
fn sign_in_is_that_of_phoenix() {
    let sandbox = app(&[CHANNEL]);
    let before = sandbox.tree();

    sandbox.run(&["gen", "auth", "--sign-in"]).misused(
        "error: on Phoenix, `mix phx.gen.auth` makes the pages to sign in, in an app with Ecto\n\
         help: mix phx.gen.auth Accounts User users, and then: hello-sockets gen auth\n",
    );
    assert_eq!(sandbox.tree(), before);

    let sandbox = after_phx_gen_auth();
    sandbox.run(&["gen", "auth", "--sign-in"]).misused(
        "error: this app has pages to sign in already, those of `mix phx.gen.auth`\n\
         help: hello-sockets gen auth\n",
    );
}

/// An import of a name that the script declares is a syntax error.
#[test]
fn a_script_with_a_token_of_its_own_gets_no_import_of_that_name() {
    let script = "import { Socket } from \"phoenix\"\n\nlet token = document.body.dataset.token\n\n\
        let socket = new Socket(\"/socket\", { params: { token: token } })\n\nsocket.connect()\n\nexport default socket\n";
    let mount = crate::shapes::mounted("/socket", "ShopWeb.UserSocket");
    let user = "defmodule ShopWeb.UserSocket do\n  use Phoenix.Socket\n\n  @impl true\n  def connect(_params, socket, _connect_info) do\n    \
        {:ok, socket}\n  end\n\n  @impl true\n  def id(_socket), do: nil\nend\n";
    let sandbox = crate::shapes::shop(&[
        ("lib/shop_web/endpoint.ex", &mount),
        ("lib/shop_web/channels/user_socket.ex", user),
        ("assets/js/user_socket.js", script),
    ]);

    let ran = sandbox.ok(&["gen", "auth"]);

    assert_eq!(sandbox.read("my_app/assets/js/user_socket.js"), script);
    let step = "\nAdd this to `assets/js/user_socket.js` to send the token";
    ran.prints(step);
}
