use super::*;
use crate::dice::Dice;
use crate::message::{Asked, Broadcast, Position, Recovery};
use crate::pubsub::subscribers::Subscribers;
use crate::pubsub::{MAX_HISTORY_BYTES, Pressure, PubSub, Subscriber, Subscription};
use std::thread;
use std::time::Duration;
use tokio::time::advance;

const TOPIC: &str = "room:1";

/// A client that keeps the positions that it receives.
#[derive(Default)]
struct Phone {
    received: Mutex<Vec<Position>>,
}

impl Subscriber for Phone {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        let position = broadcast.shown_position().expect("a position").as_text();
        lock(&self.received).push(Position::parse(&position).expect("a position"));
        Pressure::Low
    }
}

/// A user who loses the connection, and comes back with the last position that was received.
struct User {
    position: Option<Position>,
    connection: Option<(Arc<Phone>, Subscription)>,
    /// Number of broadcasts that were recovered, and of losses that were told.
    recovered: usize,
    lost: usize,
}

impl User {
    fn new() -> Self {
        User {
            position: None,
            connection: None,
            recovered: 0,
            lost: 0,
        }
    }

    fn connect(&mut self, pubsub: &Arc<PubSub>, limits: History) {
        let phone = Arc::new(Phone::default());
        let asked = match self.position {
            None => Asked::First,
            position => Asked::Since(position),
        };
        let recovered = pubsub.recover(Returning {
            topic: &TOPIC.into(),
            limits,
            asked,
            subscriber: phone.clone(),
            id: None,
            on_loss: None,
        });
        let recovered = recovered.expect("there is room");
        match recovered.recovery {
            Recovery::First => {}
            Recovery::Recovered { missed } => self.recovered += missed,
            Recovery::Lost => self.lost += 1,
        }
        self.position = recovered.position;
        assert!(lock(&phone.received).is_empty(), "nothing before the reply");
        assert!(recovered.subscription.begin());
        self.connection = Some((phone, recovered.subscription));
    }

    /// Reads what was received, each broadcast once and in order.
    fn read(&mut self) {
        let Some((phone, _)) = &self.connection else {
            return;
        };
        for received in std::mem::take(&mut *lock(&phone.received)) {
            let last = self.position.expect("a position");
            let next = Position {
                number: last.number + 1,
                ..last
            };
            assert_eq!(received, next);
            self.position = Some(received);
        }
    }

    /// Loses the connection. What was received last may not have been read.
    fn disconnect(&mut self, has_read: bool) {
        if has_read {
            self.read();
        }
        self.connection = None;
    }
}

fn publish(pubsub: &PubSub) {
    let payload = Payload::empty();
    assert_eq!(pubsub.deliver(TOPIC, "e", &payload, None), Ok(()));
}

/// Returns the number of histories and of their bytes, without those of the topic itself.
fn kept(pubsub: &PubSub) -> (usize, usize) {
    let fixed = size_of::<TopicHistory>() + ENTRY + TOPIC.len();
    let (histories, bytes) = pubsub.histories();
    (histories, bytes - histories * fixed)
}

/// Minutes of three kinds, each of which reaches another limit: of age, of messages by bursts, of bytes.
const MINUTES: usize = 60;
const MAX_AGE: usize = 15;
const MAX_MESSAGES: usize = 1600;
const MAX_BYTES: usize = 400_000;

/// Returns the number of broadcasts in a tenth of a second, of 100 a second, and their payload.
fn tenth(at: usize) -> (usize, Payload) {
    match at / 600 % 3 {
        0 => (10, Payload::empty()),
        1 if at.is_multiple_of(200) => (2000, Payload::empty()),
        1 => (0, Payload::empty()),
        _ => (
            10,
            Payload::from(serde_json::json!({"text": "x".repeat(500)})),
        ),
    }
}

/// `HISTORY_SEED` is another start of the random moments.
#[tokio::test(start_paused = true)]
async fn in_an_hour_of_lost_connections_each_broadcast_arrives_once_or_a_loss_is_told() {
    let pubsub = Arc::new(PubSub::new(None, MAX_HISTORY_BYTES));
    let age = Duration::from_secs(MAX_AGE as u64);
    let limits = History::last(MAX_MESSAGES)
        .max_age(age)
        .max_bytes(MAX_BYTES);
    let seed = std::env::var("HISTORY_SEED").map_or(42, |seed| seed.parse().expect("a number"));
    let mut dice = Dice::new(seed);
    let mut users: Vec<User> = (0..5).map(|_| User::new()).collect();
    users[0].connect(&pubsub, limits);
    publish(&pubsub);
    let (_, weight) = kept(&pubsub);
    let mut largest = [0; 3];
    for at in 0..MINUTES * 600 {
        advance(Duration::from_millis(100)).await;
        let (count, payload) = tenth(at);
        for _ in 0..count {
            assert_eq!(pubsub.deliver(TOPIC, "e", &payload, None), Ok(()));
        }
        for _ in 0..10 {
            let user = &mut users[dice.roll(5) as usize];
            match user.connection {
                Some(_) if dice.roll(100) == 0 => user.disconnect(dice.roll(2) == 0),
                Some(_) => user.read(),
                None if dice.roll(100) == 0 => user.connect(&pubsub, limits),
                None => {}
            }
        }
        if at % 600 > 300 {
            let largest = &mut largest[at / 600 % 3]; // without what is left of the minute before
            *largest = kept(&pubsub).1.max(*largest);
        }
    }
    let recovered: usize = users.iter().map(|user| user.recovered).sum();
    let lost: usize = users.iter().map(|user| user.lost).sum();
    assert!(
        recovered > 100_000 && lost > 100,
        "{recovered} {lost} {seed}"
    );
    let [by_age, by_messages, by_bytes] = largest;
    assert_eq!(
        [by_age, by_messages],
        [100 * MAX_AGE * weight, MAX_MESSAGES * weight]
    );
    assert!(
        (MAX_BYTES - 1000..=MAX_BYTES).contains(&by_bytes),
        "{by_bytes}"
    );
    drop(users);
    advance(Duration::from_secs(60)).await;
    tokio::task::yield_now().await;
    assert_eq!(pubsub.histories(), (0, 0));
}

