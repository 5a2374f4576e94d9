//! Umbrella projects: the web app is one of several apps.

use crate::support::{Ran, Sandbox, finish};

/// An umbrella as `mix phx.new --umbrella` lays it out.
pub fn umbrella() -> Sandbox {
    let sandbox = Sandbox::new();
    let write = |path: &str, text: &str| sandbox.write(&format!("shop_umbrella/{path}"), text);
    write(
        "mix.exs",
        "defmodule Shop.Umbrella.MixProject do\n  use Mix.Project\n\n  def project do\n    \
         [apps_path: \"apps\", version: \"0.1.0\", deps: deps()]\n  end\n\n  \
         defp deps do\n    [{:phoenix_live_view, \">= 0.0.0\"}]\n  end\nend\n",
    );
    write(
        "config/config.exs",
        "import Config\n\nconfig :shop_web, ShopWeb.Endpoint,\n  adapter: Bandit.PhoenixAdapter,\n  \
         pubsub_server: Shop.PubSub\n",
    );
    write(
        "apps/shop/mix.exs",
        &mix("shop", "{:phoenix_pubsub, \"~> 2.1\"}"),
    );
    write("apps/shop/lib/shop.ex", "defmodule Shop do\nend\n");
    write(
        "apps/shop/test/support/data_case.ex",
        "defmodule Shop.DataCase do\n  def setup_sandbox(tags), do: tags\nend\n",
    );
    write(
        "apps/shop_web/mix.exs",
        &mix(
            "shop_web",
            "{:phoenix, \"~> 1.8.0\"},\n      {:shop, in_umbrella: true}",
        ),
    );
    write(
        "apps/shop_web/lib/shop_web.ex",
        "defmodule ShopWeb do\nend\n",
    );
    write(
        "apps/shop_web/lib/shop_web/endpoint.ex",
        "defmodule ShopWeb.Endpoint do\n  use Phoenix.Endpoint, otp_app: :shop_web\n\n  plug ShopWeb.Router\nend\n",
    );
    write(
        "apps/shop_web/lib/shop_web/application.ex",
        "defmodule ShopWeb.Application do\n  use Application\n\n  def start(_type, _args) do\n    children = [\n      \
         ShopWeb.Telemetry,\n      # last\n      ShopWeb.Endpoint\n    ]\n\n    \
         Supervisor.start_link(children, strategy: :one_for_one)\n  end\nend\n",
    );
    write(
        "apps/shop_web/assets/js/app.js",
        "// import \"./user_socket.js\"\nimport \"phoenix_html\"\n",
    );
    sandbox
}

fn mix(app: &str, dep: &str) -> String {
    format!(
        "defmodule App.MixProject do\n  use Mix.Project\n\n  def project do\n    [app: :{app}, elixirc_paths: [\"lib\", \"test/support\"], deps: deps()]\n  end\n\n  \
         defp deps do\n    [\n      {dep}\n    ]\n  end\nend\n"
    )
}

pub fn run_in(sandbox: &Sandbox, folder: &str, args: &[&str]) -> Ran {
    let mut command = sandbox.command(args);
    command.current_dir(sandbox.path().join("shop_umbrella").join(folder));
    finish(command, "")
}

const CHANNEL: [&str; 4] = ["gen", "channel", "User", "--yes"];

#[test]
fn the_web_app_is_found_from_everywhere_in_it() {
    let trees = [
        "",
        "apps",
        "apps/shop",
        "apps/shop/lib",
        "apps/shop_web",
        "apps/shop_web/lib/shop_web",
    ]
    .map(|folder| {
        let sandbox = umbrella();
        run_in(&sandbox, folder, &CHANNEL).succeeded();
        sandbox.tree()
    });

    for tree in &trees {
        assert_eq!(tree, &trees[0]);
    }
    let paths: Vec<_> = trees[0].iter().map(|(path, _)| path.as_str()).collect();
    for path in [
        "lib/shop_web/channels/user_channel.ex",
        "lib/shop_web/channels/user_socket.ex",
        "test/shop_web/channels/user_channel_test.exs",
        "test/support/channel_case.ex",
        "assets/js/user_socket.js",
    ] {
        assert!(
            paths.contains(&format!("shop_umbrella/apps/shop_web/{path}").as_str()),
            "{path}: {paths:?}"
        );
    }
}

