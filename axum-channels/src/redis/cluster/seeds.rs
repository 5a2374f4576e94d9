use super::slots::Host;
use super::topology::{Connector, Topology, ask_for_slots, at};
use crate::error::{Error, Result};
use crate::sync::lock;
use ::redis::ConnectionInfo;
use std::fmt;
use std::iter;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Servers of a cluster, each of which knows the others: those of the URL, and those that were primaries last.
pub(in crate::redis) struct Seeds {
    first: ConnectionInfo,
    others: Vec<ConnectionInfo>,
    known: Mutex<Vec<Host>>,
    /// Number of connection attempts: each begins with another server, since one that was cut off has old slots.
    attempts: AtomicUsize,
}

impl Seeds {
    pub(in crate::redis) fn new(first: ConnectionInfo, others: Vec<ConnectionInfo>) -> Self {
        Seeds {
            first,
            others,
            known: Mutex::default(),
            attempts: AtomicUsize::new(0),
        }
    }

    /// Returns the settings of connections, which are the same for all servers but for their hosts.
    pub(in crate::redis) fn settings(&self) -> ConnectionInfo {
        self.first.clone()
    }

    fn servers(&self) -> impl Iterator<Item = &ConnectionInfo> {
        iter::once(&self.first).chain(&self.others)
    }

    /// Connects to all primaries, by the first server that knows which they are.
    pub(super) async fn connect(&self, connector: &Connector) -> Result<Topology> {
        let mut failed = Error::msg("the cluster has no servers");
        for server in self.candidates(&connector.settings) {
            match connector.connect(&server).await {
                Ok(topology) => {
                    let primaries = topology.primaries.iter();
                    *lock(&self.known) = primaries.map(|it| it.host.clone()).collect();
                    return Ok(topology);
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Checks that one of the URL's servers answers, and is part of a cluster.
    pub(in crate::redis) async fn check(&self) -> Result<()> {
        let mut failed = Error::msg("the cluster has no servers");
        for server in self.servers() {
            match ask_for_slots(server).await {
                Ok(_) => return Ok(()),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    fn candidates(&self, settings: &ConnectionInfo) -> Vec<ConnectionInfo> {
        let known = lock(&self.known);
        let known = known.iter().map(|host| at(settings, host));
        let mut candidates: Vec<_> = known.chain(self.servers().cloned()).collect();
        let first = self.attempts.fetch_add(1, Relaxed) % candidates.len();
        candidates.rotate_left(first);
        candidates
    }
}

/// Hosts and ports of the URL.
impl fmt::Display for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.addr().fmt(f)?;
        self.others
            .iter()
            .try_for_each(|server| write!(f, ",{}", server.addr()))
    }
}
