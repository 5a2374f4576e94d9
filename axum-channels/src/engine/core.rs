use super::backoff::Backoff;
use super::journal::Journal;
use super::link::Link;
use super::outbox::{Kind, Outbox};
use super::{Connection, Engine, Part, Refused, session};
use crate::error::{Error, Result};
use crate::log;
use crate::message::Topic;
use crate::pubsub::History;
use crate::pubsub::cluster::{Message, Node, Stored};
use crate::sync::lock;
use bytes::Bytes;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// An adapter for an engine: the calls of [`Adapter`](crate::pubsub::cluster::Adapter).
pub(crate) struct Core<E: Engine> {
    pub(crate) engine: E,
    pub(super) lease: Duration,
    pub(super) link: Link<E::Connection>,
    pub(super) outbox: Outbox,
    /// Generation of the node's presences in the engine.
    generation: AtomicU64,
    pub(super) leaving: watch::Sender<Leaving>,
    /// Time at which the last connection failed.
    away_since: Mutex<Option<Instant>>,
    /// Parts that the engine refuses to keep.
    refused: Mutex<Vec<Part>>,
}

/// Progress of a node that leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    No,
    Asked,
    Done,
}

/// Default of [`Core::set_max_queued_bytes`].
const MAX_QUEUED: usize = 16 * 1024 * 1024;

impl<E: Engine> Core<E> {
    pub(crate) fn new(engine: E) -> Self {
        Core {
            engine,
            lease: Duration::from_secs(15),
            link: Link::new(),
            outbox: Outbox::new(MAX_QUEUED),
            generation: AtomicU64::new(0),
            leaving: watch::Sender::new(Leaving::No),
            away_since: Mutex::new(None),
            refused: Mutex::default(),
        }
    }

    pub(crate) fn lease(&self) -> Duration {
        self.lease
    }

    pub(crate) fn set_lease(&mut self, lease: Duration) {
        self.lease = lease.max(Duration::from_millis(100));
    }

    pub(crate) fn set_max_queued_bytes(&mut self, bytes: usize) {
        self.outbox = Outbox::new(bytes);
    }

    pub(crate) async fn run(&self, node: Node) -> Result<()> {
        let _ends = Ends(&self.link);
        let mut backoff = Backoff::new(self.lease);
        let mut journal = Journal::new();
        loop {
            let began = Instant::now();
            let error = session::run(self, &node, &mut journal).await;
            self.went_away(&node, &error);
            sleep(backoff.next(began.elapsed())).await;
        }
    }

    pub(crate) async fn subscribe(&self, topic: &Topic) -> Result<()> {
        self.link.subscribe(topic).await
    }

    pub(crate) async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        self.link.unsubscribe(topic).await
    }

    pub(crate) async fn presences(&self, topic: &Topic) -> Result<Vec<Bytes>> {
        if !self.engine.has_presences() {
            return Ok(Vec::new());
        }
        let connection = self.link.connection().await?;
        let loaded = connection.presences(topic).await;
        self.link.checked(&connection, loaded)
    }

    /// Returns whether the engine keeps histories: those whose format has presences do.
    pub(crate) fn has_histories(&self) -> bool {
        self.engine.has_presences()
    }

    pub(crate) async fn history(&self, topic: &Topic, limits: History) -> Result<Stored> {
        let connection = self.link.connection().await?;
        let loaded = connection.history(topic, limits).await;
        self.link.checked(&connection, loaded)
    }

    pub(crate) async fn stop(&self) -> Result<()> {
        self.link.connection().await?;
        self.leaving.send_replace(Leaving::Asked);
        let mut leaving = self.leaving.subscribe();
        leaving
            .wait_for(|leaving| *leaving == Leaving::Done)
            .await?;
        Ok(())
    }

    pub(crate) fn lag(&self) -> Duration {
        self.outbox.lag()
    }

    pub(crate) fn publish(&self, message: &Message<'_>) -> Result<()> {
        let Some(encoded) = self.engine.encode(message) else {
            return Ok(());
        };
        let (bytes, max) = (encoded.len(), self.engine.max_bytes());
        match (message.broadcast(), message.history()) {
            (Some(_), _) if bytes > max => return Err(TooLarge { bytes, max }.into()),
            (Some(_), Some(limits)) => self.outbox.store(message.topic(), encoded, limits),
            (Some(_), None) => self.outbox.push(message.topic(), encoded, Kind::Broadcast),
            (None, _) if bytes > max => {
                self.outbox.push_list(message.topic().into()); // which is sent in parts
                Ok(())
            }
            (None, _) => self.outbox.push(message.topic(), encoded, Kind::Presences),
        }
        .map_err(|_full| {
            Error::msg(format!(
                "{} is away or slow, and the queue for it is full",
                E::NAME
            ))
        })
    }

    pub(super) fn next_generation(&self) -> u64 {
        self.generation.fetch_add(1, Relaxed) + 1
    }

    fn went_away(&self, node: &Node, error: &Error) {
        node.set_connected(false);
        self.link.set_away(&error.to_string());
        let mut away_since = lock(&self.away_since);
        if away_since.is_none() {
            *away_since = Some(Instant::now());
            log::engine_away(error);
        }
    }

    pub(super) fn came_back(&self, node: &Node) {
        match lock(&self.away_since).take() {
            Some(since) => log::engine_back(since.elapsed()),
            None => log::engine_connected(E::NAME, &self.engine.addr()),
        }
        node.set_connected(true);
    }

    /// Records that the engine answers, and refuses to keep something.
    pub(super) fn refused(&self, node: &Node, part: Part, refused: &Refused) {
        let mut parts = lock(&self.refused);
        if !parts.contains(&part) {
            parts.push(part);
            node.set_refusing(true);
            log::engine_refuses(E::NAME, &part, refused);
        }
    }

    pub(super) fn accepted(&self, node: &Node, part: Part) {
        let mut parts = lock(&self.refused);
        let Some(at) = parts.iter().position(|refused| *refused == part) else {
            return;
        };
        parts.remove(at);
        node.set_refusing(!parts.is_empty());
        log::engine_accepts(E::NAME, part.name());
    }
}

/// Drops the connection when the endpoint is dropped: its task holds the node.
struct Ends<'a, C: Connection>(&'a Link<C>);

impl<C: Connection> Drop for Ends<'_, C> {
    fn drop(&mut self) {
        self.0.set_away("the endpoint is gone");
    }
}

/// Error of a message that the engine would refuse.
#[derive(Debug)]
struct TooLarge {
    bytes: usize,
    max: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TooLarge { bytes, max } = self;
        write!(
            f,
            "the message has {bytes} bytes, and the engine takes {max}"
        )
    }
}

impl std::error::Error for TooLarge {}
