mod model;

use super::*;
use crate::message::Payload;
use serde_json::{Value, json};

/// The last message of a closed channel to the client of [`Test::join`].
const CLOSED: &str = r#"[1,1,"room:a","phx_close",{}]"#;

/// That of a crashed one.
const CRASHED: &str = r#"[1,1,"room:a","phx_error",{"reason":"channel_crash"}]"#;

/// A session that routes `room:*`, with room for two channels and for two queued messages.
struct Test(Session);

fn session() -> Test {
    let patterns = Pattern::parse("room:*").into_iter().collect();
    let rules = Rules {
        patterns,
        max_channels: 2,
        max_queued_messages: 2,
        max_queued_message_bytes: 10_000,
        max_queued_bytes: 1_000,
    };
    Test(Session::new(Arc::new(rules)))
}

/// A session that waits for the answer to a join of `room:a` with join_ref 1: key 0.
fn joining() -> Test {
    let mut session = session();
    session.receive(["1", "1", "room:a", "phx_join"]);
    session
}

impl Test {
    /// `[join_ref, ref, topic, event]`, and the payload `{}`.
    fn receive(&mut self, message: [&'static str; 4]) -> Vec<String> {
        self.receive_with(message, Payload::empty())
    }

    fn receive_with(
        &mut self,
        [join_ref, reference, topic, event]: [&'static str; 4],
        payload: Payload,
    ) -> Vec<String> {
        let (join_ref, reference) = (Ref::from_json(join_ref), Ref::from_json(reference));
        let message = Message {
            join_ref,
            reference,
            topic: topic.into(),
            event: event.into(),
            payload,
        };
        let mut effects = Effects::default();
        self.0.receive(message, &mut effects);
        describe(effects)
    }

    fn joined(&mut self, key: u32, how: Joined) -> Vec<String> {
        self.joined_as(ticket(key, "1", None), how)
    }

    fn accept(&mut self, key: u32) -> Vec<String> {
        self.joined(key, Joined::Ok(Payload::empty()))
    }

    fn joined_as(&mut self, ticket: Ticket, how: Joined) -> Vec<String> {
        let mut effects = Effects::default();
        self.0.joined(ticket, how, &mut effects);
        describe(effects)
    }

    fn handled(&mut self, key: u32, reference: &str, how: Handled) -> Vec<String> {
        let mut effects = Effects::default();
        self.0
            .handled(ticket(key, reference, None), how, &mut effects);
        describe(effects)
    }

    fn receive_app(&mut self, key: u32, message: AppMessage) -> Vec<String> {
        let mut effects = Effects::default();
        self.0.receive_app(Key(key), message, &mut effects);
        describe(effects)
    }

    /// Joins `room:a` with join_ref 1: key 0.
    fn join(mut self) -> Self {
        self.receive(["1", "1", "room:a", "phx_join"]);
        self.accept(0);
        self
    }
}

fn ticket(key: u32, reference: &str, replaces: Option<Option<Ref>>) -> Ticket {
    Ticket {
        key: Key(key),
        reference: Ref::from_json(reference),
        replaces,
    }
}

fn out(event: &str) -> AppMessage {
    let (event, payload) = (event.into(), Payload::empty());
    AppMessage::Out(Out {
        event,
        payload,
        position: None,
        is_intercepted: true,
    })
}

fn subscribe(key: u32) -> String {
    format!("subscribe {key}")
}

fn ok() -> Handled {
    Handled::Reply(Status::Ok, Payload::empty())
}

/// Describes effects: messages as they are encoded, the others by name and key.
fn describe(mut effects: Effects<'_>) -> Vec<String> {
    std::iter::from_fn(|| effects.pop())
        .map(|effect| match effect {
            Effect::Send(message) => {
                let mut out = Vec::new();
                crate::codec::v2_json::encode(&message.view(), &mut out);
                String::from_utf8_lossy(&out).into_owned()
            }
            Effect::Join(Join {
                ticket,
                route,
                topic,
                join_ref,
                ..
            }) => {
                let join_ref = join_ref.map_or(String::new(), |join_ref| format!("{join_ref:?}"));
                format!(
                    "join {topic} as {} by route {}, join_ref {join_ref}",
                    ticket.key.0, route.0
                )
            }
            Effect::Subscribe { key } => subscribe(key.0),
            Effect::Handle {
                ticket,
                event,
                payload,
            } => format!("handle {event} {payload:?} in {}", ticket.key.0),
            Effect::Deliver { ticket, message } => {
                format!("deliver {message:?} to {}", ticket.key.0)
            }
            Effect::TakeAppMessages => "take app messages".to_owned(),
            Effect::Presence { key, change } => format!("{change:?} by {}", key.0),
            Effect::Diff { topic, diff } => format!("diff {diff:?} on {topic}"),
            Effect::Stop { key, reason } => format!("stop {}, {reason:?}", key.0),
            Effect::Overrun { topic } => format!("overrun {topic}"),
            Effect::Unmatched { topic } => format!("unmatched {}", topic.as_str()),
            Effect::NoEvent { key, event } => format!("no event {} in {}", event.as_str(), key.0),
            Effect::TooMany { limit } => format!("more than {limit}"),
        })
        .collect()
}

fn reply(join_ref: Value, reference: u32, topic: &str, status: &str, response: Value) -> String {
    let body = format!(r#"{{"response":{response},"status":"{status}"}}"#);
    format!(r#"[{join_ref},{reference},"{topic}","phx_reply",{body}]"#)
}

#[test]
fn a_heartbeat_is_answered_without_a_join_ref() {
    let effects = session().receive(["9", "8", "phoenix", "heartbeat"]);
    assert_eq!(effects, [reply(json!(null), 8, "phoenix", "ok", json!({}))]);
}

#[test]
fn only_a_heartbeat_on_its_topic_is_one() {
    for (topic, event) in [("phoenix", "ping"), ("room:a", "heartbeat")] {
        let unmatched = json!({"reason": "unmatched topic"});
        let unmatched = reply(json!(null), 8, topic, "error", unmatched);
        assert_eq!(session().receive(["9", "8", topic, event]), [unmatched]);
    }
}

#[test]
fn a_join_is_started_and_then_answered() {
    let mut session = session();
    assert_eq!(
        session.receive(["1", "1", "room:a", "phx_join"]),
        ["join room:a as 0 by route 0, join_ref 1"]
    );
    let effects = session.joined(0, Joined::Ok(json!({"n": 1}).into()));
    let answer = reply(json!(1), 1, "room:a", "ok", json!({"n": 1}));
    assert_eq!(effects, [answer, subscribe(0)]);
}

#[test]
fn a_refused_join_leaves_nothing_behind() {
    let mut session = joining();
    let effects = session.joined(0, Joined::Refused(json!({"reason": "full"}).into()));
    assert_eq!(
        effects,
        [reply(
            json!(1),
            1,
            "room:a",
            "error",
            json!({"reason": "full"})
        )]
    );
    let unmatched = reply(
        json!(null),
        2,
        "room:a",
        "error",
        json!({"reason": "unmatched topic"}),
    );
    assert_eq!(session.receive(["1", "2", "room:a", "ping"]), [unmatched]);
}

#[test]
fn a_join_that_crashes_is_answered_with_join_crashed() {
    let mut session = joining();
    let effects = session.joined(0, Joined::Crashed);
    assert_eq!(
        effects,
        [reply(
            json!(1),
            1,
            "room:a",
            "error",
            json!({"reason": "join crashed"})
        )]
    );
}

#[test]
fn a_topic_without_a_route_is_answered_without_a_join_ref() {
    let effects = session().receive(["1", "1", "nope:1", "phx_join"]);
    let unmatched = reply(
        json!(null),
        1,
        "nope:1",
        "error",
        json!({"reason": "unmatched topic"}),
    );
    assert_eq!(effects, ["unmatched nope:1".to_owned(), unmatched]);
}

#[test]
fn a_message_to_a_topic_that_is_not_joined_is_answered_without_a_join_ref() {
    let effects = session().receive(["1", "2", "room:a", "ping"]);
    assert_eq!(
        effects,
        [reply(
            json!(null),
            2,
            "room:a",
            "error",
            json!({"reason": "unmatched topic"})
        )]
    );
}

#[test]
fn one_join_too_many_is_refused_and_leaving_makes_room() {
    let mut session = session().join();
    session.receive(["2", "2", "room:b", "phx_join"]);
    let refused = reply(
        json!(3),
        3,
        "room:c",
        "error",
        json!({"reason": "too many channels joined"}),
    );
    assert_eq!(
        session.receive(["3", "3", "room:c", "phx_join"]),
        ["more than 2".to_owned(), refused]
    );
    session.receive(["1", "4", "room:a", "phx_leave"]);
    let effects = session.receive(["5", "5", "room:c", "phx_join"]);
    assert_eq!(effects, ["join room:c as 2 by route 0, join_ref 5"]);
}

#[test]
fn a_push_is_handled_and_its_reply_has_the_join_ref() {
    let mut session = session().join();
    let effects = session.receive_with(["1", "2", "room:a", "ping"], json!({"n": 1}).into());
    assert_eq!(effects, [r#"handle ping {"n":1} in 0"#]);
    let effects = session.handled(
        0,
        "2",
        Handled::Reply(Status::Error, json!({"n": 1}).into()),
    );
    assert_eq!(
        effects,
        [reply(json!(1), 2, "room:a", "error", json!({"n": 1}))]
    );
}

#[test]
fn a_push_may_go_without_an_answer() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "ping"]);
    assert_eq!(session.handled(0, "2", Handled::Silent), [""; 0]);
}

#[test]
fn a_push_without_a_join_ref_is_accepted_and_a_stale_one_dropped() {
    let mut session = session().join();
    assert_eq!(
        session.receive(["null", "2", "room:a", "ping"]),
        ["handle ping {} in 0"]
    );
    session.handled(0, "2", Handled::Silent);
    assert_eq!(session.receive(["0", "3", "room:a", "ping"]), [""; 0]);
    assert_eq!(session.receive(["0", "3", "room:a", "phx_leave"]), [""; 0]);
}

#[test]
fn leaving_is_answered_and_then_the_channel_is_closed() {
    let effects = session().join().receive(["1", "2", "room:a", "phx_leave"]);
    assert_eq!(
        effects,
        [
            reply(json!(1), 2, "room:a", "ok", json!({})),
            CLOSED.to_owned(),
            "stop 0, Left".to_owned()
        ]
    );
}

#[test]
fn leaving_what_is_not_joined_is_answered_ok() {
    let effects = session().receive(["1", "2", "room:a", "phx_leave"]);
    assert_eq!(effects, [reply(json!(1), 2, "room:a", "ok", json!({}))]);
}

#[test]
fn joining_again_stops_the_old_channel_and_closes_it_after_the_reply() {
    let mut session = session().join();
    let effects = session.receive(["7", "7", "room:a", "phx_join"]);
    assert_eq!(
        effects,
        [
            "stop 0, Rejoined",
            "join room:a as 1 by route 0, join_ref 7"
        ]
    );
    let effects = session.joined_as(
        ticket(1, "7", Some(Ref::from_json("1"))),
        Joined::Ok(Payload::empty()),
    );
    let answer = reply(json!(7), 7, "room:a", "ok", json!({}));
    assert_eq!(effects, [answer, CLOSED.to_owned(), subscribe(1)]);
    assert_eq!(
        session.receive(["1", "8", "room:a", "ping"]),
        [""; 0],
        "now stale"
    );
}

#[test]
fn joining_again_does_not_wait_for_a_busy_channel() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "slow"]);
    session.receive(["1", "3", "room:a", "late"]);
    let effects = session.receive(["7", "7", "room:a", "phx_join"]);
    assert_eq!(
        effects,
        [
            "stop 0, Rejoined",
            "join room:a as 1 by route 0, join_ref 7"
        ]
    );
    let effects = session.joined_as(
        ticket(1, "7", Some(Ref::from_json("1"))),
        Joined::Ok(Payload::empty()),
    );
    assert_eq!(
        effects.len(),
        3,
        "the reply, the close, the subscription; the message that waited was for the old join: {effects:?}"
    );
    assert_eq!(
        session.handled(0, "2", ok()),
        [""; 0],
        "what comes of the old channel is nobody's"
    );
}

