//! Output in a pipe: the handshake, and the fields of frames.

use crate::server::Server;
use crate::support::Sandbox;
use crate::transcript::{frames, normal};

#[test]
fn the_handshake_is_printed_as_it_was_sent_and_received() {
    let server = Server::start();
    let url = server.url("/socket");
    let args = [
        "connect",
        &url,
        "--param",
        "user=a b",
        "--header",
        "Cookie: a=b",
    ];
    let ran = Sandbox::new().ok(&args);

    let expected = "\
GET /socket/websocket?user=a%20b&vsn=2.0.0 HTTP/1.1
Host: HOST
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Version: 13
User-Agent: hello-sockets/VERSION
Sec-WebSocket-Key: …
Cookie: a=b

HTTP/1.1 101 Switching Protocols
upgrade: websocket
connection: Upgrade
sec-websocket-accept: …
date: …

TIME →    2 B  close 1000 (normal closure)
TIME ←    2 B  close 1000 (normal closure)
";
    assert_eq!(
        (normal(&ran.stdout).as_str(), ran.stderr.as_str()),
        (expected, "")
    );
}

#[test]
fn lines_of_a_pipe_are_pushed_after_the_join_and_replies_have_times() {
    let server = Server::start();
    let url = server.url("/socket");
    let lines = "ping {\"b\":1,\"a\":2}\nroom:2 bytes\n";
    let ran = Sandbox::new().answer(&["connect", &url, "room:1", "room:2"], lines);

    let expected = r#"TIME →   32 B  room:1 phx_join {} join_ref=1 ref=1
TIME →   32 B  room:2 phx_join {} join_ref=2 ref=2
TIME ←   60 B  room:1 phx_reply ok {} join_ref=1 ref=1 phx_join after N ms
TIME →   39 B  room:1 ping {"b":1,"a":2} join_ref=1 ref=3
TIME ←   60 B  room:2 phx_reply ok {} join_ref=2 ref=2 phx_join after N ms
TIME →   29 B  room:2 bytes {} join_ref=2 ref=4
TIME ←   71 B  room:1 phx_reply ok {"b":1,"a":2} join_ref=1 ref=3 ping after N ms
TIME ←   17 B  room:2 phx_reply ok <2 bytes: 00ff> join_ref=2 ref=4 bytes after N ms
TIME →    2 B  close 1000 (normal closure)
TIME ←    2 B  close 1000 (normal closure)
"#;
    // The two topics are served at the same time.
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&frames(&ran.succeeded().stdout)), sorted(expected));
}

#[test]
fn a_file_is_pushed_as_bytes_and_one_that_is_not_there_is_named() {
    let server = Server::start();
    let url = server.url("/socket");
    let sandbox = Sandbox::new();
    sandbox.write("a cat.bin", "\0é");
    let path = sandbox.path().join("a cat.bin");
    let path = path.display();
    let lines = format!("ping @{path}\nping @{path}.none\n");

    let ran = sandbox.answer(&["connect", &url, "room:1"], &lines);

    let shown = frames(&ran.stdout);
    for line in [
        "→   20 B  room:1 ping <3 bytes: 00c3a9> join_ref=1 ref=2\n",
        "←   18 B  room:1 phx_reply ok <3 bytes: 00c3a9> join_ref=1 ref=2 ping after N ms\n",
        &format!("`{path}.none` cannot be read: "),
    ] {
        assert!(shown.contains(line), "{line}{shown}");
    }
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
}

#[test]
fn the_format_1_0_0_is_spoken_by_its_version() {
    let server = Server::start();
    let url = server.url("/socket/websocket?vsn=1.0.0");
    let ran = Sandbox::new().answer(&["connect", &url, "room:1", "--raw"], "ping {\"a\":1}\n");

    let expected = r#"TIME →   75 B  {"topic":"room:1","event":"phx_join","payload":{},"ref":"1","join_ref":"1"}
TIME ←   88 B  {"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"1","topic":"room:1"}
TIME →   76 B  {"topic":"room:1","event":"ping","payload":{"a":1},"ref":"2","join_ref":"1"}
TIME ←   93 B  {"event":"phx_reply","payload":{"response":{"a":1},"status":"ok"},"ref":"2","topic":"room:1"}
TIME →    2 B  close 1000 (normal closure)
TIME ←    2 B  close 1000 (normal closure)
"#;
    assert_eq!(frames(&ran.succeeded().stdout), expected);
}

#[test]
fn presences_are_a_list_that_is_kept() {
    let server = Server::start();
    let url = server.url("/socket");
    let args = [
        "connect",
        &url,
        "room:present",
        "--param",
        "user=alice",
        "--expect",
        "presence_diff",
    ];
    let ran = Sandbox::new().ok(&args);

    // Alice's own join is in the list or in a diff after it.
    let mut lists = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("  present "));
    let alice = "  present in room:present: alice";
    assert!(
        lists
            .next_back()
            .is_some_and(|list| list.starts_with(alice)),
        "{}",
        ran.stdout
    );
}
