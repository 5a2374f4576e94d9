//! The end of histories that nobody uses: one task of the endpoint, while there is any history.

use super::budget::Budget;
use super::{History, InUse, TopicHistory};
use crate::message::Topic;
use crate::pubsub::subscribers::{Subscribers, WithHistory};
use crate::pubsub::{PubSub, remove_topic};
use crate::sync::lock;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

/// Histories of an endpoint.
pub(in crate::pubsub) struct Histories {
    budget: Arc<Budget>,
    state: Mutex<State>,
}

struct State {
    /// Topics with a history.
    topics: HashSet<Topic>,
    has_task: bool,
    pause: Duration,
}

/// Bounds of the pause between two runs of the task. In between, it is a quarter of the shortest age.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));

fn pause(limits: History) -> Duration {
    (limits.max_age / 4).clamp(PAUSE.0, PAUSE.1)
}

impl Histories {
    pub(in crate::pubsub) fn new(max_bytes: usize) -> Self {
        Histories {
            budget: Arc::new(Budget::new(max_bytes)),
            state: Mutex::new(State {
                topics: HashSet::new(),
                has_task: false,
                pause: PAUSE.1,
            }),
        }
    }

    /// Returns the number of histories, and of their bytes.
    fn size(&self) -> (usize, usize) {
        (lock(&self.state).topics.len(), self.budget.used())
    }

    /// Adds a topic. Returns whether a task has to be started.
    fn add(&self, topic: &Topic, limits: History) -> bool {
        let mut state = lock(&self.state);
        state.topics.insert(topic.clone());
        state.pause = state.pause.min(pause(limits));
        !std::mem::replace(&mut state.has_task, true)
    }
}

impl PubSub {
    /// Returns the number of histories, and of their bytes.
    pub(crate) fn histories(&self) -> (usize, usize) {
        self.histories.size()
    }

    /// Returns the history of a topic, which is created if there is none. `None` if there is no room.
    /// One in the engine is loaded from there.
    pub(super) fn history_in_use(
        self: &Arc<Self>,
        topic: &Topic,
        limits: History,
    ) -> Option<InUse> {
        let budget = &self.histories.budget;
        let engine = self.limits_in_engine(topic);
        let limits = engine.unwrap_or(limits);
        let mut shard = lock(self.shard(topic));
        if let Some(history) = shard.get(topic).and_then(|it| it.history()) {
            return Some(InUse::new(history));
        }
        let history = TopicHistory::new(limits, engine, topic, budget, self.cluster.as_ref())?;
        let in_use = InUse::new(&history);
        let subscribers = shard.entry(topic.clone()).or_insert_with(Subscribers::new);
        let stays_for = limits.max_age.saturating_add(pause(limits)); // whenever the task ran last
        subscribers.add_history(WithHistory::new(history, stays_for, Instant::now()));
        drop(shard);
        if self.histories.add(topic, limits) {
            Sweeper::start(self);
        }
        if let (Some(limits), Some(cluster)) = (engine, &self.cluster) {
            cluster.start_load(topic, limits);
        }
        Some(in_use)
    }

    /// Returns the topics with a history. It has limits if it is that of the engine.
    pub(crate) fn topic_histories(&self) -> Vec<(Topic, Option<History>)> {
        let topics = self.topics_with_history().into_iter();
        let history = |topic: Topic| Some((topic.clone(), self.history(&topic)?.engine));
        topics.filter_map(history).collect()
    }

    /// Drops the broadcasts of a topic's history, if it has one, as others may have been lost: no position of a client is
    /// recovered. That of the engine is to be loaded instead: returns its limits.
    pub(crate) fn forget_history(&self, topic: &str) -> Option<History> {
        let history = self.history(topic)?;
        if history.engine.is_none() {
            history.forget();
        }
        history.engine
    }

    fn topics_with_history(&self) -> Vec<Topic> {
        let state = lock(&self.histories.state);
        state.topics.iter().cloned().collect()
    }

    pub(super) fn history(&self, topic: &str) -> Option<Arc<TopicHistory>> {
        let shard = lock(self.shard(topic));
        shard.get(topic)?.history().cloned()
    }

    /// Drops old broadcasts, and histories that are not in use. Returns whether any is left; if not, the task ends.
    fn sweep(&self, now: Instant) -> bool {
        let topics = self.topics_with_history();
        let swept = topics
            .into_iter()
            .filter(|topic| !self.sweep_topic(topic, now));
        let over: Vec<Topic> = swept.collect();
        let mut state = lock(&self.histories.state);
        for topic in &over {
            if self.history(topic).is_none() {
                state.topics.remove(topic); // or it has another history since
            }
        }
        state.has_task = !state.topics.is_empty();
        let room = 2 * state.topics.len();
        state.topics.shrink_to(room);
        state.has_task
    }

    /// Returns whether the topic still has a history.
    fn sweep_topic(&self, topic: &Topic, now: Instant) -> bool {
        let mut shard = lock(self.shard(topic));
        let Some(subscribers) = shard.get_mut(topic) else {
            return false;
        };
        let history = subscribers.take_old_history(now);
        let is_over = history.is_some();
        let history = history.or_else(|| subscribers.history().cloned());
        if subscribers.is_unused() {
            remove_topic(&mut shard, topic);
        }
        drop(shard);
        if let Some(history) = &history {
            history.expire(now);
        }
        !is_over && history.is_some()
    }
}

/// The task.
struct Sweeper {
    pubsub: Weak<PubSub>,
    is_over: bool,
}

impl Sweeper {
    fn start(pubsub: &Arc<PubSub>) {
        let sweeper = Sweeper {
            pubsub: Arc::downgrade(pubsub),
            is_over: false,
        };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(sweeper.run());
        }
    }

    async fn run(mut self) {
        while let Some(pubsub) = self.pubsub.upgrade() {
            let pause = lock(&pubsub.histories.state).pause;
            drop(pubsub);
            sleep(pause).await;
            let pubsub = self.pubsub.upgrade();
            if !pubsub.is_some_and(|pubsub| pubsub.sweep(Instant::now())) {
                break;
            }
        }
        self.is_over = true;
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        if !self.is_over
            && let Some(pubsub) = self.pubsub.upgrade()
        {
            lock(&pubsub.histories.state).has_task = false; // its runtime ends: the next history starts another
        }
    }
}
