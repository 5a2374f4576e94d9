//! A session with a server that is a list of messages.

mod recordings;

use super::*;
use crate::connect::close;
use crate::connect::entry::{Content, Parsed};

/// A session whose time stands still until it is moved.
struct Client {
    session: Session,
    now: Duration,
}

impl Client {
    fn new(topics: &[&str], expected: &[&str], time: Option<u64>) -> Self {
        let owned = |words: &[&str]| {
            words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>()
        };
        let options = Options {
            topics: owned(topics),
            time: time.map(Duration::from_secs),
            expected: owned(expected).into_iter().collect(),
            recover: None,
        };
        Self::with(options)
    }

    fn with(options: Options) -> Self {
        Self {
            session: Session::new(Format::V2, options),
            now: Duration::ZERO,
        }
    }

    /// Returns a client that has joined `room:1`.
    fn joined() -> Self {
        let mut client = Self::new(&["room:1"], &[], None);
        assert_eq!(
            client.on(Event::Connected),
            [sent(r#"["1","1","room:1","phx_join",{}]"#)]
        );
        client.receive(r#"["1","1","room:1","phx_reply",{"response":{},"status":"ok"}]"#);
        client
    }

    /// Returns what an event leads to, in short.
    fn on(&mut self, event: Event) -> Vec<String> {
        let effects = self.session.handle(event, self.now);
        effects.iter().filter_map(short).collect()
    }

    fn line(&mut self, line: &str) -> Vec<String> {
        let read = |path: &str| Ok(path.as_bytes().to_vec());
        self.on(Event::Line(Line::parse(line, &read)))
    }

    fn receive(&mut self, text: &str) -> Vec<String> {
        self.on(Event::Received(Message::text(text)))
    }

    fn close(&mut self, code: u16) -> Vec<String> {
        let reason = "".into();
        self.on(Event::Received(Message::Close(Some(CloseFrame {
            code: code.into(),
            reason,
        }))))
    }

    /// Moves the time on to each deadline in turn, for so many seconds.
    fn wait(&mut self, seconds: u64) -> Vec<String> {
        let until = self.now + Duration::from_secs(seconds);
        let mut effects = Vec::new();
        while self.session.deadline() <= until && self.session.phase != Phase::Ended {
            assert!(
                self.session.deadline() >= self.now,
                "deadlines do not go back"
            );
            self.now = self.session.deadline();
            effects.extend(self.on(Event::Woken));
        }
        self.now = until;
        effects
    }
}

fn sent(text: &str) -> String {
    format!("send {text}")
}

/// An effect in short. Entries are those of sent frames again, or received ones, of which only the notes count.
fn short(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Send(Message::Close(close)) => {
            Some(format!("close {}", close::described(close.as_ref())))
        }
        Effect::Send(Message::Binary(bytes)) => Some(sent(&bytes.escape_ascii().to_string())),
        Effect::Send(message) => Some(sent(message.to_text().expect("it is text"))),
        Effect::Note(note) => Some(format!("note {note}")),
        Effect::End(ending) => Some(format!("end {ending:?}")),
        Effect::Show(entry) => match &entry.content {
            Content::Message(parsed) => message(parsed),
            Content::Unreadable(error) => Some(format!("unreadable: {error}")),
            Content::Control => None,
        },
    }
}

fn message(Parsed { frame, notes }: &Parsed) -> Option<String> {
    if let Some((event, took)) = &notes.answers {
        let status = frame.status.as_deref().unwrap_or_default();
        return Some(format!("{event} {status} after {took:?}"));
    }
    let present = notes.present.as_ref()?;
    Some(format!("present {:?}", present.keys))
}

const CLOSED: &str = "close 1000 (normal closure)";

#[test]
fn topics_are_joined_and_replies_have_times() {
    let mut client = Client::new(&["room:1", "room:2"], &[], None);
    let joins = [
        sent(r#"["1","1","room:1","phx_join",{}]"#),
        sent(r#"["2","2","room:2","phx_join",{}]"#),
    ];
    assert_eq!(client.on(Event::Connected), joins);
    client.now = Duration::from_millis(5);
    let reply = client.receive(r#"["2","2","room:2","phx_reply",{"response":{},"status":"ok"}]"#);
    assert_eq!(reply, ["phx_join ok after 5ms"]);
    assert_eq!(
        client.line("room:2 ping {\"a\":1}"),
        [sent(r#"["2","3","room:2","ping",{"a":1}]"#)]
    );
    client.now = Duration::from_millis(9);
    let reply =
        client.receive(r#"["2","3","room:2","phx_reply",{"response":{"a":1},"status":"ok"}]"#);
    assert_eq!(reply, ["ping ok after 4ms"]);
    let again =
        client.receive(r#"["2","3","room:2","phx_reply",{"response":{"a":1},"status":"ok"}]"#);
    assert_eq!(again, Vec::<String>::new());
}

#[test]
fn lines_wait_for_the_join_of_their_topic() {
    let mut client = Client::new(&["room:1"], &[], None);
    client.on(Event::Connected);
    assert_eq!(client.line("one"), Vec::<String>::new());
    assert_eq!(client.line("room:1 two [2]"), Vec::<String>::new());
    let joined = client.receive(r#"["1","1","room:1","phx_reply",{"response":{},"status":"ok"}]"#);
    let pushes = [
        sent(r#"["1","2","room:1","one",{}]"#),
        sent(r#"["1","3","room:1","two",[2]]"#),
    ];
    assert_eq!(
        joined,
        [vec!["phx_join ok after 0ns".to_owned()], pushes.to_vec()].concat()
    );
}

#[test]
fn a_refused_join_is_a_failure_and_its_lines_are_not_sent() {
    let mut client = Client::new(&["room:1"], &[], None);
    client.on(Event::Connected);
    client.line("ping");
    client.on(Event::InputEnded);
    let refused = client
        .receive(r#"["1","1","room:1","phx_reply",{"response":{"reason":"no"},"status":"error"}]"#);
    assert_eq!(
        refused,
        [
            "phx_join error after 0ns",
            "note lines for `room:1` not sent: 1",
            CLOSED
        ]
    );
    assert_eq!(
        client.close(1000),
        ["end Failed(\"the server refused to join `room:1`\")"]
    );
}

#[test]
fn a_join_without_a_reply_is_given_up_after_ten_seconds() {
    let mut client = Client::new(&["room:1"], &[], None);
    client.on(Event::Connected);
    client.on(Event::InputEnded);
    assert_eq!(client.wait(9), Vec::<String>::new());
    assert_eq!(
        client.wait(1),
        [
            "note the server did not answer the join of `room:1`",
            CLOSED
        ]
    );
    let unanswered = [
        "note the server did not answer the close",
        "end Failed(\"the server did not answer the join of `room:1`\")",
    ];
    assert_eq!(client.wait(2), unanswered);
}

#[test]
fn a_push_without_a_reply_is_forgotten_and_its_channel_stays_joined() {
    let mut client = Client::joined();
    client.line("ping");
    client.wait(30);
    client.receive(r#"[null,"3","phoenix","phx_reply",{"response":{},"status":"ok"}]"#);
    assert_eq!(
        client.wait(30),
        [sent(r#"[null,"4","phoenix","heartbeat",{}]"#)]
    );
    let late = r#"["1","2","room:1","phx_reply",{"response":{},"status":"ok"}]"#;
    assert_eq!(client.receive(late), Vec::<String>::new());
    assert_eq!(
        client.line("ping"),
        [sent(r#"["1","5","room:1","ping",{}]"#)]
    );
}

#[test]
fn the_end_of_input_waits_for_replies_and_not_for_ever() {
    let mut client = Client::joined();
    client.line("ping");
    client.line("shout");
    assert_eq!(client.on(Event::InputEnded), Vec::<String>::new());
    let reply = r#"["1","2","room:1","phx_reply",{"response":{},"status":"ok"}]"#;
    assert_eq!(client.receive(reply), ["ping ok after 0ns"]);
    assert_eq!(client.wait(1), Vec::<String>::new());
    assert_eq!(client.wait(1), [CLOSED]);
    assert_eq!(client.close(1000), ["end Done"]);

    let mut client = Client::joined();
    assert_eq!(client.on(Event::InputEnded), [CLOSED]);
}

#[test]
fn with_a_time_the_connection_lasts_until_then() {
    let mut client = Client::new(&[], &[], Some(45));
    client.on(Event::Connected);
    assert_eq!(client.on(Event::InputEnded), Vec::<String>::new());
    let heartbeat = sent(r#"[null,"1","phoenix","heartbeat",{}]"#);
    assert_eq!(client.wait(30), [heartbeat]);
    client.receive(r#"[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#);
    assert_eq!(client.wait(15), [CLOSED]);
    assert_eq!(client.close(1000), ["end Done"]);
}

#[test]
fn an_expected_event_ends_the_session() {
    let mut client = Client::new(&["room:1"], &["shout", "phx_reply"], None);
    client.on(Event::Connected);
    client.receive(r#"[null,null,"room:1","shout",{}]"#);
    let joined = client.receive(r#"["1","1","room:1","phx_reply",{"response":{},"status":"ok"}]"#);
    assert_eq!(joined, ["phx_join ok after 0ns", CLOSED]);
    assert_eq!(client.close(1000), ["end Done"]);
}

#[test]
fn an_expected_event_that_does_not_arrive_is_a_failure() {
    let mut client = Client::new(&["room:1"], &["shout"], None);
    client.on(Event::Connected);
    client.on(Event::InputEnded);
    client.receive(r#"["1","1","room:1","phx_reply",{"response":{},"status":"ok"}]"#);
    assert_eq!(client.wait(9), Vec::<String>::new());
    assert_eq!(client.wait(1), [CLOSED]);
    assert_eq!(
        client.close(1000),
        ["end Failed(\"`shout` did not arrive\")"]
    );
}

#[test]
fn a_refused_join_ends_the_wait_for_an_expected_event() {
    let mut client = Client::new(&["room:1"], &["phx_reply"], None);
    client.on(Event::Connected);
    let refused =
        client.receive(r#"["1","1","room:1","phx_reply",{"response":{},"status":"error"}]"#);
    assert_eq!(refused, ["phx_join error after 0ns", CLOSED]);
    assert_eq!(
        client.close(1000),
        ["end Failed(\"the server refused to join `room:1`\")"]
    );
}

#[test]
fn heartbeats_go_every_thirty_seconds_and_have_to_be_answered() {
    let mut client = Client::joined();
    assert_eq!(client.wait(29), Vec::<String>::new());
    assert_eq!(
        client.wait(1),
        [sent(r#"[null,"2","phoenix","heartbeat",{}]"#)]
    );
    let reply = client.receive(r#"[null,"2","phoenix","phx_reply",{"response":{},"status":"ok"}]"#);
    assert_eq!(reply, ["heartbeat ok after 0ns"]);
    assert_eq!(
        client.wait(30),
        [sent(r#"[null,"3","phoenix","heartbeat",{}]"#)]
    );
    assert_eq!(client.wait(30), [CLOSED]);
    assert_eq!(
        client.close(1000),
        ["end Failed(\"the server did not answer a heartbeat\")"]
    );
}

#[test]
fn a_reply_to_another_message_is_none_to_a_heartbeat() {
    let mut client = Client::joined();
    client.wait(30);
    client.line("ping");
    client.receive(r#"["1","3","room:1","phx_reply",{"response":{},"status":"ok"}]"#);
    assert_eq!(client.wait(30), [CLOSED]);
}

#[test]
fn a_close_of_the_server_is_a_failure_in_words() {
    let mut client = Client::joined();
    let ended = "end Failed(\"the server closed the connection: 1001 (going away: the server stops, or disconnects this client)\")";
    assert_eq!(client.close(1001), [ended]);
    assert_eq!(client.line("ping"), Vec::<String>::new());
    assert_eq!(
        client.on(Event::Lost("again".to_owned())),
        Vec::<String>::new()
    );
}

#[test]
fn a_lost_connection_is_a_failure_and_after_a_close_the_end() {
    let mut client = Client::joined();
    assert_eq!(
        client.on(Event::Lost("reset".to_owned())),
        ["end Failed(\"reset\")"]
    );
    let mut client = Client::joined();
    assert_eq!(client.on(Event::Interrupted), [CLOSED]);
    assert_eq!(client.line("ping"), Vec::<String>::new());
    assert_eq!(
        client.on(Event::Lost("reset".to_owned())),
        ["end Interrupted"]
    );
}

#[test]
fn topics_can_be_joined_and_left_by_lines() {
    let mut client = Client::joined();
    assert_eq!(
        client.line("room:2 phx_join {\"t\":1}"),
        [sent(r#"["2","2","room:2","phx_join",{"t":1}]"#)]
    );
    client.receive(r#"["2","2","room:2","phx_reply",{"response":{},"status":"ok"}]"#);
    assert_eq!(
        client.line("phx_leave"),
        [sent(r#"["1","3","room:1","phx_leave",{}]"#)]
    );
    client.receive(r#"["1","3","room:1","phx_reply",{"response":{},"status":"ok"}]"#);
    client.receive(r#"["1","1","room:1","phx_close",{}]"#);
    assert_eq!(
        client.line("room:1 ping"),
        ["note `room:1` is not joined: join it with room:1 phx_join"]
    );
    assert_eq!(
        client.line("ping"),
        [sent(r#"["2","4","room:2","ping",{}]"#)]
    );
}

#[test]
fn the_close_of_an_earlier_join_does_not_count() {
    let mut client = Client::joined();
    client.line("phx_join");
    client.receive(r#"["2","2","room:1","phx_reply",{"response":{},"status":"ok"}]"#);
    client.receive(r#"["1","1","room:1","phx_close",{}]"#);
    assert_eq!(
        client.line("ping"),
        [sent(r#"["2","3","room:1","ping",{}]"#)]
    );
}

#[test]
fn a_failed_channel_is_left() {
    let mut client = Client::joined();
    let failed = client.receive(r#"["1","1","room:1","phx_error",{}]"#);
    assert_eq!(
        failed,
        ["note the channel of `room:1` failed: join it again with room:1 phx_join"]
    );
    assert_eq!(
        client.line("ping"),
        ["note no topic is joined: join one with user:lobby phx_join"]
    );
}

#[test]
fn lines_that_cannot_be_sent_are_refused_and_a_failure_of_a_script() {
    let mut client = Client::joined();
    let note =
        "note `{a}` is not JSON (key must be a string at line 1 column 2): write ping {\"a\":1}";
    assert_eq!(client.line("ping {a}"), [note]);
    assert_eq!(client.line(""), Vec::<String>::new());
    assert_eq!(client.on(Event::InputEnded), [CLOSED]);
    assert_eq!(client.close(1000), ["end Failed(\"a line was not sent\")"]);
}

#[test]
fn messages_can_be_typed_whole_also_broken_ones() {
    let mut client = Client::joined();
    let text = r#"[null,"x","nope","ping",{}]"#;
    assert_eq!(client.line(text), [sent(text)]);
    let broken = "unreadable: an array of 1 parts in place of 5";
    assert_eq!(client.line("[1]"), [sent("[1]"), broken.to_owned()]);
    assert_eq!(
        client.line("phoenix heartbeat"),
        [sent(r#"[null,"2","phoenix","heartbeat",{}]"#)]
    );
}

#[test]
fn presences_are_kept_for_each_topic() {
    let mut client = Client::joined();
    let state =
        client.receive(r#"["1",null,"room:1","presence_state",{"a":{"metas":[{"phx_ref":"1"}]}}]"#);
    assert_eq!(state, [r#"present [("a", 1)]"#]);
    let diff = client.receive(
        r#"[null,null,"room:1","presence_diff",{"joins":{"b":{"metas":[{"phx_ref":"2"}]}},"leaves":{"a":{"metas":[{"phx_ref":"1"}]}}}]"#,
    );
    assert_eq!(diff, [r#"present [("b", 1)]"#]);
    let other = client.receive(r#"["1",null,"room:2","presence_state",{"a":{"metas":[]}}]"#);
    assert_eq!(other, Vec::<String>::new());
}

#[test]
fn an_event_of_the_app_with_the_payload_of_presences_changes_none() {
    let mut client = Client::joined();
    client.receive(r#"["1",null,"room:1","presence_state",{}]"#);
    let said =
        r#"[null,null,"room:1","said",{"joins":{"b":{"metas":[{"phx_ref":"2"}]}},"leaves":{}}]"#;
    assert_eq!(client.receive(said), Vec::<String>::new());
}

#[test]
fn pings_are_shown_with_their_pongs() {
    let mut client = Client::joined();
    let ping = Message::Ping("a".into());
    let shown = |direction, data| Effect::Show(Entry::control(direction, data));
    let effects = client
        .session
        .handle(Event::Received(ping.clone()), client.now);
    assert_eq!(
        effects,
        [
            shown(Direction::In, ping),
            shown(Direction::Out, Message::Pong("a".into()))
        ]
    );
}

#[test]
fn after_a_close_frames_are_only_shown() {
    let mut client = Client::new(&["room:1", "room:2"], &["shout"], None);
    client.on(Event::Connected);
    client.line("room:2 ping");
    let refused = r#"["1","1","room:1","phx_reply",{"response":{},"status":"error"}]"#;
    assert_eq!(
        client.receive(refused),
        ["phx_join error after 0ns", CLOSED]
    );
    let joined = r#"["2","2","room:2","phx_reply",{"response":{},"status":"ok"}]"#;
    assert_eq!(client.receive(joined), ["phx_join ok after 0ns"]);
    assert_eq!(
        client.receive(r#"[null,null,"room:2","shout",{}]"#),
        Vec::<String>::new()
    );
    assert_eq!(
        client.close(1000),
        ["end Failed(\"the server refused to join `room:1`\")"]
    );
}

#[test]
fn the_reply_to_an_earlier_join_does_not_count() {
    let mut client = Client::new(&["room:1"], &[], None);
    client.on(Event::Connected);
    client.line("phx_join");
    client.line("ping");
    let first = r#"["1","1","room:1","phx_reply",{"response":{},"status":"ok"}]"#;
    assert_eq!(client.receive(first), ["phx_join ok after 0ns"]);
    let second = r#"["2","2","room:1","phx_reply",{"response":{},"status":"ok"}]"#;
    let pushed = sent(r#"["2","3","room:1","ping",{}]"#);
    assert_eq!(
        client.receive(second),
        ["phx_join ok after 0ns".to_owned(), pushed]
    );
}

#[test]
fn positions_are_asked_for_kept_and_used_by_the_next_join() {
    let mut client = Client::with(Options {
        topics: ["room:1", "room:2"].map(str::to_owned).into(),
        recover: Some("aaaaaaaa.3".to_owned()),
        ..Options::default()
    });
    assert_eq!(
        client.on(Event::Connected),
        [
            sent(r#"["1","1","room:1","phx_join",{"recover":{"position":"aaaaaaaa.3"}}]"#),
            sent(r#"["2","2","room:2","phx_join",{"recover":{}}]"#),
        ]
    );
    client.receive(
        r#"["1","1","room:1","phx_reply",{"response":{"recover":{"position":"aaaaaaaa.3","recovered":true,"missed":1}},"status":"ok"}]"#,
    );
    client.receive(r#"[null,"aaaaaaaa.4","room:1","said",{}]"#);
    client.receive(r#"["2","2","room:2","phx_reply",{"response":{"recover":{}},"status":"ok"}]"#);
    client.receive(r#"["1",null,"room:1","phx_error",{}]"#);
    assert_eq!(
        client.line(r#"room:1 phx_join {"a":1}"#),
        [sent(
            r#"["3","3","room:1","phx_join",{"a":1,"recover":{"position":"aaaaaaaa.4"}}]"#
        )]
    );
    let hint = "to recover what follows here: connect room:1 --recover=aaaaaaaa.4";
    let ended = client.on(Event::Lost("it is gone".to_owned()));
    assert!(
        ended.iter().any(|effect| effect.contains(hint)),
        "{ended:?}"
    );
}

#[test]
fn the_position_in_the_reply_to_a_join_is_kept_and_no_ref_of_a_reply() {
    let mut client = Client::with(Options {
        topics: vec!["room:1".to_owned()],
        recover: Some("aaaaaaaa.3".to_owned()),
        ..Options::default()
    });
    client.on(Event::Connected);
    client.receive(
        r#"["1","1","room:1","phx_reply",{"response":{"recover":{"position":"bbbbbbbb.7","recovered":false}},"status":"ok"}]"#,
    );
    client.line(r#"["1","1.5","room:1","ping",{}]"#);
    client.receive(r#"["1","1.5","room:1","phx_reply",{"response":{},"status":"ok"}]"#);
    client.receive(r#"["1",null,"room:1","phx_error",{}]"#);
    assert_eq!(
        client.line("room:1 phx_join"),
        [sent(
            r#"["2","2","room:1","phx_join",{"recover":{"position":"bbbbbbbb.7"}}]"#
        )]
    );
}

#[test]
fn the_bytes_of_a_file_are_a_binary_push_also_after_the_join() {
    let mut client = Client::new(&["room:1"], &[], None);
    client.on(Event::Connected);
    let none: [String; 0] = [];
    assert_eq!(client.line("photo @cat.png"), none);
    let pushed = sent(r"\x00\x01\x01\x06\x0512room:1photocat.png");
    let joined = client.receive(r#"["1","1","room:1","phx_reply",{"response":{},"status":"ok"}]"#);
    assert_eq!(joined[1..], [pushed]);
    let reply = b"\x01\x01\x01\x06\x0212room:1okpurr";
    let reply = client.on(Event::Received(Message::binary(&reply[..])));
    assert_eq!(reply, ["photo ok after 0ns"]);
}

#[test]
fn bytes_that_cannot_be_sent_are_refused_and_the_session_goes_on() {
    let mut client = Client::joined();
    let long = "a".repeat(256);
    for (line, why) in [
        (
            format!("{long} @cat.png"),
            "the event of a binary message has 255 bytes at most",
        ),
        (
            "room:2 phx_join @cat.png".to_owned(),
            "the payload of a join is JSON",
        ),
    ] {
        assert_eq!(client.line(&line), [format!("note {why}")]);
    }
    client.session.format = Format::V1;
    let why = "the format 1.0.0 has no binary messages";
    assert_eq!(client.line("photo @cat.png"), [format!("note {why}")]);
    client.session.format = Format::V2;
    assert_eq!(client.line("ping").len(), 1);
}
