//! Start of an accepted client's connection.

use super::connection::Connection;
use super::mount::{Connected, MountedSocket};
use crate::pubsub::Subscription;
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
            disconnects,
        }: Connected,
    ) -> (Runner, Option<Subscription>) {
        let MountedSocket { endpoint, mount } = self;
        let subscription = disconnects.map(|disconnects| disconnects.begin(connection));
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
