use super::{Context, SendError};
use crate::message::{Broadcast, Payload};
use crate::pubsub::{Gauge, Pressure, Subscriber};
use crate::session::{Key, Mail};
use crate::sync::{Mutex, lock};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A channel that is handed broadcasts, in turn with what else it is sent. If it falls behind, it is ended.
pub(crate) struct Recipient {
    pub(super) context: Arc<Context>,
    key: Key,
    /// It is ended, or gone: there is no use in handing it anything.
    over: AtomicBool,
    gauge: Mutex<Gauge>,
}

impl Recipient {
    pub(crate) fn new(context: Arc<Context>, key: Key) -> Self {
        Recipient {
            context,
            key,
            over: AtomicBool::new(false),
            gauge: Mutex::default(),
        }
    }

    pub(super) fn hand(&self, mail: impl FnOnce() -> Mail) -> Pressure {
        if self.over.load(Relaxed) {
            return Pressure::Low;
        }
        let error = match self.context.post(self.key, mail()) {
            Ok(waiting) => return self.pressure(waiting),
            Err(error) => error,
        };
        if !self.over.swap(true, Relaxed) {
            match error {
                SendError::Full => drop(self.context.post(self.key, Mail::Overrun)), // who is gone meanwhile needs no end
                SendError::Gone => self.context.unsubscribe(self.key),
            }
        }
        Pressure::Low
    }

    /// What `waiting` messages ask of those who send more.
    fn pressure(&self, waiting: usize) -> Pressure {
        let limit = self.context.max_waiting;
        if waiting > limit / 2 {
            return lock(&self.gauge).full();
        }
        if waiting <= limit / 8 {
            lock(&self.gauge).empty();
        }
        Pressure::Low
    }
}

/// Subscribes a channel that intercepts some of its topic's broadcasts: they go to the channel, all others to the client.
pub(crate) struct Interceptor {
    pub(crate) channel: Recipient,
    pub(crate) events: &'static [&'static str],
}

impl Subscriber for Interceptor {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        if !self.events.contains(&broadcast.event) {
            return self.channel.context.client.deliver(broadcast);
        }
        self.channel.hand(|| Mail::Out {
            event: broadcast.event.into(),
            payload: Payload::from(broadcast.payload),
        })
    }

    fn address(&self) -> *const () {
        self.channel.context.client.address()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Endpoint;
    use crate::message::Outgoing;
    use crate::socket::{Client, LazyMailbox};

    /// A client whose task has not come to look at its mail.
    struct Busy;

    impl Subscriber for Busy {
        fn deliver(&self, _: &Broadcast<'_>) -> Pressure {
            Pressure::Low
        }
    }

    impl Client for Busy {
        fn send(&self, _: &Outgoing<'_>) {}

        fn close_for_excess(&self) {}

        fn wake(&self) {}
    }

    #[test]
    fn a_flood_leaves_what_may_wait_and_one_word_that_it_was_too_much() {
        let context = Arc::new(Context {
            endpoint: Endpoint::builder().build(),
            client: Arc::new(Busy),
            handler: Arc::new(()),
            id: None,
            mailbox: LazyMailbox::default(),
            max_waiting: 2,
        });
        let channel = Recipient::new(context.clone(), Key::default());
        for _ in 0..1000 {
            channel.hand(|| Mail::Info(Box::new(())));
        }
        let mut waiting = Vec::new();
        context
            .mailbox
            .open()
            .expect("there is mail")
            .drain(|_, mail| {
                waiting.push(format!("{mail:?}"));
                Ok(())
            });
        assert_eq!(waiting, ["info", "info", "overrun"]);
    }
}
