//! Runs the channels of one connection: carries out what its [`Session`] wants done.

mod drain;
mod end;
mod pause;
mod slot;
mod turn;
mod work;

pub(crate) use drain::Drain;
pub(crate) use turn::Turn;

use crate::channel::Route;
use crate::log::{self, Filter};
use crate::message::Message;
use crate::rate_limit::{Bucket, Excess, RateLimit};
use crate::session::{Effect, Effects, Load, RouteId, Rules, Session};
use crate::socket::Context;
use pause::Pause;
use slot::{Next, Slot, deliver};
use std::sync::Arc;
use std::time::Duration;

/// What is the same for every connection to a socket.
pub(crate) struct Handlers {
    /// The type of the socket's handler.
    pub(crate) name: &'static str,
    pub(crate) rules: Arc<Rules>,
    pub(crate) routes: Vec<Route>,
    pub(crate) join_timeout: Duration,
    pub(crate) drain_timeout: Duration,
    pub(crate) rate_limit: Option<RateLimit>,
    /// What the log does not show of parameters.
    pub(crate) filter: Arc<Filter>,
}

/// The channels of one connection.
///
/// A join or a message whose future is ready at once costs nothing but that future. One that is not is kept and polled
/// whenever the connection's task runs, beside all others.
pub(crate) struct Runner {
    context: Arc<Context>,
    handlers: Arc<Handlers>,
    session: Session,
    slots: Vec<Slot>,
    /// Number of slots with something under way.
    pending: usize,
    /// The slot to poll first, so that a turn goes on where the budget of the one before ended.
    cursor: usize,
    pause: Pause,
    /// From the first message on, if there is a rate limit.
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
        let session = Session::new(handlers.rules.clone());
        Runner {
            context,
            handlers,
            session,
            slots: Vec::new(),
            pending: 0,
            cursor: 0,
            pause: Pause::default(),
            bucket: None,
        }
    }

    /// Takes a message from the client.
    pub(crate) fn receive(&mut self, message: Message<'_>, turn: &mut Turn<'_, '_>) {
        turn.count();
        let mut effects = Effects::default();
        match self.excess(&message, turn) {
            None => self.session.receive(message, &mut effects),
            Some(Excess::Refuse) => Session::refuse(&message, &mut effects),
            Some(Excess::Close) => self.context.client.close_for_excess(),
        }
        self.carry_out(effects, turn);
    }

    /// What to do about a message that is beyond the rate limit. `None` if it is not.
    fn excess(&mut self, message: &Message<'_>, turn: &Turn<'_, '_>) -> Option<Excess> {
        let limit = self.handlers.rate_limit.as_ref()?;
        let full = || Box::new(Bucket::full(limit.clone(), turn.now()));
        let bucket = self.bucket.get_or_insert_with(full);
        (!bucket.take(message.len(), turn.now())).then(|| bucket.excess())
    }

    /// How much waits for the channels.
    pub(crate) fn load(&mut self) -> Load {
        self.session.load()
    }

    /// Goes on with what is under way, as far as the turn's budget goes.
    pub(crate) fn poll(&mut self, turn: &mut Turn<'_, '_>) {
        let mut effects = Effects::default();
        self.take_mail(&mut effects);
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

    /// Whether the client is to wait: what its messages published is more than others receive.
    pub(crate) fn is_paused(&mut self, turn: &mut Turn<'_, '_>) -> bool {
        self.pause.lasts(turn)
    }

    /// Asks for another turn if this one's budget was not enough: soon, or after a pause.
    pub(crate) fn end_turn(&mut self, turn: &mut Turn<'_, '_>) {
        if turn.is_pressed() {
            self.pause.begin();
            self.pause.lasts(turn);
        } else if turn.ends() {
            turn.again();
        }
    }

    /// Ends every channel: one that is idle at once, a busy one when it has handled what was received.
    fn close(&mut self, turn: &mut Turn<'_, '_>) {
        let mut effects = Effects::default();
        if let Some(mailbox) = self.context.mailbox.get() {
            mailbox.drain(|key, mail| {
                self.session.mail(key, mail, &mut effects);
                Ok(())
            });
        }
        for slot in &mut self.slots {
            slot.subscription = None;
            self.context.unsubscribe(slot.key);
        }
        self.session.close(&mut effects);
        self.carry_out(effects, turn);
    }

    /// Whether all channels have ended.
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

    /// Hands what came from within the app to the session.
    fn take_mail(&mut self, effects: &mut Effects<'_>) {
        let (session, context) = (&mut self.session, &self.context);
        if let Some(mailbox) = context.mailbox.get() {
            mailbox.drain(|key, mail| match mail {
                mail if !mail.ends() && !session.has_room(key) => Err(mail),
                mail => {
                    if !session.mail(key, mail, effects) {
                        context.forget(key); // it may have subscribed when it had ended already
                    }
                    Ok(())
                }
            });
        }
    }

    fn carry_out(&mut self, mut effects: Effects<'_>, turn: &mut Turn<'_, '_>) {
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Send(message) => self.context.client.send(&message),
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
                Effect::Deliver { ticket, mail } if turn.is_over() => {
                    self.postpone(ticket, Next::Mail(mail));
                }
                Effect::Handle {
                    ticket,
                    event,
                    payload,
                } => self.handle_in(ticket, &event, payload, &mut effects, turn),
                Effect::Deliver { ticket, mail } => {
                    let start = |channel| deliver(channel, mail);
                    self.handle(ticket, None, start, &mut effects, turn);
                }
                Effect::TakeMail => self.take_mail(&mut effects),
                Effect::Presence { key, change } => self.change_presence(key, change),
                Effect::Stop { key, reason } => self.stop(key, reason),
                Effect::Overrun { topic } => log::overrun(&topic, self.handlers.name),
                Effect::Unmatched { topic } => log::unmatched(&topic, self.handlers.name),
                Effect::TooMany { limit } => log::too_many(limit, self.handlers.name),
            }
        }
    }
}
