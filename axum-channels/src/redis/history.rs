//! Histories in the engine: a stream for each topic, and a hash with its epoch and its last number.
//!
//! A broadcast is numbered, stored and sent by one script. After a restart of the server, which may have older data or none,
//! a history begins anew.

use super::names::Names;
use crate::error::{Error, Result};
use crate::pubsub::History;
use crate::pubsub::cluster::{NodeId, Stored, StoredBroadcast};
use ::redis::aio::MultiplexedConnection;
use ::redis::{Cmd, Pipeline, cmd};
use bytes::Bytes;
use std::time::Duration;

const LOAD: &str = concat!(include_str!("history.lua"), include_str!("load.lua"));
const STORE: &str = concat!(include_str!("history.lua"), include_str!("store.lua"));

/// A server with the scripts.
pub(super) struct Scripts {
    /// Identity of the server's run.
    run: String,
    /// Digests of the scripts.
    load: String,
    store: String,
}

/// A message to store.
pub(super) struct New<'a> {
    pub(super) topic: &'a str,
    pub(super) message: &'a [u8],
    pub(super) node: NodeId,
    pub(super) number: u64,
}

/// Answer to the command that loads a history: its epoch, the last number, the time, and the entries of the stream.
pub(super) type Loaded = (String, u64, u64, Vec<(String, Vec<Bytes>)>);

impl Scripts {
    /// Loads the scripts into the server.
    pub(super) async fn prepare(mut connection: MultiplexedConnection) -> Result<Self> {
        let info: String = cmd("INFO")
            .arg("server")
            .query_async(&mut connection)
            .await?;
        let run = info.lines().find_map(|line| line.strip_prefix("run_id:"));
        let run = run.ok_or_else(|| Error::msg("INFO of the server has no run_id"))?;
        let mut scripts = Pipeline::new();
        for script in [LOAD, STORE] {
            scripts.cmd("SCRIPT").arg("LOAD").arg(script);
        }
        let (load, store) = scripts.query_async(&mut connection).await?;
        Ok(Scripts {
            run: run.trim().to_owned(),
            load,
            store,
        })
    }

    /// Returns the command that stores a message and sends it to all nodes.
    pub(super) fn store(&self, names: &Names, limits: History, new: &New<'_>) -> Result<Cmd> {
        let sent = names.sent(new.node, new.topic);
        let mut store = self.call(&self.store, names, new.topic, Some(sent), limits)?;
        store
            .arg(names.topic(new.topic))
            .arg(new.message)
            .arg(new.number)
            .arg(names.scope().publish());
        Ok(store)
    }

    /// Returns the command that loads a history: see [`stored`].
    pub(super) fn load(&self, names: &Names, topic: &str, limits: History) -> Result<Cmd> {
        self.call(&self.load, names, topic, None, limits)
    }

    /// Returns the call of a script, with the arguments that both have.
    fn call(
        &self,
        script: &str,
        names: &Names,
        topic: &str,
        sent: Option<String>,
        limits: History,
    ) -> Result<Cmd> {
        let epoch = getrandom::u64()? >> 16;
        let millis = u64::try_from(limits.age().as_millis()).unwrap_or(u64::MAX);
        let mut call = cmd("EVALSHA");
        call.arg(script)
            .arg(2 + usize::from(sent.is_some()))
            .arg(names.position(topic))
            .arg(names.history(topic))
            .arg(sent)
            .arg(&self.run)
            .arg(format!("{epoch:012x}"))
            .arg(millis.min(MAX_MILLIS))
            .arg(limits.messages())
            .arg(limits.bytes());
        Ok(call)
    }
}

/// Maximum age: the scripts calculate in floating-point numbers.
const MAX_MILLIS: u64 = 1 << 50;

/// Reads the answer to the command that loads a history.
pub(super) fn stored(loaded: Loaded) -> Result<Stored> {
    read(loaded).ok_or_else(|| Error::msg("a history in the engine cannot be read"))
}

/// Reads an answer. Entries have the number and the time as their id.
fn read((epoch, last, now, entries): Loaded) -> Option<Stored> {
    let broadcasts = entries.into_iter().map(|(id, fields)| {
        let (number, at) = id.split_once('-')?;
        let at: u64 = at.parse().ok()?;
        Some(StoredBroadcast {
            number: number.parse().ok().filter(|number| *number > 0)?,
            age: Duration::from_millis(now.saturating_sub(at)),
            message: fields.into_iter().nth(1)?,
        })
    });
    let mut broadcasts: Vec<_> = broadcasts.collect::<Option<_>>()?;
    if broadcasts.last().is_some_and(|latest| latest.number < last) {
        broadcasts.clear(); // the server has evicted some
    }
    Some(Stored {
        epoch: u64::from_str_radix(&epoch, 16).ok()?,
        start: broadcasts.first().map_or(last, |oldest| oldest.number - 1),
        last,
        broadcasts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_sense_is_refused() {
        let loaded = |epoch: &str, id: &str| {
            let fields = vec!["m".into(), "message".into()];
            stored((epoch.to_owned(), 7, 0, vec![(id.to_owned(), fields)]))
        };
        assert!(loaded("a1", "7-5").is_ok());
        for (epoch, id) in [
            ("", "7-5"),
            ("x", "7-5"),
            ("a1", "7"),
            ("a1", "0-5"),
            ("a1", "-5"),
            ("a1", "99999999999999999999-5"),
        ] {
            assert!(loaded(epoch, id).is_err(), "{epoch} {id}");
        }
        let none = ("a1".to_owned(), 7, 0, vec![("7-5".to_owned(), vec![])]);
        assert!(stored(none).is_err());
    }
}
