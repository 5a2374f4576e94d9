use super::{Message, Node, Stored};
use crate::error::{Error, Result};
use crate::guard::{call_guarded, guarded, panicked};
use crate::message::Topic;
use crate::pubsub::History;
use bytes::Bytes;
use std::future::ready;
use std::pin::Pin;
use std::time::Duration;

/// Connection of a node to an engine that carries messages between nodes, such as Redis or NATS.
///
/// An endpoint gets one by [`EndpointBuilder::pubsub`](crate::EndpointBuilder::pubsub). See [the module](crate::cluster)
/// for what the library does by itself, and for an example.
///
/// A method that panics is treated as if it had returned an error.
pub trait Adapter: Send + Sync + 'static {
    /// Receives messages of the engine, and passes them to the node, for as long as the endpoint exists.
    ///
    /// When the endpoint is dropped, so is this future. If it returns, that is logged, and it is called again after a
    /// second: an adapter may reconnect by returning. After a reconnect it subscribes to the node's
    /// [topics](Node::topics) again, unless the engine has kept the subscriptions.
    ///
    /// # Errors
    /// Any error: it is logged.
    fn run(&self, node: Node) -> impl Future<Output = Result<()>> + Send;

    /// Subscribes to a topic in the engine, and returns once the engine has confirmed it.
    ///
    /// It is called when the first client or task of the node subscribes to the topic, which may be before
    /// [`run`](Self::run) is called. Joins of the topic are answered after it has returned, so that their clients miss
    /// nothing. Calls for one topic do not overlap. A topic that is subscribed to already stays so: the call is repeated if
    /// [`presences`](Self::presences) has failed.
    ///
    /// # Errors
    /// If the engine is away, without waiting for it. Joins are then answered, and served by their own node alone; the
    /// error is logged, and the call is repeated after 1, 2, 4, up to 32 seconds. A call that takes longer than 5 seconds
    /// is an error, too.
    fn subscribe(&self, topic: &Topic) -> impl Future<Output = Result<()>> + Send;

    /// Ends the subscription to a topic.
    ///
    /// It is called a second after the last client or task of the node has left the topic, unless one has come since. That
    /// is so for a failed subscription, too: a part of it may have succeeded.
    ///
    /// # Errors
    /// An error is logged; the topic counts as unsubscribed.
    fn unsubscribe(&self, topic: &Topic) -> impl Future<Output = Result<()>> + Send;

    /// Returns the presences of other nodes on a topic, each a message as [`Node::presences`] of that node returns it.
    ///
    /// It is called when the node has subscribed to the topic, as a part of [`subscribe`](Self::subscribe), and by
    /// [`Node::resync`]: changes arrive as messages meanwhile, in any order with these. Instead of its whole list, a node
    /// may have an earlier one and all messages about its presences since then. The presences of a node without messages
    /// have ended. The default returns none: a node then has the presences that other nodes have tracked
    /// since it has subscribed.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    fn presences(&self, topic: &Topic) -> impl Future<Output = Result<Vec<Bytes>>> + Send {
        let _ = topic;
        ready(Ok(Vec::new()))
    }

    /// Returns whether the engine keeps [histories](crate::History), so that a client may come back to another node.
    ///
    /// If so, [`publish`](Self::publish) has the engine keep each message with a [`history`](Message::history): it numbers
    /// and stores the message, and sends it to all nodes that have subscribed to the topic, including this one, in one step.
    /// Nodes pass it to [`Node::receive_stored`]. Such a message is delivered in no other way: while the engine is away,
    /// the adapter queues it.
    ///
    /// By default, it does not: each node has its own histories.
    fn has_histories(&self) -> bool {
        false
    }

    /// Returns the history of a topic, which begins if there is none.
    ///
    /// It is called when the first client of this node asks for positions, after [`subscribe`](Self::subscribe), and by
    /// [`Node::resync`]. Broadcasts that are published meanwhile are received, too, in the order of their numbers.
    ///
    /// # Errors
    /// If the engine is away, without waiting for it. Clients that come back are then told that they may have missed
    /// something.
    fn history(
        &self,
        topic: &Topic,
        limits: History,
    ) -> impl Future<Output = Result<Stored>> + Send {
        let _ = (topic, limits);
        ready(Err(Error::msg("this adapter keeps no histories")))
    }

    /// Leaves the cluster in good order: the process ends.
    ///
    /// [`Endpoint::shutdown`](crate::Endpoint::shutdown) awaits it, once all connections are closed. An adapter sends what
    /// it has queued, and a notice to the other nodes, so that they [remove](Node::remove) the presences of this one.
    /// The default does nothing.
    ///
    /// # Errors
    /// Any error: it is logged.
    fn stop(&self) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// Returns the age of the oldest message that the engine has not confirmed yet, for [`Stats`](super::Stats::lag).
    ///
    /// The default is zero, as if none waited.
    fn lag(&self) -> Duration {
        Duration::ZERO
    }

    /// Sends a message to the nodes that have subscribed to its [topic](Message::topic), without waiting.
    ///
    /// The subscribers of this node have received it already, and the node ignores it if the engine sends it back. The
    /// exception is a message with a [`history`](Message::history): see [`has_histories`](Self::has_histories).
    /// Messages to one topic arrive in the order of the calls. An adapter that queues messages limits the queue.
    ///
    /// # Errors
    /// If the message will not be sent: the queue is full, the engine is away, or the message is too large for it. The
    /// message is counted as [lost](super::Stats::lost), and the error is logged. For a message that is lost later, call
    /// [`Node::lost`].
    fn publish(&self, message: &Message<'_>) -> Result<()>;
}

