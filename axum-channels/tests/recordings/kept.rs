//! Deliberate differences from Phoenix, with the reasons. README has them in its table "Differences from Phoenix".

use crate::rules::{Exchange, join, ok, sequence, text, unmatched};
use crate::sequence::Sequence;
use serde_json::{Value, json};

/// Returns a sequence for each difference, named by its reason.
pub(crate) fn kept() -> Vec<Sequence> {
    let kept: [(_, _, Vec<Exchange>); 8] = [
        (
            "JSON nests at most 127 deep: a handler's parser refuses more, and a deeper value takes its stack",
            "2.0.0",
            vec![text(
                payload(&format!("{}{}", "[".repeat(128), "]".repeat(128))),
                closed(),
            )],
        ),
        (
            "a number has to fit an f64, integers too: a handler's parser refuses others",
            "2.0.0",
            vec![text(payload(&"9".repeat(400)), closed())],
        ),
        (
            "a ref has at most 4,096 bytes: a channel keeps its join_ref",
            "2.0.0",
            vec![text(
                json!([null, "x".repeat(4095), "nope", "ping", {}]).to_string(),
                closed(),
            )],
        ),
        (
            "a topic has at most 4,096 bytes: a channel keeps it",
            "2.0.0",
            vec![too_long(&"x".repeat(4097), "ping", "topic too long")],
        ),
        (
            "an event has at most 4,096 bytes: a busy channel queues it",
            "2.0.0",
            vec![too_long("room:a", &"x".repeat(4097), "event too long")],
        ),
        (
            "a join to a topic that is an object is answered: Phoenix fails to log it, and closes",
            "2.0.0",
            vec![text(
                r#"["1","2",{},"phx_join",{}]"#,
                [unmatched(json!("2"), json!({}))],
            )],
        ),
        (
            "a join_ref of `false` is that of pushes and replies, too: Phoenix takes the ref for those",
            "2.0.0",
            vec![
                join("false"),
                text(
                    r#"[false,"2","room:a","ping",{}]"#,
                    [ok(&json!(false), "2", json!({}))],
                ),
            ],
        ),
        (
            "bytes are not sent to a client of V1, and its channel goes on: Phoenix ends the sender's",
            "1.0.0",
            vec![
                text(v1("phx_join", json!({"nopresence": 1})), [v1_reply()]),
                text(v1("bin_push", json!({})), []),
                text(v1("bin_shout", json!({})), []),
                text(v1("ping", json!({})), [v1_reply()]),
            ],
        ),
    ];
    kept.into_iter()
        .map(|(reason, vsn, exchanges)| sequence(reason, vsn, exchanges))
        .collect()
}

fn payload(json: &str) -> String {
    format!(r#"[null,null,"t","e",{json}]"#)
}

fn closed() -> [Value; 1] {
    [json!({"closed": 1011})]
}

fn too_long(topic: &str, event: &str, reason: &str) -> Exchange {
    let payload = json!({"response": {"reason": reason}, "status": "error"});
    text(
        json!(["1", "2", topic, event, {}]).to_string(),
        [json!(["1", "2", topic, "phx_reply", payload])],
    )
}

fn v1(event: &str, payload: Value) -> String {
    json!({"topic": "room:a", "event": event, "payload": payload, "ref": "1"}).to_string()
}

fn v1_reply() -> Value {
    let payload = json!({"response": {}, "status": "ok"});
    json!({"topic": "room:a", "event": "phx_reply", "payload": payload, "ref": "1"})
}