#[test]
fn what_waited_for_a_channel_is_not_for_the_one_that_replaces_it() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "slow"]);
    session.receive(["null", "3", "room:a", "late"]);
    session.receive(["null", "4", "room:a", "phx_leave"]);
    session.receive(["null", "7", "room:a", "phx_join"]);
    let effects = session.joined_as(
        ticket(1, "7", Some(Ref::from_json("1"))),
        Joined::Ok(Payload::empty()),
    );
    let answer = reply(json!(null), 7, "room:a", "ok", json!({}));
    assert_eq!(effects, [answer, CLOSED.to_owned(), subscribe(1)]);
    assert_eq!(
        session.receive(["null", "8", "room:a", "ping"]),
        ["handle ping {} in 1"]
    );
}

#[test]
fn a_join_without_a_join_ref_is_known_by_its_ref_while_it_lasts() {
    let mut session = session();
    session.receive(["null", "1", "room:a", "phx_join"]);
    let effects = session.accept(0);
    let answer = reply(json!(null), 1, "room:a", "ok", json!({}));
    assert_eq!(effects, [answer, subscribe(0)]);
    session.receive(["null", "2", "room:a", "ping"]);
    let effects = session.handled(0, "2", ok());
    assert_eq!(effects, [reply(json!(1), 2, "room:a", "ok", json!({}))]);
    assert_eq!(
        session.receive(["1", "3", "room:a", "ping"]),
        [""; 0],
        "a join_ref that the client never gave"
    );
    let effects = session.receive(["null", "4", "room:a", "phx_leave"]);
    assert_eq!(effects[0], reply(json!(1), 4, "room:a", "ok", json!({})));
    assert_eq!(effects[1], r#"[null,null,"room:a","phx_close",{}]"#);
}

#[test]
fn a_second_join_waits_for_one_that_is_under_way() {
    let mut session = joining();
    assert_eq!(session.receive(["7", "7", "room:a", "phx_join"]), [""; 0]);
    let effects = session.accept(0);
    let expected = [
        subscribe(0),
        "stop 0, Rejoined".to_owned(),
        "join room:a as 1 by route 0, join_ref 7".to_owned(),
    ];
    assert_eq!(effects[0], reply(json!(1), 1, "room:a", "ok", json!({})));
    assert_eq!(effects[1..], expected);
}

#[test]
fn what_comes_while_a_channel_is_busy_is_handled_in_order() {
    let mut session = session().join();
    assert_eq!(
        session.receive(["1", "2", "room:a", "one"]),
        ["handle one {} in 0"]
    );
    assert_eq!(session.receive(["1", "3", "room:a", "two"]), [""; 0]);
    assert_eq!(session.receive(["1", "4", "room:a", "phx_leave"]), [""; 0]);
    let answer = reply(json!(1), 2, "room:a", "ok", json!({}));
    assert_eq!(
        session.handled(0, "2", ok()),
        [answer, "handle two {} in 0".to_owned()]
    );
    let effects = session.handled(0, "3", Handled::Silent);
    assert_eq!(effects[0], reply(json!(1), 4, "room:a", "ok", json!({})));
    assert_eq!(effects[1..], [CLOSED, "stop 0, Left"]);
}

#[test]
fn a_busy_channel_keeps_no_other_waiting() {
    let mut session = session().join();
    session.receive(["2", "2", "room:b", "phx_join"]);
    session.joined_as(ticket(1, "2", None), Joined::Ok(Payload::empty()));
    session.receive(["1", "3", "room:a", "slow"]);
    assert_eq!(
        session.receive(["2", "4", "room:b", "quick"]),
        ["handle quick {} in 1"]
    );
    assert_eq!(
        session.receive(["null", "5", "phoenix", "heartbeat"]).len(),
        1
    );
}

#[test]
fn what_a_busy_channel_has_no_room_for_is_refused() {
    let mut session = session().join();
    for reference in ["2", "3", "4"] {
        session.receive(["1", reference, "room:a", "ping"]);
    }
    let effects = session.receive(["1", "5", "room:a", "ping"]);
    assert_eq!(
        effects,
        [reply(
            json!(1),
            5,
            "room:a",
            "error",
            json!({"reason": "channel busy"})
        )]
    );
    session.handled(0, "2", Handled::Silent);
    assert_eq!(
        session.receive(["1", "6", "room:a", "ping"]),
        [""; 0],
        "there is room again"
    );
}

#[test]
fn there_is_always_room_to_leave_but_once() {
    let mut session = session().join();
    for reference in ["2", "3", "4"] {
        session.receive(["1", reference, "room:a", "ping"]);
    }
    assert_eq!(session.receive(["1", "5", "room:a", "phx_leave"]), [""; 0]);
    let effects = session.receive(["1", "6", "room:a", "phx_leave"]);
    let busy = json!({"reason": "channel busy"});
    assert_eq!(effects, [reply(json!(1), 6, "room:a", "error", busy)]);
    session.handled(0, "2", Handled::Silent);
    session.handled(0, "3", Handled::Silent);
    let effects = session.handled(0, "4", Handled::Silent);
    assert_eq!(effects[0], reply(json!(1), 5, "room:a", "ok", json!({})));
}

#[test]
fn bytes_that_wait_are_limited_too_but_one_message_always_fits() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "slow"]);
    let large = Payload::from(json!("x".repeat(20_000)));
    assert_eq!(
        session.receive_with(["1", "3", "room:a", "large"], large),
        [""; 0]
    );
    let effects = session.receive(["1", "4", "room:a", "small"]);
    assert_eq!(
        effects,
        [reply(
            json!(1),
            4,
            "room:a",
            "error",
            json!({"reason": "channel busy"})
        )]
    );
}

