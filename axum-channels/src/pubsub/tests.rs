use super::subscribers::MANY;
use super::*;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tokio::task::yield_now;

/// A subscriber that keeps the events it receives.
struct Recorder {
    id: SubscriberId,
    events: Mutex<Vec<String>>,
}

impl Default for Recorder {
    fn default() -> Self {
        let id = SubscriberId {
            client: ClientId::new(),
            channel: None,
        };
        Recorder {
            id,
            events: Mutex::default(),
        }
    }
}

impl Subscriber for Recorder {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        lock(&self.events).push(broadcast.event.to_owned());
        Pressure::Low
    }

    fn id(&self) -> Option<SubscriberId> {
        Some(self.id)
    }
}

impl Recorder {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.events))
    }
}

/// A topic with more subscribers than are served by the publisher.
struct Crowded {
    pubsub: Arc<PubSub>,
    recorders: Vec<Arc<Recorder>>,
    subscriptions: Vec<Subscription>,
}

const TOPIC: &str = "room:1";

impl Crowded {
    fn new() -> Self {
        let pubsub = Arc::new(PubSub::new(None, MAX_HISTORY_BYTES));
        let recorders: Vec<_> = (0..MANY + 500)
            .map(|_| Arc::new(Recorder::default()))
            .collect();
        let subscriptions = recorders
            .iter()
            .map(|recorder| pubsub.subscribe(TOPIC.into(), recorder.clone()))
            .collect();
        Crowded {
            pubsub,
            recorders,
            subscriptions,
        }
    }

    fn publish(&self, event: &str, from: Option<SubscriberId>) {
        let published =
            self.pubsub
                .deliver(TOPIC, event, &Payload::empty(), from.map(Publisher::from));
        assert_eq!(published, Ok(()));
    }

    fn take(&self) -> Vec<Vec<String>> {
        self.recorders.iter().map(|one| one.take()).collect()
    }
}

#[test]
fn a_broadcast_reaches_the_topics_subscribers_but_not_its_sender() {
    let (pubsub, a, b) = (
        Arc::new(PubSub::new(None, MAX_HISTORY_BYTES)),
        Arc::new(Recorder::default()),
        Arc::new(Recorder::default()),
    );
    let _a = pubsub.subscribe("room:1".into(), a.clone());
    let _b = pubsub.subscribe("room:1".into(), b.clone());
    let _other = pubsub.subscribe("room:2".into(), b.clone());
    assert_eq!(
        pubsub.deliver(
            "room:1",
            "from a",
            &Payload::empty(),
            a.id().map(Publisher::from)
        ),
        Ok(())
    );
    assert_eq!(
        pubsub.deliver("room:1", "to all", &Payload::empty(), None),
        Ok(())
    );
    assert_eq!(
        (a.take(), b.take()),
        (
            vec!["to all".to_owned()],
            vec!["from a".to_owned(), "to all".to_owned()]
        )
    );
}

#[test]
fn nothing_is_left_of_a_topic_without_subscribers() {
    let (pubsub, recorder) = (
        Arc::new(PubSub::new(None, MAX_HISTORY_BYTES)),
        Arc::new(Recorder::default()),
    );
    let topic = |n: usize| Topic::from(format!("room:{}", n.min(10)));
    let mut subscriptions: Vec<_> = (0..2 * MANY)
        .map(|n| pubsub.subscribe(topic(n), recorder.clone()))
        .collect();
    assert_eq!(pubsub.len(), 2 * MANY);
    subscriptions.drain(..MANY).for_each(drop); // of the divided topic, some from before its division
    assert_eq!(pubsub.len(), MANY);
    drop(subscriptions);
    assert_eq!(pubsub.len(), 0);
    assert!(pubsub.shards.iter().all(|shard| lock(shard).is_empty()));
    assert_eq!(Arc::strong_count(&recorder), 1);
}

#[test]
fn a_subscriber_that_leaves_during_a_broadcast_does_not_disturb_others() {
    struct Leaver(Mutex<Option<Subscription>>);
    impl Subscriber for Leaver {
        fn deliver(&self, _: &Broadcast<'_>) -> Pressure {
            drop(lock(&self.0).take());
            Pressure::Low
        }
    }
    let (pubsub, leaver, recorder) = (
        Arc::new(PubSub::new(None, MAX_HISTORY_BYTES)),
        Arc::new(Leaver(Mutex::new(None))),
        Arc::new(Recorder::default()),
    );
    *lock(&leaver.0) = Some(pubsub.subscribe("t".into(), leaver.clone()));
    let _recorder = pubsub.subscribe("t".into(), recorder.clone());
    assert_eq!(pubsub.deliver("t", "e", &Payload::empty(), None), Ok(()));
    assert_eq!((recorder.take().len(), pubsub.len()), (1, 1));
}