#[test]
fn from_outside_paths_are_relative_to_the_current_folder() {
    let sandbox = umbrella();

    let ran = run_in(&sandbox, "", &CHANNEL).succeeded();

    assert_eq!(
        ran.stdout,
        "* creating apps/shop_web/lib/shop_web/channels/user_channel.ex\n\
         * creating apps/shop_web/test/shop_web/channels/user_channel_test.exs\n\
         * creating apps/shop_web/test/support/channel_case.ex\n\
         \nThe default socket handler - ShopWeb.UserSocket - was not found.\n\
         * creating apps/shop_web/lib/shop_web/channels/user_socket.ex\n\
         * creating apps/shop_web/assets/js/user_socket.js\n\
         * injecting apps/shop_web/lib/shop_web/endpoint.ex\n\
         * injecting apps/shop_web/assets/js/app.js\n\
         \nStart or restart the app with `mix phx.server`: a new socket starts with it. Then open http://localhost:4000\n"
    );
}

#[test]
fn a_release_is_built_in_the_folder_of_its_app() {
    let sandbox = umbrella();
    let mix = "shop_umbrella/apps/shop_web/mix.exs";
    let text = sandbox.read(mix);
    let path = "build_path: \"../../_build\", elixirc_paths";
    sandbox.write(mix, &text.replace("elixirc_paths", path));
    let settings = "import Config\n\nif System.get_env(\"PHX_SERVER\") do\n  config :shop_web, ShopWeb.Endpoint, server: true\nend\n";
    sandbox.write("shop_umbrella/config/runtime.exs", settings);

    let ran = run_in(&sandbox, "", &["gen", "release"]).succeeded();

    let steps = "by the unit in apps/shop_web/deploy/shop_web.service, behind one of the proxies:\n\n    \
                 cd apps/shop_web\n    mix deps.get --only prod\n    MIX_ENV=prod mix release\n";
    ran.prints(steps);
    let unit = sandbox.read("shop_umbrella/apps/shop_web/deploy/shop_web.service");
    let copy = "#     cp -r ../../_build/prod/rel/shop_web /opt/\n#     cp deploy/shop_web.service";
    assert!(unit.contains(copy), "{unit}");
    let ran = run_in(&sandbox, "apps/shop_web", &["gen", "release"]).succeeded();
    let steps = "by the unit in deploy/shop_web.service, behind one of the proxies:\n\n    mix deps.get --only prod\n";
    ran.prints(steps);
}

#[test]
fn paths_above_the_app_have_no_detours() {
    let sandbox = umbrella();
    sandbox.write(
        "shop_umbrella/mix.lock",
        "%{\n  \"phoenix\": {:hex, :phoenix, \"1.7.21\", \"0a1b\"},\n}\n",
    );

    let from_root = run_in(&sandbox, "", &["gen", "auth", "--yes"]).succeeded();

    let config = "\n* injecting config/config.exs\n";
    from_root.prints(config);

    run_in(&sandbox, "", &["undo"]).succeeded();
    let from_app = run_in(&sandbox, "apps/shop_web", &["gen", "auth", "--yes"]).succeeded();

    let config = "\n* injecting ../../config/config.exs\n";
    from_app.prints(config);
}

#[test]
fn scripts_of_sockets_have_their_paths_from_the_current_folder() {
    let sandbox = umbrella();
    run_in(&sandbox, "", &CHANNEL).succeeded();
    let app = "shop_umbrella/apps/shop_web/assets/js";
    sandbox.write(&format!("{app}/app.js"), "import \"phoenix_html\"\n");
    let script = sandbox.read(&format!("{app}/user_socket.js"));
    sandbox.write(&format!("{app}/sockets/page.js"), &script);

    let routes = run_in(&sandbox, "", &["routes"]);

    for line in [
        "\n  script apps/shop_web/assets/js/user_socket.js\n",
        "\n* `apps/shop_web/assets/js/user_socket.js`: no script or page loads it\n    hello-sockets gen socket User --skip\n",
        "\n* `apps/shop_web/assets/js/sockets/page.js`: no script or page loads it\n    \
         add to the page's script in apps/shop_web/assets/js: import \"./sockets/page.js\"\n",
    ] {
        routes.prints(line);
    }
}

#[test]
fn modules_of_the_other_app_have_its_name() {
    let sandbox = umbrella();
    run_in(&sandbox, "apps/shop_web", &CHANNEL).succeeded();
    run_in(&sandbox, "apps/shop_web", &["gen", "presence"]).succeeded();

    let read = |path: &str| sandbox.read(&format!("shop_umbrella/apps/shop_web/{path}"));
    let case = read("test/support/channel_case.ex");
    assert!(
        case.contains("    Shop.DataCase.setup_sandbox(tags)\n"),
        "{case}"
    );
    let presence = read("lib/shop_web/channels/presence.ex");
    assert!(
        presence.contains("    otp_app: :shop_web,\n    pubsub_server: Shop.PubSub\n"),
        "{presence}"
    );
    let application = read("lib/shop_web/application.ex");
    assert!(
        application.contains("      ShopWeb.Telemetry,\n      ShopWeb.Presence,\n      # last\n      ShopWeb.Endpoint\n"),
        "{application}"
    );
    assert_eq!(
        read("assets/js/app.js"),
        "import \"./user_socket.js\"\nimport \"phoenix_html\"\n"
    );
}