/// Returns a session whose queues are full at 10,000 bytes.
fn with_small_queues(max_channels: usize) -> Test {
    let rules = Rules {
        patterns: Pattern::parse("room:*").into_iter().collect(),
        max_channels,
        max_queued_messages: 100,
        max_queued_message_bytes: 10_000,
        max_queued_bytes: 1_000,
    };
    Test(Session::new(Arc::new(rules)))
}

#[test]
fn what_has_waited_for_a_join_is_not_refused_however_much_waits_for_other_channels_since() {
    const TOPICS: [&str; 5] = ["room:1", "room:2", "room:3", "room:4", "room:5"];
    let mut session = with_small_queues(6);
    session.receive(["1", "1", "room:0", "phx_join"]);
    for reference in ["2", "3"] {
        assert_eq!(session.receive(["1", reference, "room:0", "ping"]), [""; 0]);
    }
    for (key, topic) in (1..).zip(TOPICS) {
        session.receive(["1", "1", topic, "phx_join"]);
        session.accept(key);
        session.receive(["1", "2", topic, "slow"]);
        let payload = Payload::from(json!("x".repeat(8_500)));
        session.receive_with(["1", "3", topic, "push"], payload);
    }
    assert_eq!(session.0.load(), Load::Full);
    let effects = session.accept(0);
    let joined = reply(json!(1), 1, "room:0", "ok", json!({}));
    let handled = "handle ping {} in 0".to_owned();
    assert_eq!(effects, [joined, subscribe(0), handled.clone()]);
    assert_eq!(session.handled(0, "2", Handled::Silent), [handled]);
}

