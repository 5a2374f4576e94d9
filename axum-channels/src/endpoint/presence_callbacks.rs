//! Sends presences to clients, by way of the endpoint's [`PresenceHandler`](super::PresenceHandler) if it has one.

use super::Endpoint;
use super::presence_handler::AnyPresenceHandler;
use crate::guard::guarded;
use crate::log;
use crate::message::{PresenceDiff, Presences, Topic};
use crate::sync::{Mutex, lock};
use crate::task::with_timeout;
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::mem::replace;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Maximum duration of a callback.
const LIMIT: Duration = Duration::from_secs(5);

/// A handler, and its queues: one task for each topic with queued jobs, so that they are done in order.
pub(crate) struct PresenceCallbacks {
    handler: Box<dyn AnyPresenceHandler>,
    waiting: Mutex<HashMap<Topic, Queue>>,
}

/// The jobs of a topic.
#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    has_task: bool,
}

enum Job {
    /// A change, for all clients on the topic.
    Diff(PresenceDiff),
    /// The list of presences, for one client.
    List(Box<dyn FnOnce(Presences) + Send>),
    /// Nothing: it is dropped once all before it are done.
    Mark(mpsc::Sender<()>),
}

impl PresenceCallbacks {
    pub(crate) fn new(handler: impl AnyPresenceHandler + 'static) -> Self {
        PresenceCallbacks {
            handler: Box::new(handler),
            waiting: Mutex::default(),
        }
    }

    /// Queues a job of a topic, and starts the topic's task if there is none.
    fn queue(&self, endpoint: &Endpoint, topic: &Topic, job: Job, runtime: &Handle) {
        let mut waiting = lock(&self.waiting);
        let queue = waiting.entry(topic.clone()).or_default();
        queue.jobs.push_back(job);
        let has_task = replace(&mut queue.has_task, true);
        drop(waiting);
        if !has_task {
            let task = Task {
                endpoint: endpoint.clone(),
                topic: topic.clone(),
                is_over: false,
            };
            runtime.spawn(task.run());
        }
    }

    /// Takes the next job of a topic. Without one, the topic's task ends.
    fn next(&self, topic: &Topic) -> Option<Job> {
        let mut waiting = lock(&self.waiting);
        let next = waiting.get_mut(topic)?.jobs.pop_front();
        if next.is_none() {
            waiting.remove(topic);
            let room = 2 * waiting.len();
            waiting.shrink_to(room);
        }
        next
    }

    /// Waits until all jobs that are queued by now are done.
    pub(super) async fn flush(&self) {
        let (mark, mut marks) = mpsc::channel(1);
        for queue in lock(&self.waiting).values_mut() {
            if queue.has_task {
                queue.jobs.push_back(Job::Mark(mark.clone()));
            }
        }
        drop(mark);
        marks.recv().await; // `None`, as no sender is left
    }

    /// Has the next job of a topic start another task.
    fn abandon(&self, topic: &Topic) {
        if let Some(queue) = lock(&self.waiting).get_mut(topic) {
            queue.has_task = false;
        }
    }

    async fn fetch(&self, topic: &Topic, presences: Presences) -> Presences {
        if presences.is_empty() {
            return presences;
        }
        let fetching = guarded(self.handler.fetch(topic, presences.clone()));
        match with_timeout(LIMIT, fetching).await.and_then(|it| it) {
            Ok(fetched) => fetched,
            Err(error) => {
                log::presence_crashed("fetch", topic, &error);
                presences
            }
        }
    }

    async fn publish(&self, endpoint: &Endpoint, topic: &Topic, diff: PresenceDiff) {
        let diff = PresenceDiff {
            joins: self.fetch(topic, diff.joins).await,
            leaves: self.fetch(topic, diff.leaves).await,
        };
        endpoint.deliver_diff(topic, diff.clone());
        let now = endpoint.presences(topic);
        let handling = guarded(self.handler.handle_metas(topic, diff, now, endpoint));
        if let Err(error) = with_timeout(LIMIT, handling).await.and_then(|it| it) {
            log::presence_crashed("handle_metas", topic, &error);
        }
    }
}

/// The task of a topic.
struct Task {
    endpoint: Endpoint,
    topic: Topic,
    is_over: bool,
}

impl Task {
    async fn run(mut self) {
        let Task {
            endpoint, topic, ..
        } = &self;
        if let Some(callbacks) = &endpoint.shared().presence_callbacks {
            while let Some(job) = callbacks.next(topic) {
                match job {
                    Job::Diff(diff) => callbacks.publish(endpoint, topic, diff).await,
                    Job::List(push) => push(endpoint.fetch_presences(topic).await),
                    Job::Mark(done) => drop(done),
                }
            }
        }
        self.is_over = true;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.is_over
            && let Some(callbacks) = &self.endpoint.shared().presence_callbacks
        {
            callbacks.abandon(&self.topic); // its runtime ends
        }
    }
}

impl Endpoint {
    /// Sends a change of presences to all clients of this node on the topic.
    ///
    /// Outside of a runtime, as in the drop of a value on another thread, nothing is fetched.
    pub(crate) fn publish_presence(&self, topic: &Topic, diff: PresenceDiff) {
        match (&self.shared().presence_callbacks, Handle::try_current()) {
            (Some(handler), Ok(runtime)) => {
                handler.queue(self, topic, Job::Diff(diff), &runtime);
            }
            _ => self.deliver_diff(topic, diff),
        }
    }

    /// Delivers a change of presences. Other nodes receive it from their own presences.
    fn deliver_diff(&self, topic: &Topic, diff: PresenceDiff) {
        let pubsub = &self.shared().pubsub;
        let _ = pubsub.deliver_presences(topic, "presence_diff", &diff.into()); // an object can be sent
    }

    /// Passes the list of a topic's presences to `push`, after earlier changes.
    pub(crate) fn with_presences(
        &self,
        topic: &Topic,
        push: impl FnOnce(Presences) + Send + 'static,
    ) {
        match (&self.shared().presence_callbacks, Handle::try_current()) {
            (Some(handler), Ok(runtime)) => {
                handler.queue(self, topic, Job::List(Box::new(push)), &runtime);
            }
            _ => push(self.presences(topic)),
        }
    }

    /// Returns the presences of a topic, with the data that a [`PresenceHandler`](crate::PresenceHandler) adds.
    ///
    /// Without a handler, or if its `fetch` panics or takes longer than 5 seconds, it is the same as
    /// [`presences`](Self::presences).
    ///
    /// ```
    /// # async fn run(endpoint: axum_channels::Endpoint) {
    /// let presences = endpoint.fetch_presences("room:lobby").await;
    /// let name = presences.field("42", "name");
    /// # }
    /// ```
    pub async fn fetch_presences(&self, topic: &str) -> Presences {
        let presences = self.presences(topic);
        match &self.shared().presence_callbacks {
            Some(handler) => handler.fetch(&Topic::from(topic), presences).await,
            None => presences,
        }
    }

    /// Returns the metadata of a topic's presences under one key: an object for each connection or task that tracks it.
    ///
    /// It is empty if there is none. The same as Phoenix's `get_by_key`, without the data that a
    /// [`PresenceHandler`](crate::PresenceHandler) adds.
    ///
    /// ```
    /// # let endpoint = axum_channels::Endpoint::builder().build();
    /// let is_here = !endpoint.metas_by_key("room:lobby", "user:42").is_empty();
    /// ```
    #[must_use]
    pub fn metas_by_key(&self, topic: &str, key: &str) -> Vec<Value> {
        self.shared().tracker.get(topic, key)
    }
}
