//! `connect` in scripts: JSON, expected events, exit codes.

use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{Ran, Sandbox};

/// Returns the objects of the output, without times.
fn objects(ran: &Ran) -> Vec<Value> {
    let object = |line: &str| {
        let mut object: Value = serde_json::from_str(line).expect("a line is JSON");
        let fields = object.as_object_mut().expect("it is an object");
        let time = fields.remove("time").expect("it has a time");
        assert_eq!(
            time.as_str().map(str::len),
            Some("2026-11-28T13:33:35.123Z".len())
        );
        if let Some(took) = fields.remove("milliseconds") {
            assert!(took.as_f64().is_some_and(|took| took > 0.0), "{took}");
        }
        object
    };
    ran.stdout.lines().map(object).collect()
}

#[test]
fn json_is_an_object_for_each_frame_and_nothing_else() {
    let server = Server::start();
    let url = server.url("/socket");
    let ran = Sandbox::new().answer(&["connect", &url, "room:1", "--json"], "ping {\"a\":1}\n");

    let closed = |direction: &str| json!({"direction": direction, "size": 2, "type": "close", "code": 1000, "meaning": "normal closure", "reason": ""});
    let sent = |size: usize, reference: &str, event: &str, payload: Value| json!({"direction": "out", "size": size, "type": "text", "join_ref": "1", "ref": reference, "topic": "room:1", "event": event, "payload": payload});
    let reply = |size: usize, reference: &str, answers: &str, payload: Value| {
        json!({"direction": "in", "size": size, "type": "text", "join_ref": "1", "ref": reference, "topic": "room:1",
               "event": "phx_reply", "status": "ok", "payload": payload, "answers": answers})
    };
    let expected = [
        sent(32, "1", "phx_join", json!({})),
        reply(60, "1", "phx_join", json!({})),
        sent(33, "2", "ping", json!({"a": 1})),
        reply(65, "2", "ping", json!({"a": 1})),
        closed("out"),
        closed("in"),
    ];
    assert_eq!(objects(&ran), expected);
    assert!(
        ran.stderr
            .starts_with("GET /socket/websocket?vsn=2.0.0 HTTP/1.1\n"),
        "{}",
        ran.stderr
    );
    ran.succeeded();
}

#[test]
fn an_expected_event_is_a_success() {
    let server = Server::start();
    let url = server.url("/socket");
    let line = "shout {\"body\":\"hi\"}\n";
    Sandbox::new()
        .answer(&["connect", &url, "room:1", "--expect", "shout"], line)
        .succeeded();
    Sandbox::new().ok(&["connect", &url, "room:1", "--expect", "phx_reply"]);
}

#[test]
fn an_event_that_does_not_arrive_in_time_is_a_failure() {
    let server = Server::start();
    let url = server.url("/socket");
    let args = [
        "connect", &url, "room:1", "--expect", "shout", "--for", "300ms",
    ];
    Sandbox::new()
        .run(&args)
        .failed("error: `shout` did not arrive\n");
}

#[test]
fn a_refused_join_is_a_failure() {
    let server = Server::start();
    let url = server.url("/socket");
    let refused = "error: the server refused to join `room:closed`\n";
    Sandbox::new()
        .run(&["connect", &url, "room:closed"])
        .failed(refused);
    let expecting = ["connect", &url, "room:closed", "--expect", "phx_reply"];
    Sandbox::new().run(&expecting).failed(refused);
}

#[test]
fn a_time_ends_the_connection() {
    let server = Server::start();
    let url = server.url("/socket");
    Sandbox::new().ok(&["connect", &url, "room:1", "--for", "100ms"]);
}

#[test]
fn a_line_that_cannot_be_sent_is_a_failure() {
    let server = Server::start();
    let url = server.url("/socket");
    let ran = Sandbox::new().answer(&["connect", &url, "room:1"], "ping {a}\n");
    ran.prints("`{a}` is not JSON");
    ran.failed("error: a line was not sent\n");
}

#[test]
fn a_position_of_one_connection_recovers_what_was_missed_in_the_next() {
    let server = Server::start();
    let url = server.url("/socket");
    let connect = |recover: &str, lines: &str| {
        let ran = Sandbox::new().answer(&["connect", &url, "kept:1", recover], lines);
        ran.succeeded()
    };
    let first = connect("--recover", "shout {\"n\":1}\n");
    let hint = "to recover what follows here: connect kept:1 ";
    let again = first
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(hint));
    let again = again.unwrap_or_else(|| panic!("{}", first.stdout));
    for n in 2..=3 {
        let shout = json!({ "n": n });
        server.endpoint.broadcast("kept:1", "shout", shout);
    }
    let second = connect(again, "");
    second.prints(" recovered 2\n");
    for n in 2..=3 {
        let shout = format!("kept:1 shout {{\"n\":{n}}} ref=");
        second.prints(&shout);
    }
    (4..=9).for_each(|n| {
        server
            .endpoint
            .broadcast("kept:1", "shout", json!({ "n": n }))
    });
    let third = connect(again, "");
    let lost = " not recovered: messages are lost\n";
    third.prints(lost);
}