/// A user who is counted, also after a panic.
struct Present<'a>(&'a AtomicUsize);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[test]
fn joins_and_broadcasts_at_the_same_time_lose_nothing_and_double_nothing() {
    const ROUNDS: usize = 2000;
    const USERS: u64 = 3;
    /// Number of broadcasts that each of them recovers at least.
    const RECOVERED: usize = 30;
    let pubsub = Arc::new(PubSub::new(None, MAX_HISTORY_BYTES));
    let limits = History::last(1000);
    let (joins, published) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let present = AtomicUsize::new(USERS as usize);
    let live = &|user: u64| {
        let _present = Present(&present);
        let (mut user, mut dice) = (User::new(), Dice::new(user));
        let mut rounds = 0;
        // Longer on a busy machine, where the threads take turns and few joins and broadcasts meet.
        while rounds < ROUNDS || (user.recovered <= RECOVERED && rounds < 100 * ROUNDS) {
            rounds += 1;
            joins.fetch_add(1, Relaxed);
            user.connect(&pubsub, limits);
            for _ in 0..dice.roll(3) {
                user.read();
            }
            user.disconnect(dice.roll(2) == 0);
        }
        assert!(user.recovered > RECOVERED, "few joins and broadcasts met");
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                // One for each join, without a fixed order between the two.
                while present.load(Relaxed) > 0 {
                    match published.load(Relaxed) <= joins.load(Relaxed) {
                        true => {
                            published.fetch_add(1, Relaxed);
                            publish(&pubsub);
                        }
                        false => thread::yield_now(),
                    }
                }
            });
        }
        for user in 1..=USERS {
            scope.spawn(move || live(user));
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_history_is_freed_some_time_after_its_last_client_and_its_broadcasts_with_their_age() {
    let pubsub = Arc::new(PubSub::new(None, MAX_HISTORY_BYTES));
    let limits = History::last(10).max_age(Duration::from_secs(60));
    publish(&pubsub);
    assert_eq!(pubsub.histories(), (0, 0), "nobody has asked");
    let mut user = User::new();
    user.connect(&pubsub, limits);
    publish(&pubsub);
    let (histories, bytes) = kept(&pubsub);
    assert!(histories == 1 && bytes > 0, "{histories} {bytes}");
    advance_in_steps(Duration::from_secs(90)).await;
    assert_eq!(
        kept(&pubsub),
        (1, 0),
        "the broadcast is old, the client is there"
    );
    publish(&pubsub);
    user.disconnect(true);
    advance_in_steps(Duration::from_secs(50)).await;
    user.connect(&pubsub, limits);
    assert_eq!((user.recovered, user.lost), (0, 0));
    user.disconnect(false);
    advance_in_steps(Duration::from_secs(120)).await;
    assert_eq!(pubsub.histories(), (0, 0));
    assert_eq!(pubsub.len(), 0);
    user.connect(&pubsub, limits);
    assert_eq!(user.lost, 1, "another epoch");
}

#[test]
fn histories_are_freed_after_the_runtime_of_the_first_one_has_ended() {
    let pubsub = Arc::new(PubSub::new(None, MAX_HISTORY_BYTES));
    let run = |time: Duration| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let recovered = pubsub.recover(Returning {
                topic: &format!("room:{}", time.as_secs()).as_str().into(),
                limits: History::last(10).max_age(Duration::from_secs(60)),
                asked: Asked::First,
                subscriber: Arc::new(Phone::default()),
                id: None,
                on_loss: None,
            });
            drop(recovered.expect("there is room"));
            advance_in_steps(time).await;
        });
    };
    run(Duration::from_secs(1));
    assert_eq!(pubsub.histories().0, 1);
    run(Duration::from_secs(120));
    assert_eq!(pubsub.histories(), (0, 0));
}

/// Advances the clock, and lets the task run.
async fn advance_in_steps(time: Duration) {
    for _ in 0..time.as_secs() {
        advance(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_topic_that_finds_no_room_has_no_history_and_the_next_one_may_have_one() {
    let room_for_one = size_of::<TopicHistory>() + ENTRY + TOPIC.len();
    let pubsub = Arc::new(PubSub::new(None, room_for_one));
    let recover = |topic: &str| {
        pubsub.recover(Returning {
            topic: &topic.into(),
            limits: History::last(1),
            asked: Asked::First,
            subscriber: Arc::new(Phone::default()),
            id: None,
            on_loss: None,
        })
    };
    let first = recover(TOPIC);
    assert!(first.is_some() && recover("room:2").is_none());
    assert!(recover(TOPIC).is_some(), "it has one");
    assert_eq!(pubsub.histories(), (1, room_for_one));
}

#[test]
fn a_topic_without_a_history_takes_no_memory_for_one() {
    assert_eq!(size_of::<Subscribers>(), 2 * size_of::<usize>());
}
