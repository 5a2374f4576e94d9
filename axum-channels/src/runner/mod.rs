//! Runs the channels of one connection: carries out the effects of its [`Session`].

mod drain;
mod end;
mod publish_pause;
mod slot;
mod turn;
mod work;

pub(crate) use drain::Drain;
pub(crate) use turn::Turn;

use crate::channel::Route;
use crate::error::UnknownEvent;
use crate::log::{self, Filter};
use crate::message::{Address, Message, Outgoing};
use crate::rate_limit::{Bucket, Excess, RateLimit};
use crate::session::{Effect, Effects, Key, Load, RouteId, Session};
use crate::socket::{Context, RouteTable};
use publish_pause::PublishPause;
use slot::{Next, Slot, deliver};
use std::sync::Arc;
use std::time::Duration;

/// Settings shared by all connections to a socket.
pub(crate) struct Handlers {
    /// The type of the socket's handler.
    pub(crate) name: &'static str,
    pub(crate) table: Arc<RouteTable>,
    pub(crate) routes: Vec<Route>,
    pub(crate) join_timeout: Duration,
    pub(crate) drain_timeout: Duration,
    pub(crate) rate_limit: Option<RateLimit>,
    /// Filter for logged parameters.
    pub(crate) filter: Arc<Filter>,
}

/// The channels of one connection.
///
/// A join or a message whose future is ready at once costs nothing but that future. A pending future is kept, and polled
/// with all others when the connection's task runs.
pub(crate) struct Runner {
    context: Arc<Context>,
    handlers: Arc<Handlers>,
    session: Session,
    slots: Vec<Slot>,
    /// Number of slots with pending work.
    pending: usize,
    /// Slot to poll first: the next turn continues where the last one ran out of budget.
    cursor: usize,
    publish_pause: PublishPause,
    /// Created with the first message if there is a rate limit.
    bucket: Option<Box<Bucket>>,
}

impl Handlers {
    fn route(&self, RouteId(index): RouteId) -> &Route {
        &self.routes[index as usize]
    }

    fn log(&self, route: &Route) -> log::ChannelLog<'_> {
        log::ChannelLog {
            socket: self.name,
            channel: route.name,
            filter: &self.filter,
        }
    }
}

impl Runner {
    pub(crate) fn new(context: Arc<Context>, handlers: Arc<Handlers>) -> Self {
        let session = Session::new(handlers.table.rules.clone());
        Runner {
            context,
            handlers,
            session,
            slots: Vec::new(),
            pending: 0,
            cursor: 0,
            publish_pause: PublishPause::default(),
            bucket: None,
        }
    }

    /// Receives a message from the client.
    pub(crate) fn receive(&mut self, message: Message<'_>, turn: &mut Turn<'_, '_>) {
        turn.count();
        let mut effects = Effects::default();
        match self.excess(message.len(), turn) {
            Some(Excess::Close) => self.context.client.close_for_excess(),
            // A client does not send a leave twice: it would stay in the topic, and among its presences.
            Some(Excess::Refuse) if !message.event.is("phx_leave") => {
                Session::refuse(message, &mut effects);
            }
            _ => self.session.receive(message, &mut effects),
        }
        self.carry_out(effects, turn);
    }

    /// Counts a frame that is no whole message: a ping, a pong or a fragment. Returns whether it is within the rate limit.
    pub(crate) fn receive_frame(&mut self, bytes: usize, turn: &mut Turn<'_, '_>) -> bool {
        turn.count();
        match self.excess(bytes, turn) {
            None => true,
            Some(Excess::Refuse) => false,
            Some(Excess::Close) => {
                self.context.client.close_for_excess();
                false
            }
        }
    }

    /// Returns the action for so many bytes beyond the rate limit. `None` if they are within the limit.
    fn excess(&mut self, bytes: usize, turn: &Turn<'_, '_>) -> Option<Excess> {
        let limit = self.handlers.rate_limit.as_ref()?;
        let full = || Box::new(Bucket::full(limit.clone(), turn.now()));
        let bucket = self.bucket.get_or_insert_with(full);
        (!bucket.take(bytes, turn.now())).then(|| bucket.excess())
    }

    /// Returns the load of the channels' queues.
    pub(crate) fn load(&mut self) -> Load {
        self.session.load()
    }

    /// Polls pending work within the turn's budget.
    pub(crate) fn poll(&mut self, turn: &mut Turn<'_, '_>) {
        let mut effects = Effects::default();
        self.take_app_messages(&mut effects);
        self.carry_out(effects, turn);
        let mut unseen = self.slots.len();
        while self.pending > 0 && unseen > 0 && !turn.is_over() {
            let mut effects = Effects::default();
            if self.cursor >= self.slots.len() {
                self.cursor = 0;
            }
            if self.poll_slot(self.cursor, &mut effects, turn) {
                self.carry_out(effects, turn);
                unseen = self.slots.len(); // slots may have moved
            } else {
                self.cursor += 1;
                unseen -= 1;
            }
        }
    }

