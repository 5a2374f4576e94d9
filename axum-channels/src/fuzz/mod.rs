//! What must hold for any input whatever. Run by `cargo fuzz` (see `fuzz/`), and by the tests over the committed corpora and
//! a stretch of noise. Not part of the library: there is none of it in a build that is neither.

#[cfg(test)]
mod tests;

use crate::codec::{Malformed, Serializer};
use crate::message::{Body, Broadcast, Message, Outgoing, Payload, Ref, Topic};
use crate::session::{
    Change, Effect, Effects, Handled, Joined, Mail, Pattern, Rules, Session, Ticket,
};
use crate::testing::fuzz as client;
use crate::transport::fuzz as frames_of;
use std::sync::Arc;

/// What comes in is a message or is not, and never a panic; what is a message and goes out again comes back the same.
pub fn codec(data: &[u8]) {
    for serializer in [Serializer::V1, Serializer::V2] {
        if let Ok(text) = std::str::from_utf8(data) {
            check(serializer, serializer.decode_text(text));
        }
        check(serializer, serializer.decode_binary(data));
    }
}

fn check(serializer: Serializer, decoded: Result<Message<'_>, Malformed>) {
    let Ok(message) = decoded else { return };
    if !message.payload.is_binary() {
        assert!(
            message.payload.parse::<serde_json::Value>().is_ok(),
            "what is let in can be parsed"
        );
    }
    let outgoing = Outgoing {
        join_ref: message.join_ref.clone(),
        reference: message.reference.clone(),
        topic: Topic::from(&*message.topic),
        body: Body::Event {
            event: &message.event,
            payload: message.payload.clone(),
        },
    };
    let Ok(kind) = serializer.kind(&outgoing) else {
        return;
    };
    let mut out = Vec::new();
    serializer.encode(&outgoing, kind, &mut out);
    if message.payload.is_binary() {
        return assert_eq!(
            client::names_of(&out),
            Some((message.topic.into(), message.event.into()))
        );
    }
    let text = std::str::from_utf8(&out).unwrap_or_default();
    let expected = match serializer {
        Serializer::V1 => Message {
            join_ref: None,
            ..message.clone()
        },
        Serializer::V2 => message.clone(),
    };
    assert_eq!(serializer.decode_text(text), Ok(expected));
    let mut out = Vec::new();
    let broadcast = Broadcast::new(&message.topic, &message.event, &message.payload);
    serializer.encode_broadcast(&broadcast, kind, &mut out);
    let text = std::str::from_utf8(&out).unwrap_or_default();
    let expected = Message {
        join_ref: None,
        reference: None,
        ..message
    };
    assert_eq!(serializer.decode_text(text), Ok(expected));
}

/// A stream of frames means the same however it is cut, and never more than it may.
pub fn frames(data: &[u8]) {
    let whole = frames_of::read(data, data.len());
    for cut in [1, 2, 3, 7] {
        assert_eq!(frames_of::read(data, cut), whole, "in pieces of {cut}");
    }
}

/// Whatever a client and its channels do, in any order: one answer to each message at most, and nothing is left behind.
pub fn session(data: &[u8]) {
    let rules = Rules {
        patterns: Pattern::parse("r*").into_iter().collect(),
        max_channels: 2,
        max_waiting: 2,
        max_waiting_bytes: 8,
    };
    let mut run = Run {
        session: Session::new(Arc::new(rules)),
        joining: Vec::new(),
        handling: Vec::new(),
    };
    for step in data.chunks_exact(2) {
        run.step(step[0], step[1]);
    }
    run.end();
}

struct Run {
    session: Session,
    /// Work that was handed out.
    joining: Vec<Ticket>,
    handling: Vec<Ticket>,
}

impl Run {
    fn step(&mut self, what: u8, with: u8) {
        let mut effects = Effects::default();
        match what % 4 {
            0 => self.session.receive(message(what / 4, with), &mut effects),
            1 if !self.joining.is_empty() => {
                let ticket = self.joining.remove(usize::from(with) % self.joining.len());
                let how = match what / 4 % 3 {
                    0 => Joined::Ok(Payload::empty()),
                    1 => Joined::Refused(Payload::empty()),
                    _ => Joined::Crashed,
                };
                self.session.joined(ticket, how, &mut effects);
            }
            2 if !self.handling.is_empty() => {
                let ticket = self
                    .handling
                    .remove(usize::from(with) % self.handling.len());
                let how = match what / 4 % 3 {
                    0 => Handled::Silent,
                    1 => Handled::Reply(crate::message::Status::Ok, Payload::empty()),
                    _ => Handled::Crashed,
                };
                self.session.handled(ticket, how, &mut effects);
            }
            _ => {
                let tickets = self.joining.iter().chain(&self.handling);
                let Some(key) = tickets.map(|ticket| ticket.key).next() else {
                    return;
                };
                let mail = match with % 4 {
                    0 => Mail::Info(Box::new(())),
                    1 => Mail::Stop,
                    2 => Mail::Overrun,
                    _ => Mail::Presence(Change::PushState),
                };
                if mail.ends() || self.session.has_room(key) {
                    self.session.mail(key, mail, &mut effects);
                }
            }
        }
        self.take(effects);
    }

    fn take(&mut self, mut effects: Effects<'_>) {
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Join(join) => self.joining.push(join.ticket),
                Effect::Handle { ticket, .. } | Effect::Deliver { ticket, .. } => {
                    assert!(
                        !self.handling.iter().any(|other| other.key == ticket.key),
                        "a channel does one thing at a time"
                    );
                    self.handling.push(ticket);
                }
                Effect::Stop { key, .. } => {
                    self.joining.retain(|ticket| ticket.key != key);
                    self.handling.retain(|ticket| ticket.key != key);
                }
                _ => {}
            }
        }
        assert!(
            self.session.len() <= 2,
            "no more channels than may be joined"
        );
        assert!(
            self.joining.len() + self.handling.len() <= 2,
            "no work but that of channels"
        );
    }

    /// Everything ends, and then every channel can be left.
    fn end(mut self) {
        while !self.joining.is_empty() || !self.handling.is_empty() {
            self.step(if self.joining.is_empty() { 2 } else { 1 }, 0);
        }
        for topic in ["r1", "r2", "r3"] {
            let mut effects = Effects::default();
            let message = Message {
                join_ref: None,
                reference: None,
                topic: topic.into(),
                event: "phx_leave".into(),
                payload: Payload::empty(),
            };
            self.session.receive(message, &mut effects);
        }
        assert_eq!(self.session.len(), 0);
    }
}

fn message(event: u8, with: u8) -> Message<'static> {
    let reference = |number: u8| {
        (number > 0)
            .then(|| Ref::from_text(&number.to_string()))
            .flatten()
    };
    Message {
        join_ref: reference(with / 4 % 3),
        reference: reference(with / 12),
        topic: ["r1", "r2", "r3", "x"][usize::from(with % 4)].into(),
        event: ["phx_join", "phx_leave", "e", "phx_join"][usize::from(event % 4)].into(),
        payload: Payload::empty(),
    }
}