#[test]
fn bytes_of_a_message_that_has_waited_are_free_again() {
    let mut session = with_small_queues(2).join();
    session.receive(["1", "2", "room:a", "slow"]);
    let push = |session: &mut Test, reference| {
        let payload = Payload::from(json!("x".repeat(6000)));
        session.receive_with(["1", reference, "room:a", "push"], payload)
    };
    assert_eq!(push(&mut session, "3"), [""; 0]);
    assert_eq!(push(&mut session, "4"), [""; 0]);
    assert_eq!(push(&mut session, "5").len(), 1);
    session.handled(0, "2", Handled::Silent);
    assert_eq!(push(&mut session, "6"), [""; 0]);
}

#[test]
fn bytes_that_wait_for_all_channels_of_a_client_are_those_of_four_full_queues() {
    const TOPICS: [&str; 6] = ["room:1", "room:2", "room:3", "room:4", "room:5", "room:6"];
    let mut session = with_small_queues(6);
    for (key, topic) in (0..).zip(TOPICS) {
        session.receive(["1", "1", topic, "phx_join"]);
        session.accept(key);
        session.receive(["1", "2", topic, "slow"]);
    }
    for topic in &TOPICS[..5] {
        assert_ne!(session.0.load(), Load::Full);
        let payload = Payload::from(json!("x".repeat(8_500)));
        assert_eq!(
            session.receive_with(["1", "3", topic, "push"], payload),
            [""; 0]
        );
    }
    assert_eq!(session.0.load(), Load::Full);
    let busy = json!({"reason": "channel busy"});
    assert_eq!(
        session.receive(["1", "3", "room:6", "push"]),
        [reply(json!(1), 3, "room:6", "error", busy)]
    );
    assert_eq!(session.receive(["1", "4", "room:6", "phx_leave"]), [""; 0]);
    for key in 0..5 {
        session.handled(key, "2", Handled::Silent);
    }
    assert_eq!(session.0.load(), Load::Light);
}

