use crate::message::Topic;
use crate::sync::lock;
use std::collections::HashMap;
use std::mem::{replace, take};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Poll, Waker};

/// Topics with subscribers on this node, and the state of their subscriptions in the engine.
///
/// A topic's first subscriber starts a task, which subscribes in the engine; its last one starts a task that unsubscribes.
/// A topic has at most one task, which goes on until the engine has what is wanted: so the calls for one topic never
/// overlap, and a topic that is left and joined at a high rate causes few of them.
#[derive(Default)]
pub(super) struct Interests {
    topics: Mutex<HashMap<Topic, Interest>>,
    /// Number of topics that are subscribed to. Changed under the lock.
    subscribed: AtomicUsize,
}

#[derive(Default)]
struct Interest {
    /// Number of subscriptions on this node, and of reservations.
    holders: usize,
    /// Number of times that the last holder has left.
    departures: u64,
    /// Number of times that the engine has ended a subscription.
    losses: u64,
    /// The engine was asked for the subscription, and may have it.
    is_asked: bool,
    /// The engine has confirmed the subscription.
    is_subscribed: bool,
    /// The engine has confirmed the subscription, or has failed to: nothing waits for it any more.
    is_settled: bool,
    has_task: bool,
    /// Tasks that wait for the subscription.
    waiting: Vec<Waker>,
}

/// Next step of a topic's task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Subscribe, and [settle](Interests::settle).
    Subscribe { losses: u64 },
    /// Unsubscribe after a while, if the last holder has not left again by then: see [`Interests::abandon`].
    Unsubscribe { departures: u64 },
    /// Nothing is left to do.
    End,
}

impl Interests {
    /// Adds a holder of a topic. Returns whether the topic needs a task.
    #[must_use]
    pub(super) fn acquire(&self, topic: &Topic) -> bool {
        let mut topics = lock(&self.topics);
        let interest = topics.entry(topic.clone()).or_default();
        interest.holders += 1;
        !interest.is_subscribed && !replace(&mut interest.has_task, true)
    }

    /// Removes a holder of a topic. Returns whether the topic needs a task.
    #[must_use]
    pub(super) fn release(&self, topic: &Topic) -> bool {
        let mut topics = lock(&self.topics);
        let Some(interest) = topics.get_mut(topic) else {
            return false;
        };
        interest.holders -= 1;
        if interest.holders > 0 {
            return false;
        }
        interest.departures += 1;
        !replace(&mut interest.has_task, true)
    }

    /// Returns the next step of a topic's task. After [`Step::End`], the topic has no task.
    pub(super) fn next(&self, topic: &Topic) -> Step {
        let mut topics = lock(&self.topics);
        let Some(interest) = topics.get_mut(topic) else {
            return Step::End;
        };
        if interest.holders == 0 && interest.is_asked {
            return Step::Unsubscribe {
                departures: interest.departures,
            };
        }
        if interest.holders == 0 {
            topics.remove(topic);
            let room = 2 * topics.len();
            topics.shrink_to(room);
            return Step::End;
        }
        if interest.is_subscribed {
            interest.has_task = false;
            return Step::End;
        }
        interest.is_asked = true;
        Step::Subscribe {
            losses: interest.losses,
        }
    }

