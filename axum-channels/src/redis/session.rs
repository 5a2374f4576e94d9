//! One connection: it subscribes, renews the lease, sends what is queued, and receives, until it fails.

use super::journal::Journal;
use super::leases::Missing;
use super::outbox::{Batch, Kind};
use super::{Leaving, Redis, config};
use crate::error::{Error, Result};
use crate::message::Topic;
use crate::pubsub::cluster::{Node, NodeId};
use ::redis::aio::{MultiplexedConnection, SendError};
use ::redis::{AsyncCommands, Pipeline, PushInfo, PushKind, Value};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval};

/// Runs a connection until it fails, and returns the reason.
pub(super) async fn run(redis: &Redis, node: &Node) -> Error {
    let closed = Arc::new(Notify::new());
    let session = async {
        let connection = establish(redis, node, closed.clone()).await?;
        redis.came_back(node);
        let mut sender = Sender {
            redis,
            node,
            connection,
            journal: Journal::new(0),
            missing: Missing::default(),
        };
        sender.start().await?;
        tokio::try_join!(node.resync(), sender.run())
    };
    tokio::select! {
        ended = session => match ended {
            Ok(((), never)) => match never {},
            Err(error) => error,
        },
        () = closed.notified() => Error::msg("the connection was closed"),
        error = redis.link.failed() => error,
    }
}

async fn establish(
    redis: &Redis,
    node: &Node,
    closed: Arc<Notify>,
) -> Result<MultiplexedConnection> {
    let receiver = node.clone();
    let leaving = redis.names.leaving();
    let receive = move |push: PushInfo| -> Result<(), SendError> {
        match push.kind {
            PushKind::Message => receive(&receiver, &leaving, &push.data),
            PushKind::Disconnection => closed.notify_one(),
            _ => {}
        }
        Ok(())
    };
    let config = config().set_push_sender(receive);
    let mut connection = redis.connect(config).await?;
    connection.subscribe(redis.names.leaving()).await?;
    let channel = |topic: &Topic| redis.names.topic(topic);
    redis.link.establish(connection.clone(), channel).await?;
    Ok(connection)
}

/// Passes a message of the engine on: its channel, and its content.
fn receive(node: &Node, leaving: &str, message: &[Value]) {
    let [Value::BulkString(channel), Value::BulkString(message)] = message else {
        return;
    };
    if channel != leaving.as_bytes() {
        return node.receive(message);
    }
    let id = std::str::from_utf8(message).ok();
    let id: Option<NodeId> = id.and_then(|id| id.parse().ok());
    let mut peers = node.peers().into_iter();
    if let Some(peer) = peers.find(|peer| Some(peer.id()) == id) {
        node.remove(peer);
    }
}

/// The sending half of a connection.
struct Sender<'a> {
    redis: &'a Redis,
    node: &'a Node,
    connection: MultiplexedConnection,
    journal: Journal,
    missing: Missing,
}

/// Nothing: the sender ends only by an error.
enum Never {}

impl Sender<'_> {
    /// Starts a generation of this node's presences: nothing that the engine has of them counts any more.
    async fn start(&mut self) -> Result<()> {
        if *self.redis.leaving.borrow() == Leaving::Done {
            return Ok(());
        }
        self.journal = Journal::new(self.redis.next_generation());
        let lease = self.redis.names.lease(self.node.id());
        let millis = self.expiry().as_millis() as u64;
        let () = self
            .connection
            .pset_ex(lease, self.journal.generation(), millis)
            .await?;
        let expired = self.redis.outbox.expire(self.redis.lease);
        if expired > 0 {
            self.node.lost(expired, "Redis was away for too long");
        }
        self.node.restore();
        Ok(())
    }

    async fn run(&mut self) -> Result<Never> {
        let mut renewals = interval(self.redis.lease / 5);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut leaving = self.redis.leaving.subscribe();
        loop {
            tokio::select! {
                biased;
                _ = renewals.tick() => self.renew().await?,
                batch = self.redis.outbox.next() => self.send(batch).await?,
                () = asked_to_leave(&mut leaving) => self.leave().await?,
            }
        }
    }

    /// Time after which the lease expires. A node that has no lease at two looks is gone, so it takes a lease at most.
    fn expiry(&self) -> Duration {
        self.redis.lease * 2 / 5
    }

    /// Renews the lease, and removes the nodes that are gone.
    async fn renew(&mut self) -> Result<()> {
        let has_left = *self.redis.leaving.borrow() == Leaving::Done;
        let mut pipe = Pipeline::new();
        let lease = self.redis.names.lease(self.node.id());
        pipe.pexpire(lease, self.expiry().as_millis() as i64);
        self.journal.touch(&mut pipe, &self.redis.names);
        let (is_alive,): (bool,) = pipe.query_async(&mut self.connection).await?;
        if !is_alive && !has_left {
            self.start().await?;
        }
        let (connection, names) = (&mut self.connection, &self.redis.names);
        self.missing.check(connection, names, self.node).await?;
        Ok(())
    }

    async fn send(&mut self, batch: Batch) -> Result<()> {
        let names = &self.redis.names;
        let broadcasts = batch.messages.iter();
        let broadcasts = broadcasts.filter(|outgoing| outgoing.kind == Kind::Broadcast);
        let in_flight = InFlight {
            node: self.node,
            broadcasts: broadcasts.count() as u64,
        };
        let has_left = *self.redis.leaving.borrow() == Leaving::Done;
        let mut pipe = Pipeline::new();
        for outgoing in &batch.messages {
            if outgoing.kind == Kind::Presences && !has_left {
                let (journal, to) = (&mut self.journal, (names, self.node));
                journal.write(&mut pipe, to, &outgoing.topic, &outgoing.message);
            }
            let channel = names.topic(&outgoing.topic);
            pipe.publish(channel, &outgoing.message[..]).ignore();
        }
        for topic in &batch.lists {
            let list = self.node.presence_list(topic);
            self.journal
                .write_list(&mut pipe, (names, self.node), topic);
            if let Some(list) = list {
                pipe.publish(names.topic(topic), &list[..]).ignore();
            }
        }
        pipe.exec_async(&mut self.connection).await?;
        in_flight.arrived();
        Ok(())
    }

    /// Sends what is queued, and takes the presences along.
    async fn leave(&mut self) -> Result<()> {
        while let Some(batch) = self.redis.outbox.take() {
            self.send(batch).await?;
        }
        let names = &self.redis.names;
        let mut pipe = Pipeline::new();
        self.journal.delete(&mut pipe, (names, self.node));
        let id = self.node.id();
        pipe.del(names.lease(id)).ignore();
        pipe.publish(names.leaving(), id.to_string()).ignore();
        pipe.exec_async(&mut self.connection).await?;
        self.redis.leaving.send_replace(Leaving::Done);
        Ok(())
    }
}

async fn asked_to_leave(leaving: &mut watch::Receiver<Leaving>) {
    if leaving.wait_for(|it| *it == Leaving::Asked).await.is_err() {
        pending().await // the adapter is gone, and so is this
    }
}

/// Broadcasts that were sent, and are lost unless the engine answers.
struct InFlight<'a> {
    node: &'a Node,
    broadcasts: u64,
}

impl InFlight<'_> {
    fn arrived(mut self) {
        self.broadcasts = 0;
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if self.broadcasts > 0 {
            self.node
                .lost(self.broadcasts, "the connection to Redis broke");
        }
    }
}
