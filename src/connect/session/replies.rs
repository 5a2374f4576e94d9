//! Messages of this command without a reply yet.

use std::collections::BTreeMap;
use std::time::Duration;

use super::JOIN;

/// Maximum time for the reply to a join, as of phoenix.js.
const JOIN_TIME: Duration = Duration::from_secs(10);

/// Time after which a reply to a push is no longer expected. Channels may leave pushes without one.
const PUSH_TIME: Duration = Duration::from_secs(60);

/// The messages, by their refs.
#[derive(Debug, Default)]
pub struct Replies(BTreeMap<String, Pending>);

/// A message without a reply.
#[derive(Debug)]
pub struct Pending {
    pub topic: String,
    pub event: String,
    pub sent: Duration,
}

impl Pending {
    /// Returns the time after which no reply is expected.
    fn expires(&self) -> Duration {
        self.sent
            + match self.event.as_str() {
                JOIN => JOIN_TIME,
                _ => PUSH_TIME,
            }
    }
}

impl Replies {
    pub fn expect(&mut self, reference: String, pending: Pending) {
        self.0.insert(reference, pending);
    }

    /// Returns the message that a reply with this ref answers.
    pub fn take(&mut self, reference: &str) -> Option<Pending> {
        self.0.remove(reference)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether a join has no reply.
    pub fn has_joins(&self) -> bool {
        self.0.values().any(|pending| pending.event == JOIN)
    }

    /// Returns the time of the next [`give_up`](Self::give_up).
    pub fn expires(&self) -> Option<Duration> {
        self.0.values().map(Pending::expires).min()
    }

    /// Removes messages whose time is over, and returns the topics of joins among them.
    pub fn give_up(&mut self, now: Duration) -> Vec<String> {
        let mut topics = Vec::new();
        self.0.retain(|_, pending| {
            let is_late = pending.expires() <= now;
            if is_late && pending.event == JOIN {
                topics.push(pending.topic.clone());
            }
            !is_late
        });
        topics
    }
}
