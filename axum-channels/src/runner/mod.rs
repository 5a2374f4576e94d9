//! Runs the channels of one connection: carries out what its [`Session`] wants done.

mod drain;
mod guard;
mod pause;
mod slot;
mod turn;

pub(crate) use drain::Drain;
pub(crate) use guard::guarded;
pub(crate) use turn::Turn;

use crate::channel::{Handling, Instance, Joining, Route, ending};
use crate::log::{self, Filter, Line};
use crate::message::{Answer, Message, Payload, Promise, Refused, Reply, Topic, Why};
use crate::metrics::{self, told};
use crate::session::{
    Change, Effect, Effects, Handled, Join, Joined, Key, Load, Reason, RouteId, Rules, Session,
    Ticket,
};
use crate::socket::{Context, Socket};
use guard::{Done, drop_guarded};
use pause::Pause;
use slot::{Next, Pending, Slot, Told, Work, deliver, subscriber};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// What is the same for every connection to a socket.
pub(crate) struct Handlers {
    /// The type of the socket's handler.
    pub(crate) name: &'static str,
    pub(crate) rules: Arc<Rules>,
    pub(crate) routes: Vec<Route>,
    pub(crate) join_timeout: Duration,
    pub(crate) drain_timeout: Duration,
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
        }
    }

    /// Takes a message from the client.
    pub(crate) fn receive(&mut self, message: Message<'_>, turn: &mut Turn<'_, '_>) {
        let mut effects = Effects::default();
        self.session.receive(message, &mut effects);
        self.carry_out(effects, turn);
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
        } else if turn.is_over() {
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

    fn join(&mut self, join: Join, effects: &mut Effects<'_>, turn: &mut Turn<'_, '_>) {
        let Join {
            ticket,
            route,
            topic,
            join_ref,
            payload,
        } = join;
        let behind = self.handlers.route(route);
        let log = self.handlers.log(behind);
        let line = Line::start(behind.log_join, &log, "phx_join", &payload);
        let key = ticket.key;
        let socket = Socket::new(self.context.clone(), topic.clone(), join_ref, key);
        let since = metrics::started();
        let future = (behind.join)(socket, payload, self.handlers.join_timeout);
        let work = Work::Join(Box::new(Pending {
            future,
            ticket,
            line,
            since,
        }));
        self.slots.reserve_exact(1);
        self.slots.push(Slot {
            key,
            route,
            topic,
            subscription: None,
            work,
        });
        self.pending += 1;
        self.poll_slot(self.slots.len() - 1, effects, turn);
    }

    /// Keeps a message for the next turn, as this one's budget is used up.
    fn postpone(&mut self, ticket: Ticket, next: Next) {
        let slot = self.slots.iter_mut().find(|slot| slot.key == ticket.key);
        let Some(slot) = slot else { return };
        let Work::None(instance) = std::mem::replace(&mut slot.work, Work::Taken) else {
            return;
        };
        slot.work = Work::Next(Box::new((instance, ticket, next)));
        self.pending += 1;
    }

    /// Gives a channel a message that was kept for this turn.
    fn start_next(
        &mut self,
        (instance, ticket, next): (Box<dyn Instance>, Ticket, Next),
        effects: &mut Effects<'_>,
        turn: &mut Turn<'_, '_>,
    ) {
        let slot = self.slots.iter_mut().find(|slot| slot.key == ticket.key);
        let Some(slot) = slot else { return };
        slot.work = Work::None(instance);
        match next {
            Next::Message { event, payload } => {
                self.handle_in(ticket, &event, payload, effects, turn);
            }
            Next::Mail(mail) => {
                let start = |channel| deliver(channel, mail);
                self.handle(ticket, None, start, effects, turn);
            }
        }
    }

    fn handle_in(
        &mut self,
        ticket: Ticket,
        event: &str,
        payload: Payload,
        effects: &mut Effects<'_>,
        turn: &mut Turn<'_, '_>,
    ) {
        let line = self.line(ticket.key, event, &payload);
        let start = |channel: Box<dyn Instance>| channel.handle_in(event.into(), payload);
        self.handle(ticket, line, start, effects, turn);
    }

    /// What the log will have of a message, if that is wanted.
    fn line(&self, key: Key, event: &str, payload: &Payload) -> Option<Line> {
        let slot = self.slots.iter().find(|slot| slot.key == key)?;
        let route = self.handlers.route(slot.route);
        let log = self.handlers.log(route);
        Line::start(route.log_handle_in, &log, event, payload)
    }

    fn handle(
        &mut self,
        ticket: Ticket,
        line: Option<Line>,
        start: impl FnOnce(Box<dyn Instance>) -> Handling,
        effects: &mut Effects<'_>,
        turn: &mut Turn<'_, '_>,
    ) {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.key == ticket.key) else {
            return;
        };
        let Work::None(instance) = std::mem::replace(&mut slot.work, Work::Taken) else {
            return;
        };
        let mut pending = Pending {
            future: start(instance),
            ticket,
            line,
            since: metrics::started(),
        };
        let name = self.handlers.route(slot.route).name;
        turn.count();
        match turn.poll(name, &mut pending.future) {
            Poll::Ready(done) => self.handled(pending.told(), done, effects),
            Poll::Pending => {
                slot.work = Work::Handle(Box::new(pending));
                self.pending += 1;
            }
        }
    }

    /// Goes on with what a channel has under way. Whether something ended, with what effects.
    fn poll_slot(&mut self, at: usize, effects: &mut Effects<'_>, turn: &mut Turn<'_, '_>) -> bool {
        let slot = &mut self.slots[at];
        let name = self.handlers.route(slot.route).name;
        match &mut slot.work {
            Work::Join(join) => {
                let Poll::Ready(done) = turn.poll(name, &mut join.future) else {
                    return false;
                };
                self.pending -= 1;
                if let Work::Join(join) = std::mem::replace(&mut self.slots[at].work, Work::Taken) {
                    self.joined(at, *join, done, effects);
                }
                true
            }
            Work::Handle(handling) => {
                let Poll::Ready(done) = turn.poll(name, &mut handling.future) else {
                    return false;
                };
                self.pending -= 1;
                if let Work::Handle(handling) =
                    std::mem::replace(&mut self.slots[at].work, Work::Taken)
                {
                    self.handled(handling.told(), done, effects);
                }
                true
            }
            Work::Next(_) => {
                self.pending -= 1;
                if let Work::Next(next) = std::mem::replace(&mut self.slots[at].work, Work::Taken) {
                    self.start_next(*next, effects, turn);
                }
                true
            }
            Work::None(_) | Work::Taken => false,
        }
    }

    fn joined(
        &mut self,
        at: usize,
        join: Pending<Joining>,
        done: Done<Joining>,
        effects: &mut Effects<'_>,
    ) {
        let slot = &mut self.slots[at];
        let refusal = match done {
            Ok(Ok((instance, response))) => {
                slot.work = Work::None(instance);
                let name = self.handlers.route(slot.route).name;
                told!("join", join.since, channel = name, outcome = "ok");
                log::joined(&slot.topic, join.line);
                return self
                    .session
                    .joined(join.ticket, Joined::Ok(response), effects);
            }
            Ok(Err(Refused(why))) => why,
            Err(panic) => Why::Crashed(panic),
        };
        let Slot {
            key, topic, route, ..
        } = self.slots.swap_remove(at);
        self.context.forget(key);
        let name = self.handlers.route(route).name;
        let how = match refusal {
            Why::Said { payload, .. } => {
                told!("join", join.since, channel = name, outcome = "refused");
                log::refused_join(&topic, &payload, join.line);
                Joined::Refused(payload)
            }
            Why::Crashed(error) => {
                told!("join", join.since, channel = name, outcome = "crashed");
                log::join_crashed(&topic, self.handlers.name, &error);
                Joined::Crashed
            }
        };
        self.session.joined(join.ticket, how, effects);
    }

    fn subscribe(&mut self, key: Key) {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.key == key) else {
            return;
        };
        let subscriber = subscriber(&self.context, key, self.handlers.route(slot.route));
        let pubsub = &self.context.endpoint.hub().pubsub;
        slot.subscription = Some(pubsub.subscribe(slot.topic.clone(), subscriber));
    }

    fn handled(
        &mut self,
        Told {
            ticket,
            line,
            since,
        }: Told,
        done: Done<Handling>,
        effects: &mut Effects<'_>,
    ) {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.key == ticket.key) else {
            return;
        };
        let name = self.handlers.route(slot.route).name;
        let result = done.and_then(|(instance, result)| {
            slot.work = Work::None(instance);
            result
        });
        let how = match result {
            Ok(Reply(answer)) => {
                told!("handle", since, channel = name, outcome = "ok");
                log::handled(&slot.topic, line);
                match answer {
                    Answer::None => Handled::Silent,
                    Answer::Now(status, payload) => Handled::Reply(status, payload),
                    Answer::Later(promise) => {
                        self.bind(&ticket, &promise);
                        Handled::Silent
                    }
                }
            }
            Err(error) => {
                told!("handle", since, channel = name, outcome = "crashed");
                log::crashed(&slot.topic, name, &error);
                Handled::Crashed
            }
        };
        self.take_mail(effects); // a channel that has stopped itself gets no further message
        self.session.handled(ticket, how, effects);
    }

    /// The answer to a message will come from another task.
    fn bind(&self, ticket: &Ticket, promise: &Promise) {
        if let Some(reply_to) = self.session.reply_to(ticket) {
            let client = self.context.client.clone();
            promise.bind(move |status, response| client.send(&reply_to.reply(status, response)));
        }
    }

    fn change_presence(&self, key: Key, change: Change) {
        let Some(slot) = self.slots.iter().find(|slot| slot.key == key) else {
            return;
        };
        let (tracker, topic) = (&self.context.endpoint.hub().tracker, &slot.topic);
        let owner = self.context.owner(key);
        let diff = match change {
            Change::Track { key, meta } => tracker.track(topic, owner, &key, meta),
            Change::Update { key, meta } => tracker.update(topic, owner, &key, meta),
            Change::Untrack { key } => tracker.untrack(topic, owner, &key),
            Change::PushState => {
                let message = self
                    .session
                    .push(key, "presence_state", tracker.list(topic).into());
                return message
                    .into_iter()
                    .for_each(|message| self.context.client.send(&message));
            }
        };
        self.publish_presence(topic, diff);
    }

    fn publish_presence(&self, topic: &Topic, diff: Option<Payload>) {
        if let Some(diff) = diff {
            self.context
                .endpoint
                .broadcast(topic, "presence_diff", diff);
        }
    }

    fn stop(&mut self, key: Key, reason: Reason) {
        let Some(at) = self.slots.iter().position(|slot| slot.key == key) else {
            return;
        };
        let slot = self.slots.swap_remove(at);
        if slot.work.is_pending() {
            self.pending -= 1;
        }
        self.end(slot, reason);
    }

    /// Drops a channel, and all that it was known for.
    fn end(&self, mut slot: Slot, reason: Reason) {
        slot.subscription = None;
        let (key, topic) = (slot.key, slot.topic.clone());
        let owner = self.context.owner(key);
        ending(reason, || drop_guarded(slot));
        self.context.forget(key);
        let tracker = &self.context.endpoint.hub().tracker;
        self.publish_presence(&topic, tracker.leave(&topic, owner));
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        for slot in std::mem::take(&mut self.slots) {
            self.end(slot, Reason::Disconnected);
        }
        self.context.mailbox.close();
    }
}