    /// Records the outcome of a subscription, and wakes the tasks that wait for it. One that the engine has ended since
    /// [`Step::Subscribe`] is none.
    pub(super) fn settle(&self, topic: &Topic, losses: u64, is_subscribed: bool) {
        let mut topics = lock(&self.topics);
        let Some(interest) = topics.get_mut(topic) else {
            return;
        };
        if is_subscribed && interest.losses != losses {
            return;
        }
        self.count(
            replace(&mut interest.is_subscribed, is_subscribed),
            is_subscribed,
        );
        interest.is_settled = true;
        let waiting = take(&mut interest.waiting);
        drop(topics);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Records that the engine has ended a subscription. Returns whether the topic needs a task.
    #[cfg(feature = "redis")]
    #[must_use]
    pub(super) fn lose(&self, topic: &Topic) -> bool {
        let mut topics = lock(&self.topics);
        let Some(interest) = topics.get_mut(topic) else {
            return false;
        };
        interest.losses += 1;
        if !interest.is_subscribed {
            return false;
        }
        self.count(replace(&mut interest.is_subscribed, false), false);
        interest.is_settled = false;
        !replace(&mut interest.has_task, true)
    }

    /// Records that a topic is unsubscribed from, if it had no holder since [`Step::Unsubscribe`]. Returns whether it had
    /// none.
    #[must_use]
    pub(super) fn abandon(&self, topic: &Topic, departures: u64) -> bool {
        let mut topics = lock(&self.topics);
        let Some(interest) = topics.get_mut(topic) else {
            return false;
        };
        let is_unheld = interest.holders == 0 && interest.departures == departures;
        if is_unheld {
            interest.is_asked = false;
            self.count(replace(&mut interest.is_subscribed, false), false);
            interest.is_settled = false;
        }
        is_unheld
    }

    /// Completes when the engine has confirmed the subscription to a held topic, or has failed to.
    pub(super) fn poll_settled(&self, topic: &str, waker: &Waker) -> Poll<()> {
        match lock(&self.topics).get_mut(topic) {
            Some(interest) if !interest.is_settled => {
                if !interest.waiting.iter().any(|known| known.will_wake(waker)) {
                    interest.waiting.push(waker.clone());
                }
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }

    /// Returns whether messages on a topic concern this node.
    pub(super) fn has(&self, topic: &str) -> bool {
        let topics = lock(&self.topics);
        let interest = topics.get(topic);
        interest.is_some_and(|interest| interest.holders > 0 || interest.is_subscribed)
    }

    /// Returns the topics with holders.
    pub(super) fn held(&self) -> Vec<Topic> {
        let topics = lock(&self.topics);
        let held = topics.iter().filter(|(_, interest)| interest.holders > 0);
        held.map(|(topic, _)| topic.clone()).collect()
    }

    /// Returns the number of topics that are subscribed to in the engine.
    pub(super) fn subscribed(&self) -> usize {
        self.subscribed.load(Relaxed)
    }

    /// Counts a topic whose subscription has changed.
    fn count(&self, was_subscribed: bool, is_subscribed: bool) {
        match (was_subscribed, is_subscribed) {
            (false, true) => self.subscribed.fetch_add(1, Relaxed),
            (true, false) => self.subscribed.fetch_sub(1, Relaxed),
            _ => return,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::task::Wake;

    fn topic() -> Topic {
        "room:1".into()
    }

    #[test]
    fn the_first_holder_starts_a_task_and_so_does_the_end_of_the_last() {
        let (interests, topic) = (Interests::default(), topic());
        assert_eq!([(); 2].map(|()| interests.acquire(&topic)), [true, false]);
        assert_eq!(interests.next(&topic), Step::Subscribe { losses: 0 });
        interests.settle(&topic, 0, true);
        assert_eq!(interests.next(&topic), Step::End);
        assert_eq!(
            (interests.held(), interests.subscribed()),
            (vec![topic.clone()], 1)
        );

        assert_eq!([(); 2].map(|()| interests.release(&topic)), [false, true]);
        assert_eq!(interests.next(&topic), Step::Unsubscribe { departures: 1 });
        assert!(interests.abandon(&topic, 1));
        assert_eq!(interests.next(&topic), Step::End);
        assert_eq!((interests.held(), interests.subscribed()), (vec![], 0));
        assert!(interests.acquire(&topic), "it starts anew");
    }

    #[test]
    fn a_topic_that_is_left_and_joined_meanwhile_stays_subscribed() {
        let (interests, topic) = (Interests::default(), topic());
        assert!(interests.acquire(&topic));
        assert_eq!(interests.next(&topic), Step::Subscribe { losses: 0 });
        interests.settle(&topic, 0, true);
        assert_eq!(interests.next(&topic), Step::End);
        for _ in 0..1000 {
            let started = [interests.release(&topic), interests.acquire(&topic)];
            assert!(!started[1], "there is a task already");
        }
        assert!(!interests.abandon(&topic, 1000), "it is held");
        assert!(!interests.release(&topic), "there is a task already");
        assert!(!interests.abandon(&topic, 1000), "it was held meanwhile");
        let departures = 1001;
        assert_eq!(interests.next(&topic), Step::Unsubscribe { departures });
        assert!(!interests.acquire(&topic), "it is subscribed");
        assert_eq!(interests.next(&topic), Step::End);
        assert!(interests.release(&topic), "the task has ended");
    }

    #[test]
    fn a_topic_that_is_left_before_the_engine_is_asked_for_it_is_forgotten() {
        let (interests, topic) = (Interests::default(), topic());
        assert!(interests.acquire(&topic));
        assert!(!interests.release(&topic), "there is a task already");
        assert_eq!(interests.next(&topic), Step::End);
        assert!(lock(&interests.topics).is_empty());
    }

    #[test]
    fn a_topic_whose_subscription_has_failed_is_unsubscribed_from_as_a_part_of_it_may_have_succeeded()
     {
        let (interests, topic) = (Interests::default(), topic());
        assert!(interests.acquire(&topic));
        assert_eq!(interests.next(&topic), Step::Subscribe { losses: 0 });
        assert!(!interests.release(&topic), "there is a task already");
        interests.settle(&topic, 0, false);
        assert_eq!(interests.next(&topic), Step::Unsubscribe { departures: 1 });
        assert!(interests.abandon(&topic, 1));
        assert_eq!(interests.next(&topic), Step::End);
        assert!(lock(&interests.topics).is_empty());
    }

    #[cfg(feature = "redis")]
    #[test]
    fn a_subscription_that_the_engine_ends_is_made_again_also_while_it_is_being_made() {
        let (interests, topic) = (Interests::default(), topic());
        assert!(interests.acquire(&topic));
        assert!(!interests.lose(&topic), "there is a task already");
        interests.settle(&topic, 0, true);
        assert_eq!(interests.subscribed(), 0);
        assert_eq!(interests.poll_settled(&topic, Waker::noop()), Poll::Pending);
        assert_eq!(interests.next(&topic), Step::Subscribe { losses: 1 });
        interests.settle(&topic, 1, true);
        assert_eq!(interests.next(&topic), Step::End);
        assert_eq!(interests.subscribed(), 1);

        assert!(interests.lose(&topic));
        assert!(!interests.lose(&topic), "there is a task already");
        assert_eq!(interests.subscribed(), 0);
        assert_eq!(interests.poll_settled(&topic, Waker::noop()), Poll::Pending);
        assert_eq!(interests.next(&topic), Step::Subscribe { losses: 3 });
        interests.settle(&topic, 3, false);
        assert_eq!(
            interests.poll_settled(&topic, Waker::noop()),
            Poll::Ready(())
        );
    }

    #[cfg(feature = "redis")]
    #[test]
    fn a_subscription_that_ends_once_nobody_needs_it_is_not_made_again() {
        let (interests, topic) = (Interests::default(), topic());
        assert!(interests.acquire(&topic));
        assert_eq!(interests.next(&topic), Step::Subscribe { losses: 0 });
        interests.settle(&topic, 0, true);
        assert_eq!(interests.next(&topic), Step::End);
        assert!(interests.release(&topic));
        assert_eq!(interests.next(&topic), Step::Unsubscribe { departures: 1 });
        assert!(!interests.lose(&topic), "there is a task already");
        assert!(interests.abandon(&topic, 1));
        assert!(!interests.lose(&topic), "it is the answer");
        assert_eq!(interests.next(&topic), Step::End);
        assert!(!interests.lose(&topic), "nobody knows it");
    }

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    #[test]
    fn a_join_waits_for_the_first_outcome_whatever_it_is_and_is_woken_once() {
        for is_subscribed in [true, false] {
            let (interests, topic) = (Interests::default(), topic());
            let wakes = Arc::new(Wakes::default());
            let waker = Waker::from(wakes.clone());
            let settled = || interests.poll_settled(&topic, &waker);
            assert!(interests.acquire(&topic));
            assert_eq!([settled(), settled()], [Poll::Pending; 2]);
            interests.settle(&topic, 0, is_subscribed);
            assert_eq!((settled(), wakes.0.load(Relaxed)), (Poll::Ready(()), 1));
        }
    }
}
