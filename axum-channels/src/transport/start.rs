//! Start of an accepted client's connection.

use super::connection::Connection;
use super::frame::CloseCode;
use super::mount::{Connected, MountedSocket};
use crate::log::{Closed, SocketLog};
use crate::message::Broadcast;
use crate::pubsub::{Pressure, Subscriber, Subscription};
use crate::runner::Runner;
use crate::socket::{Context, LazyMailbox};
use std::sync::Arc;

impl MountedSocket {
    /// Creates the runner of a connection's channels, and the subscription to its id if it has one.
    pub(super) fn start(
        &self,
        connection: &Arc<Connection>,
        Connected {
            handler,
            id,
            reservation,
        }: Connected,
    ) -> (Runner, Option<Subscription>) {
        let MountedSocket { endpoint, mount } = self;
        let subscription = id.clone().map(|id| {
            let disconnector = Arc::new(Disconnector {
                connection: connection.clone(),
                log: mount.log.clone(),
            });
            endpoint.shared().pubsub.subscribe(id, disconnector)
        });
        drop(reservation);
        let context = Arc::new(Context {
            endpoint: endpoint.clone(),
            client: connection.clone(),
            handler,
            id,
            mailbox: LazyMailbox::default(),
            routes: mount.handlers.table.clone(),
        });
        (Runner::new(context, mount.handlers.clone()), subscription)
    }
}

/// Subscriber to a socket's id: the event `disconnect` closes the connection, and the client reconnects.
struct Disconnector {
    connection: Arc<Connection>,
    log: Arc<SocketLog>,
}

impl Subscriber for Disconnector {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        if broadcast.event == "disconnect" {
            let was_open = self.connection.close(CloseCode::GOING_AWAY);
            if was_open {
                let transport = self.connection.transport();
                self.log.closed(transport, Closed::Disconnected);
            }
        }
        Pressure::Low
    }
}
