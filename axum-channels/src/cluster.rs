//! Clusters: endpoints of several processes as one.
//!
//! A *node* is one endpoint of one process. An adapter connects it with the other nodes by an engine that carries messages:
//! [`EndpointBuilder::pubsub`](crate::EndpointBuilder::pubsub). Without an adapter, an endpoint is alone.
//!
//! - `Redis`, with the feature `redis`: the adapter for Redis, Valkey, and clusters of them; also for nodes of a Phoenix app. `rediss:` URLs need
//!   the feature `redis-tls`.
//! - `Nats`, with the feature `nats`: the adapter for NATS with JetStream. `tls:` URLs need the feature `nats-tls`.
//!   `examples/cluster.rs` is a chat of several processes, by either.
//! - [`Stats`]: messages between the nodes, and whether the engine can be reached, for metrics and health checks.
//!
//! An adapter for another engine implements the rest:
//!
//! - [`Adapter`]: the connection to the engine: publish, subscribe, unsubscribe, and a task that receives.
//! - [`Node`]: the adapter's handle to its endpoint. [`NodeId`]: its identity. [`Peer`]: another node.
//! - [`Message`]: a message between nodes.
//! - [`Stored`], [`StoredBroadcast`], [`Place`]: the history of a topic in the engine, for adapters that keep histories.
//!
//! # Messages
//!
//! Everything that reaches a topic: broadcasts of channels, tasks and the endpoint, with the client or task that they
//! exclude; [`disconnect`](crate::Endpoint::disconnect), which is a broadcast on a socket's id; and presences. Channels
//! that intercept and tasks that subscribe receive what their own node delivers.
//!
//! # Guarantees
//!
//! - The subscribers of the node that publishes are served at once, without the engine, unless the engine keeps the history of
//!   the topic.
//! - The other nodes receive each message at most once, and those of one publisher on one topic in order. What is known to
//!   be lost is counted ([`Stats::lost`]) and logged; the call that published it does not fail.
//! - A node subscribes in the engine only to topics that somebody on it is subscribed to. A join is answered when the
//!   engine has confirmed the subscription, and those to other topics that [`join`](crate::Channel::join) has made, so its
//!   client misses nothing; so is a connection whose handler has an [id](crate::SocketHandler::id). A topic that was left stays
//!   subscribed to for a second. Later subscriptions of channels, and those of tasks, are confirmed after they begin: they
//!   may miss broadcasts of other nodes until then.
//! - Without the engine, each node goes on alone. When it is back, subscriptions and presences are brought up to date.
//! - An engine may keep the [histories](crate::History): a client then comes back to any node. See
//!   [Histories](#histories).
//! - A message of another node is trusted no more than that of a client: its size is limited, its JSON is checked, and one
//!   that cannot be decoded is counted ([`Stats::malformed`]) and logged.
//!
//! # Presences
//!
//! Each node has a replica of the others' presences on the topics that it is subscribed to, so that
//! [`presences`](crate::Endpoint::presences) is local and does not wait. Changes are merged in any order; a list that
//! [`Adapter::presences`] returns makes up for lost ones. Presences of a node that shuts down are
//! [removed](Node::remove) at once, those of one that was killed when its lease ends.
//!
//! # Histories
//!
//! `Redis` and `Nats` keep the histories of topics, as does any adapter that [has them](Adapter::has_histories). A broadcast of
//! an object on a topic whose route has a history is then delivered by the engine alone, on all nodes in the order of its numbers.
//! A node copies the history of a topic with the first client that asks for positions, by [`Adapter::history`], and
//! keeps the copy up to date. It loads it again after a reconnect, after a gap in the numbers, and for a client that is ahead of it.
//! Broadcasts that were missed are delivered; if some are lost, clients that have asked for positions join again, and are told.
//! All nodes need the same routes.
//!
//! With other adapters, each node has its own histories, with the broadcasts of all nodes. Another node does not know their
//! positions: a client that comes back there is told that it may have missed something, and so is every client after
//! [`Node::resync`].
//!
//! # Examples
//!
//! An adapter for nodes within one process, such as those of a test:
//!
//! ```
//! use axum_channels::cluster::{Adapter, Message, Node};
//! use axum_channels::{Error, Result, Topic};
//! use bytes::Bytes;
//! use std::collections::HashSet;
//! use std::sync::{Arc, Mutex};
//! use tokio::sync::broadcast::{Receiver, Sender, channel, error::RecvError};
//!
//! /// The engine: everything that is published goes to all nodes.
//! #[derive(Clone)]
//! struct Bus(Sender<(Topic, Bytes)>);
//!
//! struct BusAdapter {
//!     bus: Bus,
//!     topics: Mutex<HashSet<Topic>>,
//! }
//!
//! impl Adapter for BusAdapter {
//!     async fn run(&self, node: Node) -> Result<()> {
//!         let mut received = self.bus.0.subscribe();
//!         loop {
//!             match received.recv().await {
//!                 Ok((topic, message)) => {
//!                     let is_subscribed = self.topics.lock().is_ok_and(|topics| topics.contains(&topic));
//!                     if is_subscribed {
//!                         node.receive(&message);
//!                     }
//!                 }
//!                 Err(RecvError::Lagged(missed)) => node.lost(missed, "this node is slow"),
//!                 Err(RecvError::Closed) => return Ok(()),
//!             }
//!         }
//!     }
//!
//!     async fn subscribe(&self, topic: &Topic) -> Result<()> {
//!         self.topics.lock().map_err(|_| Error::msg("poisoned"))?.insert(topic.clone());
//!         Ok(())
//!     }
//!
//!     async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
//!         self.topics.lock().map_err(|_| Error::msg("poisoned"))?.remove(topic);
//!         Ok(())
//!     }
//!
//!     fn publish(&self, message: &Message<'_>) -> Result<()> {
//!         self.bus.0.send((message.topic().into(), message.encode()))?;
//!         Ok(())
//!     }
//! }
//! ```

#[cfg(feature = "nats")]
pub use crate::nats::{Nats, NatsError};
#[cfg(feature = "redis")]
pub use crate::redis::{Redis, RedisError};

pub use crate::pubsub::cluster::{
    Adapter, IntoAdapter, InvalidNodeId, Message, Node, NodeId, Peer, Place, Stats, Stored,
    StoredBroadcast,
};
