use super::cluster::Cluster;
use super::refusal::refusal;
use super::server::Server;
use crate::engine::{self, Lease, Refusals, Refused, Write};
use crate::error::{Error, Result};
use crate::message::Topic;
use crate::pubsub::History;
use crate::pubsub::cluster::{NodeId, Stored};
use bytes::Bytes;
use std::collections::{BTreeSet, HashMap};

/// The connection of a node to a server or to a cluster.
#[derive(Clone)]
pub(super) enum Connection {
    Server(Server),
    Cluster(Cluster),
}

/// Calls a method of either.
macro_rules! either {
    ($connection:expr, $method:ident($($argument:expr),*)) => {
        match $connection {
            Connection::Server(server) => server.$method($($argument),*).await,
            Connection::Cluster(cluster) => cluster.$method($($argument),*).await,
        }
    };
}

impl engine::Connection for Connection {
    async fn subscribe(&self, topics: &[Topic]) -> Result<()> {
        either!(self, subscribe(topics))
    }

    async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        either!(self, unsubscribe(topic))
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Refusals> {
        either!(self, write(writes))
    }

    async fn history(&self, topic: &Topic, limits: History) -> Result<Stored> {
        either!(self, history(topic, limits))
    }

    async fn presences(&self, topic: &Topic) -> Result<Vec<Bytes>> {
        either!(self, presences(topic))
    }

    async fn start_lease(&self, lease: Lease) -> Result<()> {
        either!(self, start_lease(lease))
    }

    async fn renew_lease(&self, lease: Lease) -> Result<bool> {
        either!(self, renew_lease(lease))
    }

    async fn end_lease(&self, lease: Lease) -> Result<()> {
        either!(self, end_lease(lease))
    }

    async fn generations(&self, nodes: BTreeSet<NodeId>) -> Result<HashMap<NodeId, u64>> {
        either!(self, generations(nodes))
    }

    async fn ping(&self) -> Result<()> {
        either!(self, ping())
    }

    fn refusal(error: &Error) -> Option<Refused> {
        refusal(error)
    }
}
