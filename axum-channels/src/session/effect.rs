use super::app_message::{AppMessage, Change};
use crate::message::{Body, Name, Outgoing, Payload, PresenceDiff, Ref, Status, Topic};
use std::borrow::Cow;
use std::collections::VecDeque;

/// An action that a [`Session`](super::Session) requests.
#[derive(Debug)]
pub(crate) enum Effect<'m> {
    /// Send this message to the client.
    Send(Outgoing<'m>),
    /// Start a channel, and call [`joined`](super::Session::joined) with the outcome.
    Join(Join),
    /// Subscribe a client to the topic that it has joined, or let its subscription begin.
    ///
    /// The reply to the join is queued before and written later, since messages are queued while effects are carried out.
    /// So the client receives no broadcast before the reply, and misses none after it.
    Subscribe { key: Key },
    /// Pass a message to a channel, and call [`handled`](super::Session::handled) with the outcome.
    Handle {
        ticket: Ticket,
        event: Cow<'m, str>,
        payload: Payload,
    },
    /// Pass a message from the app to a channel, and call [`handled`](super::Session::handled) with the outcome.
    Deliver { ticket: Ticket, message: AppMessage },
    /// Take the app's messages again: there is room after [`has_room`](super::Session::has_room) returned `false`.
    TakeAppMessages,
    /// Change the presences of a channel's topic.
    Presence { key: Key, change: Change },
    /// Publish a change of a topic's presences.
    ///
    /// It follows the reply to the message that made the change, as in Phoenix, whose tracker is another process.
    Diff { topic: Topic, diff: PresenceDiff },
    /// End a channel, even if it is busy.
    Stop { key: Key, reason: Reason },
    /// Log that a channel is ended because its queue is full.
    Overrun { topic: Topic },
    /// Log that no channel matches a topic.
    Unmatched { topic: Name<'m> },
    /// Log that a channel is ended because an event is no string.
    NoEvent { key: Key, event: Name<'m> },
    /// Log that the client has joined the maximum number of topics.
    TooMany { limit: usize },
}

/// A channel to start: see [`Effect::Join`].
#[derive(Debug, PartialEq)]
pub(crate) struct Join {
    pub(crate) ticket: Ticket,
    pub(crate) route: RouteId,
    pub(crate) topic: Topic,
    pub(crate) join_ref: Option<Ref>,
    pub(crate) payload: Payload,
}

/// Effects, in the order in which they have to be carried out.
///
/// In most cases there is one at a time, which needs no allocation.
#[derive(Debug, Default)]
pub(crate) struct Effects<'m> {
    first: Option<Effect<'m>>,
    /// Effects after the first, if there are any.
    others: VecDeque<Effect<'m>>,
}

impl<'m> Effects<'m> {
    pub(crate) fn push(&mut self, effect: Effect<'m>) {
        if self.first.is_none() && self.others.is_empty() {
            self.first = Some(effect);
        } else {
            self.others.push_back(effect);
        }
    }

    pub(super) fn send(&mut self, message: Outgoing<'m>) {
        self.push(Effect::Send(message));
    }

    /// Takes the first change of a topic's presences.
    pub(crate) fn take_diff(&mut self, of: &Topic) -> Option<PresenceDiff> {
        let is_sought =
            |effect: &Effect<'_>| matches!(effect, Effect::Diff { topic, .. } if topic == of);
        let found = match self.first.take_if(|first| is_sought(first)) {
            None => {
                let at = self.others.iter().position(is_sought)?;
                self.others.remove(at)
            }
            first => first,
        };
        match found? {
            Effect::Diff { diff, .. } => Some(diff),
            _ => None,
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Effect<'m>> {
        self.first.take().or_else(|| self.others.pop_front())
    }
}

/// Identifies one incarnation of a channel: a topic that is left and joined again has a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Key(pub(crate) u32);

/// Index of a topic's route among the socket's routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RouteId(pub(crate) u32);

/// Identifies work that a session hands out, and is handed back with the outcome.
#[derive(Debug, PartialEq)]
pub(crate) struct Ticket {
    pub(crate) key: Key,
    pub(super) reference: Option<Ref>,
    /// The `join_ref` of the join that this one ends: its `phx_close` comes after the reply.
    pub(super) replaces: Option<Option<Ref>>,
}

/// Address of a reply that is sent later.
#[derive(Debug)]
pub(crate) struct ReplyTo {
    pub(super) join_ref: Option<Ref>,
    pub(super) reference: Option<Ref>,
    pub(super) topic: Topic,
}

impl ReplyTo {
    pub(crate) fn reply(self, status: Status, response: Payload) -> Outgoing<'static> {
        Outgoing {
            join_ref: self.join_ref,
            reference: self.reference,
            topic: self.topic.into(),
            body: Body::Reply { status, response },
        }
    }
}

/// Reason for the end of a channel: see [`Channel::terminate`](crate::Channel::terminate).
///
/// ```
/// use axum_channels::Reason;
///
/// fn is_gone_for_good(reason: Reason) -> bool {
///     matches!(reason, Reason::Left | Reason::Stopped)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The client left the topic.
    Left,
    /// The client joined the topic again, which starts another channel.
    Rejoined,
    /// The channel was [stopped](crate::Socket::stop).
    Stopped,
    /// The channel returned an unexpected [`Error`](crate::Error), sent a message that cannot be sent, or fell behind
    /// with broadcasts.
    Crashed,
    /// The connection was closed by either side, or lost, or the endpoint was shut down.
    Disconnected,
}

/// Load of a session's channel queues, relative to their limits: that of the fullest queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Load {
    /// Half of the limit, or less.
    Light,
    Heavy,
    /// The queue is full: new messages are refused.
    Full,
}

/// Outcome of a join.
#[derive(Debug)]
pub(crate) enum Joined {
    Ok(Payload),
    Refused(Payload),
    Crashed,
}

/// Outcome of handling a message.
#[derive(Debug)]
pub(crate) enum Handled {
    Silent,
    Reply(Status, Payload),
    Crashed,
}
