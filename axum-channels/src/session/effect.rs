use super::mail::{Change, Mail};
use crate::message::{Body, Outgoing, Payload, Ref, Status, Topic};
use std::borrow::Cow;
use std::collections::VecDeque;

/// What a [`Session`](super::Session) wants done.
#[derive(Debug)]
pub(crate) enum Effect<'m> {
    /// Send this to the client.
    Send(Outgoing<'m>),
    /// Start a channel, and call [`joined`](super::Session::joined) when it is known how that went.
    Join(Join),
    /// Let a client hear the topic that it has joined. That it has is sent before, and goes out after: what is sent while
    /// effects are carried out is queued. So it hears nothing before that, and misses nothing after.
    Subscribe { key: Key },
    /// Give a channel a message, and call [`handled`](super::Session::handled) when it is done with it.
    Handle {
        ticket: Ticket,
        event: Cow<'m, str>,
        payload: Payload,
    },
    /// Give a channel what came from within the app, and call [`handled`](super::Session::handled) when it is done with it.
    Deliver { ticket: Ticket, mail: Mail },
    /// Look at the mail again: there is room where there was [none](super::Session::has_room).
    TakeMail,
    /// Change who is there on the topic of a channel.
    Presence { key: Key, change: Change },
    /// End a channel, whatever it is doing.
    Stop { key: Key, reason: Reason },
    /// Note that more waits for a channel than may, and that it is ended for that.
    Overrun { topic: Topic },
    /// Note that nothing stands behind a topic.
    Unmatched { topic: Cow<'m, str> },
    /// Note that the client has joined as much as it may.
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

/// Effects in the order in which they have to be carried out.
///
/// Mostly there is one at a time, which takes no allocation.
#[derive(Debug, Default)]
pub(crate) struct Effects<'m> {
    first: Option<Effect<'m>>,
    /// Those after the first, if there is one.
    others: VecDeque<Effect<'m>>,
}

impl<'m> Effects<'m> {
    pub(super) fn push(&mut self, effect: Effect<'m>) {
        if self.first.is_none() && self.others.is_empty() {
            self.first = Some(effect);
        } else {
            self.others.push_back(effect);
        }
    }

    pub(super) fn send(&mut self, message: Outgoing<'m>) {
        self.push(Effect::Send(message));
    }

    pub(crate) fn pop(&mut self) -> Option<Effect<'m>> {
        self.first.take().or_else(|| self.others.pop_front())
    }
}

/// One incarnation of a channel: a topic that is left and joined again gets another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Key(pub(super) u32);

/// Which route a topic took: an index into what was routed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RouteId(pub(crate) u32);

/// Handed out with work and handed back with its outcome.
#[derive(Debug, PartialEq)]
pub(crate) struct Ticket {
    pub(crate) key: Key,
    pub(super) reference: Option<Ref>,
    /// The `join_ref` of the join that this one ends: its `phx_close` comes after the reply.
    pub(super) replaces: Option<Option<Ref>>,
}

/// Whom a reply that comes later is for.
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
            topic: self.topic,
            body: Body::Reply { status, response },
        }
    }
}

/// Why a channel ended: see [`Channel::terminate`](crate::Channel::terminate).
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
    /// The channel returned an error, or more waited for it than may.
    Crashed,
    /// The client disconnected, was disconnected or is lost.
    Disconnected,
}

/// How much waits for the channels of a session, beside the limits: as much as for the one for which most waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Load {
    /// Half of what may wait, or less.
    Light,
    Heavy,
    /// What comes now is refused.
    Full,
}

/// How a join ended.
#[derive(Debug)]
pub(crate) enum Joined {
    Ok(Payload),
    Refused(Payload),
    Crashed,
}

/// How the handling of a message ended.
#[derive(Debug)]
pub(crate) enum Handled {
    Silent,
    Reply(Status, Payload),
    Crashed,
}
