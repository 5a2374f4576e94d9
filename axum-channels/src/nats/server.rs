use super::NatsError;
use super::addresses::Addresses;
use super::client::Client;
use super::connection::{Connection, LEAVING, State};
use super::history::Streams;
use super::jet_stream::{self, JetStreamError};
use super::names::Names;
use super::protocol::{Operations, Received};
use crate::engine::{self, Ended, Engine, KEPT, Pack};
use crate::error::Result;
use crate::pubsub::cluster::{MAX_BYTES, Message, Node, Place, pack};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// The servers of a URL, of which one is connected to at a time.
pub(super) struct Server {
    pub(super) addresses: Addresses,
    pub(super) names: Arc<Names>,
    /// Number of connection attempts.
    attempts: AtomicUsize,
    /// Limit of the last server.
    max_payload: AtomicUsize,
}

/// Limit of a server, unless it is configured.
const MAX_PAYLOAD: usize = 1024 * 1024;

impl Server {
    pub(super) fn new(addresses: Addresses, names: Names) -> Self {
        Server {
            addresses,
            names: Arc::new(names),
            attempts: AtomicUsize::new(0),
            max_payload: AtomicUsize::new(MAX_PAYLOAD),
        }
    }

    /// Checks that one of the servers answers, and has JetStream.
    pub(super) async fn check(&self) -> Result<(), NatsError> {
        let mut result = Ok(());
        for address in &self.addresses.servers {
            let checked = async {
                let client = Client::connect(address, &self.addresses, drop, drop).await?;
                let addr = address.to_string();
                let has_jet_stream = jet_stream::check(&client).await;
                has_jet_stream.map_err(|error| failure(error, addr))
            };
            result = checked.await;
            if result.is_ok() {
                break;
            }
        }
        result
    }
}

impl Engine for Server {
    type Connection = Connection;

    const NAME: &'static str = "NATS";

    fn addr(&self) -> String {
        self.addresses.to_string()
    }

    async fn connect(&self, node: &Node, lease: Duration, ended: Ended) -> Result<Connection> {
        let servers = &self.addresses.servers;
        let address = &servers[self.attempts.fetch_add(1, Relaxed) % servers.len()];
        let receiver = node.clone();
        let streams = Streams::default();
        let (known, names) = (streams.clone(), self.names.clone());
        let receive = move |message: Received| match (message.sid, message.stored) {
            (LEAVING, _) => receiver.remove_by_id(&message.payload),
            (_, Some(stored)) => {
                let place = Place {
                    epoch: known.epoch(&stored.stream, &message.subject),
                    number: stored.number,
                    previous: stored.previous,
                };
                let is_own = |limits| names.stream(limits) == stored.stream;
                receiver.receive_stored_of(place, &message.payload, is_own);
            }
            (_, None) => receiver.receive(&message.payload),
        };
        let end = move |reason| ended.report(reason);
        let client = Client::connect(address, &self.addresses, receive, end).await?;
        self.max_payload
            .store(client.max_payload().min(MAX_BYTES), Relaxed);
        let ages = [
            (self.names.presences(), KEPT),
            (self.names.nodes(), engine::expiry(lease)),
        ];
        for (bucket, age) in ages {
            let made = jet_stream::make(&client, &bucket, age).await;
            made.map_err(|error| failure(error, address.to_string()))?;
        }
        let mut operations = Operations::default();
        operations.subscribe(&self.names.leaving(), LEAVING);
        client.confirm(operations).await?;
        let state = Arc::new(State::new(self.names.clone(), node.id(), streams));
        Ok(Connection { client, state })
    }

    fn encode(&self, message: &Message<'_>) -> Option<Bytes> {
        Some(message.encode())
    }

    fn pack(&self) -> Option<Pack> {
        Some(pack)
    }

    fn max_bytes(&self) -> usize {
        self.max_payload.load(Relaxed)
    }

    fn has_presences(&self) -> bool {
        true
    }
}

fn failure(error: JetStreamError, addr: String) -> NatsError {
    match error {
        JetStreamError::IsOff => NatsError::JetStreamIsOff { addr },
        JetStreamError::Failed { reason } | JetStreamError::Refused { reason, .. } => {
            NatsError::Unreachable { addr, reason }
        }
        JetStreamError::Gone(_) | JetStreamError::Forbidden(_) => NatsError::Unreachable {
            addr,
            reason: error.to_string(),
        },
    }
}
