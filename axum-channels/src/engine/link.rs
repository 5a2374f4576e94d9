use super::Connection;
use crate::error::{Error, Result};
use crate::message::Topic;
use crate::sync::lock;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The current connection to the engine, and the topics that it is subscribed to.
pub(super) struct Link<C> {
    /// Topics that the node is subscribed to. A connection is put to use under its lock, once it is subscribed to all of them.
    topics: Mutex<HashSet<Topic>>,
    state: watch::Sender<State<C>>,
}

#[derive(Clone)]
enum State<C> {
    /// The first connection is not decided yet.
    Starting,
    Connected(Arc<C>),
    /// The connection does not answer.
    Failed,
    Away(Arc<str>),
}

impl<C: Connection> Link<C> {
    pub(super) fn new() -> Self {
        Link {
            topics: Mutex::default(),
            state: watch::Sender::new(State::Starting),
        }
    }

    /// Returns the connection. At the start it is waited for, later not.
    pub(super) async fn connection(&self) -> Result<Arc<C>> {
        let mut states = self.state.subscribe();
        let decided = states.wait_for(|state| !matches!(state, State::Starting));
        match &*decided.await? {
            State::Connected(connection) => Ok(connection.clone()),
            State::Failed => Err(Error::msg("the connection does not answer")),
            State::Away(error) => Err(Error::msg(&**error)),
            State::Starting => Err(Error::msg("not connected yet")),
        }
    }

    /// Adds a topic, and subscribes to it. A connection that comes later is subscribed to it, too.
    pub(super) async fn subscribe(&self, topic: &Topic) -> Result<()> {
        let adding = Adding::new(self, topic);
        let current = match &*self.state.borrow() {
            State::Connected(connection) => Some(connection.clone()),
            State::Starting | State::Failed | State::Away(_) => None,
        };
        let subscribed = match &current {
            Some(connection) => {
                let subscribed = connection.subscribe(std::slice::from_ref(topic)).await;
                self.checked(connection, subscribed)
            }
            None => self.connection().await.map(drop), // which is subscribed to all topics
        };
        match subscribed {
            Ok(()) => adding.keep(),
            Err(error) => {
                if adding.fail_unless_replaced(current.as_ref()) {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Removes a topic, and unsubscribes from it.
    pub(super) async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        lock(&self.topics).remove(topic);
        let current = self.state.borrow().clone();
        if let State::Connected(connection) = current {
            let asking = Asking(self, Some(&connection));
            let answer = connection.unsubscribe(topic).await;
            asking.end();
            self.checked(&connection, answer)?;
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
            let connection = Arc::new(connection.clone());
            self.state.send_replace(State::Connected(connection));
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

    /// Completes when the connection does not answer.
    pub(super) async fn failed(&self) {
        let mut states = self.state.subscribe();
        let failed = states.wait_for(|state| matches!(state, State::Failed));
        drop(failed.await); // no error: the sender is here
    }

    /// Reports a connection that does not answer. One whose answer is a refusal does, and one that is not in use any more
    /// does not matter: calls may fail after the next one is.
    pub(super) fn checked<T>(&self, connection: &Arc<C>, answer: Result<T>) -> Result<T> {
        answer.inspect_err(|error| {
            if C::refusal(error).is_none() {
                self.fail_if(|current| Arc::ptr_eq(current, connection));
            }
        })
    }

    fn fail_if(&self, is_it: impl FnOnce(&Arc<C>) -> bool) {
        self.state.send_if_modified(|state| {
            let fails = matches!(state, State::Connected(current) if is_it(current));
            if fails {
                *state = State::Failed;
            }
            fails
        });
    }
}

/// A call without an answer so far. The connection does not answer if the caller gives up.
struct Asking<'a, C: Connection>(&'a Link<C>, Option<&'a Arc<C>>);

impl<C: Connection> Asking<'_, C> {
    fn end(mut self) {
        self.1 = None;
    }
}

impl<C: Connection> Drop for Asking<'_, C> {
    fn drop(&mut self) {
        if let Asking(link, Some(connection)) = self {
            link.fail_if(|current| Arc::ptr_eq(current, connection));
        }
    }
}

/// Maximum number of topics that are subscribed to at once.
const AT_ONCE: usize = 500;

/// A topic that is removed again unless its subscription is confirmed.
struct Adding<'a, C: Connection> {
    link: &'a Link<C>,
    topic: Option<&'a Topic>,
}

impl<'a, C: Connection> Adding<'a, C> {
    fn new(link: &'a Link<C>, topic: &'a Topic) -> Self {
        lock(&link.topics).insert(topic.clone());
        Adding {
            link,
            topic: Some(topic),
        }
    }

    fn keep(mut self) {
        self.topic = None;
    }

    /// Removes the topic after a call on `connection` has failed, and returns `true`, unless another connection was put to use
    /// meanwhile: that one is subscribed to it.
    fn fail_unless_replaced(mut self, connection: Option<&Arc<C>>) -> bool {
        let mut topics = lock(&self.link.topics);
        let is_other = |current| connection.is_none_or(|it| !Arc::ptr_eq(it, current));
        let is_replaced = matches!(
            &*self.link.state.borrow(),
            State::Connected(current) if is_other(current)
        );
        if let Some(topic) = self.topic.take().filter(|_| !is_replaced) {
            topics.remove(topic);
        }
        !is_replaced
    }
}

/// The caller has given up.
impl<C: Connection> Drop for Adding<'_, C> {
    fn drop(&mut self) {
        if let Some(topic) = self.topic {
            lock(&self.link.topics).remove(topic);
            self.link.fail_if(|_| true); // it may be subscribed
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
        let connection = link.connection().await.expect("it is connected");
        let refused = link.checked::<()>(&connection, Err(Refused::new("no memory", None).into()));
        assert!(refused.is_err());
        let failed = timeout(Duration::from_secs(1), link.failed()).await;
        assert!(failed.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn the_failure_of_a_connection_is_not_that_of_the_next() {
        let link = Link::new();
        let second = Duration::from_secs(1);
        let no_answer = |of| link.checked::<()>(of, Err(Error::msg("no answer")));
        link.establish(Idle).await.expect("it subscribes");
        let first = link.connection().await.expect("it is connected");
        assert!(no_answer(&first).is_err());
        assert!(timeout(second, link.failed()).await.is_ok());
        assert!(no_answer(&first).is_err(), "another call");
        link.set_away("no answer");
        assert!(no_answer(&first).is_err(), "one that has taken longer");
        link.establish(Idle).await.expect("it subscribes");
        assert!(no_answer(&first).is_err(), "the last one");
        assert!(timeout(second, link.failed()).await.is_err());
    }
}