#[test]
fn of_several_pubsubs_a_presence_takes_that_of_its_endpoint() {
    let sandbox = umbrella();
    sandbox.write(
        "shop_umbrella/config/config.exs",
        "import Config\n\nconfig :admin_web, AdminWeb.Endpoint,\n  pubsub_server: Admin.PubSub\n\n\
         config :shop_web, ShopWeb.Endpoint,\n  adapter: Bandit.PhoenixAdapter,\n  pubsub_server: Shop.Events\n",
    );

    run_in(&sandbox, "apps/shop_web", &["gen", "presence", "--yes"]).succeeded();

    let presence = sandbox.read("shop_umbrella/apps/shop_web/lib/shop_web/channels/presence.ex");
    assert!(
        presence.contains("    otp_app: :shop_web,\n    pubsub_server: Shop.Events\n"),
        "{presence}"
    );
}

#[test]
fn a_token_travels_as_the_umbrellas_lock_allows() {
    for (version, printed) in [
        ("1.7.21", "SocketToken.verify(params[\"token\"])"),
        ("1.8.12", "SocketToken.verify(connect_info[:auth_token])"),
    ] {
        let sandbox = umbrella();
        let lock =
            format!("%{{\n  \"phoenix\": {{:hex, :phoenix, \"{version}\", \"0a1b\"}},\n}}\n");
        sandbox.write("shop_umbrella/mix.lock", &lock);

        run_in(&sandbox, "", &["gen", "auth", "--yes"]).succeeded();

        let path = "shop_umbrella/apps/shop_web/lib/shop_web/channels/user_socket.ex";
        let socket = sandbox.read(path);
        assert!(socket.contains(printed), "{socket}");
    }
}

#[test]
fn a_web_app_is_known_whatever_function_names_its_dependency() {
    let deps = "defp deps do\n    [\n      {:phoenix, \"~> 1.8.0\"},\n      {:shop, in_umbrella: true}\n    ]\n  end";
    for (deps_key, function) in [
        ("deps: deps() ++ Shop.Deps.shared()", "defp deps, do: []"),
        ("deps: Shop.Deps.umbrella_deps(:phoenix)", ""),
        ("deps: deps()", "defp deps, do: [Shop.Deps.get(:phoenix)]"),
    ] {
        let sandbox = umbrella();
        let path = "shop_umbrella/apps/shop_web/mix.exs";
        let mix = sandbox.read(path);
        assert!(mix.contains(deps), "{mix}");
        let mix = mix
            .replace("deps: deps()", deps_key)
            .replace(deps, function);
        sandbox.write(path, &mix);
        // Also with a second endpoint.
        let admin = "defmodule ShopWeb.Admin.Endpoint do\n  use Phoenix.Endpoint, otp_app: :shop_web\nend\n";
        sandbox.write("shop_umbrella/apps/shop_web/lib/shop_web/admin.ex", admin);

        for folder in ["", "apps/shop_web"] {
            let channel = ["gen", "channel", "Room", "--yes", "--skip"];
            run_in(&sandbox, folder, &channel).succeeded();
        }

        let endpoint = sandbox.read("shop_umbrella/apps/shop_web/lib/shop_web/endpoint.ex");
        assert!(endpoint.contains("ShopWeb.UserSocket"), "{endpoint}");
    }
}

#[test]
fn of_several_web_apps_one_has_to_be_chosen() {
    let sandbox = umbrella();
    sandbox.write(
        "shop_umbrella/apps/admin_web/mix.exs",
        &mix("admin_web", "{:phoenix, \"~> 1.8.0\"}"),
    );
    sandbox.write(
        "shop_umbrella/apps/admin_web/lib/admin_web.ex",
        "defmodule AdminWeb do\nend\n",
    );
    let before = sandbox.tree();
    let root = sandbox
        .path()
        .canonicalize()
        .expect("it is there")
        .join("shop_umbrella");

    run_in(&sandbox, "", &CHANNEL).misused(&format!(
        "error: `{}` holds several apps\nhelp: go to one: `apps/admin_web`, `apps/shop_web`\n",
        root.display()
    ));
    assert_eq!(sandbox.tree(), before);

    run_in(
        &sandbox,
        "apps/admin_web",
        &["gen", "channel", "User", "--no-socket"],
    )
    .succeeded();
    assert!(sandbox.exists("shop_umbrella/apps/admin_web/lib/admin_web/channels/user_channel.ex"));
}

