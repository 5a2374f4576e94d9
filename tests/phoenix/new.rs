//! `hello-sockets new --stack phoenix`.

use crate::support::{Sandbox, finish};

const NEW: [&str; 6] = [
    "new",
    "my_app",
    "--stack",
    "phoenix",
    "--no-git",
    "--no-install",
];

#[test]
fn names_follow_from_the_folder_or_from_app_and_module() {
    let sandbox = Sandbox::new();
    let new = |args: &[&str]| sandbox.ok(&[&["new"], args, &NEW[2..]].concat());

    new(&["hello_sockets"]);
    new(&["live-chat", "--app", "chat"]);
    new(&["shop", "--module", "Acme.Shop"]);

    let endpoint = sandbox.read("hello_sockets/lib/hello_sockets_web/endpoint.ex");
    assert!(
        endpoint.starts_with("defmodule HelloSocketsWeb.Endpoint do\n"),
        "{endpoint}"
    );
    let mix = sandbox.read("live-chat/mix.exs");
    assert!(mix.contains("defmodule Chat.MixProject do"), "{mix}");
    assert!(mix.contains("app: :chat,"), "{mix}");
    let mix = sandbox.read("shop/mix.exs");
    assert!(mix.contains("mod: {Acme.Shop.Application, []}"), "{mix}");
    let config = sandbox.read("shop/config/config.exs");
    assert!(
        config.contains("config :shop, namespace: Acme.Shop\n"),
        "{config}"
    );
    assert!(
        config.contains("pubsub_server: Acme.Shop.PubSub"),
        "{config}"
    );
    let web = sandbox.read("shop/lib/shop_web.ex");
    assert!(web.starts_with("defmodule Acme.ShopWeb do\n"), "{web}");
}

#[test]
fn what_is_generated_later_has_the_names_of_the_app() {
    let sandbox = Sandbox::new();
    sandbox.ok(&[&NEW[..], &["--module", "Acme.Shop"]].concat());

    sandbox.ok(&["gen", "channel", "User", "--yes"]);
    sandbox.ok(&["gen", "presence"]);

    let socket = sandbox.read("my_app/lib/my_app_web/channels/user_socket.ex");
    assert!(
        socket.contains("channel \"user:*\", Acme.ShopWeb.UserChannel\n"),
        "{socket}"
    );
    let presence = sandbox.read("my_app/lib/my_app_web/channels/presence.ex");
    assert!(
        presence.contains("pubsub_server: Acme.Shop.PubSub\n"),
        "{presence}"
    );
}

/// As `mix phx.new` names them.
#[test]
fn an_app_whose_name_ends_with_web_has_a_module_of_its_own_beside_the_web_module() {
    for (name, module) in [("web", "Web"), ("shop_web", "ShopWeb")] {
        let sandbox = Sandbox::new();
        let new = [
            "new",
            name,
            "--stack",
            "phoenix",
            "--no-install",
            "--no-git",
        ];
        sandbox.ok(&new);
        for (path, module) in [
            (format!("{name}.ex"), module.to_owned()),
            (
                format!("{name}/application.ex"),
                format!("{module}.Application"),
            ),
            (format!("{name}_web.ex"), format!("{module}Web")),
        ] {
            let source = sandbox.read(&format!("{name}/lib/{path}"));
            let first = format!("defmodule {module} do\n");
            assert!(source.starts_with(&first), "{path}: {source}");
        }
    }
}

#[test]
fn conflicting_names_are_refused_with_a_suggestion() {
    let refused = |name: &str, reason: &str| {
        let sandbox = Sandbox::new();
        let expected = format!(
            "error: `{name}` cannot be the app's name: {reason}\n\
             help: hello-sockets new {name} --app {name}_app\n"
        );
        sandbox
            .run(&["new", name, "--stack", "phoenix"])
            .misused(&expected);
        assert_eq!(sandbox.tree(), [], "{name}");
    };
    refused("when", "it is a word of the Elixir language");
    refused("logger", "an application of that name comes with Elixir");
    refused("ex_unit", "an application of that name comes with Elixir");
    refused("kernel", "an application of that name comes with Erlang");
    refused(
        "phoenix",
        "a package of that name is among the app's own dependencies",
    );
    refused("gen_server", "its module would be one of Elixir's own");
    refused("table", "Erlang has a module of that name");
    refused("test", "mix compiles a project of that name for its tests");

    let sandbox = Sandbox::new();
    sandbox.run(&[&NEW[..], &["--module", "Phoenix"]].concat()).misused(
        "error: `Phoenix` cannot be the module: it is a module that comes with Elixir or Phoenix\n\
         help: --module MyPhoenix\n",
    );
    sandbox.run(&[&NEW[..], &["--module", "shop"]].concat()).misused(
        "error: `shop` is not a module name: each part of a name starts with a capital letter\nhelp: --module Shop\n",
    );
    assert_eq!(sandbox.tree(), []);
}

#[test]
fn an_option_of_this_stack_is_refused_by_another() {
    let sandbox = Sandbox::new();
    sandbox.run(&["new", "my_app", "--module", "Shop"]).misused(
        "error: an app of the stack `rust` has no `--module`\nhelp: leave it out, or name another --stack\n",
    );
    assert_eq!(sandbox.tree(), []);
}

