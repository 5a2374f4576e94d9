//! The codecs: V1 JSON, V2 JSON and V2 binary.

use crate::codec::{BuiltIn, Frame, Kind, Malformed};
use crate::log;
use crate::message::{Address, Asked, Message, Payload, Position, Ref, ServerMessage, Topic};
use crate::testing::fuzz as client;
use serde_json::{Value, json};

/// Asserts that input is a message or refused, without a panic, and that a message survives encoding and decoding.
pub fn codec(data: &[u8]) {
    for serializer in [BuiltIn::V1, BuiltIn::V2] {
        if let Ok(text) = std::str::from_utf8(data) {
            check_decoded(serializer, serializer.read(Frame::Text(text)));
        }
        check_decoded(serializer, serializer.read(Frame::Binary(data)));
    }
}

/// Asserts that each encodable message is decoded unchanged: by the server, and by its clients in each format.
pub fn messages(data: &[u8]) {
    let message = Source(data).message();
    if let Some(encoded) = client::encode(&message) {
        let decoded = match &encoded {
            Ok(text) => BuiltIn::V2.read(Frame::Text(text)),
            Err(bytes) => BuiltIn::V2.read(Frame::Binary(bytes)),
        };
        let mut expected = message.clone();
        if encoded.is_err() {
            let empty = || Ref::from_text("");
            expected.join_ref = expected.join_ref.or_else(|| Some(empty()));
            expected.reference = expected.reference.or_else(|| Some(empty()));
        }
        assert_eq!(decoded.as_ref(), Ok(&expected));
        check_decoded(BuiltIn::V2, decoded);
    }
    check_encoded(BuiltIn::V1, &message);
    check_encoded(BuiltIn::V2, &message);
}

fn check_decoded(serializer: BuiltIn, decoded: Result<Message<'_>, Malformed>) {
    let Ok(message) = decoded else { return };
    check_shown(&message);
    check_asked(&message.payload);
    assert!(
        message.payload.is_binary() || message.payload.parse::<Value>().is_ok(),
        "what is let in can be parsed"
    );
    let has_names = message.topic.text().is_some() && message.event.text().is_some();
    if has_names && message.too_long().is_none() {
        check_encoded(serializer, &message); // else its name may have been cut
    }
}

/// Asserts that the log shows a payload on one line.
fn check_shown(message: &Message<'_>) {
    let shown = log::shown(&message.payload);
    assert!(!shown.contains(char::is_control), "{shown}");
}

/// Asserts that a position in the payload of a join is the same when a client sends it back.
fn check_asked(payload: &Payload) {
    if let Some(Asked::Since(Some(position))) = Asked::in_payload(payload) {
        let sent = position.to_string();
        assert_eq!(Position::parse(&sent), Some(position));
    }
}

/// Asserts that the message is decoded unchanged as an event to one client, as a reply, and as a broadcast, if the format
/// can encode it.
fn check_encoded(serializer: BuiltIn, message: &Message<'_>) {
    check_event(serializer, message);
    check_reply(serializer, message);
    check_broadcast(serializer, message);
}

fn check_event(serializer: BuiltIn, message: &Message<'_>) {
    let push = ServerMessage::Push {
        join_ref: message.join_ref.as_ref(),
        reference: message.reference.as_ref(),
        topic: message.topic.as_str(),
        event: message.event.as_str(),
        payload: &message.payload,
    };
    let mut expected = message.clone();
    if message.payload.is_binary() {
        expected.reference = None; // a push has none
    }
    check_sent(serializer, &push, expected);
}

fn check_reply(serializer: BuiltIn, message: &Message<'_>) {
    let payload = &message.payload;
    let mut expected = Message {
        event: "phx_reply".into(),
        ..message.clone()
    };
    if !payload.is_binary() {
        // A reply nests it one level deeper, which may be deeper than a client's JSON may be.
        let Ok([response]) =
            serde_json::from_str::<[Value; 1]>(&format!("[{}]", payload.as_json()))
        else {
            return;
        };
        expected.payload = json!({"response": response, "status": "error"}).into();
    }
    let reply = ServerMessage::Reply {
        join_ref: message.join_ref.as_ref(),
        reference: message.reference.as_ref(),
        topic: &Address::Topic(Topic::from(message.topic.as_str())),
        status: "error",
        response: payload,
    };
    check_sent(serializer, &reply, expected);
}