#[test]
fn a_new_app_among_the_apps_belongs_to_the_umbrella() {
    let sandbox = Sandbox::new();
    let write = |path: &str, text: &str| sandbox.write(&format!("shop_umbrella/{path}"), text);
    write(
        "mix.exs",
        "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [apps_path: \"apps\"]\nend\n",
    );
    write("config/config.exs", "import Config\n");
    write("apps/.keep", "");
    let new = [
        "new",
        "chat",
        "--stack",
        "phoenix",
        "--no-git",
        "--no-install",
    ];

    run_in(&sandbox, "apps", &new).succeeded();

    let read = |path: &str| sandbox.read(&format!("shop_umbrella/{path}"));
    let paths = "      build_path: \"../../_build\",\n      config_path: \"../../config/config.exs\",\n      \
                 deps_path: \"../../deps\",\n      lockfile: \"../../mix.lock\",\n";
    assert!(read("apps/chat/mix.exs").contains(paths));
    assert_eq!(
        read("config/config.exs"),
        "import Config\n\nimport_config \"../apps/chat/config/config.exs\"\n"
    );
    let runtime = read("config/runtime.exs");
    assert!(runtime.starts_with("import Config\n\n"), "{runtime}");
    assert!(runtime.contains("config :chat, ChatWeb.Endpoint,\n"));
    assert!(!sandbox.exists("shop_umbrella/apps/chat/config/runtime.exs"));
    let esbuild = "Path.expand(\"../../../deps\", __DIR__)";
    assert!(read("apps/chat/config/config.exs").contains(esbuild));
    let before = sandbox.tree();
    run_in(&sandbox, "apps", &new).succeeded();
    assert_eq!(sandbox.tree(), before, "the same again");

    // From the root, its generators work as in an app of mix.
    run_in(&sandbox, "", &["gen", "channel", "Room", "--yes"]).succeeded();
    assert!(sandbox.exists("shop_umbrella/apps/chat/lib/chat_web/channels/room_channel.ex"));
}

#[test]
fn a_new_app_outside_the_apps_folder_does_not_belong_to_the_umbrella() {
    let sandbox = umbrella();
    sandbox.write("shop_umbrella/tools/.keep", "");
    let config = sandbox.read("shop_umbrella/config/config.exs");
    let new = [
        "new",
        "chat",
        "--stack",
        "phoenix",
        "--no-git",
        "--no-install",
    ];

    run_in(&sandbox, "tools", &new).succeeded();

    assert!(
        !sandbox
            .read("shop_umbrella/tools/chat/mix.exs")
            .contains("build_path")
    );
    assert!(sandbox.exists("shop_umbrella/tools/chat/config/runtime.exs"));
    assert_eq!(sandbox.read("shop_umbrella/config/config.exs"), config);
}

/// Of Phoenix 1.3, whose config names the PubSub with its adapter; `new` calls the web app of an umbrella so as well.
#[test]
fn a_presence_in_an_app_called_web_has_the_pubsub_of_its_config() {
    let sandbox = Sandbox::new();
    let files = [
        (
            "mix.exs",
            "defmodule Web.MixProject do\n  use Mix.Project\n  def project, do: [app: :web, version: \"0.1.0\", deps: deps()]\n  defp deps, do: [{:phoenix, \"~> 1.3.4\"}]\nend\n",
        ),
        (
            "lib/web.ex",
            "defmodule Web do\n  def channel, do: quote(do: use(Phoenix.Channel))\nend\n",
        ),
        (
            "lib/web/endpoint.ex",
            "defmodule Web.Endpoint do\n  use Phoenix.Endpoint, otp_app: :web\nend\n",
        ),
        (
            "config/config.exs",
            "use Mix.Config\n\nconfig :web, Web.Endpoint,\n  pubsub: [name: Seek.PubSub, adapter: Phoenix.PubSub.PG2]\n",
        ),
    ];
    for (path, source) in files {
        sandbox.write(&format!("my_app/{path}"), source);
    }

    sandbox.ok(&["gen", "presence"]);

    let presence = sandbox.read("my_app/lib/web/channels/presence.ex");
    assert!(
        presence.contains("    otp_app: :web,\n    pubsub_server: Seek.PubSub\n"),
        "{presence}"
    );
}
