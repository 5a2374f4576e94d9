use super::delta::Delta;
use super::*;
use crate::message::Payload;
use crate::pubsub::cluster::NodeId;
use serde_json::json;

fn owner(client: u64) -> Owner {
    Owner::Channel {
        client: ClientId::of(client),
        key: Key::default(),
    }
}

fn meta(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Without refs, which differ from run to run.
fn plain(diff: Option<PresenceDiff>) -> Value {
    let mut value = diff.map_or(Value::Null, |diff| Payload::from(diff).to_value());
    strip(&mut value);
    value
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !key.starts_with("phx_ref"));
            map.values_mut().for_each(strip);
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        _ => {}
    }
}

#[test]
fn coming_changing_and_going_are_told_as_phoenix_tells_them() {
    let (tracker, topic) = (Tracker::new(None), Topic::from("room"));
    let joined = tracker.track(&topic, owner(1), "alice", meta(json!({"n": 1})));
    assert_eq!(
        plain(joined),
        json!({"joins": {"alice": {"metas": [{"n": 1}]}}, "leaves": {}})
    );
    let to_2 = MetaChange::new(|known| {
        known.insert("n".to_owned(), json!(2));
    });
    let updated = tracker.update(&topic, owner(1), "alice", to_2);
    assert_eq!(
        plain(updated.clone()),
        json!({"joins": {"alice": {"metas": [{"n": 2}]}}, "leaves": {"alice": {"metas": [{"n": 1}]}}})
    );
    let diff = Payload::from(updated.unwrap_or_default()).to_value();
    let (new, old) = (
        &diff["joins"]["alice"]["metas"][0],
        &diff["leaves"]["alice"]["metas"][0],
    );
    assert_ne!(new["phx_ref"], old["phx_ref"]);
    assert_eq!(new["phx_ref_prev"], old["phx_ref"]);
    let left = tracker.untrack(&topic, owner(1), "alice");
    assert_eq!(
        plain(left),
        json!({"joins": {}, "leaves": {"alice": {"metas": [{"n": 2}]}}})
    );
}

#[test]
fn a_key_may_have_many_connections_and_each_takes_along_its_own() {
    let (tracker, topic) = (Tracker::new(None), Topic::from("room"));
    for n in 1..=3 {
        tracker.track(&topic, owner(n), "alice", meta(json!({"n": n})));
    }
    tracker.track(&topic, owner(2), "bob", meta(json!({})));
    let left = tracker.leave(&topic, owner(2));
    assert_eq!(
        plain(left),
        json!({"joins": {}, "leaves": {"alice": {"metas": [{"n": 2}]}, "bob": {"metas": [{}]}}})
    );
    let mut list = Payload::from(tracker.list("room")).to_value();
    strip(&mut list);
    assert_eq!(list, json!({"alice": {"metas": [{"n": 1}, {"n": 3}]}}));
}

#[test]
fn what_is_tracked_twice_or_not_at_all_is_told_to_nobody() {
    let (tracker, topic) = (Tracker::new(None), Topic::from("room"));
    assert!(
        tracker
            .track(&topic, owner(1), "alice", Map::new())
            .is_some()
    );
    assert_eq!(tracker.track(&topic, owner(1), "alice", Map::new()), None);
    let unchanged = MetaChange::new(|_| {});
    assert_eq!(tracker.update(&topic, owner(2), "alice", unchanged), None);
    assert_eq!(tracker.untrack(&topic, owner(2), "alice"), None);
    assert_eq!(tracker.leave(&topic, owner(2)), None);
}

#[test]
fn nothing_is_left_when_everyone_has_left() {
    let tracker = Tracker::new(None);
    let topics: Vec<Topic> = (0..100).map(|n| format!("room:{n}").into()).collect();
    for (n, topic) in (0..).zip(&topics) {
        tracker.track(topic, owner(n), "a", Map::new());
        tracker.track(topic, owner(n), "b", Map::new());
    }
    for (n, topic) in (0..).zip(&topics) {
        tracker.untrack(topic, owner(n), "a");
        tracker.leave(topic, owner(n));
    }
    assert_eq!(tracker.owners.load(Relaxed), 0);
    for shard in &tracker.shards {
        let shard = lock(shard);
        assert!(shard.topics.is_empty() && shard.owners.is_empty());
    }
}

#[test]
fn a_node_with_the_highest_incarnation_can_be_removed() {
    let (tracker, node) = (Tracker::new(None), NodeId::from_bytes([1; 16]));
    let highest = Delta {
        incarnation: u64::MAX,
        ..Delta::default()
    };
    let merged = tracker.merge(node, "room", &highest.encode());
    assert!(merged.is_ok());
    for peer in tracker.peers() {
        tracker.remove(peer);
    }
    assert_eq!(tracker.peers(), []);
}
