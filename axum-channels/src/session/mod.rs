//! What one client has joined: a pure state machine, `state + message -> effects`.
//!
//! It runs nothing and knows neither clock nor network. Whoever holds it carries the effects out, in order, and tells it
//! how joins and messages ended. Source of the rules: Phoenix's `Phoenix.Socket` (`handle_in`) and `Phoenix.Channel.Server`.

mod effect;
mod mail;
mod member;
mod release;
mod rules;
#[cfg(test)]
mod tests;

pub use effect::Reason;
pub(crate) use effect::{
    Effect, Effects, Handled, Join, Joined, Key, Load, ReplyTo, RouteId, Ticket,
};
pub(crate) use mail::{Change, Mail};
pub(crate) use rules::{Pattern, Rules};

use member::{Doing, Item, Member, closed, notice, reply, unmatched};

use crate::message::{Body, Message, Outgoing, Payload, Ref, Status, Topic};
use std::sync::Arc;

/// The channels of one socket.
pub(crate) struct Session {
    rules: Arc<Rules>,
    channels: Vec<Member>,
    next_key: u32,
    /// Whether there may be a channel for which much waits: then all are looked at.
    loaded: bool,
    /// Mail was held back for want of room.
    held_back: bool,
    /// The client is gone: each channel ends when it has handled what was received.
    closing: bool,
}

impl Session {
    pub(crate) fn new(rules: Arc<Rules>) -> Self {
        Session {
            rules,
            channels: Vec::new(),
            next_key: 0,
            loaded: false,
            held_back: false,
            closing: false,
        }
    }

    /// Ends the session in good order: the client is gone, and nothing more is received from it.
    ///
    /// A channel with nothing to do ends at once. A busy one ends when it has handled every message that was received before.
    /// Source: in Phoenix a channel's process finds the end of its transport in its mailbox, behind those messages.
    pub(crate) fn close(&mut self, effects: &mut Effects<'_>) {
        self.closing = true;
        let keys: Vec<Key> = self.channels.iter().map(|member| member.key).collect();
        for key in keys {
            self.end_if_idle(key, effects);
        }
    }

