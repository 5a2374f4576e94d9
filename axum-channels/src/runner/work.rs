//! Joins, and messages to channels.

use super::slot::{Next, Pending, PendingJoin, Slot, TurnMeta, Work, deliver, find, subscriber};
use super::{Runner, Turn};
use crate::channel::{Accepted, Handling, Instance, JoinOptions, Joining};
use crate::error::Error;
use crate::guard::Done;
use crate::log::{self, Line};
use crate::message::{Answer, Asked, Payload, Promise, Reply};
use crate::metrics::{self, record};
use crate::pubsub::{OnLoss, Returning};
use crate::session::{AppMessage, Effects, Handled, Join, Joined, Key, Ticket};
use crate::socket::{Context, Socket};
use std::mem::replace;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

impl Runner {
    pub(super) fn join(&mut self, join: Join, effects: &mut Effects<'_>, turn: &mut Turn<'_, '_>) {
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
        let asked = behind.history.and_then(|_| Asked::in_payload(&payload));
        let meta = TurnMeta {
            ticket,
            line,
            since: metrics::started(),
        };
        let options = JoinOptions {
            limit: self.handlers.join_timeout,
            asked,
        };
        let future = (behind.join)(socket, payload, options);
        let pending = Pending { future, meta };
        let work = Work::Join(Box::new(PendingJoin { pending, asked }));
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

    /// Postpones a message to the next turn, as this one's budget is used up.
    pub(super) fn postpone(&mut self, ticket: Ticket, next: Next) {
        let Some(slot) = find(&mut self.slots, ticket.key) else {
            return;
        };
        let Work::None(instance) = replace(&mut slot.work, Work::Taken) else {
            return;
        };
        slot.work = Work::Next(Box::new((instance, ticket, next)));
        self.pending += 1;
    }

    /// Starts handling a message that was postponed to this turn.
    fn start_next(
        &mut self,
        (instance, ticket, next): (Box<dyn Instance>, Ticket, Next),
        effects: &mut Effects<'_>,
        turn: &mut Turn<'_, '_>,
    ) {
        let Some(slot) = find(&mut self.slots, ticket.key) else {
            return;
        };
        slot.work = Work::None(instance);
        match next {
            Next::Message { event, payload } => {
                self.handle_in(ticket, &event, payload, effects, turn);
            }
            Next::AppMessage(message) => {
                let start = |channel| deliver(channel, message);
                self.handle(ticket, None, start, effects, turn);
            }
        }
    }

    pub(super) fn handle_in(
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

    /// Returns the log line of a message, if it is enabled.
    fn line(&self, key: Key, event: &str, payload: &Payload) -> Option<Line> {
        let slot = self.slots.iter().find(|slot| slot.key == key)?;
        let route = self.handlers.route(slot.route);
        let log = self.handlers.log(route);
        Line::start(route.log_handle_in, &log, event, payload)
    }

    pub(super) fn handle(
        &mut self,
        ticket: Ticket,
        line: Option<Line>,
        start: impl FnOnce(Box<dyn Instance>) -> Handling,
        effects: &mut Effects<'_>,
        turn: &mut Turn<'_, '_>,
    ) {
        let Some(slot) = find(&mut self.slots, ticket.key) else {
            return;
        };
        let Work::None(instance) = replace(&mut slot.work, Work::Taken) else {
            return;
        };
        let mut future = start(instance);
        let meta = TurnMeta {
            ticket,
            line,
            since: metrics::started(),
        };
        let name = self.handlers.route(slot.route).name;
        turn.count();
        match turn.poll(name, &mut future) {
            Poll::Ready(done) => self.handled(meta, done, effects),
            Poll::Pending => {
                slot.work = Work::Handle(Box::new(Pending { future, meta }));
                self.pending += 1;
            }
        }
    }

    /// Polls a channel's pending work. Returns whether it ended, and pushes the effects of that.
    pub(super) fn poll_slot(
        &mut self,
        at: usize,
        effects: &mut Effects<'_>,
        turn: &mut Turn<'_, '_>,
    ) -> bool {
        let slot = &mut self.slots[at];
        let name = self.handlers.route(slot.route).name;
        match replace(&mut slot.work, Work::Taken) {
            Work::Join(mut join) => match turn.poll(name, &mut join.pending.future) {
                Poll::Ready(done) => {
                    self.pending -= 1;
                    self.joined(at, *join, done, effects);
                    return true;
                }
                Poll::Pending => slot.work = Work::Join(join),
            },
            Work::Handle(mut handling) => match turn.poll(name, &mut handling.future) {
                Poll::Ready(done) => {
                    self.pending -= 1;
                    self.handled(handling.meta, done, effects);
                    return true;
                }
                Poll::Pending => slot.work = Work::Handle(handling),
            },
            Work::Next(next) => {
                self.pending -= 1;
                self.start_next(*next, effects, turn);
                return true;
            }
            idle @ (Work::None(_) | Work::Taken) => slot.work = idle,
        }
        false
    }

    fn joined(
        &mut self,
        at: usize,
        join: PendingJoin,
        done: Done<Joining>,
        effects: &mut Effects<'_>,
    ) {
        let PendingJoin { pending, asked } = join;
        let TurnMeta {
            ticket,
            line,
            since,
        } = pending.meta;
        let slot = &mut self.slots[at];
        let failure = match done.and_then(|joined| joined) {
            Ok(Ok(Accepted {
                instance,
                response,
                reservation,
                history: _held, // until the subscription
            })) => {
                slot.work = Work::None(instance);
                slot.subscription = reservation;
                let name = self.handlers.route(slot.route).name;
                record!("join", since, channel = name, outcome = "ok");
                log::joined(&slot.topic, line);
                let response = match asked {
                    Some(asked) => self.recover(at, asked, response),
                    None => response,
                };
                // Messages that the join has sent to its own channel come before those of the client.
                self.take_app_messages(effects);
                return self.session.joined(ticket, Joined::Ok(response), effects);
            }
            Ok(Err(refused)) => Ok(refused.payload),
            Err(error) => Err(error),
        };
        let how = self.not_joined(at, line, since, failure);
        self.session.joined(ticket, how, effects);
    }

    /// Drops the slot of a join that was refused, or has failed, and logs it.
    fn not_joined(
        &mut self,
        at: usize,
        line: Option<Line>,
        since: Option<Instant>,
        failure: Result<Payload, Error>,
    ) -> Joined {
        let Slot {
            key, topic, route, ..
        } = self.slots.swap_remove(at);
        self.context.forget(key);
        let name = self.handlers.route(route).name;
        match failure {
            Ok(payload) => {
                record!("join", since, channel = name, outcome = "refused");
                log::refused_join(&topic, &payload, line);
                Joined::Refused(payload)
            }
            Err(error) => {
                record!("join", since, channel = name, outcome = "crashed");
                log::join_crashed(&topic, self.handlers.name, &error);
                Joined::Crashed
            }
        }
    }

    /// Subscribes a client that has asked for positions, which it receives from the reply on. Returns the reply.
    ///
    /// A reply that is not an object has no place for a position: the client is treated as if it had not asked.
    fn recover(&mut self, at: usize, asked: Asked, response: Payload) -> Payload {
        let slot = &mut self.slots[at];
        let route = self.handlers.route(slot.route);
        let Some(limits) = route.history else {
            return response;
        };
        if self.session.is_closing() || !response.is_object() {
            return response;
        }
        let key = slot.key;
        let pubsub = &self.context.endpoint.shared().pubsub;
        let recovered = pubsub.recover(Returning {
            topic: &slot.topic,
            limits,
            asked,
            subscriber: subscriber(&self.context, slot.key, route),
            id: self.context.id.as_ref(),
            on_loss: pubsub.cluster().map(|_| on_loss(&self.context, key)),
        });
        let Some(recovered) = recovered else {
            return response;
        };
        let response = recovered.add_to(&response);
        slot.subscription = Some(recovered.subscription);
        response
    }

    pub(super) fn subscribe(&mut self, key: Key) {
        let Some(slot) = find(&mut self.slots, key) else {
            return;
        };
        if slot.subscription.as_ref().is_some_and(|it| it.begin()) {
            return;
        }
        let subscriber = subscriber(&self.context, key, self.handlers.route(slot.route));
        let pubsub = &self.context.endpoint.shared().pubsub;
        slot.subscription = Some(pubsub.subscribe(slot.topic.clone(), subscriber));
    }

    fn handled(
        &mut self,
        TurnMeta {
            ticket,
            line,
            since,
        }: TurnMeta,
        done: Done<Handling>,
        effects: &mut Effects<'_>,
    ) {
        let Some(slot) = find(&mut self.slots, ticket.key) else {
            return;
        };
        let name = self.handlers.route(slot.route).name;
        let result = done.and_then(|(instance, result)| {
            slot.work = Work::None(instance);
            result
        });
        let how = match result {
            Ok(Reply(answer)) => {
                record!("handle", since, channel = name, outcome = "ok");
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
                record!("handle", since, channel = name, outcome = "crashed");
                log::crashed(&slot.topic, name, &error);
                Handled::Crashed
            }
        };
        self.take_app_messages(effects); // a channel that has stopped itself receives no more messages
        self.session.handled(ticket, how, effects);
    }

    /// The reply will come from another task.
    fn bind(&self, ticket: &Ticket, promise: &Promise) {
        if let Some(reply_to) = self.session.reply_to(ticket) {
            let (context, key) = (Arc::downgrade(&self.context), ticket.key);
            promise.bind(move |status, response| {
                if let Some(context) = context.upgrade() {
                    let sent = context.client.send(&reply_to.reply(status, response));
                    context.check_sent(key, sent);
                }
            });
        }
    }
}

/// Returns a function that ends a channel with an error, so that its client joins again.
fn on_loss(context: &Arc<Context>, key: Key) -> OnLoss {
    let context = Arc::downgrade(context);
    Box::new(move || {
        if let Some(context) = context.upgrade() {
            let _ = context.post(key, AppMessage::Lost); // a client that is gone needs no end
        }
    })
}
