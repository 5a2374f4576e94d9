//! Many connections, opened and closed together.

use crate::Failed;
use crate::client::Client;
use crate::options::{Options, Topics};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Number of connections that are opened concurrently.
const OPENING: usize = 128;

/// Maximum time to join or to leave.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Connects and joins all clients; the first joined topic is `room:0` if each has its own.
pub(crate) async fn open(options: &Options, topics: Topics) -> Result<Vec<Client>, Failed> {
    let (gate, mut opening) = (Arc::new(Semaphore::new(OPENING)), JoinSet::new());
    for number in 0..options.connections {
        let (url, topic) = (options.url.clone(), topics.of(number));
        let turn = gate.clone().acquire_owned().await?;
        opening.spawn(async move {
            let joined = timeout(TIMEOUT, async {
                let mut client = Client::open(&url, number).await?;
                client.join(&topic).await?;
                Ok::<_, Failed>((number, client))
            });
            let joined = joined.await.map_err(|_| "no answer within 30 s");
            drop(turn);
            joined?
        });
    }
    let mut clients = Vec::new();
    while let Some(client) = opening.join_next().await {
        clients.push(client??);
    }
    clients.sort_unstable_by_key(|(number, _)| *number);
    Ok(clients.into_iter().map(|(_, client)| client).collect())
}

/// Closes all clients concurrently.
pub(crate) async fn close(clients: Vec<Client>) -> Result<(), Failed> {
    let mut closing = JoinSet::new();
    for client in clients {
        closing.spawn(timeout(TIMEOUT, client.close()));
    }
    while let Some(closed) = closing.join_next().await {
        closed?.map_err(|_| "a close that was not answered within 30 s")??;
    }
    Ok(())
}
