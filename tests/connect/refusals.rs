//! Connections that are not made: the server's answer, and what may be wrong.

use crate::odd::Odd;
use crate::server::Server;
use crate::support::{Ran, Sandbox};
use crate::transcript::normal;

/// Checks the last status line and the errors of a failure.
#[track_caller]
fn refused(ran: &Ran, status: &str, stderr: &str) {
    assert_eq!(
        (ran.code, normal(&ran.stderr).as_str()),
        (Some(1), stderr),
        "{}",
        ran.stdout
    );
    ran.prints(&format!("HTTP/1.1 {status}\n"));
}

#[test]
fn a_refused_origin() {
    let server = Server::start();
    let url = server.url("/socket");
    let ran = Sandbox::new().run(&["connect", &url, "--origin", "https://evil.example"]);
    refused(
        &ran,
        "403 Forbidden",
        "error: the server refused the connection with 403 Forbidden\n\
         help: the server may refuse\n\
         \x20     - the origin https://evil.example: the settings of the server list those it allows\n\
         \x20     - a missing token: --token, or --param token=…, as the page sends it\n\
         \x20     - the version 2.0.0 of the wire format: --vsn 1.0.0\n",
    );
    let own = server.url("").replace("ws:", "http:");
    Sandbox::new().ok(&["connect", &url, "--origin", &own]);
}

#[test]
fn versions_that_do_not_exist() {
    let sandbox = Sandbox::new();
    let url = "ws://localhost:4000/socket";
    for version in ["3", "9.0.0", "2.0", ""] {
        let ran = sandbox.run(&["connect", url, "--vsn", version]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        let choices = "[possible values: 2.0.0, 1.0.0]";
        assert!(ran.stderr.contains(choices), "{}", ran.stderr);
    }
    sandbox
        .run(&["connect", &format!("{url}?vsn=3.0.0")])
        .misused(
            "error: `3.0.0` is not a version of the wire format\n\
         help: vsn=2.0.0, or vsn=1.0.0\n",
        );
}

#[test]
fn versions_that_exist() {
    let server = Server::start();
    for (typed, sent) in [
        ("1", "1.0.0"),
        ("1.0.0", "1.0.0"),
        ("2", "2.0.0"),
        ("2.0.0", "2.0.0"),
    ] {
        let ran = Sandbox::new().run(&["connect", &server.url("/socket"), "--vsn", typed]);
        let request = format!("GET /socket/websocket?vsn={sent} HTTP/1.1\n");
        assert!(ran.succeeded().stdout.starts_with(&request), "{typed}");
    }
}

#[test]
fn a_version_that_the_server_does_not_speak() {
    // Phoenix answers so: its log has the reason.
    let server = Odd::text("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    let own = server.url().replace("ws:", "http:");
    let args = [
        "connect",
        &server.url(),
        "--vsn",
        "1.0.0",
        "--origin",
        &own,
        "--token",
        "secret",
    ];
    let ran = Sandbox::new().run(&args);
    let version = "      - the version 1.0.0 of the wire format: --vsn 2.0.0\n";
    assert!(ran.stderr.ends_with(version), "{}", ran.stderr);
    server.end();
}

#[test]
fn a_page_in_place_of_a_socket() {
    let server =
        Odd::text("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\n<p>\n");
    let ran = Sandbox::new().run(&["connect", &server.url()]);
    refused(
        &ran,
        "200 OK",
        "error: the server answered as plain HTTP, with 200 OK, and not as a WebSocket\n\
         help: no socket is at /socket/websocket: check the path; --exact-path does not add /websocket\n",
    );
    server.end();
}

#[test]
fn a_refusal_cannot_control_the_terminal() {
    let server = Odd::text(
        "HTTP/1.1 302 Found\u{9b}2J\r\nlocation: ws://\u{9b}31m\u{202e}evil\r\n\r\n\u{1b}]0;evil\u{7}",
    );
    let ran = Sandbox::new().run(&["connect", &server.url()]);
    let error = r"error: the server refused the connection with 302 Found\u009b2J
help: the server redirects: connect to ws://\u009b31m\u202eevil
";
    assert_eq!((ran.code, &*ran.stderr), (Some(1), error));
    ran.prints(r"\u001b]0;evil\u0007");
    server.end();
}

#[test]
fn a_wrong_path() {
    let server = Server::start();
    let ran = Sandbox::new().run(&["connect", &server.url("/live")]);
    refused(
        &ran,
        "404 Not Found",
        "error: the server refused the connection with 404 Not Found\n\
         help: the server has no socket at /live/websocket: in the folder of the app, `hello-sockets routes` prints where they are; \
         --exact-path does not add /websocket\n",
    );
}

#[test]
fn a_missing_and_a_right_token() {
    let server = Server::start();
    let url = server.url("/device_socket");
    let ran = Sandbox::new().run(&["connect", &url]);
    refused(
        &ran,
        "401 Unauthorized",
        "error: the server refused the connection with 401 Unauthorized\n\
         help: the server may refuse a missing token: --token, or --param token=…, as the page sends it\n",
    );
    let ran = Sandbox::new().ok(&["connect", &url, "room:1", "--token", "secret"]);
    let offer = "\nSec-WebSocket-Protocol: phoenix, base64url.bearer.phx.c2VjcmV0\n";
    ran.prints(offer);
    ran.prints("\nsec-websocket-protocol: phoenix\n");
}

#[test]
fn the_body_of_a_refusal_is_printed() {
    let server = Odd::text("HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nNo entry!");
    let ran = Sandbox::new().run(&["connect", &server.url()]);
    assert!(
        ran.stdout.ends_with("content-length: 9\n\nNo entry!\n\n"),
        "{}",
        ran.stdout
    );
    server.end();
}

#[test]
fn a_server_that_is_not_one_of_the_web() {
    let server = Odd::text("SSH-2.0-OpenSSH_9.6\r\n\r\n");
    let ran = Sandbox::new().run(&["connect", &server.url()]);
    let expected = "error: no response from HOST: the server does not answer with HTTP, but with \"SSH-2.0-OpenSSH_9.6\\r\\n\\r\\n\"\n\
                    help: check that a web server listens there, and whether the URL starts with ws:// or wss://\n";
    assert_eq!(
        (ran.code, normal(&ran.stderr).as_str()),
        (Some(1), expected)
    );
    server.end();
}

#[test]
fn a_port_without_a_server() {
    // A port that was free a moment ago.
    let port = Odd::start(drop);
    let url = port.url();
    std::net::TcpStream::connect(("127.0.0.1", port.port)).expect("it is there");
    port.end();
    let ran = Sandbox::new().run(&["connect", &url]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let help = "help: start the server: `hello-sockets dev` in the folder of an app; for another port, set PORT or add a URL\n";
    assert!(ran.stderr.ends_with(help), "{}", ran.stderr);
}

#[test]
fn words_that_cannot_be_meant() {
    let sandbox = Sandbox::new();
    sandbox.run(&["connect", "user:lobby"]).misused(
        "error: there is no URL, and no app around this folder\n\
         help: go to the folder of an app, or name a socket: hello-sockets connect ws://localhost:4000/socket\n",
    );
    sandbox.run(&["connect", "ftp://localhost/socket"]).misused(
        "error: `ftp://localhost/socket` is not a URL: it starts with ws:// or wss://\n\
         help: a URL such as ws://localhost:4000/socket\n",
    );
    for args in [["--for", "soon"], ["--param", "x"], ["--header", "x"]] {
        let ran = sandbox.run(&["connect", "ws://localhost", args[0], args[1]]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    }
}
