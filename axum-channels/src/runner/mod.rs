//! Runs the channels of one connection: carries out what its [`Session`] wants done.

mod guard;
mod slot;

pub(crate) use guard::guarded;

use crate::channel::{Instance, Joining, Route, Turn, ending};
use crate::log::{self, Line};
use crate::message::{Answer, Message, Payload, Promise, Refused, Reply, Topic, Why};
use crate::metrics::{self, told};
use crate::session::{
    Change, Effect, Effects, Handled, Join, Joined, Key, Load, Reason, RouteId, Rules, Session,
    Ticket,
};
use crate::socket::{Context, Socket};
use guard::{Done, drop_guarded, poll_guarded};
use slot::{Pending, Slot, Told, Work, deliver, subscriber};
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

/// What is the same for every connection to a socket.
pub(crate) struct Handlers {
    /// The type of the socket's handler.
    pub(crate) name: &'static str,
    pub(crate) rules: Arc<Rules>,
    pub(crate) routes: Vec<Route>,
    pub(crate) join_timeout: Duration,
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
    /// Slots with something under way.
    pending: usize,
}

impl Handlers {
    fn route(&self, RouteId(index): RouteId) -> &Route {
        &self.routes[index as usize]
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
        }
    }

    /// Takes a message from the client.
    pub(crate) fn receive(&mut self, message: Message<'_>, cx: &mut task::Context<'_>) {
        let mut effects = Effects::default();
        self.session.receive(message, &mut effects);
        self.carry_out(effects, cx);
    }

    /// How much waits for the channels.
    pub(crate) fn load(&mut self) -> Load {
        self.session.load()
    }

    /// Goes on with what is under way.
    pub(crate) fn poll(&mut self, cx: &mut task::Context<'_>) {
        let mut effects = Effects::default();
        self.take_mail(&mut effects);
        self.carry_out(effects, cx);
        let mut at = 0;
        while self.pending > 0 && at < self.slots.len() {
            let mut effects = Effects::default();
            if self.poll_slot(at, &mut effects, cx) {
                self.carry_out(effects, cx);
                at = 0; // slots may have moved
            } else {
                at += 1;
            }
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
                        context.unsubscribe(key); // it may have subscribed when it had ended already
                    }
                    Ok(())
                }
            });
        }
    }

    fn carry_out(&mut self, mut effects: Effects<'_>, cx: &mut task::Context<'_>) {
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Send(message) => self.context.client.send(&message),
                Effect::Join(join) => self.join(join, &mut effects, cx),
                Effect::Subscribe { key } => self.subscribe(key),
                Effect::Handle {
                    ticket,
                    event,
                    payload,
                } => {
                    let line = log::started!(DEBUG).map(|since| Line::new(since, &event, &payload));
                    let start =
                        |channel: Box<dyn Instance>| channel.handle_in((*event).into(), payload);
                    self.handle(ticket, line, start, &mut effects, cx);
                }
                Effect::Deliver { ticket, mail } => {
                    let start = |channel| deliver(channel, mail);
                    self.handle(ticket, None, start, &mut effects, cx);
                }
                Effect::Presence { key, change } => self.change_presence(key, change),
                Effect::Stop { key, reason } => self.stop(key, reason),
                Effect::Overrun { topic } => log::overrun(&topic, self.handlers.name),
                Effect::Unmatched { topic } => log::unmatched(&topic, self.handlers.name),
                Effect::TooMany { limit } => log::too_many(limit, self.handlers.name),
            }
        }
    }

    fn join(&mut self, join: Join, effects: &mut Effects<'_>, cx: &mut task::Context<'_>) {
        let Join {
            ticket,
            route,
            topic,
            join_ref,
            payload,
        } = join;
        let line = log::started!(INFO).map(|since| Line::new(since, "phx_join", &payload));
        let key = ticket.key;
        let socket = Socket::new(self.context.clone(), topic.clone(), join_ref, key);
        let since = metrics::started();
        let future = (self.handlers.route(route).join)(socket, payload, self.handlers.join_timeout);
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
        self.poll_slot(self.slots.len() - 1, effects, cx);
    }

    fn handle(
        &mut self,
        ticket: Ticket,
        line: Option<Line>,
        start: impl FnOnce(Box<dyn Instance>) -> Turn,
        effects: &mut Effects<'_>,
        cx: &mut task::Context<'_>,
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
        match poll_guarded(&mut pending.future, cx) {
            Poll::Ready(done) => self.handled(pending.told(), done, effects),
            Poll::Pending => {
                slot.work = Work::Handle(Box::new(pending));
                self.pending += 1;
            }
        }
    }

    /// Whether something ended, with what effects.
    fn poll_slot(
        &mut self,
        at: usize,
        effects: &mut Effects<'_>,
        cx: &mut task::Context<'_>,
    ) -> bool {
        match &mut self.slots[at].work {
            Work::Join(join) => {
                let Poll::Ready(done) = poll_guarded(&mut join.future, cx) else {
                    return false;
                };
                self.pending -= 1;
                if let Work::Join(join) = std::mem::replace(&mut self.slots[at].work, Work::Taken) {
                    self.joined(at, *join, done, effects);
                }
                true
            }
            Work::Handle(turn) => {
                let Poll::Ready(done) = poll_guarded(&mut turn.future, cx) else {
                    return false;
                };
                self.pending -= 1;
                if let Work::Handle(turn) = std::mem::replace(&mut self.slots[at].work, Work::Taken)
                {
                    self.handled(turn.told(), done, effects);
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
                log::joined("JOINED", &slot.topic, join.line);
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
        self.context.unsubscribe(key);
        let name = self.handlers.route(route).name;
        let how = match refusal {
            Why::Said { payload, .. } => {
                told!("join", join.since, channel = name, outcome = "refused");
                log::joined("REFUSED JOIN", &topic, join.line);
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
        done: Done<Turn>,
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
                log::handled(&slot.topic, name, line);
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
        if matches!(slot.work, Work::Join(_) | Work::Handle(_)) {
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
        self.context.unsubscribe(key);
        let tracker = &self.context.endpoint.hub().tracker;
        self.publish_presence(&topic, tracker.leave(&topic, owner));
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        for slot in std::mem::take(&mut self.slots) {
            self.end(slot, Reason::Disconnected);
        }
    }
}
