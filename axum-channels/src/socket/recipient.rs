use super::{Context, SendError};
use crate::message::{Broadcast, Payload};
use crate::pubsub::{Gauge, Pressure, Subscriber, SubscriberId};
use crate::session::{AppMessage, Key, Out};
use crate::sync::{Mutex, lock};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A channel that receives broadcasts, queued among its other messages. If it falls behind, it is ended.
pub(crate) struct Recipient {
    pub(crate) context: Arc<Context>,
    pub(crate) key: Key,
    /// The channel is ended or gone: nothing more is queued.
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

    /// Queues a broadcast, as the message that `message` returns.
    pub(crate) fn hand(
        &self,
        broadcast: &Broadcast<'_>,
        message: impl FnOnce() -> AppMessage,
    ) -> Pressure {
        if self.over.load(Relaxed) {
            return Pressure::Low;
        }
        let bytes = broadcast.event.len() + broadcast.payload.bytes().len();
        let error = match self.context.post_broadcast(self.key, message(), bytes) {
            Ok(waiting) => return self.pressure(waiting),
            Err(error) => error,
        };
        if !self.over.swap(true, Relaxed) {
            match error {
                SendError::Full => drop(self.context.post(self.key, AppMessage::Overrun)), // a client that is gone needs no end
                SendError::Gone => self.context.end_resources(self.key),
            }
        }
        Pressure::Low
    }

    /// Returns the pressure of a queue of `waiting` messages on publishers.
    fn pressure(&self, waiting: usize) -> Pressure {
        let limit = self.context.max_queued_messages();
        if waiting > limit / 2 {
            return lock(&self.gauge).full();
        }
        if waiting <= limit / 8 {
            lock(&self.gauge).empty();
        }
        Pressure::Low
    }
}

/// Subscriber for a channel that intercepts events: they go to the channel, all others to the client.
pub(crate) struct Interceptor {
    pub(crate) channel: Recipient,
    pub(crate) events: &'static [&'static str],
}

impl Interceptor {
    /// Returns the message for the channel. `None` for a broadcast that goes to the client directly.
    ///
    /// One with a position does not overtake those that the channel handles: the last position that a client has received
    /// stands for all before it.
    fn message(&self, broadcast: &Broadcast<'_>) -> Option<AppMessage> {
        let is_intercepted = self.events.contains(&broadcast.event);
        let position = broadcast.shown_position();
        (is_intercepted || position.is_some()).then(|| {
            AppMessage::Out(Out {
                event: broadcast.event.into(),
                payload: Payload::from(broadcast.payload),
                position: position.cloned(),
                is_intercepted,
            })
        })
    }
}

impl Subscriber for Interceptor {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        match self.message(broadcast) {
            Some(message) => self.channel.hand(broadcast, || message),
            None => self.channel.context.client.deliver(broadcast),
        }
    }

    /// The limit of the queue does not apply: a history may have more.
    fn deliver_missed(&self, broadcast: &Broadcast<'_>) {
        let Recipient { context, key, .. } = &self.channel;
        match self.message(broadcast) {
            Some(message) => drop(context.post_anyway(*key, message)), // a client that is gone needs none
            None => drop(context.client.deliver(broadcast)),
        }
    }

    fn id(&self) -> Option<SubscriberId> {
        self.channel.context.client.id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Endpoint;
    use crate::client_id::ClientId;
    use crate::message::{EncodeError, Encodings, Outgoing};
    use crate::session::Rules;
    use crate::socket::{Client, LazyMailbox, RouteTable};

    /// A client whose task has not taken its messages yet.
    struct Busy;

    impl Subscriber for Busy {
        fn deliver(&self, _: &Broadcast<'_>) -> Pressure {
            Pressure::Low
        }
    }

    impl Client for Busy {
        fn send(&self, _: &Outgoing<'_>) -> Result<(), EncodeError> {
            Ok(())
        }

        fn close_for_excess(&self) {}

        fn disconnect(&self) {}

        fn wake(&self) {}

        fn client_id(&self) -> ClientId {
            ClientId::new()
        }
    }

    #[test]
    fn a_flood_leaves_what_may_wait_and_one_word_that_it_was_too_much() {
        let context = Arc::new(Context {
            endpoint: Endpoint::builder().build(),
            client: Arc::new(Busy),
            handler: Arc::new(()),
            id: None,
            mailbox: LazyMailbox::default(),
            routes: Arc::new(RouteTable {
                rules: Arc::new(Rules {
                    patterns: Vec::new(),
                    max_channels: 1,
                    max_queued_messages: 2,
                    max_queued_message_bytes: 1,
                    max_queued_bytes: 1,
                }),
                assigns: Vec::new(),
            }),
        });
        let channel = Recipient::new(context.clone(), Key::default());
        let (payload, encodings) = (Payload::empty(), Encodings::default());
        let broadcast = Broadcast::new("room:1", "shout", &payload, &encodings);
        for _ in 0..1000 {
            channel.hand(&broadcast, || AppMessage::Info(Box::new(())));
        }
        let mut waiting = Vec::new();
        context
            .mailbox
            .open()
            .expect("the mailbox is open")
            .drain(|_, message| {
                waiting.push(format!("{message:?}"));
                Ok(())
            });
        assert_eq!(waiting, ["info", "info", "overrun"]);
    }
}
