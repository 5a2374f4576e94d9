//! Connections that end, and servers that send what is not a message.

use std::io::Write;

use tungstenite::Message;
use tungstenite::protocol::CloseFrame;

use crate::odd::{Odd, answer_join, drain};
use crate::server::Server;
#[cfg(unix)]
use crate::support::terminal;
use crate::support::{Ran, Sandbox};
use crate::transcript::frames;

fn run(server: &Odd) -> Ran {
    Sandbox::new().run(&["connect", &server.url(), "room:1", "--for", "10s"])
}

#[test]
fn a_close_of_the_server_is_in_words() {
    let server = Odd::websocket(|socket| {
        answer_join(socket);
        let code = 4001.into();
        let reason = "kicked".into();
        socket
            .close(Some(CloseFrame { code, reason }))
            .expect("it is sent");
        drain(socket);
    });
    let ran = run(&server);
    let close = "TIME ←    8 B  close 4001 (a code of the app): kicked\n";
    assert!(frames(&ran.stdout).ends_with(close), "{}", ran.stdout);
    ran.failed("error: the server closed the connection: 4001 (a code of the app): kicked\n");
    server.end();
}

#[test]
fn a_connection_that_ends_without_a_close() {
    let server = Odd::websocket(answer_join);
    run(&server).failed("error: the server ended the connection without a close\n");
    server.end();
}

#[test]
fn bytes_that_are_no_frames() {
    let server = Odd::websocket(|socket| {
        answer_join(socket);
        socket
            .get_mut()
            .write_all(&[0xff; 32])
            .expect("the client reads");
        drain(socket);
    });
    let ran = run(&server);
    assert_eq!(ran.code, Some(1));
    let error = "error: the server sent something other than a WebSocket frame: ";
    assert!(ran.stderr.starts_with(error), "{}", ran.stderr);
    server.end();
}

#[test]
fn frames_that_are_no_messages_are_shown_and_the_session_goes_on() {
    let server = Odd::websocket(|socket| {
        answer_join(socket);
        for data in [
            Message::text("{\u{1b}[2J"),
            Message::binary(vec![9, 1]),
            Message::Ping("a".into()),
        ] {
            socket.send(data).expect("the client reads");
        }
        drain(socket);
    });
    let args = ["connect", &server.url(), "room:1", "--for", "500ms"];
    let ran = Sandbox::new().run(&args);
    let shown = frames(&ran.succeeded().stdout);
    let expected = "\
TIME ←    5 B  {\\u001b[2J (not JSON of the format: expected `,` or `]`)
TIME ←    2 B  <2 bytes: 0901> (9 is not a kind of binary message)
TIME ←    1 B  ping
TIME →    1 B  pong
TIME →    2 B  close 1000 (normal closure)
TIME ←    2 B  close 1000 (normal closure)
";
    let received: Vec<_> = shown.lines().skip(2).collect();
    assert_eq!(received[1..], expected.lines().skip(1).collect::<Vec<_>>());
    assert!(
        received[0].starts_with("TIME ←    5 B  {\\u001b[2J (not JSON"),
        "{shown}"
    );
    server.end();
}

#[cfg(unix)]
#[test]
fn a_signed_out_user_is_disconnected() {
    let server = Server::start();
    let url = server.url("/socket");
    let args = [
        "connect",
        &url,
        "room:1",
        "--param",
        "user=alice",
        "--color",
        "never",
    ];
    let sandbox = Sandbox::new();
    let mut session = terminal::start(sandbox.command(&args));
    session.exp_string("phx_reply ok").expect("it joins");
    server.endpoint.disconnect("user_socket:alice");
    let rest = session.exp_eof().expect("it ends");
    let error = "error: the server closed the connection: 1001 (going away: the server stops, or disconnects this client)";
    assert!(rest.contains(error), "{rest}");
}
