use super::Connection;
use crate::error::{Error, Result};
use crate::message::Topic;
use crate::sync::lock;
use std::collections::HashSet;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, watch};

/// The current connection to the engine, and the topics that it is subscribed to.
pub(super) struct Link<C> {
    /// Topics that the node is subscribed to. A connection is in use once it is subscribed to all of them.
    topics: Mutex<HashSet<Topic>>,
    state: watch::Sender<State<C>>,
    /// Notified when the connection does not answer.
    failed: Notify,
}

#[derive(Clone)]
enum State<C> {
    /// The first connection is not decided yet.
    Starting,
    Connected(C),
    Away(Arc<str>),
}

impl<C: Connection> Link<C> {
    pub(super) fn new() -> Self {
        Link {
            topics: Mutex::default(),
            state: watch::Sender::new(State::Starting),
            failed: Notify::new(),
        }
    }

    /// Returns the connection. At the start it is waited for, later not.
    pub(super) async fn connection(&self) -> Result<C> {
        let mut states = self.state.subscribe();
        let decided = states.wait_for(|state| !matches!(state, State::Starting));
        match &*decided.await? {
            State::Connected(connection) => Ok(connection.clone()),
            State::Away(error) => Err(Error::msg(&**error)),
            State::Starting => Err(Error::msg("not connected yet")),
        }
    }

    /// Adds a topic, and subscribes to it. A connection that comes later is subscribed to it, too.
    pub(super) async fn subscribe(&self, topic: &Topic) -> Result<()> {
        let mut adding = Adding::new(self, topic);
        let current = self.state.borrow().clone();
        match current {
            State::Connected(connection) => {
                let subscribed = connection.subscribe(std::slice::from_ref(topic)).await;
                adding.is_refused = is_refused::<C, _>(&subscribed);
                self.checked(subscribed)?;
            }
            _ => drop(self.connection().await?), // which is subscribed to all topics
        }
        adding.keep();
        Ok(())
    }

    /// Removes a topic, and unsubscribes from it.
    pub(super) async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        lock(&self.topics).remove(topic);
        let current = self.state.borrow().clone();
        if let State::Connected(connection) = current {
            self.checked(connection.unsubscribe(topic).await)?;
        }
        Ok(())
    }

    /// Subscribes a connection to all topics, and puts it to use.
    pub(super) async fn establish(&self, connection: C) -> Result<()> {
        let mut done = HashSet::new();
        while let Some((missing, gone)) = self.use_if_complete(&connection, &done) {
            for topics in missing.chunks(AT_ONCE) {
                connection.subscribe(topics).await?;
            }
            done.extend(missing);
            for topic in gone {
                connection.unsubscribe(&topic).await?;
                done.remove(&topic);
            }
        }
        Ok(())
    }

    /// Puts a connection to use if it is subscribed to the topics. Otherwise returns those that are missing, and those that
    /// the node has left.
    fn use_if_complete(
        &self,
        connection: &C,
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
        pin!(self.failed.notified()).enable(); // further reports of its failure do not concern the next one
    }

    /// Completes when a connection does not answer.
    pub(super) async fn failed(&self) {
        self.failed.notified().await;
    }

    /// Reports a connection that does not answer. One whose answer is a refusal does.
    pub(super) fn checked<T>(&self, answer: Result<T>) -> Result<T> {
        if answer.is_err() && !is_refused::<C, _>(&answer) {
            self.failed.notify_one();
        }
        answer
    }
}

fn is_refused<C: Connection, T>(answer: &Result<T>) -> bool {
    let error = answer.as_ref().err();
    error.is_some_and(|error| C::refusal(error).is_some())
}

/// Maximum number of topics that are subscribed to at once.
const AT_ONCE: usize = 500;

/// A topic that is removed again unless its subscription is confirmed.
struct Adding<'a, C: Connection> {
    link: &'a Link<C>,
    topic: Option<&'a Topic>,
    is_refused: bool,
}

impl<'a, C: Connection> Adding<'a, C> {
    fn new(link: &'a Link<C>, topic: &'a Topic) -> Self {
        lock(&link.topics).insert(topic.clone());
        Adding {
            link,
            topic: Some(topic),
            is_refused: false,
        }
    }

    fn keep(mut self) {
        self.topic = None;
    }
}

impl<C: Connection> Drop for Adding<'_, C> {
    fn drop(&mut self) {
        let Some(topic) = self.topic else {
            return;
        };
        lock(&self.link.topics).remove(topic);
        if matches!(*self.link.state.borrow(), State::Connected(_)) && !self.is_refused {
            self.link.failed.notify_one(); // it may be subscribed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Lease, Refusals, Refused, Write};
    use crate::pubsub::History;
    use crate::pubsub::cluster::{NodeId, Stored};
    use bytes::Bytes;
    use std::collections::{BTreeSet, HashMap};
    use std::time::Duration;
    use tokio::time::timeout;

    /// A connection that does nothing.
    #[derive(Clone)]
    struct Idle;

    impl Connection for Idle {
        async fn subscribe(&self, _: &[Topic]) -> Result<()> {
            Ok(())
        }

        async fn unsubscribe(&self, _: &Topic) -> Result<()> {
            Ok(())
        }

        async fn write(&self, _: Vec<Write>) -> Result<Refusals> {
            Ok(Refusals::default())
        }

        async fn history(&self, _: &Topic, _: History) -> Result<Stored> {
            Err(Error::msg("no histories"))
        }

        async fn presences(&self, _: &Topic) -> Result<Vec<Bytes>> {
            Ok(Vec::new())
        }

        async fn start_lease(&self, _: Lease) -> Result<()> {
            Ok(())
        }

        async fn renew_lease(&self, _: Lease) -> Result<bool> {
            Ok(true)
        }

        async fn end_lease(&self, _: Lease) -> Result<()> {
            Ok(())
        }

        async fn generations(&self, _: BTreeSet<NodeId>) -> Result<HashMap<NodeId, u64>> {
            Ok(HashMap::new())
        }

        async fn ping(&self) -> Result<()> {
            Ok(())
        }

        fn refusal(error: &Error) -> Option<Refused> {
            error.downcast_ref().cloned()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_no_failure_of_the_connection() {
        let link = Link::<Idle>::new();
        link.establish(Idle).await.expect("it subscribes");
        let refused = link.checked::<()>(Err(Refused::new("no memory", None).into()));
        assert!(refused.is_err());
        let failed = timeout(Duration::from_secs(1), link.failed()).await;
        assert!(failed.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn the_failure_of_a_connection_is_not_that_of_the_next() {
        let link = Link::new();
        let second = Duration::from_secs(1);
        let no_answer = || link.checked::<()>(Err(Error::msg("no answer")));
        link.establish(Idle).await.expect("it subscribes");
        assert!(no_answer().is_err());
        assert!(timeout(second, link.failed()).await.is_ok());
        assert!(no_answer().is_err(), "another call on the same connection");
        link.set_away("no answer");
        link.establish(Idle).await.expect("it subscribes");
        assert!(timeout(second, link.failed()).await.is_err());
    }
}
