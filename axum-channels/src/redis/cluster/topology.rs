use super::requests::{Numbered, Redirection, Terms};
use super::slots::{Host, Slots, slot};
use super::subscriptions::Subscriptions;
use super::try_all::try_all;
use crate::engine::Ended;
use crate::error::{Error, Result};
use crate::pubsub::cluster::Node;
use crate::redis::commands::Commands;
use crate::redis::engine::{config, open, receive};
use crate::redis::names::Names;
use crate::redis::server::Server;
use ::redis::aio::{MultiplexedConnection, SendError};
use ::redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, PushInfo, PushKind, Value, cmd,
};
use std::sync::Arc;

/// The servers of a cluster that take writes, with connections to all of them.
pub(super) struct Topology {
    slots: Slots,
    /// In the order of [`Slots::primaries`], and after them those that will have slots.
    pub(super) primaries: Vec<Arc<Primary>>,
}

/// A server that takes writes, and the connections of a node to it.
pub(super) struct Primary {
    pub(super) host: Host,
    pub(super) server: Server,
    pub(super) subscriptions: Subscriptions,
}

/// Settings of all connections to servers, and what they share.
pub(in crate::redis) struct Connector {
    /// User, password, TLS.
    pub(in crate::redis) settings: ConnectionInfo,
    pub(in crate::redis) commands: Commands,
    pub(in crate::redis) node: Node,
    pub(in crate::redis) ended: Ended,
}

impl Topology {
    /// Returns the index of the primary that has a slot.
    pub(super) fn owner(&self, slot: u16) -> Result<usize> {
        let owner = self.slots.owner(slot);
        owner.ok_or_else(|| Error::msg(format!("no server of the cluster has the slot {slot}")))
    }

    /// Divides channels by the primaries that have their slots.
    pub(super) fn divide_channels(
        &self,
        channels: Vec<String>,
    ) -> Result<Vec<(&Arc<Primary>, Vec<String>)>> {
        let mut parts: Vec<Vec<String>> = self.primaries.iter().map(|_| Vec::new()).collect();
        for channel in channels {
            parts[self.owner(slot(&channel))?].push(channel);
        }
        let parts = self.primaries.iter().zip(parts);
        Ok(parts.filter(|(_, part)| !part.is_empty()).collect())
    }

    /// Divides requests by the primaries that have their slots.
    pub(super) fn divide(
        &self,
        names: &Names,
        requests: impl Iterator<Item = Numbered>,
    ) -> Result<Vec<(Arc<Primary>, Vec<Numbered>)>> {
        let mut parts: Vec<Vec<Numbered>> = self.primaries.iter().map(|_| Vec::new()).collect();
        for numbered in requests {
            parts[self.owner(numbered.1.slot(names))?].push(numbered);
        }
        let parts = self.primaries.iter().cloned().zip(parts);
        Ok(parts.filter(|(_, part)| !part.is_empty()).collect())
    }

    /// Returns whether a redirection leads to a server that is not known, or not as the owner of the slot.
    pub(super) fn is_old_for(&self, to: &Redirection) -> bool {
        match to {
            Redirection::Moved => true,
            Redirection::Ask(host) => !self.primaries.iter().any(|it| it.host == *host),
            Redirection::TryAgain => false,
        }
    }

    /// Returns the primary that a redirected request is sent to, and its terms.
    pub(super) fn target(&self, slot: u16, to: &Redirection) -> Result<(usize, Terms)> {
        if let Redirection::Ask(host) = to
            && let Some(asked) = self.primaries.iter().position(|it| it.host == *host)
        {
            return Ok((asked, Terms::Asked));
        }
        Ok((self.owner(slot)?, Terms::Owner))
    }
}

impl Connector {
    /// Connects to all primaries of a cluster, by one of its servers.
    pub(super) async fn connect(&self, by: &ConnectionInfo) -> Result<Topology> {
        let slots = ask_for_slots(by).await?;
        self.complete(slots, &[]).await
    }

    /// Asks a primary for the slots, and connects to servers that are new.
    ///
    /// # Errors
    /// If a server is gone, or takes no writes any more: it may have lost some, so a node starts again from nothing.
    pub(super) async fn renew(&self, topology: &Topology, by: &Primary) -> Result<Topology> {
        let slots = slots(by.server.connection.clone(), &by.host.name).await?;
        for known in &topology.primaries[..topology.slots.primaries.len()] {
            if !slots.primaries.contains(&known.host) {
                let host = &known.host;
                let error = format!("{host} is no primary of the cluster any more");
                return Err(Error::msg(error));
            }
        }
        self.complete(slots, &topology.primaries).await
    }

