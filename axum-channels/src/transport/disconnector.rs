use super::connection::Connection;
use crate::message::{Broadcast, Topic};
use crate::pubsub::{Pressure, PubSub, Subscriber, Subscription};
use crate::socket::Client;
use crate::sync::lock;
use std::sync::{Arc, Mutex};

/// Subscription to the id of an accepted client, from before its response: a client may leave that unread for long, and is
/// disconnected nevertheless.
pub(crate) struct Disconnects {
    disconnector: Arc<Disconnector>,
    subscription: Subscription,
}

/// Subscriber to a socket's id: the event `disconnect` closes the connection, and the client reconnects.
struct Disconnector {
    state: Mutex<State>,
}

enum State {
    /// The response is on its way.
    Accepted,
    Disconnected,
    Open(Arc<Connection>),
}

impl Disconnects {
    pub(super) fn new(pubsub: &Arc<PubSub>, id: &Topic) -> Self {
        let disconnector = Arc::new(Disconnector {
            state: Mutex::new(State::Accepted),
        });
        Disconnects {
            subscription: pubsub.subscribe(id.clone(), disconnector.clone()),
            disconnector,
        }
    }

    /// Disconnects the client as soon as it has a connection.
    pub(super) fn disconnect(&self) {
        *lock(&self.disconnector.state) = State::Disconnected;
    }

    /// Sets the client's connection, which is closed if the client has been disconnected meanwhile.
    pub(super) fn begin(self, connection: &Arc<Connection>) -> Subscription {
        let open = State::Open(connection.clone());
        let state = std::mem::replace(&mut *lock(&self.disconnector.state), open);
        if let State::Disconnected = state {
            connection.disconnect();
        }
        self.subscription
    }
}

impl Subscriber for Disconnector {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        if broadcast.event == "disconnect" {
            let mut state = lock(&self.state);
            let connection = match &*state {
                State::Open(connection) => Some(connection.clone()),
                State::Accepted | State::Disconnected => None,
            };
            match connection {
                Some(connection) => {
                    drop(state); // not closed under a lock
                    connection.disconnect();
                }
                None => *state = State::Disconnected,
            }
        }
        Pressure::Low
    }
}
