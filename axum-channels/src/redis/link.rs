use crate::error::{Error, Result};
use crate::message::Topic;
use crate::sync::lock;
use ::redis::aio::MultiplexedConnection;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, watch};

/// The current connection to the engine, and the topics that it is subscribed to.
pub(super) struct Link {
    /// Topics that the node is subscribed to. A connection is in use once it is subscribed to all of them.
    topics: Mutex<HashSet<Topic>>,
    state: watch::Sender<State>,
    /// Notified when the connection does not answer.
    failed: Notify,
}

#[derive(Clone)]
enum State {
    /// The first connection is not decided yet.
    Starting,
    Connected(MultiplexedConnection),
    Away(Arc<str>),
}

impl Link {
    pub(super) fn new() -> Self {
        Link {
            topics: Mutex::default(),
            state: watch::Sender::new(State::Starting),
            failed: Notify::new(),
        }
    }

    /// Returns the connection. At the start it is waited for, later not.
    pub(super) async fn connection(&self) -> Result<MultiplexedConnection> {
        let mut states = self.state.subscribe();
        let decided = states.wait_for(|state| !matches!(state, State::Starting));
        match &*decided.await? {
            State::Connected(connection) => Ok(connection.clone()),
            State::Away(error) => Err(Error::msg(&**error)),
            State::Starting => Err(Error::msg("not connected yet")),
        }
    }

    /// Adds a topic, and subscribes to its channel. A connection that comes later is subscribed to it, too.
    pub(super) async fn subscribe(&self, topic: &Topic, channel: &str) -> Result<()> {
        let adding = Adding::new(self, topic);
        let current = self.state.borrow().clone();
        match current {
            State::Connected(mut connection) => {
                let subscribed = connection.subscribe(channel).await;
                self.checked(subscribed)?;
            }
            _ => drop(self.connection().await?), // which is subscribed to all topics
        }
        adding.keep();
        Ok(())
    }

    /// Removes a topic, and unsubscribes from its channel.
    pub(super) async fn unsubscribe(&self, topic: &Topic, channel: &str) -> Result<()> {
        lock(&self.topics).remove(topic);
        let current = self.state.borrow().clone();
        if let State::Connected(mut connection) = current {
            self.checked(connection.unsubscribe(channel).await)?;
        }
        Ok(())
    }

    /// Subscribes a connection to the channels of all topics, and puts it to use.
    pub(super) async fn establish(
        &self,
        mut connection: MultiplexedConnection,
        channel: impl Fn(&Topic) -> String,
    ) -> Result<()> {
        let mut done = HashSet::new();
        while let Some((missing, gone)) = self.use_if_complete(&connection, &done) {
            for topics in missing.chunks(AT_ONCE) {
                let channels: Vec<_> = topics.iter().map(&channel).collect();
                connection.subscribe(channels).await?;
            }
            done.extend(missing);
            for topic in gone {
                connection.unsubscribe(channel(&topic)).await?;
                done.remove(&topic);
            }
        }
        Ok(())
    }

    /// Puts a connection to use if it is subscribed to the topics. Otherwise returns those that are missing, and those that
    /// the node has left.
    fn use_if_complete(
        &self,
        connection: &MultiplexedConnection,
        done: &HashSet<Topic>,
    ) -> Option<(Vec<Topic>, Vec<Topic>)> {
        let topics = lock(&self.topics);
        if *topics == *done {
            self.state
                .send_replace(State::Connected(connection.clone()));
            return None;
        }
        let missing = topics.difference(done).cloned().collect();
        let gone = done.difference(&topics).cloned().collect();
        Some((missing, gone))
    }

    /// Drops the connection.
    pub(super) fn set_away(&self, reason: &str) {
        self.state.send_replace(State::Away(reason.into()));
    }

    /// Completes when a connection does not answer.
    pub(super) async fn failed(&self) -> Error {
        self.failed.notified().await;
        Error::msg("Redis does not answer")
    }

    /// Reports a connection that does not answer.
    pub(super) fn checked<T>(&self, answer: ::redis::RedisResult<T>) -> Result<T> {
        answer.map_err(|error| {
            self.failed.notify_one();
            error.into()
        })
    }
}

/// Maximum number of channels that are subscribed to at once.
const AT_ONCE: usize = 500;

/// A topic that is removed again unless its subscription is confirmed.
struct Adding<'a> {
    link: &'a Link,
    topic: Option<&'a Topic>,
}

impl<'a> Adding<'a> {
    fn new(link: &'a Link, topic: &'a Topic) -> Self {
        lock(&link.topics).insert(topic.clone());
        Adding {
            link,
            topic: Some(topic),
        }
    }

    fn keep(mut self) {
        self.topic = None;
    }
}

impl Drop for Adding<'_> {
    fn drop(&mut self) {
        let Some(topic) = self.topic else {
            return;
        };
        lock(&self.link.topics).remove(topic);
        if matches!(*self.link.state.borrow(), State::Connected(_)) {
            self.link.failed.notify_one(); // it may be subscribed
        }
    }
}