#[tokio::test]
async fn a_broadcast_to_many_is_delivered_once_after_the_publisher_goes_on() {
    let mut crowded = Crowded::new();
    let sender = crowded.recorders[1].clone();
    crowded.publish("one", sender.id());
    crowded.publish("two", None);
    let late = Arc::new(Recorder::default());
    let _late = crowded.pubsub.subscribe(TOPIC.into(), late.clone());
    drop(crowded.subscriptions.remove(0));
    assert!(crowded.take().concat().is_empty());
    crowded.pubsub.flush().await;
    assert_eq!((late.take(), crowded.recorders[0].take()), (vec![], vec![]));
    assert_eq!(sender.take(), ["two"]);
    for recorder in &crowded.recorders[2..] {
        assert_eq!(recorder.take(), ["one", "two"]);
    }
    crowded.pubsub.flush().await;
    assert!(crowded.take().concat().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn each_of_many_receives_a_publishers_broadcasts_in_order() {
    const EACH: usize = 400; // more than a lane's queue holds
    let crowded = Arc::new(Crowded::new());
    let publishers = ["a", "b"].map(|name| {
        let crowded = crowded.clone();
        tokio::spawn(async move {
            for n in 0..EACH {
                crowded.publish(&format!("{name}{n}"), None);
                if n % 7 == 0 {
                    yield_now().await;
                }
            }
        })
    });
    for publisher in publishers {
        publisher.await.expect("no panic");
    }
    crowded.pubsub.flush().await;
    let of = |name: &str| {
        (0..EACH)
            .map(move |n| format!("{name}{n}"))
            .collect::<Vec<_>>()
    };
    for received in crowded.take() {
        let (a, b): (Vec<_>, Vec<_>) = received
            .into_iter()
            .partition(|event| event.starts_with('a'));
        assert_eq!((a, b), (of("a"), of("b")));
    }
}

#[test]
fn a_payload_that_clients_cannot_take_is_an_error_however_many_they_are() {
    let crowded = Crowded::new();
    let published = crowded
        .pubsub
        .deliver(TOPIC, "e", &Payload::from(serde_json::json!(1)), None);
    assert_eq!(published, Err(EncodeError::NoObject));
}

#[test]
fn without_a_runtime_the_publisher_delivers_to_many_itself() {
    let crowded = Crowded::new();
    crowded.publish("one", None);
    assert!(crowded.take().iter().all(|received| received == &["one"]));
}

#[test]
fn a_broadcast_left_by_a_runtime_that_ended_is_delivered_before_the_next() {
    let crowded = Crowded::new();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime")
    };
    runtime().block_on(async { crowded.publish("one", None) });
    assert!(crowded.take().concat().is_empty());
    runtime().block_on(async {
        crowded.publish("two", None);
        crowded.pubsub.flush().await;
    });
    assert!(
        crowded
            .take()
            .iter()
            .all(|received| received == &["one", "two"])
    );
}

/// Asks publishers to pause at each delivery, and runs code of the app when dropped.
struct Pressing {
    pubsub: Arc<PubSub>,
    drops: Arc<AtomicUsize>,
}

impl Subscriber for Pressing {
    fn deliver(&self, _: &Broadcast<'_>) -> Pressure {
        Pressure::High
    }
}

impl Drop for Pressing {
    fn drop(&mut self) {
        for _ in 0..300 {
            // Enough for the publisher to help.
            let _ = self.pubsub.deliver(TOPIC, "gone", &Payload::empty(), None);
        }
        self.drops.fetch_add(1, SeqCst);
    }
}

#[tokio::test]
async fn the_pressure_of_many_reaches_the_next_publisher() {
    let crowded = Crowded::new();
    let pressing = Pressing {
        pubsub: crowded.pubsub.clone(),
        drops: Arc::default(),
    };
    let drops = pressing.drops.clone();
    let subscription = crowded.pubsub.subscribe(TOPIC.into(), Arc::new(pressing));
    reset_pressure();
    crowded.publish("one", None);
    assert_eq!(pressure(), Pressure::Low);
    crowded.pubsub.flush().await;
    crowded.publish("two", None);
    assert_eq!(pressure(), Pressure::High);
    drop(subscription);
    crowded.pubsub.flush().await;
    assert_eq!(drops.load(SeqCst), 1);
    reset_pressure();
    crowded.publish("three", None);
    assert_eq!(pressure(), Pressure::Low);
}

#[test]
fn topics_of_any_shape_are_spread_over_the_shards() {
    let pubsub = PubSub::new(None, MAX_HISTORY_BYTES);
    let shapes: [fn(usize) -> String; 4] = [
        |n| format!("room:{n}"),
        |n| format!("{n:06}:notifications"),
        |n| format!("device:{n:04x}-{n:04x}"),
        |n| format!("r:{n:05}"),
    ];
    for shape in shapes {
        let mut counts = HashMap::new();
        for topic in (0..6_400).map(shape) {
            *counts
                .entry(std::ptr::from_ref(pubsub.shard(&topic)))
                .or_insert(0) += 1;
        }
        let most = counts.values().max();
        assert_eq!(counts.len(), SHARDS, "{}", shape(0));
        // 100 on average.
        assert!(
            most.is_some_and(|most| *most < 250),
            "{}: {most:?}",
            shape(0)
        );
    }
}
