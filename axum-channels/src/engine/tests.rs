//! Promises of leases, with the default of 15 seconds, by tokio's clock.

mod simulation;

use crate::dice::Dice;
use crate::endpoint::{Endpoint, Events};
use serde_json::{Value, json};
use simulation::{Condition, Kind, Loss, Simulation};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

const LEASE: Duration = Duration::from_secs(15);

const KINDS: [Kind; 2] = [Kind::Redis, Kind::Nats];

/// Two nodes: one with a presence, and one that watches. Nodes of a simulation are numbered.
struct World {
    simulation: Simulation,
    nodes: [Endpoint; 2],
    line: simulation::Line,
    events: Events,
    _alice: crate::TrackedPresence,
}

const ALICE: usize = 0;
const WATCHER: usize = 1;

impl World {
    /// Starts the nodes, the watching one later by `offset`.
    async fn start(kind: Kind, offset: Duration) -> Self {
        let simulation = Simulation::new(kind);
        let (node, line) = simulation.node();
        let alice = node.track("room:1", "alice", json!({})).expect("an object");
        sleep(offset).await;
        let (watcher, _) = simulation.node();
        let events = watcher.subscribe("room:1");
        let mut world = World {
            simulation,
            nodes: [node, watcher],
            line,
            events,
            _alice: alice,
        };
        assert_eq!(world.change().await, joined());
        world
    }

    /// Waits for the next change of who is there, as the clients of the watching node receive it.
    async fn change(&mut self) -> Value {
        let event = self.events.recv().await.expect("nothing is dropped");
        assert_eq!(event.event, "presence_diff");
        let diff: Value = event.payload.parse().expect("JSON");
        json!({"joins": keys(&diff["joins"]), "leaves": keys(&diff["leaves"])})
    }

    /// Returns the changes of a while.
    async fn changes(&mut self, duration: Duration) -> Vec<Value> {
        let (end, mut changes) = (Instant::now() + duration, Vec::new());
        while let Ok(change) = timeout_at(end, self.change()).await {
            changes.push(change);
        }
        changes
    }

    /// Waits for a while in which nobody may seem to come or to leave.
    async fn no_change(&mut self, duration: Duration) {
        assert_eq!(self.changes(duration).await, [Value::Null; 0]);
        assert_eq!(users(&self.nodes[WATCHER]), ["alice"]);
    }
}

fn keys(presences: &Value) -> Vec<String> {
    let presences = presences.as_object().expect("an object");
    presences.keys().cloned().collect()
}

fn users(endpoint: &Endpoint) -> Vec<String> {
    let presences = endpoint.presences("room:1");
    presences.iter().map(|(key, _)| key.to_owned()).collect()
}

fn joined() -> Value {
    json!({"joins": ["alice"], "leaves": []})
}

fn left() -> Value {
    json!({"joins": [], "leaves": ["alice"]})
}

fn steps(step: u64, end: u64) -> impl Iterator<Item = Duration> {
    (0..end).step_by(step as usize).map(Duration::from_millis)
}