#[test]
fn a_message_that_waits_counts_with_all_that_was_sent() {
    for (event, payload) in [(4000, 0), (0, 4000), (2000, 2000)] {
        let mut session = session().join();
        session.receive(["1", "2", "room:a", "slow"]);
        let event: &str = "e".repeat(event).leak();
        let payload = Payload::from(json!("p".repeat(payload)));
        let mut push =
            |reference| session.receive_with(["1", reference, "room:a", event], payload.clone());
        assert_eq!((push("3"), push("4")), (vec![], vec![]));
        let busy = json!({"reason": "channel busy"});
        assert_eq!(push("5"), [reply(json!(1), 5, "room:a", "error", busy)]);
    }
}

#[test]
fn a_topic_or_an_event_that_is_too_long_is_answered_with_an_error() {
    let long = |len: usize| -> &'static str { "x".repeat(len).leak() };
    let error = |topic, reason| reply(json!(1), 2, topic, "error", json!({"reason": reason}));
    let mut session = session().join();
    for joined in ["room:a", "room:b"] {
        assert_eq!(
            session.receive(["1", "2", joined, long(4097)]),
            [error(joined, "event too long")]
        );
    }
    for event in ["phx_join", "phx_leave", "ping"] {
        assert_eq!(
            session.receive(["1", "2", long(4097), event]),
            [error(long(4097), "topic too long")]
        );
    }
    assert_eq!(
        session.receive(["1", "2", "room:a", long(4096)]),
        [format!("handle {} {{}} in 0", long(4096))]
    );
}