fn check_broadcast(serializer: BuiltIn, message: &Message<'_>) {
    // Binary broadcasts have no ref.
    let reference = message.reference.as_ref();
    let reference = reference.filter(|_| !message.payload.is_binary());
    let broadcast = ServerMessage::Broadcast {
        reference,
        topic: message.topic.as_str(),
        event: message.event.as_str(),
        payload: &message.payload,
    };
    let expected = Message {
        join_ref: None,
        reference: reference.cloned(),
        ..message.clone()
    };
    check_sent(serializer, &broadcast, expected);
}

fn check_sent(serializer: BuiltIn, sent: &ServerMessage<'_>, mut expected: Message<'_>) {
    let Ok(kind) = serializer.kind(sent) else {
        return check_refused(serializer, &expected);
    };
    let mut out = Vec::new();
    serializer.put(sent, kind, &mut out);
    if serializer == BuiltIn::V1 {
        expected.join_ref = None; // it is not written
    }
    if kind == Kind::Binary {
        // Refs are strings, and an absent one is written as an empty one.
        let as_text = |reference: Ref| {
            let text = reference.as_text();
            (!text.is_empty()).then(|| Ref::from_text(&text))
        };
        expected.join_ref = expected.join_ref.and_then(as_text);
        expected.reference = expected.reference.and_then(as_text);
    }
    assert_eq!(decoded(serializer, kind, &out), Some(expected));
}

/// V1 encodes all JSON; V2 encodes objects, and bytes if the names are short.
fn check_refused(serializer: BuiltIn, message: &Message<'_>) {
    let refs = [&message.join_ref, &message.reference];
    let mut refs = refs.into_iter().flatten();
    let is_long = message.topic.as_str().len() > 255
        || message.event.as_str().len() > 255
        || refs.any(|reference| reference.as_text().len() > 255);
    let payload = &message.payload;
    match payload.is_binary() {
        true => assert!(serializer == BuiltIn::V1 || is_long),
        false => assert!(serializer == BuiltIn::V2 && !payload.is_object()),
    }
}

/// Decodes an encoded message as a client does.
fn decoded(serializer: BuiltIn, kind: Kind, out: &[u8]) -> Option<Message<'_>> {
    match kind {
        Kind::Text => {
            let text = std::str::from_utf8(out).ok()?;
            serializer.read(Frame::Text(text)).ok()
        }
        Kind::Binary => client::decode_binary(out),
    }
}

/// Creates a message from bytes: any message from some bytes, the shortest from none.
struct Source<'a>(&'a [u8]);

impl Source<'_> {
    /// Levels of JSON that both sides read, in a reply too.
    const MAX_DEPTH: u8 = 126;

    fn message(&mut self) -> Message<'static> {
        let payload = match self.byte() % 2 {
            0 => Payload::from(self.value(0)),
            _ => Payload::binary(self.bytes().to_vec()),
        };
        Message {
            join_ref: self.reference(),
            reference: self.reference(),
            topic: self.text().into(),
            event: self.text().into(),
            payload,
        }
    }

    fn reference(&mut self) -> Option<Ref> {
        let text = self.text();
        (!text.is_empty()).then(|| Ref::from_text(&text))
    }

    fn value(&mut self, depth: u8) -> Value {
        match self.byte() % 8 {
            0 => Value::Null,
            1 => Value::from(self.byte() > 127),
            2 => Value::from(self.number() as i64),
            3 => Value::from(self.number()),
            4 => Value::from(f64::from_bits(self.number())), // null if it is none
            6 if depth < Self::MAX_DEPTH => {
                let count = self.byte() % 4;
                (0..count).map(|_| self.value(depth + 1)).collect()
            }
            7 if depth < Self::MAX_DEPTH => {
                let count = self.byte() % 4;
                (0..count)
                    .map(|_| (self.text(), self.value(depth + 1)))
                    .collect()
            }
            _ => Value::from(self.text()),
        }
    }

    fn number(&mut self) -> u64 {
        (0..8).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    /// Takes as many as the first byte states.
    fn bytes(&mut self) -> &[u8] {
        let len = usize::from(self.byte()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        bytes
    }

    fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *byte
    }
}
