//! Situations in which `dev` does not start.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use crate::fixture::{app, command};
use crate::support::{Sandbox, finish};

#[test]
fn a_port_that_is_taken_ends_the_command_with_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = taken.local_addr().expect("it has one").port().to_string();
    let sandbox = app();

    let by_option = finish(command(&sandbox, &["--port", &port]), "");
    let mut variable = command(&sandbox, &[]);
    variable.env("PORT", &port);
    let by_variable = finish(variable, "");

    let expected = format!(
        "error: another program uses port {port} on 127.0.0.1: stop it, or choose another port with `--port`\n"
    );
    for ran in [by_option, by_variable] {
        assert_eq!((ran.code, ran.stderr), (Some(1), expected.clone()));
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn invalid_variables_are_named() {
    let sandbox = app();
    for (name, value, expected) in [
        (
            "PORT",
            "http",
            "error: PORT is `http`: expected a number from 0 to 65535\n",
        ),
        (
            "IP",
            "localhost",
            "error: IP is `localhost`: expected an address such as 127.0.0.1\n",
        ),
        (
            "IP",
            "192.0.2.1",
            "error: this machine does not have the address 192.0.2.1\n",
        ),
    ] {
        let mut command = command(&sandbox, &[]);
        command.env(name, value);
        let ran = finish(command, "");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), expected));
    }
}

#[test]
fn outside_of_an_app_the_way_to_one_is_named() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["dev"]);
    assert_eq!(ran.code, Some(2));
    let expected = "error: no app was found in ";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
}

#[test]
fn an_app_without_a_part_for_dev_is_refused_with_two_ways_out() {
    let sandbox = app();
    let main = sandbox.read("my_app/src/main.rs");
    sandbox.write("my_app/src/main.rs", &main.replace("HELLO_SOCKETS_DEV", ""));

    finish(command(&sandbox, &[]), "").misused(
        "error: the app has no part for `dev`, which new apps have in `src/dev.rs`\n\
         help: `cargo run` starts it; to add the part, copy `src/dev.rs`, `src/dev/`, and the lines for them in \
         `src/lib.rs` and `Cargo.toml` from a new app\n",
    );
}

#[test]
fn a_project_s_own_stack_runs_no_programs() {
    let sandbox = app();
    let own = "my_app/.hello-sockets/templates/rust/stack.toml";
    let built_in = include_str!("../../templates/rust/stack.toml");
    sandbox.write(
        own,
        &built_in.replace("\"cargo\", \"build\"", "\"touch\", \"made\""),
    );

    finish(command(&sandbox, &[]), "").misused(
        "error: the project's own `stack.toml` names programs to run\n\
         help: remove `[dev]` from it, and start the app with its own command\n",
    );
    assert!(!sandbox.exists("my_app/made"));
}

#[test]
fn on_phoenix_mix_and_the_dependencies_are_checked_first_and_then_mix_is_run() {
    let sandbox = Sandbox::with_phoenix_app();
    let run = |args: &[&str]| {
        let mut command = command(&sandbox, args);
        command.env("PATH", sandbox.path().join("bin"));
        finish(command, "")
    };
    run(&[]).misused(
        "error: `mix` was not found\nhelp: install Elixir: https://elixir-lang.org/install.html\n",
    );

    let mix = "#!/bin/sh\necho \"mix $* on $PORT in ${PWD##*/}\"\nexit 7\n";
    sandbox.write("bin/mix", mix);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(sandbox.path().join("bin/mix"), mode).expect("it is ours");
    run(&[]).misused("error: the dependencies of the app are missing\nhelp: mix deps.get\n");

    sandbox.write("my_app/deps/phoenix/mix.exs", "");
    let ran = run(&["--port", "8080", "--", "--open"]);
    let expected = "mix phx.server --open on 8080 in my_app\n";
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(7), expected));

    // Folders that mix.exs names: that of all dependencies, and one of its own.
    for (from, to, at) in [
        (
            "app: :my_app,",
            "app: :my_app, deps_path: \"../all\",",
            "all/phoenix",
        ),
        (
            "{:phoenix, \"~> 1.8.0\"}",
            "{:phoenix, path: \"../phoenix\"}",
            "phoenix",
        ),
    ] {
        let sandbox = Sandbox::with_phoenix_app();
        let run = |sandbox: &Sandbox| {
            let mut command = command(sandbox, &[]);
            command.env("PATH", sandbox.path().join("bin"));
            finish(command, "")
        };
        sandbox.write_program("bin/mix", "echo \"mix $*\"");
        let mix = sandbox.read("my_app/mix.exs").replacen(from, to, 1);
        sandbox.write("my_app/mix.exs", &mix);
        run(&sandbox)
            .misused("error: the dependencies of the app are missing\nhelp: mix deps.get\n");
        sandbox.write(&format!("{at}/mix.exs"), "");
        assert_eq!(run(&sandbox).succeeded().stdout, "mix phx.server\n", "{to}");
    }

    let lock = "%{\"phoenix\": {:hex, :phoenix, \"1.2.5\", \"abc\"}}\n";
    sandbox.write("my_app/mix.lock", lock);
    let ran = run(&[]);
    assert_eq!(ran.stdout, "mix phoenix.server on  in my_app\n");
}
