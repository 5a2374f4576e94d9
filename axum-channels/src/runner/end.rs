//! The end of channels, and their presences.

use super::Runner;
use super::slot::Slot;
use crate::channel::ending;
use crate::guard::drop_guarded;
use crate::message::{Body, Outgoing, Payload, Topic};
use crate::presence::{PresenceDiff, Presences};
use crate::session::{Change, Key, Reason};

impl Runner {
    pub(super) fn change_presence(&self, key: Key, change: Change) {
        let Some(slot) = self.slots.iter().find(|slot| slot.key == key) else {
            return;
        };
        let (tracker, topic) = (&self.context.endpoint.shared().tracker, &slot.topic);
        let owner = self.context.owner(key);
        let diff = match change {
            Change::Track { key, meta } => tracker.track(topic, owner, &key, meta),
            Change::Update { key, change } => tracker.update(topic, owner, &key, change),
            Change::Untrack { key } => tracker.untrack(topic, owner, &key),
            Change::PushState => return self.push_presences(key, topic),
        };
        self.publish_presence(topic, diff);
    }

    fn push_presences(&self, key: Key, topic: &Topic) {
        let event = "presence_state";
        if let Some(message) = self.session.push(key, event, Payload::empty()) {
            let client = self.context.client.clone();
            let push = move |presences: Presences| {
                let payload = presences.into();
                let body = Body::Event { event, payload };
                client.send(&Outgoing { body, ..message });
            };
            self.context.endpoint.with_presences(topic, push);
        }
    }

    fn publish_presence(&self, topic: &Topic, diff: Option<PresenceDiff>) {
        if let Some(diff) = diff {
            self.context.endpoint.publish_presence(topic, diff);
        }
    }

    pub(super) fn stop(&mut self, key: Key, reason: Reason) {
        let Some(at) = self.slots.iter().position(|slot| slot.key == key) else {
            return;
        };
        let slot = self.slots.swap_remove(at);
        if slot.work.is_pending() {
            self.pending -= 1;
        }
        self.end(slot, reason);
    }

    /// Drops a channel with its subscriptions and presences.
    fn end(&self, mut slot: Slot, reason: Reason) {
        slot.subscription = None;
        let (key, topic) = (slot.key, slot.topic.clone());
        let owner = self.context.owner(key);
        ending(reason, || drop_guarded(slot));
        self.context.forget(key);
        let tracker = &self.context.endpoint.shared().tracker;
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