#[test]
fn a_crash_is_told_and_what_waited_is_for_nobody() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "boom"]);
    session.receive(["1", "3", "room:a", "late"]);
    let effects = session.handled(0, "2", Handled::Crashed);
    let unmatched = reply(
        json!(null),
        3,
        "room:a",
        "error",
        json!({"reason": "unmatched topic"}),
    );
    assert_eq!(
        effects,
        ["stop 0, Crashed".to_owned(), CRASHED.to_owned(), unmatched]
    );
    assert_eq!(
        session.receive(["4", "4", "room:a", "phx_join"]),
        ["join room:a as 1 by route 0, join_ref 4"]
    );
}

#[test]
fn a_join_that_waited_behind_a_refused_one_is_tried() {
    let mut session = joining();
    session.receive(["2", "2", "room:a", "phx_join"]);
    session.receive(["2", "3", "room:a", "ping"]);
    let effects = session.joined(0, Joined::Crashed);
    assert_eq!(effects[1], "join room:a as 1 by route 0, join_ref 2");
    let effects = session.joined_as(ticket(1, "2", None), Joined::Ok(Payload::empty()));
    assert_eq!(
        effects,
        [
            reply(json!(2), 2, "room:a", "ok", json!({})),
            subscribe(1),
            "handle ping {} in 1".to_owned()
        ]
    );
}

#[test]
fn app_messages_wait_for_their_turn_among_the_clients_messages() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "ping"]);
    assert_eq!(session.receive_app(0, out("one")), [""; 0]);
    session.receive(["1", "3", "room:a", "pong"]);
    let effects = session.handled(0, "2", Handled::Silent);
    assert_eq!(effects, ["deliver out one {} to 0"]);
    let effects = session.handled(0, "null", Handled::Silent);
    assert_eq!(effects, ["handle pong {} in 0"]);
    assert_eq!(session.receive_app(7, out("for nobody")), [""; 0]);
}

#[test]
fn a_channel_that_is_stopped_ends_once_it_is_through() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "ping"]);
    session.receive(["1", "3", "room:a", "pong"]);
    assert_eq!(session.receive_app(0, AppMessage::Stop), [""; 0]);
    let effects = session.handled(0, "2", ok());
    let unmatched = json!({"reason": "unmatched topic"});
    assert_eq!(
        effects,
        [
            reply(json!(1), 2, "room:a", "ok", json!({})),
            CLOSED.to_owned(),
            "stop 0, Stopped".to_owned(),
            reply(json!(null), 3, "room:a", "error", unmatched),
        ]
    );
}

#[test]
fn a_channel_that_is_stopped_while_idle_ends_at_once_and_one_while_joining_after_its_reply() {
    let effects = session().join().receive_app(0, AppMessage::Stop);
    let closed = [CLOSED, "stop 0, Stopped"];
    assert_eq!(effects, closed);
    let mut joining = joining();
    assert_eq!(joining.receive_app(0, AppMessage::Stop), [""; 0]);
    let effects = joining.accept(0);
    let answer = reply(json!(1), 1, "room:a", "ok", json!({}));
    assert_eq!(effects[..2], [answer, subscribe(0)]);
    assert_eq!(effects[2..], closed);
}

#[test]
fn app_messages_that_were_held_back_are_requested_when_there_is_room() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "ping"]);
    for _ in 0..2 {
        assert!(session.0.has_room(Key(0)));
        session.receive_app(0, out("e"));
    }
    assert!(!session.0.has_room(Key(0)));
    let effects = session.handled(0, "2", Handled::Silent);
    assert_eq!(effects, ["deliver out e {} to 0", "take app messages"]);
    assert!(session.0.has_room(Key(0)));
    let effects = session.handled(0, "null", Handled::Silent);
    assert_eq!(effects, ["deliver out e {} to 0"]);
}

#[test]
fn app_messages_that_were_held_back_are_requested_when_its_channel_is_joined_again() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "ping"]);
    for _ in 0..2 {
        session.receive_app(0, out("e"));
    }
    assert!(!session.0.has_room(Key(0)));
    let effects = session.receive(["5", "5", "room:a", "phx_join"]);
    assert_eq!(
        effects.last().map(String::as_str),
        Some("take app messages")
    );
}

#[test]
fn messages_of_the_client_and_of_the_app_take_no_room_from_each_other() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "ping"]);
    for _ in 0..2 {
        session.receive_app(0, out("e"));
    }
    assert_eq!(session.0.load(), Load::Light);
    for reference in ["3", "4"] {
        assert_eq!(session.receive(["1", reference, "room:a", "ping"]), [""; 0]);
    }
    assert_eq!(session.0.load(), Load::Full);
    assert_eq!(
        session.0.load(),
        Load::Full,
        "it is until something is handled"
    );
}

