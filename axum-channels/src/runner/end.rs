//! The end of channels, and their presences.

use super::Runner;
use super::slot::Slot;
use crate::channel::ending;
use crate::guard::drop_guarded;
use crate::message::{Body, Outgoing, Payload, PresenceDiff, Presences, Topic};
use crate::session::{Change, Effect, Effects, Key, Reason};

impl Runner {
    /// Changes the presences of a channel's topic. The change is published after the effects that are queued already.
    pub(super) fn change_presence(&self, key: Key, change: Change, effects: &mut Effects<'_>) {
        let Some(slot) = self.slots.iter().find(|slot| slot.key == key) else {
            return;
        };
        let (tracker, topic) = (&self.context.endpoint.shared().tracker, &slot.topic);
        let owner = self.context.owner(key);
        let diff = match change {
            Change::Track { key, meta } => tracker.track(topic, owner, &key, meta),
            Change::Update { key, change } => tracker.update(topic, owner, &key, change),
            Change::Untrack { key } => tracker.untrack(topic, owner, &key),
            Change::PushState => return self.push_presences(slot, effects),
        };
        if let Some(diff) = diff {
            let topic = topic.clone();
            effects.push(Effect::Diff { topic, diff });
        }
    }

    /// Pushes the list of presences to a channel's client at once: after the earlier changes, and without the later ones.
    fn push_presences(&self, slot: &Slot, effects: &mut Effects<'_>) {
        while let Some(diff) = effects.take_diff(&slot.topic) {
            self.publish_diff(&slot.topic, diff);
        }
        let event = "presence_state";
        if let Some(message) = self.session.push(slot.key, event, Payload::empty()) {
            let client = self.context.client.clone();
            let push = move |presences: Presences| {
                let payload = presences.into();
                let body = Body::Event { event, payload };
                let _ = client.send(&Outgoing { body, ..message }); // an object can be sent
            };
            self.context.endpoint.with_presences(&slot.topic, push);
        }
    }

    pub(super) fn publish_diff(&self, topic: &Topic, diff: PresenceDiff) {
        self.context.endpoint.publish_presence(topic, diff);
    }

    pub(super) fn stop(&mut self, key: Key, reason: Reason, effects: &mut Effects<'_>) {
        let Some(at) = self.slots.iter().position(|slot| slot.key == key) else {
            return;
        };
        let slot = self.slots.swap_remove(at);
        if slot.work.is_pending() {
            self.pending -= 1;
        }
        if let Some((topic, diff)) = self.end(slot, reason) {
            effects.push(Effect::Diff { topic, diff });
        }
    }

    /// Drops a channel with its subscriptions and presences. Returns the change of its topic's presences.
    fn end(&self, mut slot: Slot, reason: Reason) -> Option<(Topic, PresenceDiff)> {
        slot.subscription = None;
        let (key, topic) = (slot.key, slot.topic.clone());
        let owner = self.context.owner(key);
        ending(reason, || drop_guarded(slot));
        self.context.forget(key);
        let diff = self.context.endpoint.shared().tracker.leave(&topic, owner);
        diff.map(|diff| (topic, diff))
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        for slot in std::mem::take(&mut self.slots) {
            if let Some((topic, diff)) = self.end(slot, Reason::Disconnected) {
                self.publish_diff(&topic, diff);
            }
        }
        self.context.mailbox.close();
    }
}