    /// A message has come in.
    pub(crate) fn receive<'m>(&mut self, message: Message<'m>, effects: &mut Effects<'m>) {
        if let Some(reason) = message.too_long() {
            return effects.send(reply(&message, Status::Error, reason));
        }
        if message.topic == Topic::PHOENIX && message.event == "heartbeat" {
            let body = Body::Reply {
                status: Status::Ok,
                response: Payload::empty(),
            };
            effects.send(Outgoing {
                join_ref: None,
                reference: message.reference,
                topic: Topic::phoenix(),
                body,
            });
            return;
        }
        let known = self
            .channels
            .iter()
            .position(|member| *member.topic == *message.topic);
        match (known, &*message.event) {
            (None, "phx_join") => self.join(message, None, effects),
            (None, "phx_leave") => effects.send(reply(&message, Status::Ok, Payload::empty())),
            (None, _) => effects.send(unmatched(message)),
            (Some(at), "phx_join") => self.join_again(at, message, effects),
            (Some(at), _) if self.channels[at].doing != Doing::Nothing => {
                self.wait(at, message, effects)
            }
            (Some(at), _) if self.channels[at].is_stale(&message) => {}
            (Some(at), "phx_leave") => self.leave(at, message, effects),
            (Some(at), _) => effects.push(self.channels[at].handle(message)),
        }
    }

    /// Answers a message that is beyond the rate limit, and does nothing else about it.
    pub(crate) fn refuse<'m>(message: &Message<'m>, effects: &mut Effects<'m>) {
        let reason = Payload::constant(r#"{"reason":"rate limited"}"#);
        effects.send(reply(message, Status::Error, reason));
    }

    /// A join that [`Effect::Join`] started has ended.
    pub(crate) fn joined(&mut self, ticket: Ticket, how: Joined, effects: &mut Effects<'_>) {
        let Some(at) = self.find(ticket.key) else {
            return;
        };
        let is_joined = matches!(how, Joined::Ok(_));
        let (status, response) = match how {
            Joined::Ok(response) => (Status::Ok, response),
            Joined::Refused(reason) => (Status::Error, reason),
            Joined::Crashed => (
                Status::Error,
                Payload::constant(r#"{"reason":"join crashed"}"#),
            ),
        };
        let member = &self.channels[at];
        effects.send(Outgoing {
            join_ref: member.given_ref(),
            ..member.reply(ticket.reference, status, response)
        });
        if let Some(join_ref) = ticket.replaces {
            effects.send(closed(member.topic.clone(), join_ref));
        }
        if !is_joined {
            return self.end(at, effects);
        }
        // As in Phoenix, where the socket reads no broadcast before it has answered the join: a client that takes what it is
        // answered for the state of things would forget what it heard before.
        if !self.closing {
            effects.push(Effect::Subscribe { key: ticket.key });
        }
        self.change_presences(at, effects);
        self.free(at, effects);
    }

    /// A message that [`Effect::Handle`] handed out has been handled.
    pub(crate) fn handled(&mut self, ticket: Ticket, how: Handled, effects: &mut Effects<'_>) {
        let Some(at) = self.find(ticket.key) else {
            return;
        };
        match how {
            Handled::Silent => self.free(at, effects),
            Handled::Reply(status, response) => {
                effects.send(self.channels[at].reply(ticket.reference, status, response));
                self.free(at, effects);
            }
            Handled::Crashed => self.crash(at, effects),
        }
    }

    /// Whether a channel can be given mail: what waits for it already is not too much. If it cannot,
    /// [`TakeMail`](Effect::TakeMail) is to follow.
    pub(crate) fn has_room(&mut self, key: Key) -> bool {
        let has_room = self.find(key).is_none_or(|at| {
            let waiting = self.channels[at].waiting.as_ref();
            waiting.is_none_or(|waiting| waiting.mail() < self.rules.max_waiting)
        });
        self.held_back |= !has_room;
        has_room
    }

    /// How much waits for the channels. It is looked at before each message.
    pub(crate) fn load(&mut self) -> Load {
        if !self.loaded {
            return Load::Light;
        }
        let waiting = self.channels.iter().filter_map(|it| it.waiting.as_ref());
        let load = waiting.map(|it| it.load(&self.rules)).max();
        let load = load.unwrap_or(Load::Light);
        self.loaded = load != Load::Light;
        load
    }

    /// Takes what has come from within the app. `false` if it is for nobody: the channel has ended.
    ///
    /// What comes after the client's end is for nobody either: each channel reaches that end first. Changes to its own
    /// presences are carried out, since the messages that it still handles may make some.
    pub(crate) fn mail(&mut self, key: Key, mail: Mail, effects: &mut Effects<'_>) -> bool {
        let is_late = matches!(mail, Mail::Info(_) | Mail::Out { .. } | Mail::Overrun);
        !(self.closing && is_late) && self.take(key, mail, effects)
    }

    fn take(&mut self, key: Key, mail: Mail, effects: &mut Effects<'_>) -> bool {
        let Some(at) = self.find(key) else {
            return false;
        };
        let member = &mut self.channels[at];
        match mail {
            Mail::Stop if member.doing == Doing::Nothing => self.stop(at, effects),
            Mail::Stop => member.stopping = true,
            // A join is answered before its channel is ended.
            Mail::Overrun if member.doing == Doing::Joining => {
                let waiting = member.waiting.get_or_insert_default();
                waiting.items.push_front(Item::Mail(key, mail));
            }
            Mail::Overrun => {
                let topic = member.topic.clone();
                effects.push(Effect::Overrun { topic });
                self.crash(at, effects);
            }
            Mail::Presence(change) if member.doing != Doing::Joining => {
                effects.push(Effect::Presence { key, change });
            }
            mail if member.doing == Doing::Nothing => {
                member.doing = Doing::Handling;
                let ticket = Ticket {
                    key,
                    reference: None,
                    replaces: None,
                };
                effects.push(Effect::Deliver { ticket, mail });
            }
            mail => {
                let waiting = member.waiting.get_or_insert_default();
                waiting.items.push_back(Item::Mail(key, mail));
            }
        }
        true
    }

    /// Number of topics that are joined, or being joined.
    pub(crate) fn len(&self) -> usize {
        self.channels.len()
    }

    /// A push from one of the channels.
    pub(crate) fn push(
        &self,
        key: Key,
        event: &'static str,
        payload: Payload,
    ) -> Option<Outgoing<'static>> {
        let member = &self.channels[self.find(key)?];
        Some(Outgoing {
            join_ref: member.join_ref.clone(),
            reference: None,
            topic: member.topic.clone(),
            body: Body::Event { event, payload },
        })
    }

    /// Whom to answer later, if the channel is still there.
    pub(crate) fn reply_to(&self, ticket: &Ticket) -> Option<ReplyTo> {
        let member = &self.channels[self.find(ticket.key)?];
        Some(ReplyTo {
            join_ref: member.join_ref.clone(),
            reference: ticket.reference.clone(),
            topic: member.topic.clone(),
        })
    }

    /// `replaces` is the `join_ref` of the join that this one puts an end to.
    fn join<'m>(
        &mut self,
        message: Message<'m>,
        replaces: Option<Option<Ref>>,
        effects: &mut Effects<'m>,
    ) {
        let Some(route) = self.rules.route(&message.topic) else {
            effects.push(Effect::Unmatched {
                topic: message.topic.clone(),
            });
            effects.send(unmatched(message));
            return;
        };
        if self.channels.len() >= self.rules.max_channels {
            effects.push(Effect::TooMany {
                limit: self.rules.max_channels,
            });
            let reason = Payload::constant(r#"{"reason":"too many channels joined"}"#);
            effects.send(reply(&message, Status::Error, reason));
            return;
        }
        let Message {
            join_ref,
            reference,
            topic,
            payload,
            ..
        } = message;
        let topic = Topic::from(&*topic);
        let given = join_ref.is_some();
        let join_ref = join_ref.or_else(|| reference.clone());
        let key = self.add(topic.clone(), join_ref.clone(), given);
        let ticket = Ticket {
            key,
            reference,
            replaces,
        };
        effects.push(Effect::Join(Join {
            ticket,
            route,
            topic,
            join_ref,
            payload,
        }));
    }

    fn add(&mut self, topic: Topic, join_ref: Option<Ref>, given: bool) -> Key {
        let key = Key(self.next_key);
        self.next_key = self.next_key.wrapping_add(1);
        self.channels.reserve_exact(1); // most clients join one or two
        self.channels.push(Member {
            topic,
            join_ref,
            given,
            key,
            doing: Doing::Joining,
            stopping: false,
            waiting: None,
        });
        key
    }

    /// The newer join wins. One that is still under way is let finish first, as Phoenix does. What waits for the old channel
    /// goes with it: it was sent before, and may leave what is joined now.
    fn join_again<'m>(&mut self, at: usize, message: Message<'m>, effects: &mut Effects<'m>) {
        if self.channels[at].doing == Doing::Joining {
            return self.wait(at, message, effects);
        }
        let old = self.channels.swap_remove(at);
        effects.push(Effect::Stop {
            key: old.key,
            reason: Reason::Rejoined,
        });
        self.join(message, Some(old.given_ref()), effects);
        self.call_for_mail(effects);
    }

    fn leave(&mut self, at: usize, message: Message<'_>, effects: &mut Effects<'_>) {
        let member = &self.channels[at];
        effects.send(member.reply(message.reference, Status::Ok, Payload::empty()));
        effects.send(member.closed());
        effects.push(Effect::Stop {
            key: member.key,
            reason: Reason::Left,
        });
        self.channels.swap_remove(at);
    }

    /// Ends a channel that is through.
    fn stop(&mut self, at: usize, effects: &mut Effects<'_>) {
        let member = &self.channels[at];
        effects.send(member.closed());
        effects.push(Effect::Stop {
            key: member.key,
            reason: Reason::Stopped,
        });
        self.end(at, effects);
    }

    /// Ends a channel that something went wrong with.
    fn crash(&mut self, at: usize, effects: &mut Effects<'_>) {
        let member = &self.channels[at];
        let payload = Payload::constant(r#"{"reason":"channel_crash"}"#);
        let (topic, join_ref) = (member.topic.clone(), member.given_ref());
        effects.send(notice(topic, join_ref, "phx_error", payload));
        effects.push(Effect::Stop {
            key: member.key,
            reason: Reason::Crashed,
        });
        self.end(at, effects);
    }

    fn find(&self, key: Key) -> Option<usize> {
        self.channels.iter().position(|member| member.key == key)
    }
}
