//! The topics that one client has joined: a pure state machine, `state + message -> effects`.
//!
//! It performs no I/O and has no clock. Its owner carries the effects out, in order, and reports the outcome of joins and
//! messages. Source of the rules: Phoenix's `Phoenix.Socket` (`handle_in`) and `Phoenix.Channel.Server`.

mod app_message;
mod effect;
mod member;
mod release;
mod rules;
#[cfg(test)]
mod tests;

pub(crate) use app_message::{AppMessage, Change, MetaChange, Out};
pub use effect::Reason;
pub(crate) use effect::{
    Effect, Effects, Handled, Join, Joined, Key, Load, ReplyTo, RouteId, Ticket,
};
pub(crate) use rules::{Pattern, Rules};

use member::{Ending, Item, Member, State, closed, heartbeat, notice, reply, unmatched};

use crate::message::{Body, Message, Name, Outgoing, Payload, Ref, Status, Topic};
use std::sync::Arc;

/// Number of full queues, by their bytes, that the channels of a client may have together.
const FULL_QUEUES: usize = 4;

/// The channels of one socket.
pub(crate) struct Session {
    rules: Arc<Rules>,
    channels: Vec<Member>,
    next_key: u32,
    /// A channel's queue may be long: all have to be checked.
    loaded: bool,
    /// Messages from the app were held back because a queue was full.
    held_back: bool,
    /// The client is gone: each channel ends when it has handled the received messages.
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

    /// Ends the session: the client is gone, and nothing more is received from it.
    ///
    /// An idle channel ends at once. A busy one ends when it has handled every message received before. Source: in Phoenix
    /// the end of the transport is a message in the channel process's mailbox, behind those messages.
    pub(crate) fn close(&mut self, effects: &mut Effects<'_>) {
        self.closing = true;
        let keys: Vec<Key> = self.channels.iter().map(|member| member.key).collect();
        for key in keys {
            self.end_if_idle(key, effects);
        }
    }

