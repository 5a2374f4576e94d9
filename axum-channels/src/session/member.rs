use super::effect::{Effect, Key, Load, Ticket};
use super::mail::Mail;
use super::rules::Rules;
use crate::message::{Body, Message, Outgoing, Payload, Ref, Status, Topic};
use std::collections::VecDeque;

/// A topic that is joined, or being joined.
pub(super) struct Member {
    pub(super) topic: Topic,
    /// What pushes and replies carry: the `join_ref` of the join, or its `ref` if it had none.
    pub(super) join_ref: Option<Ref>,
    /// The client gave that as a `join_ref`.
    pub(super) given: bool,
    pub(super) key: Key,
    pub(super) doing: Doing,
    /// It is to end when it is through with what it is doing.
    pub(super) stopping: bool,
    /// What came while it was doing something.
    pub(super) waiting: Option<Box<Waiting>>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Doing {
    Nothing,
    Joining,
    Handling,
}

/// What waits for a busy channel, in order.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) items: VecDeque<Item>,
    /// Number of the client's messages among them, and the bytes that those take.
    messages: usize,
    bytes: usize,
}

pub(super) enum Item {
    Message(Message<'static>),
    Mail(Key, Mail),
}

/// Bytes that a message takes while it waits: all that was sent, and what it takes to keep that (a queue has up to twice the
/// room that it needs).
fn weight(message: &Message<'_>) -> usize {
    message.len() + 2 * size_of::<Item>()
}

impl Waiting {
    pub(super) fn push(&mut self, message: Message<'static>) {
        self.messages += 1;
        self.bytes += weight(&message);
        self.items.push_back(Item::Message(message));
    }

    pub(super) fn pop(&mut self) -> Option<Item> {
        let item = self.items.pop_front()?;
        if let Item::Message(message) = &item {
            self.messages -= 1;
            self.bytes -= weight(message);
        }
        Some(item)
    }

    /// Number of items that came from within the app.
    pub(super) fn mail(&self) -> usize {
        self.items.len() - self.messages
    }

    /// How much of the client's waits: it is slowed down for what it sent itself, not for what others send to its channel.
    ///
    /// A message may wait unless it is [`Load::Full`]. So there may be one more than the limit of bytes lets in.
    pub(super) fn load(&self, rules: &Rules) -> Load {
        let reaches = |messages, bytes| self.messages >= messages || self.bytes >= bytes;
        if reaches(rules.max_waiting, rules.max_waiting_bytes) {
            Load::Full
        } else if reaches(rules.max_waiting / 2 + 1, rules.max_waiting_bytes / 2 + 1) {
            Load::Heavy
        } else {
            Load::Light
        }
    }

    pub(super) fn has_leave(&self) -> bool {
        let is_leave =
            |item: &Item| matches!(item, Item::Message(message) if message.event == "phx_leave");
        self.items.iter().any(is_leave)
    }
}

impl Member {
    /// The `join_ref` that the client gave: what the answer to its join and the end of the channel carry.
    pub(super) fn given_ref(&self) -> Option<Ref> {
        self.join_ref.clone().filter(|_| self.given)
    }

    /// Whether a message was meant for an earlier join of this topic. A message may leave out its `join_ref`.
    pub(super) fn is_stale(&self, message: &Message<'_>) -> bool {
        message.join_ref.is_some() && !(self.given && message.join_ref == self.join_ref)
    }

    pub(super) fn handle<'m>(&mut self, message: Message<'m>) -> Effect<'m> {
        self.doing = Doing::Handling;
        let ticket = Ticket {
            key: self.key,
            reference: message.reference,
            replaces: None,
        };
        Effect::Handle {
            ticket,
            event: message.event,
            payload: message.payload,
        }
    }

    pub(super) fn closed(&self) -> Outgoing<'static> {
        closed(self.topic.clone(), self.given_ref())
    }

    pub(super) fn reply(
        &self,
        reference: Option<Ref>,
        status: Status,
        response: Payload,
    ) -> Outgoing<'static> {
        Outgoing {
            join_ref: self.join_ref.clone(),
            reference,
            topic: self.topic.clone(),
            body: Body::Reply { status, response },
        }
    }
}

/// A reply to a message that no channel stands behind.
pub(super) fn reply(message: &Message<'_>, status: Status, response: Payload) -> Outgoing<'static> {
    Outgoing {
        join_ref: message.join_ref.clone(),
        reference: message.reference.clone(),
        topic: Topic::from(&*message.topic),
        body: Body::Reply { status, response },
    }
}

pub(super) fn unmatched(message: Message<'_>) -> Outgoing<'static> {
    let reason = Payload::constant(r#"{"reason":"unmatched topic"}"#);
    reply(
        &Message {
            join_ref: None,
            ..message
        },
        Status::Error,
        reason,
    )
}

/// What a client is told when a channel of its is over: `ref` is the `join_ref` too.
pub(super) fn notice(
    topic: Topic,
    join_ref: Option<Ref>,
    event: &'static str,
    payload: Payload,
) -> Outgoing<'static> {
    Outgoing {
        reference: join_ref.clone(),
        join_ref,
        topic,
        body: Body::Event { event, payload },
    }
}

pub(super) fn closed(topic: Topic, join_ref: Option<Ref>) -> Outgoing<'static> {
    notice(topic, join_ref, "phx_close", Payload::empty())
}