    /// Adds a server that has no slots yet.
    pub(super) async fn extend(&self, topology: &Topology, host: &Host) -> Result<Topology> {
        let mut primaries = topology.primaries.clone();
        primaries.push(Arc::new(self.primary(host).await?));
        let slots = topology.slots.clone();
        Ok(Topology { slots, primaries })
    }

    async fn complete(&self, slots: Slots, known: &[Arc<Primary>]) -> Result<Topology> {
        let primaries = slots.primaries.iter().map(async |host| {
            match known.iter().find(|known| known.host == *host) {
                Some(known) => Ok(known.clone()),
                None => self.primary(host).await.map(Arc::new),
            }
        });
        let primaries = try_all(primaries).await?;
        Ok(Topology { slots, primaries })
    }

    async fn primary(&self, host: &Host) -> Result<Primary> {
        let client = Client::open(at(&self.settings, host))?;
        let (connection, subscriptions) =
            tokio::try_join!(open(&client, self.config()), open(&client, self.config()))?;
        refuse_down(host, connection.clone()).await?;
        Ok(Primary {
            host: host.clone(),
            server: Server::new(connection, self.commands.clone()),
            subscriptions: Subscriptions::new(subscriptions),
        })
    }

    /// Returns the settings of a connection, which passes what it receives to the node.
    fn config(&self) -> AsyncConnectionConfig {
        let (node, commands, ended) =
            (self.node.clone(), self.commands.clone(), self.ended.clone());
        config().set_push_sender(move |push: PushInfo| -> Result<(), SendError> {
            match push.kind {
                PushKind::Message | PushKind::SMessage => {
                    receive(&node, &commands.format, &push.data);
                }
                PushKind::SUnsubscribe => unsubscribed(&node, &commands, &push.data),
                PushKind::Disconnection => {
                    ended.report(Error::msg("a connection to the cluster was closed"));
                }
                _ => {}
            }
            Ok(())
        })
    }
}

/// Returns an error while a server takes no commands, as for two seconds after its start.
async fn refuse_down(host: &Host, mut connection: MultiplexedConnection) -> Result<()> {
    let mut question = cmd("CLUSTER");
    let info: String = question.arg("INFO").query_async(&mut connection).await?;
    match info.contains("cluster_state:ok") {
        true => Ok(()),
        false => Err(Error::msg(format!(
            "{host} has no connection to the cluster"
        ))),
    }
}

/// Reports a subscription that the server has ended: for a slot that it gave away, or since the node has asked for it.
fn unsubscribed(node: &Node, commands: &Commands, answer: &[Value]) {
    let (Some(names), Some(Value::BulkString(channel))) = (commands.names(), answer.first()) else {
        return;
    };
    if let Some(topic) = names.topic_of(channel) {
        node.unsubscribed(topic);
    }
}

/// Asks a server of a cluster for the slots.
pub(super) async fn ask_for_slots(by: &ConnectionInfo) -> Result<Slots> {
    let connection = open(&Client::open(by.clone())?, config()).await?;
    match by.addr() {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => {
            slots(connection, host).await
        }
        _ => Err(Error::msg("the servers of a cluster have ports")),
    }
}

async fn slots(mut connection: MultiplexedConnection, host: &str) -> Result<Slots> {
    let mut question = cmd("CLUSTER");
    question.arg("SLOTS");
    let answer = question.query_async(&mut connection).await?;
    Slots::read(&answer, host).ok_or_else(|| Error::msg("the slots of the cluster cannot be read"))
}

/// Returns the settings for another server of a cluster.
pub(super) fn at(settings: &ConnectionInfo, host: &Host) -> ConnectionInfo {
    let Host { name, port } = host.clone();
    let addr = match settings.addr() {
        ConnectionAddr::TcpTls {
            insecure,
            tls_params,
            ..
        } => ConnectionAddr::TcpTls {
            host: name,
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        _ => ConnectionAddr::Tcp(name, port),
    };
    settings.clone().set_addr(addr)
}
