//! Rules of Phoenix's source for messages that the recordings lack: `lib/phoenix/socket.ex`, `channel/server.ex`,
//! `socket/message.ex` and `socket/serializers/`, of 1.8.12.

use crate::sequence::{Sent, Sequence, Step};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// A message of the first client, and what it receives. The second client receives nothing.
pub(crate) type Exchange = (Sent, Vec<Value>);

/// Returns a sequence for each rule.
pub(crate) fn rules() -> Vec<Sequence> {
    let v2 = "2.0.0";
    let rules = [
        ("a ref is any JSON", v2, refs()),
        (
            "a stale join_ref is another JSON value",
            v2,
            stale_join_refs(),
        ),
        (
            "without a join_ref the join's ref is that of its pushes",
            v2,
            joins_without_join_ref(),
        ),
        ("an empty join_ref is a string", v2, empty_join_refs()),
        ("a topic that is no string is unmatched", v2, odd_topics()),
        (
            "an event that is no string ends its channel",
            v2,
            odd_events(),
        ),
        (
            "topics are compared as strings, and routed by their prefix",
            v2,
            topics(),
        ),
        ("only a heartbeat on `phoenix` is one", v2, heartbeats()),
        ("a topic that was left may be left again", v2, leaves()),
        (
            "a second join ends the first, even if it fails",
            v2,
            rejoins(),
        ),
        (
            "events of the server's own are unknown ones",
            v2,
            server_events(),
        ),
        ("what is echoed is the same JSON", v2, payloads()),
        ("a push or a broadcast in V2 is an object", v2, scalars()),
        ("bytes need refs that fit", v2, bytes_with_long_refs()),
        ("binary frames are pushes", v2, binary_frames()),
        (
            "elements after the fifth are ignored",
            "2.0.7",
            more_elements(),
        ),
        (
            "of equal keys the last counts, and unknown ones are ignored",
            "1.0.0",
            keys(),
        ),
        (
            "a push or a broadcast in V1 is any JSON",
            "1.0.0",
            v1_scalars(),
        ),
    ];
    let rules = rules
        .into_iter()
        .map(|(rule, vsn, exchanges)| sequence(rule, vsn, exchanges));
    rules.chain(malformed()).collect()
}

pub(crate) fn sequence(rule: &str, vsn: &str, exchanges: Vec<Exchange>) -> Sequence {
    let step = |(sent, heard)| Step {
        client: 0,
        sent,
        heard: [heard, Vec::new()],
    };
    Sequence {
        seed: 0,
        rule: rule.to_owned(),
        vsn: vsn.to_owned(),
        steps: exchanges.into_iter().map(step).collect(),
    }
}

/// Text, and what is received after it.
pub(crate) fn text(sent: impl Into<String>, heard: impl IntoIterator<Item = Value>) -> Exchange {
    (Sent::Text(sent.into()), heard.into_iter().collect())
}

/// A binary push.
fn push(names: [&[u8]; 4], bytes: &[u8], heard: impl IntoIterator<Item = Value>) -> Exchange {
    let lens = names.map(|name| name.len() as u8);
    let body = [&[0], &lens[..], &names.concat(), bytes].concat();
    binary(&body, heard)
}

fn binary(body: &[u8], heard: impl IntoIterator<Item = Value>) -> Exchange {
    (
        Sent::Binary(BASE64_STANDARD.encode(body)),
        heard.into_iter().collect(),
    )
}

pub(crate) fn bytes(body: &[u8]) -> Value {
    json!({"binary": BASE64_STANDARD.encode(body)})
}