    /// Handles a message from the client.
    pub(crate) fn receive<'m>(&mut self, message: Message<'m>, effects: &mut Effects<'m>) {
        if let Some(reason) = message.too_long() {
            return effects.send(reply(message, Status::Error, reason));
        }
        if message.topic.is(Topic::PHOENIX) && message.event.is("heartbeat") {
            return effects.send(heartbeat(message.reference));
        }
        let mut members = self.channels.iter();
        let known = members.position(|member| message.topic.is(&member.topic));
        match (known, message.event.text()) {
            (None, Some("phx_join")) => self.join(message, None, effects),
            (None, Some("phx_leave")) => {
                effects.send(reply(message, Status::Ok, Payload::empty()));
            }
            (None, _) => effects.send(unmatched(message)),
            (Some(at), Some("phx_join")) => self.join_again(at, message, effects),
            (Some(at), _) if self.channels[at].state == State::Joining => {
                self.wait(at, message, effects);
            }
            (Some(at), _) if self.channels[at].is_stale(&message) => {}
            (Some(at), _) if self.channels[at].state == State::Handling => {
                self.wait(at, message, effects);
            }
            (Some(at), Some("phx_leave")) => self.leave(at, message, effects),
            (Some(at), _) => self.handle(at, message, effects),
        }
    }

    /// Hands a message to its channel, which has no clause for an event that is no string.
    fn handle<'m>(&mut self, at: usize, message: Message<'m>, effects: &mut Effects<'m>) {
        let member = &mut self.channels[at];
        let key = member.key;
        match message.event {
            Name::Text(event) => {
                member.state = State::Handling;
                let ticket = Ticket {
                    key,
                    reference: message.reference,
                    replaces: None,
                };
                let payload = message.payload;
                effects.push(Effect::Handle {
                    ticket,
                    event,
                    payload,
                });
            }
            event @ Name::Other(_) => {
                effects.push(Effect::NoEvent { key, event });
                self.crash(at, effects);
            }
        }
    }

    /// Answers a message beyond the rate limit with an error, and does not handle it.
    pub(crate) fn refuse<'m>(message: Message<'m>, effects: &mut Effects<'m>) {
        let reason = Payload::constant(r#"{"reason":"rate limited"}"#);
        effects.send(reply(message, Status::Error, reason));
    }

    /// Ends a join that [`Effect::Join`] started.
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
            join_ref: member.client_join_ref(),
            ..member.reply(ticket.reference, status, response)
        });
        if let Some(join_ref) = ticket.replaces {
            effects.send(closed(member.topic.clone(), join_ref));
        }
        if !is_joined {
            return self.end(at, effects);
        }
        // As in Phoenix, where the socket reads no broadcast before it has answered the join: a client that takes the reply
        // as the current state would overwrite earlier broadcasts.
        if !self.closing {
            effects.push(Effect::Subscribe { key: ticket.key });
        }
        self.change_presences(at, effects);
        self.free(at, effects);
    }

    /// Ends the handling of a message that [`Effect::Handle`] handed out.
    pub(crate) fn handled(&mut self, ticket: Ticket, how: Handled, effects: &mut Effects<'_>) {
        let Some(at) = self.find(ticket.key) else {
            return;
        };
        let member = &self.channels[at];
        match how {
            Handled::Crashed => self.crash(at, effects),
            _ if member.ending == Some(Ending::Crash) => self.crash(at, effects),
            Handled::Silent => self.free(at, effects),
            Handled::Reply(status, response) => {
                effects.send(member.reply(ticket.reference, status, response));
                self.free(at, effects);
            }
        }
    }

    /// Returns whether a channel's queue has room for a message from the app.
    ///
    /// If it has none, [`TakeAppMessages`](Effect::TakeAppMessages) follows once it has.
    pub(crate) fn has_room(&mut self, key: Key) -> bool {
        let has_room = self.find(key).is_none_or(|at| {
            let waiting = self.channels[at].waiting.as_ref();
            waiting.is_none_or(|waiting| waiting.app_messages() < self.rules.max_queued_messages)
        });
        self.held_back |= !has_room;
        has_room
    }

    /// Returns the load of the channels' queues. It is checked before each message.
    pub(crate) fn load(&mut self) -> Load {
        if !self.loaded {
            return Load::Light;
        }
        let waiting = self.channels.iter().filter_map(|it| it.waiting.as_ref());
        let loads = waiting.map(|it| it.load(&self.rules));
        let load = loads.fold(self.load_of_all(), Load::max);
        self.loaded = load != Load::Light;
        load
    }

    /// Returns the load of all queues together.
    fn load_of_all(&self) -> Load {
        let waiting = self.channels.iter().filter_map(|it| it.waiting.as_ref());
        match waiting.map(|it| it.bytes()).sum::<usize>() {
            0 => Load::Light,
            bytes => self.rules.load(0, bytes / FULL_QUEUES),
        }
    }

    /// Handles a message from the app. Returns `false` if its channel has ended.
    ///
    /// Messages after the client's end are dropped too, since each channel reaches that end first. Changes to a channel's
    /// own presences are carried out, since the messages that it still handles may make some.
    pub(crate) fn receive_app(
        &mut self,
        key: Key,
        app_message: AppMessage,
        effects: &mut Effects<'_>,
    ) -> bool {
        let is_late = matches!(
            app_message,
            AppMessage::Info(_) | AppMessage::Out(_) | AppMessage::Overrun | AppMessage::Lost
        );
        !(self.closing && is_late) && self.take(key, app_message, effects)
    }

    fn take(&mut self, key: Key, app_message: AppMessage, effects: &mut Effects<'_>) -> bool {
        let Some(at) = self.find(key) else {
            return false;
        };
        let member = &mut self.channels[at];
        match app_message {
            AppMessage::Stop if member.state == State::Idle => self.stop(at, effects),
            AppMessage::Stop => member.ending = member.ending.max(Some(Ending::Stop)),
            AppMessage::Unsendable if member.state == State::Idle => self.crash(at, effects),
            AppMessage::Unsendable => member.ending = Some(Ending::Crash),
            // A join is answered before its channel is ended.
            AppMessage::Overrun | AppMessage::Lost if member.state == State::Joining => {
                let waiting = member.waiting.get_or_insert_default();
                waiting.items.push_front(Item::AppMessage(key, app_message));
            }
            AppMessage::Overrun => {
                let topic = member.topic.clone();
                effects.push(Effect::Overrun { topic });
                self.crash(at, effects);
            }
            AppMessage::Lost => self.crash(at, effects),
            AppMessage::Presence(change) if member.state != State::Joining => {
                effects.push(Effect::Presence { key, change });
            }
            app_message if member.state == State::Idle => {
                member.state = State::Handling;
                let ticket = Ticket {
                    key,
                    reference: None,
                    replaces: None,
                };
                effects.push(Effect::Deliver {
                    ticket,
                    message: app_message,
                });
            }
            app_message => {
                let waiting = member.waiting.get_or_insert_default();
                let item = Item::AppMessage(key, app_message);
                match member.state {
                    State::Joining => waiting.push_before_messages(item),
                    _ => waiting.items.push_back(item),
                }
            }
        }
        true
    }

    /// Returns whether the client is gone.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing
    }

    /// Returns the number of topics that are joined or being joined.
    pub(crate) fn len(&self) -> usize {
        self.channels.len()
    }

    /// Creates a push from one of the channels.
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
            topic: member.topic.clone().into(),
            body: Body::Event { event, payload },
        })
    }

    /// Returns the address of a later reply, if the channel still exists.
    pub(crate) fn reply_to(&self, ticket: &Ticket) -> Option<ReplyTo> {
        let member = &self.channels[self.find(ticket.key)?];
        Some(ReplyTo {
            join_ref: member.join_ref.clone(),
            reference: ticket.reference.clone(),
            topic: member.topic.clone(),
        })
    }

    /// `replaces` is the `join_ref` of the join that this one replaces.
    fn join<'m>(
        &mut self,
        message: Message<'m>,
        replaces: Option<Option<Ref>>,
        effects: &mut Effects<'m>,
    ) {
        let route = message
            .topic
            .text()
            .map(|topic| (Topic::from(topic), self.rules.route(topic)));
        let Some((topic, Some(route))) = route else {
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
            effects.send(reply(message, Status::Error, reason));
            return;
        }
        let Message {
            join_ref,
            reference,
            payload,
            ..
        } = message;
        let has_join_ref = join_ref.is_some();
        let join_ref = join_ref.or_else(|| reference.clone());
        let key = self.add(topic.clone(), join_ref.clone(), has_join_ref);
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

    fn add(&mut self, topic: Topic, join_ref: Option<Ref>, has_join_ref: bool) -> Key {
        let key = Key(self.next_key);
        self.next_key = self.next_key.wrapping_add(1);
        self.channels.reserve_exact(1); // most clients join one or two
        self.channels.push(Member {
            topic,
            join_ref,
            has_join_ref,
            key,
            state: State::Joining,
            ending: None,
            waiting: None,
        });
        key
    }

    /// Replaces the older join.
    ///
    /// A join that is still under way finishes first, as in Phoenix. Messages queued for the old channel are dropped with
    /// it: they were sent before, and one may leave the topic.
    fn join_again<'m>(&mut self, at: usize, message: Message<'m>, effects: &mut Effects<'m>) {
        if self.channels[at].state == State::Joining {
            return self.wait(at, message, effects);
        }
        let old = self.channels.swap_remove(at);
        effects.push(Effect::Stop {
            key: old.key,
            reason: Reason::Rejoined,
        });
        self.join(message, Some(old.client_join_ref()), effects);
        self.request_app_messages(effects);
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

    /// Ends a channel that has stopped itself.
    fn stop(&mut self, at: usize, effects: &mut Effects<'_>) {
        let member = &self.channels[at];
        effects.send(member.closed());
        effects.push(Effect::Stop {
            key: member.key,
            reason: Reason::Stopped,
        });
        self.end(at, effects);
    }

    /// Ends a channel that has failed.
    fn crash(&mut self, at: usize, effects: &mut Effects<'_>) {
        let member = &self.channels[at];
        let payload = Payload::constant(r#"{"reason":"channel_crash"}"#);
        let (topic, join_ref) = (member.topic.clone(), member.client_join_ref());
        // The channel's `terminate` may push: those messages come first, as in Phoenix.
        effects.push(Effect::Stop {
            key: member.key,
            reason: Reason::Crashed,
        });
        effects.send(notice(topic, join_ref, "phx_error", payload));
        self.end(at, effects);
    }

    /// Ends the channel of a topic, whose reply could not be sent.
    pub(crate) fn unsendable(&mut self, topic: &Topic, effects: &mut Effects<'_>) {
        let mut members = self.channels.iter();
        if let Some(at) = members.position(|member| member.topic == *topic) {
            self.crash(at, effects);
        }
    }

    fn find(&self, key: Key) -> Option<usize> {
        self.channels.iter().position(|member| member.key == key)
    }
}
