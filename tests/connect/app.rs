//! The socket of the current app needs no URL.

use crate::server::Server;
use crate::support::{Ran, Sandbox, finish};

/// Runs `connect` in the app, whose port is that of a server with the same sockets.
fn connect(sandbox: &Sandbox, server: &Server, args: &[&str]) -> Ran {
    let mut command = sandbox.command(&[&["connect"], args].concat());
    command.env("PORT", server.port.to_string());
    finish(command, "")
}

#[test]
fn the_path_is_that_of_the_mounted_socket() {
    let server = Server::start();
    let commands: [&[&str]; 2] = [
        &["gen", "channel", "User", "--yes"],
        &["gen", "socket", "Device"],
    ];
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let sandbox = sandbox.after(&commands);
        let ran = connect(&sandbox, &server, &["user:lobby"]).succeeded();
        assert!(
            ran.stdout.starts_with("GET /socket/websocket?vsn=2.0.0 "),
            "{}",
            ran.stdout
        );
        ran.prints("user:lobby phx_reply ok");
        let device = ["room:1", "--socket", "Device", "--token", "secret"];
        let ran = connect(&sandbox, &server, &device).succeeded();
        assert!(
            ran.stdout
                .starts_with("GET /device_socket/websocket?vsn=2.0.0 "),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn a_phoenix_app_listens_at_the_port_of_its_settings() {
    let server = Server::start();
    let sandbox = Sandbox::with_phoenix_app().after(&[&["gen", "channel", "User", "--yes"]]);
    let settings = format!(
        "import Config\n\nconfig :my_app, MyAppWeb.Endpoint, http: [port: {}]\n",
        server.port
    );
    sandbox.write("my_app/config/dev.exs", &settings);

    let mut command = sandbox.command(&["connect", "user:lobby"]);
    command.env_remove("PORT");

    let joined = finish(command, "").succeeded().stdout;
    assert!(joined.contains("user:lobby phx_reply ok"), "{joined}");
}

#[test]
fn a_socket_that_is_not_mounted_is_named() {
    let server = Server::start();
    let sandbox = Sandbox::with_app();
    connect(&sandbox, &server, &["user:lobby"]).misused(
        "error: the app does not mount a socket handler `User` at a path that can be read\n\
         help: name its URL, or make it: hello-sockets gen socket User\n",
    );
    let sandbox = sandbox.after(&[&["gen", "socket", "Device"], &["gen", "socket", "Kiosk"]]);
    for (typed, meant) in [
        ("Devise", "--socket Device"),
        ("User", "--socket Device, or --socket Kiosk"),
    ] {
        let ran = connect(&sandbox, &server, &["user:lobby", "--socket", typed]);
        let help = format!("help: {meant}; or make it: hello-sockets gen socket {typed}\n");
        assert!(ran.stderr.ends_with(&help), "{}", ran.stderr);
    }
    let names = ["Ant", "Bee", "Cat", "Dog"];
    let sandbox = names.iter().fold(sandbox, |sandbox, name| {
        sandbox.after(&[&["gen", "socket", name]])
    });
    for (typed, meant) in [
        ("Devise", "--socket Device"),
        (
            "User",
            "--socket Ant, or --socket Bee, or --socket Cat, or --socket Device, or --socket Dog, or another one, as \
             `hello-sockets routes` lists them",
        ),
    ] {
        let ran = connect(&sandbox, &server, &["user:lobby", "--socket", typed]);
        let help = format!("help: {meant}; or make it: hello-sockets gen socket {typed}\n");
        assert!(ran.stderr.ends_with(&help), "{}", ran.stderr);
    }
    connect(&sandbox, &server, &["user:lobby", "--socket", "device"]).misused(
        "error: `device` is not a socket name: each part of a name starts with a capital letter\n\
         help: --socket Device\n",
    );
}