/// An [`Adapter`], or none: the argument of [`EndpointBuilder::pubsub`](crate::EndpointBuilder::pubsub).
///
/// Implemented by adapters and by `Option` of them, for an app whose settings decide whether there are other nodes.
pub trait IntoAdapter {
    /// The adapter.
    type Adapter: Adapter;

    /// Returns the adapter, if there is one.
    fn into_adapter(self) -> Option<Self::Adapter>;
}

impl<A: Adapter> IntoAdapter for A {
    type Adapter = A;

    fn into_adapter(self) -> Option<A> {
        Some(self)
    }
}

impl<A: Adapter> IntoAdapter for Option<A> {
    type Adapter = A;

    fn into_adapter(self) -> Option<A> {
        self
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// An [`Adapter`] of any type, whose panics are errors.
pub(crate) trait AnyAdapter: Send + Sync {
    fn run(&self, node: Node) -> Boxed<'_, ()>;
    fn subscribe<'a>(&'a self, topic: &'a Topic) -> Boxed<'a, ()>;
    fn unsubscribe<'a>(&'a self, topic: &'a Topic) -> Boxed<'a, ()>;
    fn presences<'a>(&'a self, topic: &'a Topic) -> Boxed<'a, Vec<Bytes>>;
    fn has_histories(&self) -> bool;
    fn history<'a>(&'a self, topic: &'a Topic, limits: History) -> Boxed<'a, Stored>;
    fn stop(&self) -> Boxed<'_, ()>;
    fn lag(&self) -> Duration;
    fn publish(&self, message: &Message<'_>) -> Result<()>;
}

impl<A: Adapter> AnyAdapter for A {
    fn run(&self, node: Node) -> Boxed<'_, ()> {
        Box::pin(async { guarded(async { Adapter::run(self, node).await }).await? })
    }

    fn subscribe<'a>(&'a self, topic: &'a Topic) -> Boxed<'a, ()> {
        Box::pin(async { guarded(async { Adapter::subscribe(self, topic).await }).await? })
    }

    fn unsubscribe<'a>(&'a self, topic: &'a Topic) -> Boxed<'a, ()> {
        Box::pin(async { guarded(async { Adapter::unsubscribe(self, topic).await }).await? })
    }

    fn presences<'a>(&'a self, topic: &'a Topic) -> Boxed<'a, Vec<Bytes>> {
        Box::pin(async { guarded(async { Adapter::presences(self, topic).await }).await? })
    }

    fn has_histories(&self) -> bool {
        call_guarded(|| Adapter::has_histories(self)).unwrap_or_default()
    }

    fn history<'a>(&'a self, topic: &'a Topic, limits: History) -> Boxed<'a, Stored> {
        Box::pin(
            async move { guarded(async { Adapter::history(self, topic, limits).await }).await? },
        )
    }

    fn stop(&self) -> Boxed<'_, ()> {
        Box::pin(async { guarded(async { Adapter::stop(self).await }).await? })
    }

    fn lag(&self) -> Duration {
        call_guarded(|| Adapter::lag(self)).unwrap_or_default()
    }

    fn publish(&self, message: &Message<'_>) -> Result<()> {
        let published = call_guarded(|| Adapter::publish(self, message));
        published.map_err(|panic| panicked(&*panic))?
    }
}
