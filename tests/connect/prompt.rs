//! `connect` in a pseudo-terminal.

use std::process::Command;

use rexpect::session::PtySession;

use crate::server::Server;
use crate::support::Sandbox;
use crate::support::terminal::{self, end};

fn start(server: &Server, sandbox: &Sandbox) -> PtySession {
    let url = server.url("/socket");
    let args = ["connect", &url, "room:1", "--color", "never"];
    let mut session = terminal::start(sandbox.command(&args));
    session
        .exp_string("Type an event and its payload")
        .expect("it gives a hint");
    session.exp_string("phx_reply ok").expect("it joins");
    session
}

#[test]
fn a_typed_line_is_pushed_and_its_reply_has_a_time() {
    let server = Server::start();
    let sandbox = Sandbox::new();
    let mut session = start(&server, &sandbox);
    session.send_line("ping {\"a\":1}").expect("it reads");
    session
        .exp_string("> ping {\"a\":1}")
        .expect("the line stays");
    session
        .exp_string("room:1 ping {\"a\":1} join_ref=1 ref=2")
        .expect("it is sent");
    session
        .exp_regex(r"room:1 phx_reply ok \{.a.:1\} join_ref=1 ref=2 ping after [0-9.]+ ms")
        .expect("it is answered");
    session.send_control('d').expect("it reads");
    session
        .exp_string("close 1000 (normal closure)")
        .expect("it closes");
    assert_eq!(end(session).1, 0);
}

#[test]
fn frames_are_printed_above_a_line_that_is_being_typed() {
    let server = Server::start();
    let sandbox = Sandbox::new();
    let mut session = start(&server, &sandbox);
    session.send("ping {\"a\"").expect("it reads");
    session.flush().expect("it is sent");
    session.exp_string("> ping {\"a\"").expect("it is shown");
    server
        .endpoint
        .broadcast("room:1", "shout", serde_json::json!({"body": "hi"}));
    session
        .exp_string("room:1 shout {\"body\":\"hi\"}")
        .expect("the frame is shown");
    session
        .exp_string("> ping {\"a\"")
        .expect("the prompt is below it");
    session.send_line(":2}").expect("it reads");
    session
        .exp_string("room:1 ping {\"a\":2} join_ref=1 ref=2")
        .expect("the whole line is sent");
    session.send_control('c').expect("it reads");
    session
        .exp_string("close 1000 (normal closure)")
        .expect("it closes");
    assert_eq!(end(session).1, 130);
}

#[test]
fn the_terminal_is_left_as_it_was() {
    let server = Server::start();
    let sandbox = Sandbox::new();
    let mut command = Command::new("sh");
    let script = "stty -a; \"$0\" connect \"$1\" room:1 --color never; stty -a";
    command.args([
        "-c",
        script,
        env!("CARGO_BIN_EXE_hello-sockets"),
        &server.url("/socket"),
    ]);
    command.current_dir(sandbox.path());
    let mut session = terminal::start(command);
    let before = session.exp_string("GET /socket").expect("it connects");
    session.exp_string("phx_reply ok").expect("it joins");
    session.send_control('d').expect("it reads");
    session
        .exp_string("close 1000 (normal closure)")
        .expect("it closes");
    let after = session.exp_eof().expect("it ends");
    assert!(before.contains(" icanon"), "{before}");
    assert!(after.contains(before.trim_end()), "{before}\n{after}");
}
