//! `gen pubsub`: the adapter of `phoenix_pubsub_redis` for the app's PubSub.

use crate::elixir::elixir;
use crate::support::taken_back::different;
use crate::support::{Ran, Sandbox, finish};

const PUBSUB: [&str; 2] = ["gen", "pubsub"];

/// Returns the lines of a file that contain `word`.
fn lines(sandbox: &Sandbox, path: &str, word: &str) -> Vec<String> {
    let text = sandbox.read(path);
    let lines = text.lines().filter(|line| line.contains(word));
    lines.map(ToOwned::to_owned).collect()
}

#[test]
fn a_new_app_gets_the_adapter_once() {
    let sandbox = Sandbox::with_phoenix_app();

    let report = sandbox.ok(&PUBSUB).stdout;

    assert_eq!(
        report,
        "* injecting mix.exs\n\
         * injecting lib/my_app/application.ex\n\
         * injecting config/runtime.exs\n\n\
         Fetch the adapter, and start each node with the Redis that all share:\n\n    \
         mix deps.get\n    \
         REDIS_URL=redis://localhost:6379 mix phx.server\n\n\
         In Rust, `Redis::phoenix(url, \"MyApp.PubSub\", \"rust-1\")` of axum-channels connects a node to these: broadcasts and\n\
         disconnects cross, presences do not.\n"
    );
    assert_eq!(
        lines(&sandbox, "my_app/mix.exs", "pubsub"),
        ["      {:phoenix_pubsub_redis, \"~> 3.1\"}"]
    );
    assert_eq!(
        lines(&sandbox, "my_app/lib/my_app/application.ex", "PubSub"),
        [
            "      {Phoenix.PubSub, Application.get_env(:my_app, :pubsub, []) ++ [name: MyApp.PubSub]},"
        ]
    );
    assert_eq!(
        lines(&sandbox, "my_app/config/runtime.exs", ":pubsub"),
        ["  config :my_app, :pubsub,"]
    );
    let before = sandbox.tree();
    sandbox.run(&PUBSUB).found_all_identical();
    assert_eq!(sandbox.tree(), before);

    sandbox.ok(&["gen", "presence"]);
    let children = sandbox.read("my_app/lib/my_app/application.ex");
    assert!(
        children.contains("[name: MyApp.PubSub]},\n      MyAppWeb.Presence,\n"),
        "{children}"
    );
}

#[test]
fn an_older_adapter_would_not_know_the_url() {
    let locked = |version: &str| {
        format!(
            "%{{\n  \"phoenix_pubsub_redis\": {{:hex, :phoenix_pubsub_redis, \"{version}\", \"0\", [:mix], [], \"hexpm\", \"0\"}},\n}}\n"
        )
    };
    let sandbox = Sandbox::with_phoenix_app();
    sandbox.write("my_app/mix.lock", &locked("3.0.1"));
    let before = sandbox.tree();

    sandbox.run(&PUBSUB).misused(
        "error: the app has phoenix_pubsub_redis 3.0, which takes no `redis_opts`\n\
         help: mix deps.update phoenix_pubsub_redis, then run this again\n",
    );

    assert_eq!(sandbox.tree(), before);
    sandbox.write("my_app/mix.lock", &locked("3.1.1"));
    sandbox.ok(&PUBSUB);
}