#[tokio::test(start_paused = true)]
async fn the_presences_of_a_killed_node_are_gone_within_a_lease() {
    for kind in KINDS {
        let mut durations = Vec::new();
        for offset in steps(500, 3000) {
            for later in steps(250, 1500) {
                let mut world = World::start(kind, offset).await;
                world.no_change(LEASE + later).await;
                world.simulation.set(ALICE, Condition::Paused);
                let killed = Instant::now();
                assert_eq!(world.change().await, left());
                durations.push(killed.elapsed());
            }
        }
        let longest = durations.iter().max();
        assert!(longest <= Some(&LEASE), "{kind:?}: {longest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_starts_after_another_was_killed_drops_its_presences_within_the_lease() {
    for kind in KINDS {
        for later in steps(500, 14_000) {
            let world = World::start(kind, Duration::ZERO).await;
            world.simulation.set(ALICE, Condition::Paused);
            let killed = Instant::now();
            sleep(later).await;
            let (newcomer, _) = world.simulation.node();
            let _events = newcomer.subscribe("room:1");
            sleep(LEASE.saturating_sub(killed.elapsed())).await;
            assert_eq!(users(&newcomer), [""; 0], "{kind:?}, {later:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_is_lost_drops_nobody() {
    for kind in KINDS {
        for loss in [Loss::Request, Loss::Answer] {
            for offset in steps(250, 3000) {
                let mut world = World::start(kind, offset).await;
                world.no_change(LEASE).await;
                world.line.lose(loss);
                world.no_change(2 * LEASE).await;
                assert_eq!(world.nodes[ALICE].stats().cluster.reconnects, 1);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_waits_for_a_write_does_not_hold_it_up() {
    for kind in KINDS {
        let mut world = World::start(kind, Duration::ZERO).await;
        let publisher = world.nodes[ALICE].clone();
        let watcher = &world.nodes[WATCHER];
        let _carol = watcher.track("room:2", "carol", json!({}));
        let _carols = publisher.subscribe("room:2"); // whose node is looked for
        sleep(Duration::from_millis(100)).await;
        world.line.slow_down((1, Duration::from_secs(1))).await;
        for n in 0..100 {
            publisher.broadcast("room:1", "next", json!({"n": n}));
            sleep(Duration::from_millis(700)).await;
        }
        for n in 0..100 {
            let event = world.events.recv().await.expect("nothing is dropped");
            assert_eq!(event.payload.get("n"), Some(json!(n)), "{}", event.event);
        }
        assert_eq!(world.nodes[ALICE].stats().cluster.reconnects, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_is_not_dropped_while_it_waits_for_writes_of_several_slow_requests() {
    for kind in KINDS {
        for request in steps(500, 3000) {
            let mut world = World::start(kind, Duration::ZERO).await;
            world.line.slow_down((4, request)).await;
            let mut bob = world.nodes[ALICE]
                .track("room:1", "bob", json!({}))
                .expect("an object");
            let updates = tokio::spawn(async move {
                for n in 0.. {
                    update(&mut bob, n);
                    sleep(Duration::from_millis(100)).await;
                }
            });
            let changes = world.changes(8 * LEASE).await;
            updates.abort();
            let is_gone = |change: &&Value| change["leaves"].to_string().contains("alice");
            let gone = changes.iter().filter(is_gone).count();
            assert_eq!(gone, 0, "{kind:?}, {request:?}");
            assert_eq!(world.nodes[ALICE].stats().cluster.reconnects, 0);
        }
        let mut world = World::start(kind, Duration::ZERO).await;
        world.line.slow_down((4, Duration::from_millis(2900))).await;
        world.no_change(20 * LEASE).await; // its list is written again once
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_on_a_connection_that_has_failed_does_not_end_the_next_one() {
    for kind in KINDS {
        for later in steps(250, 1500) {
            let mut world = World::start(kind, Duration::ZERO).await;
            world.no_change(LEASE + Duration::from_millis(100)).await;
            let node = world.nodes[ALICE].clone();
            world.simulation.set(ALICE, Condition::Cut);
            sleep(Duration::from_millis(1600) + later).await; // a renewal is under way
            let mut events = node.subscribe("room:2"); // the call fails as much later than the renewal
            sleep(Duration::from_millis(2700) - later).await;
            world.simulation.set(ALICE, Condition::Open);
            sleep(LEASE).await;
            let stats = node.stats().cluster;
            assert_eq!(stats.reconnects, 1, "{kind:?}, {later:?}");
            world.nodes[WATCHER].broadcast("room:2", "news", json!({}));
            let event = events.recv().await.expect("nothing is dropped");
            assert_eq!(event.event, "news");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_publishes_all_the_time_leaves_at_once() {
    for kind in KINDS {
        for has_changes in [true, false] {
            let world = World::start(kind, Duration::ZERO).await;
            world.line.slow_down((1, Duration::from_millis(10))).await;
            let node = world.nodes[ALICE].clone();
            let publisher = node.clone();
            let mut bob = node.track("room:1", "bob", json!({})).expect("an object");
            let publishing = tokio::spawn(async move {
                for n in 0.. {
                    match has_changes {
                        true => bob.update(json!({"n": n})).expect("an object"),
                        false => publisher.broadcast("room:1", "next", json!({"n": n})),
                    }
                    sleep(Duration::from_millis(1)).await;
                }
            });
            sleep(Duration::from_millis(500)).await;
            let began = Instant::now();
            node.shutdown().await;
            let took = began.elapsed();
            assert!(took < Duration::from_millis(100), "{kind:?}: {took:?}");
            assert_eq!(users(&world.nodes[WATCHER]), [""; 0], "{kind:?}");
            publishing.abort();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn broadcasts_that_were_sent_are_not_lost_when_the_journal_with_them_needs_another_server() {
    for kind in KINDS {
        let mut world = World::start(kind, Duration::ZERO).await;
        sleep(3 * LEASE).await; // the connection is old enough to be given up
        let publisher = &world.nodes[ALICE];
        world.line.refuse_journals(true);
        publisher.broadcast("room:1", "news", json!({}));
        let bob = publisher.track("room:1", "bob", json!({}));
        sleep(Duration::from_millis(1)).await;
        world.line.refuse_journals(false);
        let event = world.events.recv().await.expect("nothing is dropped");
        assert_eq!(event.event, "news");
        sleep(LEASE).await;
        let stats = world.nodes[ALICE].stats().cluster;
        assert_eq!((stats.reconnects, stats.lost), (1, 0), "{kind:?}");
        assert_eq!(users(&world.nodes[WATCHER]), ["alice", "bob"]);
        drop(bob);
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_lost_its_data_at_any_time_drops_nobody() {
    for kind in KINDS {
        for offset in steps(250, 3000) {
            for later in steps(250, 3000) {
                let mut world = World::start(kind, offset).await;
                world.no_change(LEASE + later).await;
                world.simulation.flush();
                world.no_change(2 * LEASE).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_paused_puts_its_presences_back() {
    interrupted(Condition::Paused, &[ALICE]).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_cut_off_puts_its_presences_back() {
    interrupted(Condition::Cut, &[ALICE]).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_cut_off_itself_has_the_presences_of_the_others_again() {
    interrupted(Condition::Cut, &[WATCHER]).await;
}

#[tokio::test(start_paused = true)]
async fn nodes_whose_engine_was_away_have_each_others_presences_again() {
    interrupted(Condition::Cut, &[ALICE, WATCHER]).await;
}

/// Interrupts the lines of nodes for some time. Clients see nobody leave for ever, twice, or after a short time.
async fn interrupted(condition: Condition, nodes: &[usize]) {
    for kind in KINDS {
        for pause in steps(250, 30_000) {
            let mut world = World::start(kind, Duration::from_millis(700)).await;
            world.no_change(LEASE).await;
            let simulation = world.simulation.clone();
            let set = |condition| {
                nodes
                    .iter()
                    .for_each(|node| simulation.set(*node, condition));
            };
            set(condition);
            let mut changes = world.changes(pause).await;
            set(Condition::Open);
            changes.extend(world.changes(LEASE).await);
            let case = format!("{kind:?}, {pause:?}");
            let none = changes.is_empty();
            assert!(none || changes == [left(), joined()], "{case}: {changes:?}");
            assert!(none || pause > LEASE / 5, "{case}: {changes:?}");
            assert_eq!(users(&world.nodes[WATCHER]), ["alice"], "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_is_subscribed_to_its_topics_in_the_end_whatever_happened_to_its_line() {
    const TOPICS: u64 = 4;
    for seed in 1..=SEEDS {
        let mut dice = Dice::new(seed);
        let simulation = Simulation::new(KINDS[seed as usize % 2]);
        let (node, _) = simulation.node();
        let mut held: BTreeMap<String, Events> = BTreeMap::new();
        for _ in 0..60 {
            match dice.roll(8) {
                0 => simulation.set(0, Condition::Paused),
                1 => simulation.set(0, Condition::Cut),
                2 | 3 => simulation.set(0, Condition::Open),
                _ => {
                    let topic = format!("room:{}", dice.roll(TOPICS));
                    if held.remove(&topic).is_none() {
                        held.insert(topic.clone(), node.subscribe(&topic));
                    }
                }
            }
            sleep(Duration::from_millis(dice.roll(2000))).await;
        }
        simulation.set(0, Condition::Open);
        sleep(Duration::from_secs(60)).await;
        let topics = simulation.topics(0);
        let topics: Vec<&str> = topics.iter().map(|topic| topic.as_str()).collect();
        assert_eq!(topics, held.keys().collect::<Vec<_>>(), "seed {seed}");
        assert_eq!(node.stats().cluster.topics, held.len(), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_have_the_presences_of_each_other_in_the_end_whatever_happened_to_their_lines() {
    for seed in 1..=SEEDS {
        let mut dice = Dice::new(seed);
        let simulation = Simulation::new(KINDS[seed as usize % 2]);
        let nodes = [simulation.node().0, simulation.node().0];
        let mut events = nodes.each_ref().map(|node| node.subscribe("room:1"));
        let mut tracked = BTreeMap::new();
        let mut sent = 0;
        for _ in 0..60 {
            let at = dice.roll(2) as usize;
            let key = format!("user:{at}:{}", dice.roll(3));
            match dice.roll(12) {
                0 => simulation.set(at, Condition::Paused),
                1 => simulation.set(at, Condition::Cut),
                2..=4 => simulation.set(at, Condition::Open),
                5 => simulation.flush(),
                6 | 7 => {
                    sent += 1;
                    nodes[0].broadcast("room:1", "next", json!({"n": sent}));
                }
                8 => match tracked.get_mut(&key) {
                    Some(presence) => update(presence, sent),
                    None => continue,
                },
                _ if tracked.remove(&key).is_none() => {
                    let presence = nodes[at].track("room:1", &key, json!({}));
                    tracked.insert(key, presence.expect("an object"));
                }
                _ => {}
            }
            sleep(Duration::from_millis(dice.roll(2000))).await;
        }
        for at in 0..2 {
            simulation.set(at, Condition::Open);
        }
        sleep(Duration::from_secs(60)).await;
        let expected: Vec<&String> = tracked.keys().collect();
        for (at, node) in nodes.iter().enumerate() {
            assert_eq!(
                users(node).iter().collect::<Vec<_>>(),
                expected,
                "seed {seed}, {at}"
            );
            let metas = tracked
                .keys()
                .map(|key| node.metas_by_key("room:1", key).len());
            assert!(metas.eq(expected.iter().map(|_| 1)), "seed {seed}, {at}");
        }
        let mut received = Vec::new();
        while let Ok(event) = timeout_at(Instant::now(), events[1].recv()).await {
            let event = event.expect("nothing is dropped");
            received.extend(event.payload.get("n").and_then(|n| n.as_u64()));
        }
        assert!(
            received.is_sorted_by(|a, b| a < b),
            "seed {seed}: {received:?}"
        );
    }
}

fn update(presence: &mut crate::TrackedPresence, n: u64) {
    presence.update(json!({"n": n})).expect("an object");
}

/// Number of random courses of events.
const SEEDS: u64 = 300;

#[tokio::test(start_paused = true)]
async fn broadcasts_that_have_waited_are_sent_together_and_received_one_by_one() {
    let mut world = World::start(Kind::Redis, Duration::ZERO).await;
    let [publisher, _] = &world.nodes;
    let before = world.nodes[WATCHER].stats().cluster.received;
    world.simulation.set(ALICE, Condition::Paused);
    publisher.broadcast("room:1", "first", json!({"n": 0}));
    sleep(Duration::from_millis(1)).await; // it is under way
    world.simulation.published();
    for n in 1..=300 {
        publisher.broadcast("room:1", "next", json!({"n": n}));
        publisher.broadcast("room:2", "elsewhere", json!({}));
    }
    world.simulation.set(ALICE, Condition::Open);

    for n in 0..=300 {
        let event = world.events.recv().await.expect("nothing is dropped");
        assert_eq!(event.payload.get("n"), Some(json!(n)));
    }
    let received = world.nodes[WATCHER].stats().cluster.received;
    assert!(received - before >= 301, "{received}");
    let sent = world.simulation.published();
    assert!((2..10).contains(&sent), "{sent}");
}
