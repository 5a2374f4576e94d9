//! One connection: it subscribes, renews the lease, sends what is queued, and receives, until it fails.

use super::format::Format;
use super::journal::Journal;
use super::leases::Missing;
use super::names::Names;
use super::outbox::{Batch, Kind};
use super::phoenix::{Broadcast, Phoenix};
use super::{Leaving, Redis, config};
use crate::error::{Error, Result};
use crate::message::Topic;
use crate::pubsub::cluster::{Node, NodeId};
use ::redis::aio::{MultiplexedConnection, SendError};
use ::redis::{AsyncCommands, Pipeline, PushInfo, PushKind, Value};
use std::convert::Infallible;
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
    let (receiver, format) = (node.clone(), redis.format.clone());
    let receive = move |push: PushInfo| -> Result<(), SendError> {
        match push.kind {
            PushKind::Message => receive(&receiver, &format, &push.data),
            PushKind::Disconnection => closed.notify_one(),
            _ => {}
        }
        Ok(())
    };
    let config = config().set_push_sender(receive);
    let mut connection = redis.connect(config).await?;
    connection.subscribe(redis.format.shared_channel()).await?;
    let channel = |topic: &Topic| redis.format.channel(topic);
    redis.link.establish(connection.clone(), channel).await?;
    Ok(connection)
}

/// Passes a message of the engine on, by its channel.
fn receive(node: &Node, format: &Format, message: &[Value]) {
    let [Value::BulkString(channel), Value::BulkString(message)] = message else {
        return;
    };
    match format {
        Format::Phoenix(phoenix) => receive_from_phoenix(node, phoenix, message),
        Format::Own(names) if names.is_leaving(channel) => remove(node, message),
        Format::Own(_) => node.receive(message),
    }
}

fn receive_from_phoenix(node: &Node, phoenix: &Phoenix, message: &[u8]) {
    match phoenix.decode(message, |topic| node.has(topic)) {
        Ok(Some(Broadcast {
            topic,
            event,
            payload,
        })) => node.broadcast(&topic, &event, &payload),
        Ok(None) => {}
        Err(malformed) => node.malformed(malformed, message.len()),
    }
}

/// Removes a node that leaves, whose id is the message.
fn remove(node: &Node, message: &[u8]) {
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

impl<'a> Sender<'a> {
    /// Starts a generation of this node's presences: nothing that the engine has of them counts any more.
    async fn start(&mut self) -> Result<()> {
        let expired = self.redis.outbox.expire(self.redis.lease);
        if expired > 0 {
            self.node.lost(expired, "Redis was away for too long");
        }
        let Some(names) = self.names() else {
            return Ok(());
        };
        self.journal = Journal::new(self.redis.next_generation());
        let lease = names.lease(self.node.id());
        let millis = self.expiry().as_millis() as u64;
        let generation = self.journal.generation();
        let () = self.connection.pset_ex(lease, generation, millis).await?;
        self.node.restore();
        Ok(())
    }

    /// Returns the names, if this node has presences in the engine: in the library's own format, until it leaves.
    fn names(&self) -> Option<&'a Names> {
        let has_left = *self.redis.leaving.borrow() == Leaving::Done;
        self.redis.format.names().filter(|_| !has_left)
    }

    /// Sends until an error: it has no other end.
    async fn run(&mut self) -> Result<Infallible> {
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
        let Some(names) = self.names() else {
            ::redis::cmd("PING")
                .exec_async(&mut self.connection)
                .await?;
            return Ok(());
        };
        let mut pipe = Pipeline::new();
        let lease = names.lease(self.node.id());
        pipe.pexpire(lease, self.expiry().as_millis() as i64);
        self.journal.touch(&mut pipe, names);
        let (is_alive,): (bool,) = pipe.query_async(&mut self.connection).await?;
        if !is_alive {
            self.start().await?;
        }
        let (connection, node) = (&mut self.connection, self.node);
        self.missing.check(connection, names, node).await?;
        Ok(())
    }

    async fn send(&mut self, batch: Batch) -> Result<()> {
        let in_flight = InFlight::new(self.redis, self.node, &batch);
        let (names, format) = (self.names(), &self.redis.format);
        let mut pipe = Pipeline::new();
        for outgoing in &batch.messages {
            if let (Kind::Presences, Some(names)) = (outgoing.kind, names) {
                let (journal, to) = (&mut self.journal, (names, self.node));
                journal.write(&mut pipe, to, &outgoing.topic, &outgoing.message);
            }
            let channel = format.channel(&outgoing.topic);
            pipe.publish(channel, &outgoing.message[..]).ignore();
        }
        for topic in &batch.lists {
            let list = self.node.presence_list(topic);
            if let Some(names) = names {
                let to = (names, self.node);
                self.journal.write_list(&mut pipe, to, topic);
            }
            if let Some(list) = list {
                pipe.publish(format.channel(topic), &list[..]).ignore();
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
        if let Some(names) = self.names() {
            let mut pipe = Pipeline::new();
            self.journal.delete(&mut pipe, (names, self.node));
            let id = self.node.id();
            pipe.del(names.lease(id)).ignore();
            pipe.publish(names.leaving(), id.to_string()).ignore();
            pipe.exec_async(&mut self.connection).await?;
        }
        self.redis.leaving.send_replace(Leaving::Done);
        Ok(())
    }
}

async fn asked_to_leave(leaving: &mut watch::Receiver<Leaving>) {
    if leaving.wait_for(|it| *it == Leaving::Asked).await.is_err() {
        pending().await // the adapter is gone, and so is this
    }
}

/// Messages that were sent, and may be lost unless the engine answers.
struct InFlight<'a> {
    redis: &'a Redis,
    node: &'a Node,
    broadcasts: u64,
    /// Topics with changes of presences.
    topics: Vec<Topic>,
}

impl<'a> InFlight<'a> {
    fn new(redis: &'a Redis, node: &'a Node, batch: &Batch) -> Self {
        let (mut broadcasts, mut topics) = (0, batch.lists.clone());
        for outgoing in &batch.messages {
            match outgoing.kind {
                Kind::Broadcast => broadcasts += 1,
                Kind::Presences => topics.push(outgoing.topic.clone()),
            }
        }
        InFlight {
            redis,
            node,
            broadcasts,
            topics,
        }
    }

    fn arrived(mut self) {
        self.broadcasts = 0;
        self.topics.clear();
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if self.broadcasts > 0 {
            let reason = "the connection to Redis broke";
            self.node.lost(self.broadcasts, reason);
        }
        for topic in self.topics.drain(..) {
            self.redis.outbox.push_list(topic);
        }
    }
}
