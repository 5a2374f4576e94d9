//! Queued messages of busy channels, and their release.

use super::member::{Ending, Item, Member, State, Waiting, reply};
use super::{AppMessage, Effect, Effects, Key, Load, Reason, Session};
use crate::message::{Message, Payload, Status, Topic};

impl Session {
    /// Queues a message until its channel is free, or refuses it if the queue is full.
    ///
    /// A leave is queued even then, since the client does not send it twice.
    pub(super) fn wait<'m>(&mut self, at: usize, message: Message<'m>, effects: &mut Effects<'m>) {
        let of_all = self.load_of_all();
        let member = &mut self.channels[at];
        let waiting = member.waiting.get_or_insert_default();
        waiting.is_unsorted |= member.state == State::Joining;
        self.loaded = true;
        let full = of_all.max(waiting.load(&self.rules)) == Load::Full;
        if full && (!message.event.is("phx_leave") || waiting.has_leave()) {
            let reason = Payload::constant(r#"{"reason":"channel busy"}"#);
            effects.send(reply(message, Status::Error, reason));
        } else {
            waiting.push(message.into_owned());
        }
    }

    /// Handles the messages queued for a channel that is free or gone, until one of them keeps it busy again.
    fn release(&mut self, topic: &Topic, waiting: Option<Box<Waiting>>, effects: &mut Effects<'_>) {
        if let Some(waiting) = waiting {
            self.receive_waiting(topic, waiting, effects);
            // The queued messages may have reached no channel: then no later call requests these.
            self.request_app_messages(effects);
        }
    }

    fn receive_waiting(
        &mut self,
        topic: &Topic,
        mut waiting: Box<Waiting>,
        effects: &mut Effects<'_>,
    ) {
        while let Some(item) = waiting.pop() {
            match item {
                Item::Message(message) => self.receive(message, effects),
                Item::AppMessage(key, app_message) => {
                    self.take(key, app_message, effects);
                }
            }
            let member = self
                .channels
                .iter_mut()
                .find(|member| member.topic == *topic);
            if let Some(member) = member.filter(|member| member.state != State::Idle) {
                if member.state == State::Handling && waiting.sort_out(member) {
                    continue; // with the join that replaces the channel
                }
                member.waiting = Some(waiting).filter(|waiting| !waiting.items.is_empty());
                return;
            }
        }
    }

    /// Carries out the presence changes that were queued during the join, before all other messages: later changes are not
    /// queued, and must not overtake them.
    pub(super) fn change_presences(&mut self, at: usize, effects: &mut Effects<'_>) {
        let Member { key, waiting, .. } = &mut self.channels[at];
        let (key, Some(waiting)) = (*key, waiting) else {
            return;
        };
        for item in std::mem::take(&mut waiting.items) {
            match item {
                // Messages for an earlier channel of this topic may still be queued. They are dropped.
                Item::AppMessage(of, AppMessage::Presence(change)) if of == key => {
                    effects.push(Effect::Presence { key, change });
                }
                other => waiting.items.push_back(other),
            }
        }
    }

    /// Requests the app's messages again if they were held back, as there is room now.
    pub(super) fn request_app_messages(&mut self, effects: &mut Effects<'_>) {
        if std::mem::take(&mut self.held_back) {
            effects.push(Effect::TakeAppMessages);
        }
    }

    pub(super) fn free(&mut self, at: usize, effects: &mut Effects<'_>) {
        let member = &mut self.channels[at];
        member.state = State::Idle;
        match member.ending {
            Some(Ending::Stop) => return self.stop(at, effects),
            Some(Ending::Crash) => return self.crash(at, effects),
            None => {}
        }
        let key = member.key;
        if let waiting @ Some(_) = member.waiting.take() {
            let topic = member.topic.clone();
            self.release(&topic, waiting, effects);
        }
        if self.closing {
            self.end_if_idle(key, effects);
        }
    }

    pub(super) fn end_if_idle(&mut self, key: Key, effects: &mut Effects<'_>) {
        if let Some(at) = self.find(key)
            && self.channels[at].state == State::Idle
        {
            let reason = Reason::Disconnected;
            effects.push(Effect::Stop { key, reason });
            self.channels.swap_remove(at);
        }
    }

    pub(super) fn end(&mut self, at: usize, effects: &mut Effects<'_>) {
        let member = self.channels.swap_remove(at);
        self.release(&member.topic, member.waiting, effects);
    }
}