#[test]
fn an_app_whose_releases_read_another_file_keeps_it() {
    let sandbox = Sandbox::with_phoenix_app();
    let settings = "import Config\n\nconfig :my_app, MyAppWeb.Endpoint, server: true\n";
    sandbox.write("my_app/config/releases.exs", settings);
    std::fs::remove_file(sandbox.path().join("my_app/config/runtime.exs")).expect("it was there");
    let before = sandbox.tree();

    let ran = sandbox.ok(&PUBSUB);

    // A release does not read releases.exs beside runtime.exs.
    assert!(!sandbox.exists("my_app/config/runtime.exs"));
    assert!(
        ran.stdout.ends_with(
            "all share (releases read config/releases.exs, `mix phx.server` does not):\n\n    \
             mix deps.get\n    \
             REDIS_URL=redis://localhost:6379 _build/prod/rel/my_app/bin/my_app start\n\n\
             In Rust, `Redis::phoenix(url, \"MyApp.PubSub\", \"rust-1\")` of axum-channels connects a node to these: broadcasts and\n\
             disconnects cross, presences do not.\n"
        ),
        "{}",
        ran.stdout
    );
    sandbox.run(&PUBSUB).found_all_identical();
    sandbox.ok(&["destroy", "pubsub"]);
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn destroy_leaves_a_dependency_that_the_app_had() {
    for version in ["~> 3.0", "~> 3.0.1"] {
        let sandbox = Sandbox::with_phoenix_app();
        let mix = sandbox.read("my_app/mix.exs");
        let first = "    [\n      {:phoenix, ";
        let own =
            format!("    [\n      {{:phoenix_pubsub_redis, \"{version}\"}},\n      {{:phoenix, ");
        assert!(mix.contains(first), "{mix}");
        sandbox.write("my_app/mix.exs", &mix.replace(first, &own));
        let before = sandbox.read("my_app/mix.exs");
        sandbox.ok(&PUBSUB);

        let ran = sandbox.ok(&["destroy", "pubsub"]);

        assert!(!ran.stdout.contains("mix.exs"), "{}", ran.stdout);
        assert_eq!(sandbox.read("my_app/mix.exs"), before);
    }
}

#[test]
fn an_app_that_gives_its_pubsub_an_adapter_is_refused() {
    let sandbox = Sandbox::with_phoenix_app();
    let path = "my_app/lib/my_app/application.ex";
    let own = sandbox.read(path);
    let entry = "{Phoenix.PubSub, name: MyApp.PubSub}";
    assert!(own.contains(entry), "{own}");
    let adapter = "{Phoenix.PubSub, name: MyApp.PubSub, adapter: Phoenix.PubSub.Redis, url: url()}";
    sandbox.write(path, &own.replace(entry, adapter));
    let before = sandbox.tree();

    sandbox.run(&PUBSUB).misused(
        "error: the PubSub of this app has the adapter Phoenix.PubSub.Redis already\n\
         help: to have its adapter in REDIS_URL instead, first take that out of lib/my_app/application.ex\n",
    );
    assert_eq!(sandbox.tree(), before);

    let default = "{Phoenix.PubSub, name: MyApp.PubSub, adapter: Phoenix.PubSub.PG2}";
    sandbox.write(path, &own.replace(entry, default));
    sandbox.ok(&PUBSUB);
}

#[test]
fn a_library_with_a_pubsub_and_no_endpoint_is_refused() {
    let sandbox = Sandbox::with_phoenix_app();
    for path in ["lib/my_app_web", "lib/my_app_web.ex"] {
        let path = sandbox.path().join("my_app").join(path);
        let removed = match path.is_dir() {
            true => std::fs::remove_dir_all(&path),
            false => std::fs::remove_file(&path),
        };
        removed.expect("it was there");
    }

    sandbox.run(&PUBSUB).misused(
        "error: the web module was not found: no module below lib/ or web/ uses Phoenix.Endpoint, and none is called MyAppWeb\n\
         help: run this in the app that has one\n",
    );
}

#[test]
fn before_phoenix_1_5_it_is_refused() {
    let sandbox = Sandbox::with_phoenix_app();
    let lock = "%{\n  \"phoenix\": {:hex, :phoenix, \"1.4.17\", \"ab\", [:mix], [], \"hexpm\", \"cd\"}\n}\n";
    sandbox.write("my_app/mix.lock", lock);
    let before = sandbox.tree();

    sandbox.run(&PUBSUB).misused(
        "error: before Phoenix 1.5, the PubSub has no adapters of the package phoenix_pubsub_redis 3\n\
         help: update Phoenix to 1.5 or later, then run this again\n",
    );

    assert_eq!(sandbox.tree(), before);
}

fn run_in(sandbox: &Sandbox, folder: &str, args: &[&str]) -> Ran {
    let mut command = sandbox.command(args);
    command.current_dir(sandbox.path().join(folder));
    finish(command, "")
}

#[test]
fn in_an_umbrella_the_app_that_starts_the_pubsub_gets_the_adapter() {
    let sandbox = crate::umbrella::umbrella();
    let domain = "shop_umbrella/apps/shop";
    sandbox.write(
        &format!("{domain}/lib/shop/application.ex"),
        "defmodule Shop.Application do\n  use Application\n\n  def start(_type, _args) do\n    children = [\n      \
         Shop.Repo,\n      {Phoenix.PubSub, name: Shop.PubSub}\n    ]\n\n    \
         Supervisor.start_link(children, strategy: :one_for_one)\n  end\nend\n",
    );

    let ran = run_in(&sandbox, "shop_umbrella/apps/shop_web", &PUBSUB).succeeded();

    let (report, _) = ran.stdout.split_once("\n\n").expect("the next steps");
    assert_eq!(
        report,
        "* injecting ../shop/mix.exs\n\
         * injecting ../shop/lib/shop/application.ex\n\
         * creating ../../config/runtime.exs"
    );
    assert_eq!(
        lines(&sandbox, &format!("{domain}/mix.exs"), "pubsub"),
        [
            "      {:phoenix_pubsub, \"~> 2.1\"},",
            "      {:phoenix_pubsub_redis, \"~> 3.1\"}"
        ]
    );
    assert_eq!(
        lines(
            &sandbox,
            &format!("{domain}/lib/shop/application.ex"),
            "PubSub"
        ),
        ["      {Phoenix.PubSub, Application.get_env(:shop, :pubsub, []) ++ [name: Shop.PubSub]}"]
    );
    let settings = sandbox.read("shop_umbrella/config/runtime.exs");
    assert!(
        settings.starts_with("import Config\n\n# Redis that all nodes share"),
        "{settings}"
    );
    assert!(
        settings.contains("\n  config :shop, :pubsub,\n"),
        "{settings}"
    );
    let before = sandbox.tree();
    let again = run_in(&sandbox, "shop_umbrella/apps/shop_web", &PUBSUB);
    again.found_all_identical();
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn an_app_that_starts_no_pubsub_is_refused_before_anything_is_written() {
    let sandbox = Sandbox::with_phoenix_app();
    let path = "my_app/lib/my_app/application.ex";
    let whole = sandbox.read(path);
    let entry = "{Phoenix.PubSub, name: MyApp.PubSub}";
    sandbox.write(path, &whole.replace(entry, "MyApp.Messages"));
    let before = sandbox.tree();

    sandbox.run(&PUBSUB).misused(
        "error: the adapter is an option of MyApp.PubSub, and no supervisor of this app has an entry of that\n\
         help: put `{Phoenix.PubSub, name: MyApp.PubSub}` among its children, before the endpoint, then run this again\n",
    );

    assert_eq!(sandbox.tree(), before);
    sandbox.write(path, &whole);
    sandbox.ok(&PUBSUB);
    sandbox.write(path, &whole.replace(entry, "MyApp.Messages"));
    let ran = sandbox.ok(&["destroy", "pubsub"]);
    ran.prints("* editing mix.exs\n");
}

#[test]
fn the_lines_of_a_manual_step_have_the_options_that_the_entry_has() {
    let env = "Application.get_env(:my_app, :pubsub, [])";
    for (entries, printed) in [
        (
            "{Phoenix.PubSub,\n       name: MyApp.PubSub,\n       pool_size: 10},",
            "{Phoenix.PubSub, ENV ++ [name: MyApp.PubSub,\n           pool_size: 10]},\n",
        ),
        (
            "{Phoenix.PubSub, [\n        pool_size: 10,\n        name: MyApp.PubSub\n      ]},",
            "{Phoenix.PubSub, ENV ++ [pool_size: 10,\n            name: MyApp.PubSub]},\n",
        ),
        (
            "{Phoenix.PubSub, pubsub(10)},",
            "{Phoenix.PubSub, ENV ++ pubsub(10)},\n",
        ),
        (
            "{Phoenix.PubSub, @pubsub},",
            "{Phoenix.PubSub, ENV ++ @pubsub},\n",
        ),
        (
            "{Phoenix.PubSub, [name: MyApp.PubSub] ++ pool()},",
            "{Phoenix.PubSub, ENV ++ ([name: MyApp.PubSub] ++ pool())},\n",
        ),
        (
            "{Phoenix.PubSub, name: MyApp.PubSub},\n      {Phoenix.PubSub, name: MyApp.PubSub, pool_size: 2},",
            "{Phoenix.PubSub, ENV ++ [name: MyApp.PubSub]},\n    \
             {Phoenix.PubSub, ENV ++ [name: MyApp.PubSub, pool_size: 2]},\n",
        ),
    ] {
        let sandbox = Sandbox::with_phoenix_app();
        let path = "my_app/lib/my_app/application.ex";
        let whole = sandbox.read(path);
        let entry = "{Phoenix.PubSub, name: MyApp.PubSub},";
        assert!(whole.contains(entry), "{whole}");
        sandbox.write(path, &whole.replace(entry, entries));

        let report = sandbox.ok(&PUBSUB).stdout;

        let printed = printed.replace("ENV", env);
        assert!(
            report.contains(&format!("\n\n    {printed}\nOnce")),
            "{report}"
        );
    }
}

#[test]
#[ignore = "needs elixir"]
fn the_setting_is_read_at_runtime_and_another_url_is_an_error() {
    let sandbox = Sandbox::with_phoenix_app();
    sandbox.ok(&PUBSUB);
    let path = sandbox.path().join("my_app/config/runtime.exs");
    let path = path.display().to_string();
    let read = |url: &str| elixir("runtime.exs", &[&path, "my_app", url], "");

    assert_eq!(read(""), "nil\n");
    for url in [
        "redis://user:pass-word@localhost:6379",
        "rediss://localhost",
    ] {
        // phoenix_pubsub_redis 3.1.0 takes no text as a name.
        let options = format!(
            "[adapter: Phoenix.PubSub.Redis, redis_opts: \"{url}\", node_name: :\"HOST:4711\"]\n"
        );
        assert_eq!(read(url), options);
    }
    for url in [
        "localhost:6379",
        "http://user:pass-word@localhost",
        "redis://",
    ] {
        let error = "REDIS_URL is invalid: expected redis://user:password@host:6379\n";
        assert_eq!(read(url), error);
    }
}