    /// Returns whether the client has to pause because it publishes faster than subscribers receive.
    pub(crate) fn is_paused(&mut self, turn: &mut Turn<'_, '_>) -> bool {
        self.publish_pause.lasts(turn)
    }

    /// Requests another turn if this one's budget was used up: at once, or after a pause.
    pub(crate) fn end_turn(&mut self, turn: &mut Turn<'_, '_>) {
        if turn.is_pressed() {
            self.publish_pause.begin();
            self.publish_pause.lasts(turn);
        } else if turn.ends() {
            turn.again();
        }
    }

    /// Ends every channel: an idle one at once, a busy one when it has handled all received messages.
    fn close(&mut self, turn: &mut Turn<'_, '_>) {
        let mut effects = Effects::default();
        if let Some(mailbox) = self.context.mailbox.get() {
            mailbox.drain(|key, message| {
                self.session.receive_app(key, message, &mut effects);
                Ok(())
            });
        }
        for slot in &mut self.slots {
            slot.subscription = None;
            self.context.end_resources(slot.key);
        }
        self.session.close(&mut effects);
        self.carry_out(effects, turn);
    }

    /// Returns whether all channels have ended.
    fn is_empty(&self) -> bool {
        self.session.len() == 0
    }

    /// Logs the channels that have not ended in time. They end when the runner is dropped.
    fn log_aborted(&self) {
        for slot in &self.slots {
            let name = self.handlers.route(slot.route).name;
            log::aborted(&slot.topic, name, self.handlers.drain_timeout);
        }
    }

    /// Passes the app's messages to the session.
    fn take_app_messages(&mut self, effects: &mut Effects<'_>) {
        let (session, context) = (&mut self.session, &self.context);
        if let Some(mailbox) = context.mailbox.get() {
            mailbox.drain(|key, message| match message {
                message if !message.ends() && !session.has_room(key) => Err(message),
                message => {
                    if !session.receive_app(key, message, effects) {
                        context.forget(key); // it may have subscribed after its end
                    }
                    Ok(())
                }
            });
        }
    }

    /// Sends a message. One that cannot be sent ends its channel.
    fn send(&mut self, message: &Outgoing<'_>, effects: &mut Effects<'_>) {
        if let Err(error) = self.context.client.send(message)
            && error.ends_channel()
            && let Address::Topic(topic) = &message.topic
        {
            self.session.unsendable(topic, effects);
        }
    }

    fn log_no_event(&self, key: Key, event: &str) {
        if let Some(slot) = self.slots.iter().find(|slot| slot.key == key) {
            let name = self.handlers.route(slot.route).name;
            log::crashed(&slot.topic, name, &UnknownEvent::new(event).into());
        }
    }

    fn carry_out(&mut self, mut effects: Effects<'_>, turn: &mut Turn<'_, '_>) {
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Send(message) => self.send(&message, &mut effects),
                Effect::Join(join) => self.join(join, &mut effects, turn),
                Effect::Subscribe { key } => self.subscribe(key),
                Effect::Handle {
                    ticket,
                    event,
                    payload,
                } if turn.is_over() => {
                    let event = (*event).into();
                    self.postpone(ticket, Next::Message { event, payload });
                }
                Effect::Deliver { ticket, message } if turn.is_over() => {
                    self.postpone(ticket, Next::AppMessage(message));
                }
                Effect::Handle {
                    ticket,
                    event,
                    payload,
                } => self.handle_in(ticket, &event, payload, &mut effects, turn),
                Effect::Deliver { ticket, message } => {
                    let start = |channel| deliver(channel, message);
                    self.handle(ticket, None, start, &mut effects, turn);
                }
                Effect::TakeAppMessages => self.take_app_messages(&mut effects),
                Effect::Presence { key, change } => self.change_presence(key, change, &mut effects),
                Effect::Diff { topic, diff } => self.publish_diff(&topic, diff),
                Effect::Stop { key, reason } => self.stop(key, reason, &mut effects),
                Effect::Overrun { topic } => log::overrun(&topic, self.handlers.name),
                Effect::Unmatched { topic } => log::unmatched(topic.as_str(), self.handlers.name),
                Effect::NoEvent { key, event } => self.log_no_event(key, event.as_str()),
                Effect::TooMany { limit } => log::too_many(limit, self.handlers.name),
            }
        }
    }
}
