use super::app_message::AppMessage;
use super::effect::{Key, Load};
use super::rules::Rules;
use crate::message::{Body, Message, Outgoing, Payload, Ref, Status, Topic};
use std::collections::VecDeque;

/// A topic that is joined, or being joined.
pub(super) struct Member {
    pub(super) topic: Topic,
    /// `join_ref` of pushes and replies: that of the join, or the join's `ref` if it had none.
    pub(super) join_ref: Option<Ref>,
    /// The client sent a `join_ref`.
    pub(super) has_join_ref: bool,
    pub(super) key: Key,
    pub(super) state: State,
    /// The channel is to end when it has finished its current message.
    pub(super) ending: Option<Ending>,
    /// Messages received while it was busy.
    pub(super) waiting: Option<Box<Waiting>>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum State {
    Idle,
    Joining,
    Handling,
}

/// End that a channel has requested. The last one takes precedence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// It has stopped itself: the reply to its current message is sent.
    Stop,
    /// It has sent what cannot be sent: there is no reply.
    Crash,
}

/// Queue of messages for a busy channel.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) items: VecDeque<Item>,
    /// Messages were queued during the join.
    pub(super) is_unsorted: bool,
    /// Number and size of the client's messages in the queue.
    messages: usize,
    bytes: usize,
}

pub(super) enum Item {
    Message(Message<'static>),
    AppMessage(Key, AppMessage),
}

/// Memory of a queued message: its contents and the overhead (a queue has up to twice the capacity that it needs).
fn weight(message: &Message<'_>) -> usize {
    message.len() + 2 * size_of::<Item>()
}

impl Waiting {
    pub(super) fn push(&mut self, message: Message<'static>) {
        self.messages += 1;
        self.bytes += weight(&message);
        self.items.push_back(Item::Message(message));
    }

    /// Queues a message from the app during the join. Source: in Phoenix, the socket reads no message of the client until the
    /// channel is joined, so that what `join` sends to itself is first in its mailbox.
    pub(super) fn push_before_messages(&mut self, item: Item) {
        let is_message = |item: &Item| matches!(item, Item::Message(_));
        let first = self.items.iter().position(is_message);
        self.items.insert(first.unwrap_or(self.items.len()), item);
    }

    pub(super) fn pop(&mut self) -> Option<Item> {
        let item = self.items.pop_front()?;
        if let Item::Message(message) = &item {
            self.messages -= 1;
            self.bytes -= weight(message);
        }
        Some(item)
    }

    /// Sorts what was queued during the join, once the channel is busy, as if it were received now: drops messages for an
    /// earlier join, and everything before another join, which replaces the channel. Returns whether there is one.
    pub(super) fn sort_out(&mut self, member: &Member) -> bool {
        if !std::mem::take(&mut self.is_unsorted) {
            return false;
        }
        let is_join =
            |item: &Item| matches!(item, Item::Message(message) if message.event.is("phx_join"));
        if let Some(join) = self.items.iter().position(is_join) {
            (0..join).for_each(|_| drop(self.pop()));
            self.is_unsorted = true;
            return true;
        }
        for _ in 0..self.items.len() {
            match self.pop() {
                Some(Item::Message(message)) if member.is_stale(&message) => {}
                Some(Item::Message(message)) => self.push(message),
                other => self.items.extend(other),
            }
        }
        false
    }

    /// Returns the number of messages from the app in the queue.
    pub(super) fn app_messages(&self) -> usize {
        self.items.len() - self.messages
    }

    /// Returns the load of the client's own messages: a client is not slowed down for messages of others to its channel.
    ///
    /// A message is queued unless the load is [`Load::Full`]. So the queue may exceed the limit of bytes by one message.
    pub(super) fn load(&self, rules: &Rules) -> Load {
        rules.load(self.messages, self.bytes)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn has_leave(&self) -> bool {
        let is_leave =
            |item: &Item| matches!(item, Item::Message(message) if message.event.is("phx_leave"));
        self.items.iter().any(is_leave)
    }
}

impl Member {
    /// Returns the `join_ref` that the client sent: that of the join's reply and of the channel's end.
    pub(super) fn client_join_ref(&self) -> Option<Ref> {
        self.join_ref.clone().filter(|_| self.has_join_ref)
    }

    /// Returns whether a message is for an earlier join of this topic. A message without a `join_ref` is not.
    pub(super) fn is_stale(&self, message: &Message<'_>) -> bool {
        message.join_ref.is_some() && !(self.has_join_ref && message.join_ref == self.join_ref)
    }

    pub(super) fn closed(&self) -> Outgoing<'static> {
        closed(self.topic.clone(), self.client_join_ref())
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
            topic: self.topic.clone().into(),
            body: Body::Reply { status, response },
        }
    }
}

/// Creates a reply to a message that reaches no channel.
pub(super) fn reply<'m>(message: Message<'m>, status: Status, response: Payload) -> Outgoing<'m> {
    Outgoing {
        join_ref: message.join_ref,
        reference: message.reference,
        topic: message.topic.into(),
        body: Body::Reply { status, response },
    }
}

/// Creates the reply to a heartbeat.
pub(super) fn heartbeat(reference: Option<Ref>) -> Outgoing<'static> {
    Outgoing {
        join_ref: None,
        reference,
        topic: Topic::phoenix().into(),
        body: Body::Reply {
            status: Status::Ok,
            response: Payload::empty(),
        },
    }
}

pub(super) fn unmatched(message: Message<'_>) -> Outgoing<'_> {
    let reason = Payload::constant(r#"{"reason":"unmatched topic"}"#);
    let message = Message {
        join_ref: None,
        ..message
    };
    reply(message, Status::Error, reason)
}

/// Creates a message about the end of a channel: its `ref` is the `join_ref`.
pub(super) fn notice(
    topic: Topic,
    join_ref: Option<Ref>,
    event: &'static str,
    payload: Payload,
) -> Outgoing<'static> {
    Outgoing {
        reference: join_ref.clone(),
        join_ref,
        topic: topic.into(),
        body: Body::Event { event, payload },
    }
}

pub(super) fn closed(topic: Topic, join_ref: Option<Ref>) -> Outgoing<'static> {
    notice(topic, join_ref, "phx_close", Payload::empty())
}