/// Joins `room:a`.
pub(crate) fn join(join_ref: &str) -> Exchange {
    let value: Value = serde_json::from_str(join_ref).expect("JSON");
    text(
        format!(r#"[{join_ref},"j","room:a","phx_join",{{"nopresence":1}}]"#),
        [ok(&value, "j", json!({}))],
    )
}

pub(crate) fn ok(join_ref: &Value, reference: &str, response: Value) -> Value {
    json!([join_ref, reference, "room:a", "phx_reply", {"response": response, "status": "ok"}])
}

pub(crate) fn unmatched(reference: Value, topic: Value) -> Value {
    let payload = json!({"response": {"reason": "unmatched topic"}, "status": "error"});
    json!([null, reference, topic, "phx_reply", payload])
}

pub(crate) fn crash(join_ref: Value) -> Value {
    json!([join_ref, join_ref, "room:a", "phx_error", {"reason": "channel_crash"}])
}

fn close(join_ref: Value) -> Value {
    json!([join_ref, join_ref, "room:a", "phx_close", {}])
}

fn refs() -> Vec<Exchange> {
    let long = json!("x".repeat(4000)).to_string();
    let refs = [
        "1",
        "-1",
        "1.5",
        "1e3",
        "true",
        "false",
        "{\"a\":[1]}",
        "[]",
        "\"\"",
        r#""\u0041\ud83d\ude00""#,
        "null",
        "123456789012345678901234567890",
        &long,
    ];
    refs.iter()
        .map(|json| {
            let value: Value = serde_json::from_str(json).expect("JSON");
            text(
                format!(r#"[null,{json},"nope","ping",{{}}]"#),
                [unmatched(value, json!("nope"))],
            )
        })
        .collect()
}

fn stale_join_refs() -> Vec<Exchange> {
    let ping = |join_ref: &str, reference: &str| {
        format!(r#"[{join_ref},"{reference}","room:a","ping",{{}}]"#)
    };
    let one = json!(1);
    let object = json!({"a": [1, "é"]});
    vec![
        join("1"),
        text(ping("1", "a"), [ok(&one, "a", json!({}))]),
        text(ping("null", "b"), [ok(&one, "b", json!({}))]),
        text(ping("\"1\"", "c"), []),
        text(ping("1.0", "d"), []),
        text(ping("false", "e"), []),
        text(r#"["0","f","room:a","phx_leave",{}]"#, []),
        text(
            r#"[null,"g","room:a","phx_leave",{}]"#,
            [ok(&one, "g", json!({})), close(one.clone())],
        ),
        join(r#"{"a":[1,"é"]}"#),
        text(
            ping(r#"{ "a": [1, "\u00e9"] }"#, "h"),
            [ok(&object, "h", json!({}))],
        ),
        text(ping(r#"{"a":[1]}"#, "i"), []),
    ]
}

fn joins_without_join_ref() -> Vec<Exchange> {
    vec![
        join("null"),
        text(
            r#"[null,"a","room:a","push_me",{}]"#,
            [
                json!(["j", null, "room:a", "pushed", {}]),
                ok(&json!("j"), "a", json!({})),
            ],
        ),
        text(r#"["j","b","room:a","ping",{}]"#, []),
        text(r#"[null,"c","room:a","crash",{}]"#, [crash(json!(null))]),
    ]
}

fn empty_join_refs() -> Vec<Exchange> {
    vec![
        join("\"\""),
        push(
            [b"", b"", b"room:a", b"ping"],
            b"\xff",
            [bytes(b"\x01\0\0\x06\x02room:aok\xff")],
        ),
        text(
            r#"["","a","room:a","ping",{}]"#,
            [ok(&json!(""), "a", json!({}))],
        ),
        join("\"1\"").replacing(json!("")),
        push([b"", b"b", b"room:a", b"ping"], b"", []),
        push(
            [b"1", b"b", b"room:a", b"ping"],
            b"",
            [bytes(b"\x01\x01\x01\x06\x021broom:aok")],
        ),
    ]
}

fn odd_topics() -> Vec<Exchange> {
    let topics = [
        json!(123),
        json!(null),
        json!(true),
        json!(1.5),
        json!([]),
        json!({"a": 1}),
    ];
    let exchanges = topics.into_iter().flat_map(|topic| {
        let sent = |event| json!(["1", "2", topic, event, {}]).to_string();
        let left = json!(["1", "2", topic, "phx_reply", {"response": {}, "status": "ok"}]);
        [
            text(sent("ping"), [unmatched(json!("2"), topic.clone())]),
            text(sent("heartbeat"), [unmatched(json!("2"), topic.clone())]),
            // Phoenix closes the connection for an object, which it cannot log. A typed log has no such case.
            text(sent("phx_join"), [unmatched(json!("2"), topic.clone())]),
            text(sent("phx_leave"), [left]),
        ]
    });
    exchanges.collect()
}

fn odd_events() -> Vec<Exchange> {
    let events = ["5", "null", "true", "[]", r#"{"a":1}"#];
    let exchanges = events.iter().flat_map(|event| {
        let sent = |join_ref| format!(r#"[{join_ref},"2","room:a",{event},{{}}]"#);
        [
            text(sent("null"), [unmatched(json!("2"), json!("room:a"))]),
            join("\"1\""),
            text(sent("\"0\""), []),
            text(sent("\"1\""), [crash(json!("1"))]),
        ]
    });
    exchanges.collect()
}

fn topics() -> Vec<Exchange> {
    let joined = |topic: &str| {
        let sent = json!(["1", "2", topic, "phx_join", {"nopresence": 1}]).to_string();
        text(
            sent,
            [json!(["1", "2", topic, "phx_reply", {"response": {}, "status": "ok"}])],
        )
    };
    let refused = |topic: &str| {
        let sent = json!(["1", "2", topic, "phx_join", {"nopresence": 1}]).to_string();
        text(sent, [unmatched(json!("2"), json!(topic))])
    };
    vec![
        joined("room:"),
        joined("room:é😀\n\"\\\0"),
        joined("room:*"),
        refused(""),
        refused("room"),
        refused("ROOM:a"),
        refused(" room:a"),
        refused("123"),
        join("\"1\""),
        text(
            r#"["1","a","r\u006fom:\u0061","ping",{}]"#,
            [ok(&json!("1"), "a", json!({}))],
        ),
    ]
}

fn heartbeats() -> Vec<Exchange> {
    let answered = |reference: Value| json!([null, reference, "phoenix", "phx_reply", {"response": {}, "status": "ok"}]);
    vec![
        text(
            r#"["9",7,"phoenix","heartbeat",null]"#,
            [answered(json!(7))],
        ),
        text(
            r#"[null,null,"phoenix","heartbeat",[]]"#,
            [answered(json!(null))],
        ),
        push(
            [b"", b"", b"phoenix", b"heartbeat"],
            b"",
            [answered(json!(""))],
        ),
        text(
            r#"[null,"1","phoenix","ping",{}]"#,
            [unmatched(json!("1"), json!("phoenix"))],
        ),
        text(
            r#"[null,"1","phoenix","phx_join",{}]"#,
            [unmatched(json!("1"), json!("phoenix"))],
        ),
        text(
            r#"[null,"1","phoenix:","heartbeat",{}]"#,
            [unmatched(json!("1"), json!("phoenix:"))],
        ),
        join("\"1\""),
        text(r#"["1","2","room:a","heartbeat",{}]"#, [crash(json!("1"))]),
    ]
}

fn leaves() -> Vec<Exchange> {
    let one = json!("1");
    vec![
        text(
            r#"["1","a","room:a","phx_leave",{}]"#,
            [ok(&one, "a", json!({}))],
        ),
        join("\"1\""),
        text(
            r#"["1","b","room:a","phx_leave","text"]"#,
            [ok(&one, "b", json!({})), close(one.clone())],
        ),
        text(
            r#"["1","c","room:a","phx_leave",{}]"#,
            [ok(&one, "c", json!({}))],
        ),
        text(
            r#"["1","d","nope:1","phx_leave",{}]"#,
            [json!(["1", "d", "nope:1", "phx_reply", {"response": {}, "status": "ok"}])],
        ),
        join("\"1\""),
        push(
            [b"1", b"e", b"room:a", b"phx_leave"],
            b"",
            [ok(&one, "e", json!({})), close(one)],
        ),
    ]
}

fn rejoins() -> Vec<Exchange> {
    let failed = |join_ref: &str, reason: &str| json!([join_ref, "x", "room:a", "phx_reply", {"response": {"reason": reason}, "status": "error"}]);
    vec![
        join("\"1\""),
        join("\"1\"").replacing(json!("1")),
        join("null").replacing(json!("1")),
        join("\"2\"").replacing(json!(null)),
        text(
            r#"["3","x","room:a","phx_join",{"refuse":1}]"#,
            [failed("3", "unauthorized"), close(json!("2"))],
        ),
        join("\"4\""),
        text(
            r#"["5","x","room:a","phx_join",null]"#,
            [failed("5", "join crashed"), close(json!("4"))],
        ),
        text(
            r#"["5","y","room:a","ping",{}]"#,
            [unmatched(json!("y"), json!("room:a"))],
        ),
    ]
}

fn server_events() -> Vec<Exchange> {
    let events = [
        "phx_close",
        "phx_error",
        "phx_reply",
        "presence_state",
        "",
        "PHX_JOIN",
    ];
    let exchanges = events.iter().flat_map(|event| {
        let sent = || json!(["1", "2", "room:a", event, {}]).to_string();
        [
            text(sent(), [unmatched(json!("2"), json!("room:a"))]),
            join("\"1\""),
            text(sent(), [crash(json!("1"))]),
        ]
    });
    exchanges.collect()
}

fn payloads() -> Vec<Exchange> {
    let nested = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let payloads = [
        "1.0",
        "1e1",
        "1E+2",
        "-0.0",
        "-0",
        "1e-400",
        "12345678901234567890",
        "-98765432109876543210",
        "0.1234567890123456789",
        r#""\u00e9\ud83d\ude00\u0000\/\b""#,
        "\"é😀\u{7f}\u{2028}\"",
        r#"{"a":1,"a":2}"#,
        r#"{"":{"":[]}}"#,
        " [ 1 , 2 ] ",
        "null",
        "false",
        "\"\"",
        &nested,
    ];
    let echo = |json: &&str| {
        let value: Value = serde_json::from_str(json).expect("JSON");
        text(
            format!(r#"["1","2","room:a","ping",{json}]"#),
            [ok(&json!("1"), "2", value)],
        )
    };
    std::iter::once(join("\"1\""))
        .chain(payloads.iter().map(echo))
        .collect()
}

fn scalars() -> Vec<Exchange> {
    let scalars = ["null", "true", "7", "\"text\"", "[{}]"];
    let exchanges = scalars.iter().flat_map(|json| {
        let sent = |event| format!(r#"["1","2","room:a","{event}",{json}]"#);
        let value: Value = serde_json::from_str(json).expect("JSON");
        [
            join("\"1\""),
            text(sent("ping"), [ok(&json!("1"), "2", value)]),
            text(sent("shout_from"), []), // nobody else is there, so nothing is encoded
            text(sent("push_me"), [crash(json!("1"))]),
            text(sent("ping"), [unmatched(json!("2"), json!("room:a"))]),
            join("\"1\""),
            text(sent("shout"), [crash(json!("1"))]),
            text(sent("ping"), [unmatched(json!("2"), json!("room:a"))]),
        ]
    });
    exchanges.collect()
}

fn v1_scalars() -> Vec<Exchange> {
    let frame = |event: &str, payload: Value, reference: Value| json!({"topic": "room:a", "event": event, "payload": payload, "ref": reference});
    let reply = |response: Value| {
        frame(
            "phx_reply",
            json!({"response": response, "status": "ok"}),
            json!("1"),
        )
    };
    let sent = |event: &str, payload: Value| frame(event, payload, json!("1")).to_string();
    vec![
        text(
            sent("phx_join", json!({"nopresence": 1})),
            [reply(json!({}))],
        ),
        text(
            sent("push_me", json!(null)),
            [frame("pushed", json!(null), json!(null)), reply(json!({}))],
        ),
        text(
            sent("shout", json!("text")),
            [frame("shout", json!("text"), json!(null))],
        ),
        text(sent("ping", json!([1])), [reply(json!([1]))]),
    ]
}

fn bytes_with_long_refs() -> Vec<Exchange> {
    let long = "x".repeat(256);
    let joined = || {
        let sent = json!([null, long, "room:a", "phx_join", {"nopresence": 1}]).to_string();
        text(sent, [ok(&json!(null), &long, json!({}))])
    };
    vec![
        joined(),
        text(r#"[null,"1","room:a","bin_push",{}]"#, [crash(json!(null))]),
        joined(),
        text(
            r#"[null,"1","room:a","bin_shout",{}]"#,
            [bytes(b"\x02\x06\x05room:abytes\x09\x08\x07")],
        ),
    ]
}

fn binary_frames() -> Vec<Exchange> {
    let failed = json!(["1", "2", "room:a", "phx_reply", {"response": {"reason": "join crashed"}, "status": "error"}]);
    vec![
        push([b"1", b"2", b"room:a", b"phx_join"], b"{}", [failed]),
        push(
            [b"1", b"", b"room:a", b"ping"],
            b"",
            [unmatched(json!(""), json!("room:a"))],
        ),
        join("\"1\""),
        push(
            [b"1", b"2", b"room:a", b"fail"],
            b"",
            [
                json!(["1", "2", "room:a", "phx_reply", {"response": {"reason": "no way"}, "status": "error"}]),
            ],
        ),
        push(
            [b"1", b"2", b"room:a", b"push_me"],
            b"\0",
            [
                bytes(b"\0\x01\x06\x061room:apushed\0"),
                ok(&json!("1"), "2", json!({})),
            ],
        ),
        push([b"0", b"2", b"room:a", b"crash"], b"", []),
        push(
            [b"1", b"2", b"room:a", b"\xff\xfe"],
            b"",
            [crash(json!("1"))],
        ),
    ]
}

fn more_elements() -> Vec<Exchange> {
    vec![text(
        r#"[null,"1","nope","ping",{},6,[7],{"a":"b"}]"#,
        [unmatched(json!("1"), json!("nope"))],
    )]
}

fn keys() -> Vec<Exchange> {
    let reply = json!({"topic": "b", "event": "phx_reply", "ref": 2, "payload": {"response": {"reason": "unmatched topic"}, "status": "error"}});
    let sent = r#"{"topic":"a","event":5,"payload":1,"ref":1,"x":[1],"t\u006fpic":"b","event":"ping","ref":2}"#;
    vec![text(sent, [reply])]
}

/// Frames that are not messages: the connection ends with 1011, and nothing is answered.
fn malformed() -> impl Iterator<Item = Sequence> {
    let rule = "what is no message ends its connection";
    let texts = [
        "",
        "not json",
        "{}",
        "[]",
        "7",
        "null",
        "[null,null,\"t\",\"e\"]",
        "[null,null,\"t\",\"e\",{}",
        "[null,null,\"t\",\"e\",{}]]",
        "[null,null,\"t\",\"e\",{},]",
        "[null,null,\"t\",\"e\",01]",
        "[null,null,\"t\",\"e\",1.]",
        "[null,null,\"t\",\"e\",+1]",
        "[null,null,\"t\",\"e\",NaN]",
        "[null,null,\"t\",\"e\",1e400]",
        "[null,null,\"t\",\"e\",\"\\ud83d\"]",
        "[null,null,\"t\",\"e\",\"\\ude00\\ud83d\"]",
        "[null,\"\\ud83d\",\"t\",\"e\",{}]",
        "[null,null,\"t\",\"e\",\"\t\"]",
        "[null,null,\"t\",\"e\",{'a':1}]",
        "[null,null,\"t\",\"e\",{a:1}]",
        "\u{feff}[null,null,\"t\",\"e\",{}]",
        r#"{"topic":"t","event":"e","payload":{},"ref":null}"#,
    ];
    let v1 = [
        "",
        "[]",
        "{}",
        "null",
        r#"[null,null,"t","e",{}]"#,
        r#"{"topic":"t","event":"e","payload":{}}"#,
        r#"{"topic":"t","event":"e","ref":null}"#,
        r#"{"event":"e","payload":{},"ref":null}"#,
    ];
    let binaries: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\0\x01\x01\x01",
        b"\0\xff\xff\xff\xffabc",
        b"\x01\0\0\0\0",
        b"\x02\x01\x01te",
        b"\x7f\0\0\0\0",
        b"\0\0\0\x01\x04\xffping",
    ];
    let closed = || [json!({"closed": 1011})];
    let texts = texts.map(|sent| sequence(rule, "2.0.0", vec![text(sent, closed())]));
    let v1 = v1.map(|sent| sequence(rule, "1.0.0", vec![text(sent, closed())]));
    let binaries = binaries.map(|sent| sequence(rule, "2.0.0", vec![binary(sent, closed())]));
    texts.into_iter().chain(v1).chain(binaries)
}

/// A join that ends an earlier one.
trait Replacing {
    fn replacing(self, join_ref: Value) -> Self;
}

impl Replacing for Exchange {
    fn replacing(mut self, join_ref: Value) -> Self {
        self.1.push(close(join_ref));
        self
    }
}
