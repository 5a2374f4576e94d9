use crate::channel::{Handling, Instance, Joining, Route};
use crate::log::Line;
use crate::message::{Payload, Reply, Topic};
use crate::pubsub::{Subscriber, Subscription};
use crate::session::{Key, Mail, RouteId, Ticket};
use crate::socket::{Context, Interceptor, Recipient};
use std::sync::Arc;
use std::time::Instant;

/// A channel, joined or being joined.
pub(super) struct Slot {
    pub(super) key: Key,
    pub(super) route: RouteId,
    pub(super) topic: Topic,
    /// From a join that succeeded on. Ends before the channel is dropped.
    pub(super) subscription: Option<Subscription>,
    pub(super) work: Work,
}

pub(super) enum Work {
    /// Waiting for a message.
    None(Box<dyn Instance>),
    Join(Box<Pending<Joining>>),
    Handle(Box<Pending<Handling>>),
    /// The next message, for which the turn's budget was not enough.
    Next(Box<(Box<dyn Instance>, Ticket, Next)>),
    /// Being polled.
    Taken,
}

/// A message that was handed out, and waits for the next turn.
pub(super) enum Next {
    Message { event: Box<str>, payload: Payload },
    Mail(Mail),
}

impl Work {
    pub(super) fn is_pending(&self) -> bool {
        matches!(self, Work::Join(_) | Work::Handle(_) | Work::Next(_))
    }
}

pub(super) struct Pending<F> {
    pub(super) future: F,
    pub(super) ticket: Ticket,
    pub(super) line: Option<Line>,
    pub(super) since: Option<Instant>,
}

/// What is known of a message besides what came of it.
pub(super) struct Told {
    pub(super) ticket: Ticket,
    pub(super) line: Option<Line>,
    pub(super) since: Option<Instant>,
}

impl<F> Pending<F> {
    pub(super) fn told(self) -> Told {
        Told {
            ticket: self.ticket,
            line: self.line,
            since: self.since,
        }
    }
}

/// Who hears a channel's topic: its client, or the channel first if it intercepts something.
pub(super) fn subscriber(context: &Arc<Context>, key: Key, route: &Route) -> Arc<dyn Subscriber> {
    match route.intercepts {
        [] => context.client.clone(),
        events => Arc::new(Interceptor {
            channel: Recipient::new(context.clone(), key),
            events,
        }),
    }
}

/// Gives a channel what came from within the app.
pub(super) fn deliver(channel: Box<dyn Instance>, mail: Mail) -> Handling {
    match mail {
        Mail::Info(letter) => channel.handle_info(letter),
        Mail::Out { event, payload } => channel.handle_out(event, payload),
        // The session carries these out without a turn.
        Mail::Presence(_) | Mail::Stop | Mail::Overrun => {
            Box::pin(std::future::ready((channel, Ok(Reply::none()))))
        }
    }
}
