//! What waits for a busy channel, and what becomes of it.

use super::member::{Doing, Item, Member, Waiting, reply};
use super::{Effect, Effects, Key, Load, Mail, Reason, Session};
use crate::message::{Message, Payload, Status, Topic};

impl Session {
    /// Keeps a message until its channel is free; if too much waits already, says so instead. A client that leaves does not
    /// ask twice: for that there is room.
    pub(super) fn wait<'m>(&mut self, at: usize, message: Message<'m>, effects: &mut Effects<'m>) {
        let waiting = self.channels[at].waiting.get_or_insert_default();
        self.loaded = true;
        let full = waiting.load(&self.rules) == Load::Full;
        if full && (message.event != "phx_leave" || waiting.has_leave()) {
            let reason = Payload::constant(r#"{"reason":"channel busy"}"#);
            effects.send(reply(&message, Status::Error, reason));
        } else {
            waiting.push(message.into_owned());
        }
    }

    /// A channel is free, or gone: what waited for it is received in its turn, until something keeps it busy again.
    fn release(&mut self, topic: &Topic, waiting: Option<Box<Waiting>>, effects: &mut Effects<'_>) {
        if let Some(waiting) = waiting {
            self.receive_waiting(topic, waiting, effects);
            self.call_for_mail(effects); // what waited may have been for nobody, so that no turn follows which would
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
                Item::Mail(key, mail) => {
                    self.take(key, mail, effects);
                }
            }
            let member = self
                .channels
                .iter_mut()
                .find(|member| member.topic == *topic);
            if let Some(member) = member.filter(|member| member.doing != Doing::Nothing) {
                member.waiting = Some(waiting).filter(|waiting| !waiting.items.is_empty());
                return;
            }
        }
    }

    /// Changes to who is there that came while a channel was being joined take effect before what else waits: those that
    /// come from now on wait for nothing, and must not overtake them.
    pub(super) fn change_presences(&mut self, at: usize, effects: &mut Effects<'_>) {
        let Member { key, waiting, .. } = &mut self.channels[at];
        let (key, Some(waiting)) = (*key, waiting) else {
            return;
        };
        for item in std::mem::take(&mut waiting.items) {
            match item {
                // Mail of an earlier channel of this topic may still be among what waits. It is for nobody.
                Item::Mail(of, Mail::Presence(change)) if of == key => {
                    effects.push(Effect::Presence { key, change });
                }
                other => waiting.items.push_back(other),
            }
        }
    }

    /// There is room: if mail was held back, it is time to look at it again.
    pub(super) fn call_for_mail(&mut self, effects: &mut Effects<'_>) {
        if std::mem::take(&mut self.held_back) {
            effects.push(Effect::TakeMail);
        }
    }

    pub(super) fn free(&mut self, at: usize, effects: &mut Effects<'_>) {
        let member = &mut self.channels[at];
        member.doing = Doing::Nothing;
        if member.stopping {
            return self.stop(at, effects);
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
            && self.channels[at].doing == Doing::Nothing
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
