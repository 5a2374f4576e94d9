use crate::channel::{Handling, Instance, Joining, Route};
use crate::log::Line;
use crate::message::{Asked, Payload, Reply, Topic};
use crate::pubsub::{Subscriber, Subscription};
use crate::session::{AppMessage, Key, RouteId, Ticket};
use crate::socket::{Context, Interceptor, Recipient};
use std::sync::Arc;
use std::time::Instant;

/// A channel, joined or being joined.
pub(super) struct Slot {
    pub(super) key: Key,
    pub(super) route: RouteId,
    pub(super) topic: Topic,
    /// Set once the join has succeeded; before that, a reservation. Ends before the channel is dropped.
    pub(super) subscription: Option<Subscription>,
    pub(super) work: Work,
}

pub(super) enum Work {
    /// Idle.
    None(Box<dyn Instance>),
    Join(Box<PendingJoin>),
    Handle(Box<Pending<Handling>>),
    /// The next message, postponed as the turn's budget is used up.
    Next(Box<(Box<dyn Instance>, Ticket, Next)>),
    /// Being polled.
    Taken,
}

/// A message that is postponed to the next turn.
pub(super) enum Next {
    Message { event: Box<str>, payload: Payload },
    AppMessage(AppMessage),
}

impl Work {
    pub(super) fn is_pending(&self) -> bool {
        matches!(self, Work::Join(_) | Work::Handle(_) | Work::Next(_))
    }
}

/// A join under way.
pub(super) struct PendingJoin {
    pub(super) pending: Pending<Joining>,
    /// The client has asked for positions, and the route has a history.
    pub(super) asked: Option<Asked>,
}

pub(super) struct Pending<F> {
    pub(super) future: F,
    pub(super) meta: TurnMeta,
}

/// Metadata of a message under way: its ticket, log line and start.
pub(super) struct TurnMeta {
    pub(super) ticket: Ticket,
    pub(super) line: Option<Line>,
    pub(super) since: Option<Instant>,
}

/// Returns the slot of a channel, unless that has ended.
pub(super) fn find(slots: &mut [Slot], key: Key) -> Option<&mut Slot> {
    slots.iter_mut().find(|slot| slot.key == key)
}

/// Returns the subscriber to a channel's topic: its client, or the channel if it intercepts events.
pub(super) fn subscriber(context: &Arc<Context>, key: Key, route: &Route) -> Arc<dyn Subscriber> {
    match route.intercepts {
        [] => context.client.clone(),
        events => Arc::new(Interceptor {
            channel: Recipient::new(context.clone(), key),
            events,
        }),
    }
}

/// Starts handling a message from the app.
pub(super) fn deliver(channel: Box<dyn Instance>, message: AppMessage) -> Handling {
    match message {
        AppMessage::Info(envelope) => channel.handle_info(envelope),
        AppMessage::Out(out) => channel.handle_out(out),
        // The session carries these out itself.
        AppMessage::Presence(_)
        | AppMessage::Stop
        | AppMessage::Overrun
        | AppMessage::Lost
        | AppMessage::Unsendable => Box::pin(std::future::ready((channel, Ok(Reply::none())))),
    }
}