#[test]
fn each_app_has_secrets_of_its_own_and_keeps_them() {
    let (one, other) = (Sandbox::with_phoenix_app(), Sandbox::with_phoenix_app());
    let secrets = |sandbox: &Sandbox| {
        let files = [
            "config/dev.exs",
            "config/test.exs",
            "lib/my_app_web/endpoint.ex",
        ];
        let secret = |file| {
            let text = sandbox.read(&format!("my_app/{file}"));
            let line = text
                .lines()
                .find(|line| line.contains("secret_key_base:") || line.contains("signing_salt:"));
            let line = line.expect("the file has a secret");
            line.split('"').nth(1).expect("it is a string").to_owned()
        };
        files.map(secret)
    };
    let (before, others) = (secrets(&one), secrets(&other));
    assert_eq!(before.each_ref().map(String::len), [64, 64, 16]);
    let mut all: Vec<_> = before.iter().chain(&others).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6, "{all:?}");

    // The files of a killed run.
    std::fs::remove_file(one.path().join("my_app/config/test.exs")).expect("it was there");
    std::fs::remove_file(one.path().join("my_app/mix.exs")).expect("it was there");
    let ran = one.run_outside(&NEW).succeeded();

    ran.prints("* identical config/dev.exs\n");
    let after = secrets(&one);
    assert_eq!((&before[0], &before[2]), (&after[0], &after[2]));
}

#[test]
fn without_elixir_the_commands_to_run_are_printed() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&[
        "new",
        "my_app",
        "--stack",
        "phoenix",
        "--no-git",
        "--install",
    ]);
    command.env("PATH", sandbox.path());

    let ran = finish(command, "");

    assert_eq!(ran.code, Some(1), "it was asked for by a flag");
    assert!(!ran.stdout.contains("is ready"), "{}", ran.stdout);
    assert_eq!(
        ran.stderr,
        "\nFetch and install dependencies? [Yn] Y\n\
         warning: `mix` was not found: once Elixir 1.15 or later and Hex (`mix local.hex`) are installed, run `mix deps.get` in the app\n"
    );
    assert!(sandbox.exists("my_app/mix.exs"));
}

#[test]
fn a_channel_asked_for_is_made_and_wired() {
    let one_go = Sandbox::new();
    one_go.ok(&[&NEW[..], &["--channel", "User"]].concat());
    let later = Sandbox::with_phoenix_app();
    later.ok(&["gen", "channel", "User", "--yes"]);

    let paths = |sandbox: &Sandbox| {
        sandbox
            .tree()
            .into_iter()
            .map(|(path, _)| path)
            .collect::<Vec<_>>()
    };
    assert_eq!(paths(&one_go), paths(&later));
    for file in [
        "assets/js/app.js",
        "assets/js/user_socket.js",
        "lib/my_app_web/channels/user_socket.ex",
    ] {
        let path = format!("my_app/{file}");
        assert_eq!(one_go.read(&path), later.read(&path));
    }
}

#[test]
fn the_panel_of_the_page_is_the_rust_apps_own() {
    let (phoenix, rust) = (Sandbox::with_phoenix_app(), Sandbox::with_app());
    for file in ["js/inspector.js", "js/frames.js", "css/app.css"] {
        let path = format!("my_app/assets/{file}");
        assert_eq!(phoenix.read(&path), rust.read(&path));
    }
    let panel = phoenix.read("my_app/lib/my_app_web/controllers/page_html/inspector.html.heex");
    let page: Vec<_> = rust
        .read("my_app/assets/index.html")
        .lines()
        .map(|l| l.trim().to_owned())
        .collect();
    for line in panel.lines() {
        assert!(page.iter().any(|of_page| of_page == line.trim()), "{line}");
    }
}

#[test]
fn flags_of_phx_new_that_leave_out_what_the_app_lacks_are_taken_and_said_to_have_no_effect() {
    let flags = ["--no-ecto", "--no-gettext", "--no-agents-md"];
    let says =
        "No effect, as the app has nothing of the kind: --no-agents-md --no-ecto --no-gettext\n\n";
    let rust = ["new", "my_app", "--no-git", "--no-install"];
    for new in [&NEW[..], &rust[..]] {
        let plain = Sandbox::new().ok(new);

        let ran = Sandbox::new().ok(&[new, &flags[..]].concat());

        ran.prints(says);
        assert_eq!(ran.stdout.replace(says, ""), plain.stdout);
    }
}

#[test]
fn flags_of_phx_new_that_ask_for_another_app_are_refused_by_name() {
    let sandbox = Sandbox::new();
    let others = [
        "--umbrella",
        "--database",
        "mysql",
        "--adapter",
        "cowboy",
        "--no-html",
    ];

    let ran = sandbox.run(&[&NEW[..], &others[..]].concat());

    ran.misused(
        "error: new apps are single ones with a page, on Bandit and without a database, so these are not available: \
         --adapter cowboy --database mysql --no-html --umbrella\n\
         help: mix phx.new my_app --adapter cowboy --database mysql --no-html --umbrella, and then in the app: \
         hello-sockets gen channel User\n",
    );
    sandbox.ok(&[&NEW[..], &["--adapter", "bandit"][..]].concat());
}

#[test]
fn a_flag_of_the_other_stack_is_named_as_it_was_typed() {
    let ran = Sandbox::new().run(&["new", "my_app", "--no-html"]);
    ran.misused(
        "error: an app of the stack `rust` has no `--no-html`\n\
         help: leave it out, or name another --stack\n",
    );
}