#[test]
fn messages_of_the_client_take_no_room_from_those_of_the_app() {
    let mut session = session().join();
    for reference in ["2", "3", "4"] {
        session.receive(["1", reference, "room:a", "ping"]);
    }
    session.receive_app(0, out("e"));
    assert!(session.0.has_room(Key(0)));
}

#[test]
fn a_channel_whose_message_cannot_be_sent_is_ended_with_an_error() {
    let mut session = session().join();
    for (topic, expected) in [
        ("room:b", &[][..]),
        ("room:a", &["stop 0, Crashed", CRASHED]),
    ] {
        let mut effects = Effects::default();
        session.0.unsendable(&topic.into(), &mut effects);
        assert_eq!(describe(effects), expected);
    }
    assert_eq!(session.0.len(), 0);
}

#[test]
fn messages_beyond_the_rate_limit_are_answered_with_an_error() {
    let mut effects = Effects::default();
    let message = Message {
        join_ref: Ref::from_json("1"),
        reference: Ref::from_json("2"),
        topic: "room:a".into(),
        event: "ping".into(),
        payload: Payload::empty(),
    };
    Session::refuse(message, &mut effects);
    let limited = json!({"reason": "rate limited"});
    assert_eq!(
        describe(effects),
        [reply(json!(1), 2, "room:a", "error", limited)]
    );
}

#[test]
fn a_channel_with_too_many_app_messages_is_ended_with_an_error() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "ping"]);
    for _ in 0..2 {
        assert!(session.0.has_room(Key(0)));
        session.receive_app(0, out("e"));
    }
    assert!(!session.0.has_room(Key(0)));
    let effects = session.receive_app(0, AppMessage::Overrun);
    assert_eq!(
        effects,
        [
            "overrun room:a",
            "stop 0, Crashed",
            CRASHED,
            "take app messages"
        ]
    );
}

#[test]
fn a_channel_with_too_many_app_messages_before_it_is_joined_is_ended_once_it_is() {
    let mut session = joining();
    session.receive_app(0, out("e"));
    assert_eq!(session.receive_app(0, AppMessage::Overrun), [""; 0]);
    let effects = session.accept(0);
    let joined = reply(json!(1), 1, "room:a", "ok", json!({}));
    let ended = ["overrun room:a", "stop 0, Crashed", CRASHED].map(str::to_owned);
    assert_eq!(effects, [&[joined, subscribe(0)], &ended[..]].concat());
    assert_eq!(session.0.len(), 0);
}

#[test]
fn presences_change_as_soon_as_the_channel_is_joined_whatever_it_is_doing() {
    let mut session = joining();
    let change = || AppMessage::Presence(Change::PushState);
    assert_eq!(session.receive_app(0, change()), [""; 0]);
    let effects = session.accept(0);
    let joined = reply(json!(1), 1, "room:a", "ok", json!({}));
    let pushed = "PushState by 0".to_owned();
    assert_eq!(effects, [joined, subscribe(0), pushed]);
    session.receive(["1", "2", "room:a", "ping"]);
    assert_eq!(session.receive_app(0, change()), ["PushState by 0"]);
    assert_eq!(session.receive_app(1, change()), [""; 0]);
}

#[test]
fn presences_change_before_messages_that_were_sent_during_the_join() {
    let mut session = joining();
    session.receive(["1", "2", "room:a", "ping"]);
    session.receive_app(0, AppMessage::Presence(Change::PushState));
    let effects = session.accept(0);
    let joined = reply(json!(1), 1, "room:a", "ok", json!({}));
    assert_eq!(
        effects,
        [
            joined,
            subscribe(0),
            "PushState by 0".to_owned(),
            "handle ping {} in 0".to_owned()
        ]
    );
}

#[test]
fn messages_from_the_app_that_arrive_during_the_join_come_before_those_of_the_client() {
    let mut session = joining();
    session.receive(["1", "2", "room:a", "ping"]);
    session.receive_app(0, out("one"));
    session.receive_app(0, out("two"));
    let effects = session.accept(0);
    let joined = reply(json!(1), 1, "room:a", "ok", json!({}));
    let one = "deliver out one {} to 0".to_owned();
    assert_eq!(effects, [joined, subscribe(0), one]);
    assert_eq!(
        session.handled(0, "null", Handled::Silent),
        ["deliver out two {} to 0"]
    );
    assert_eq!(
        session.handled(0, "null", Handled::Silent),
        ["handle ping {} in 0"]
    );
}

#[test]
fn presences_of_a_refused_join_are_not_those_of_the_join_that_waited() {
    let mut session = joining();
    session.receive(["2", "2", "room:a", "phx_join"]);
    session.receive_app(0, AppMessage::Presence(Change::PushState));
    session.joined(0, Joined::Refused(Payload::empty()));
    let effects = session.joined_as(ticket(1, "2", None), Joined::Ok(Payload::empty()));
    let joined = reply(json!(2), 2, "room:a", "ok", json!({}));
    assert_eq!(effects, [joined, subscribe(1)]);
}

impl Test {
    fn close(&mut self) -> Vec<String> {
        let mut effects = Effects::default();
        self.0.close(&mut effects);
        describe(effects)
    }
}

#[test]
fn a_channel_that_is_idle_when_its_client_goes_ends_at_once() {
    let mut session = session().join();
    assert_eq!(session.close(), ["stop 0, Disconnected"]);
    assert_eq!(session.0.len(), 0);
}

#[test]
fn what_was_received_before_the_client_went_is_handled_in_order_and_then_the_channel_ends() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "one"]);
    session.receive(["1", "3", "room:a", "two"]);
    session.receive_app(0, out("three"));
    assert_eq!(session.close(), [""; 0]);
    assert_eq!(
        session.handled(0, "2", Handled::Silent),
        ["handle two {} in 0"]
    );
    assert_eq!(
        session.handled(0, "3", Handled::Silent),
        ["deliver out three {} to 0"]
    );
    assert_eq!(
        session.handled(0, "null", Handled::Silent),
        ["stop 0, Disconnected"]
    );
    assert_eq!(session.0.len(), 0);
}

#[test]
fn a_join_under_way_when_its_client_goes_is_finished_and_its_messages_are_handled() {
    let mut session = joining();
    session.receive(["1", "2", "room:a", "save"]);
    assert_eq!(session.close(), [""; 0]);
    let effects = session.accept(0);
    let answer = reply(json!(1), 1, "room:a", "ok", json!({}));
    assert_eq!(effects, [answer, "handle save {} in 0".to_owned()]);
    let effects = session.handled(0, "2", Handled::Silent);
    assert_eq!(effects, ["stop 0, Disconnected"]);
}

#[test]
fn app_messages_that_come_after_the_client_has_gone_are_dropped_but_presence_changes_are_made() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "slow"]);
    session.close();
    assert_eq!(session.receive_app(0, out("late")), [""; 0]);
    assert_eq!(
        session.receive_app(0, AppMessage::Info(Box::new(()))),
        [""; 0]
    );
    assert_eq!(
        session.receive_app(0, AppMessage::Presence(Change::PushState)),
        ["PushState by 0"]
    );
    let effects = session.handled(0, "2", Handled::Silent);
    assert_eq!(effects, ["stop 0, Disconnected"]);
}

#[test]
fn a_channel_that_leaves_stops_or_crashes_after_its_client_has_gone_ends_for_that_reason() {
    for (how, reason) in [(Handled::Crashed, "Crashed"), (Handled::Silent, "Stopped")] {
        let mut session = session().join();
        session.receive(["1", "2", "room:a", "slow"]);
        session.close();
        session.receive_app(0, AppMessage::Stop);
        let effects = session.handled(0, "2", how);
        assert!(effects.contains(&format!("stop 0, {reason}")));
        assert_eq!(session.0.len(), 0);
    }
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "slow"]);
    session.receive(["1", "3", "room:a", "phx_leave"]);
    session.close();
    let effects = session.handled(0, "2", Handled::Silent);
    assert_eq!(effects.last().map(String::as_str), Some("stop 0, Left"));
}

#[test]
fn a_channel_that_sent_what_cannot_be_sent_ends_instead_of_replying() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "slow"]);
    assert_eq!(session.receive_app(0, AppMessage::Unsendable), [""; 0]);
    session.receive_app(0, AppMessage::Stop);
    assert_eq!(session.handled(0, "2", ok()), ["stop 0, Crashed", CRASHED]);
    assert_eq!(session.0.len(), 0);

    let mut session = self::session().join();
    let effects = session.receive_app(0, AppMessage::Unsendable);
    assert_eq!(effects, ["stop 0, Crashed", CRASHED]);
}

#[test]
fn an_event_that_is_no_string_waits_like_others_and_ends_the_channel() {
    let mut session = session().join();
    session.receive(["1", "2", "room:a", "slow"]);
    let message = Message {
        join_ref: Ref::from_json("1"),
        reference: Ref::from_json("3"),
        topic: "room:a".into(),
        event: Name::Other("[5]".into()),
        payload: Payload::empty(),
    };
    let mut effects = Effects::default();
    session.0.receive(message, &mut effects);
    assert_eq!(describe(effects), [""; 0]);
    assert_eq!(
        session.handled(0, "2", Handled::Silent),
        ["no event [5] in 0", "stop 0, Crashed", CRASHED]
    );
}
