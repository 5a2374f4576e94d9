//! Presences of several nodes: each knows all of them, and its clients receive every change.

mod support;

use axum_channels::testing::{Client, TestChannel, connect};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Params, Payload, PresenceHandler, Presences, Reply,
    Result, Socket, SocketHandler, Topic,
};
use serde_json::{Value, json};
use std::time::Duration;
use support::{Hub, eventually, plain};
use tokio::time::sleep;

struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

/// Tracks the user that the payload names, or none.
struct Room {
    user: Option<String>,
}

impl Channel for Room {
    async fn join(_: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        let user: Option<String> = payload.parse()?;
        if let Some(user) = &user {
            socket.presence().track(user, json!({"at": "home"}))?;
        }
        socket.presence().push_state()?;
        Ok(Self { user })
    }

    async fn handle_in(&mut self, _: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        if let Some(user) = &self.user {
            socket.presence().update(user, payload)?;
        }
        Ok(Reply::none())
    }
}

/// Adds a name to each presence.
struct Names;

impl PresenceHandler for Names {
    async fn fetch(&self, _: &Topic, mut presences: Presences) -> Presences {
        let keys: Vec<String> = presences.iter().map(|(key, _)| key.to_owned()).collect();
        for key in keys {
            presences.set(&key, "name", json!(key.to_uppercase()));
        }
        presences
    }
}

fn node(hub: &Hub) -> Endpoint {
    let builder = Endpoint::builder().socket::<UserSocket>("/socket");
    builder.pubsub(hub.adapter()).build()
}

async fn join(endpoint: &Endpoint, user: impl Into<Value>) -> (Client, TestChannel) {
    let client = connect(endpoint, "/socket").await;
    let channel = client.join("room:1", user.into()).await;
    (client, channel)
}

/// The presences of a room, as a node has them.
fn list(endpoint: &Endpoint) -> Value {
    plain(Value::from(endpoint.presences("room:1")))
}

fn diff(joins: Value, leaves: Value) -> Value {
    json!({"joins": joins, "leaves": leaves})
}

async fn next_diff(channel: &mut TestChannel) -> Value {
    plain(channel.next_broadcast("presence_diff").await.to_value())
}

fn at(place: &str) -> Value {
    json!({"metas": [{"at": place}]})
}

#[tokio::test(start_paused = true)]
async fn clients_of_every_node_receive_who_comes_changes_and_goes() {
    let hub = Hub::new();
    let [a, b] = [(); 2].map(|()| node(&hub));
    let (_watcher, mut watcher) = join(&b, Value::Null).await;
    let (alice, mut channel) = join(&a, "alice").await;
    assert_eq!(
        next_diff(&mut watcher).await,
        diff(json!({"alice": at("home")}), json!({}))
    );
    channel.push("move", json!({"at": "sea"}));
    let moved = diff(json!({"alice": at("sea")}), json!({"alice": at("home")}));
    assert_eq!(next_diff(&mut watcher).await, moved);
    assert_eq!(
        [list(&a), list(&b)],
        [(); 2].map(|()| json!({"alice": at("sea")}))
    );
    assert_eq!(
        a.metas_by_key("room:1", "alice"),
        b.metas_by_key("room:1", "alice")
    );
    alice.disconnect().await;
    assert_eq!(
        next_diff(&mut watcher).await,
        diff(json!({}), json!({"alice": at("sea")}))
    );
    assert_eq!([list(&a), list(&b)], [json!({}), json!({})]);
    watcher.refute_broadcast("presence_diff").await;
}

#[tokio::test(start_paused = true)]
async fn refs_are_the_same_on_every_node() {
    let hub = Hub::new();
    let [a, b] = [(); 2].map(|()| node(&hub));
    let (_watcher, mut watcher) = join(&b, Value::Null).await;
    let (_alice, _channel) = join(&a, "alice").await;
    next_diff(&mut watcher).await;
    assert_eq!(
        Value::from(a.presences("room:1")),
        Value::from(b.presences("room:1"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_user_on_several_nodes_has_the_metadata_of_all() {
    let hub = Hub::new();
    let [a, b, c] = [(); 3].map(|()| node(&hub));
    let (_here, _channel) = join(&a, "alice").await;
    let (_there, mut there) = join(&b, "alice").await;
    there.push("move", json!({"at": "sea"}));
    let (_watcher, mut watcher) = join(&c, Value::Null).await;
    let both = json!({"metas": [{"at": "home"}, {"at": "sea"}]});
    eventually("all have both", || {
        [&a, &b, &c].iter().all(|endpoint| {
            let mut list = list(endpoint);
            let metas = list["alice"]["metas"].as_array_mut();
            metas
                .expect("metas")
                .sort_by_key(|meta| meta["at"].to_string());
            list["alice"] == both
        })
    })
    .await;
    assert_eq!(c.presences("room:1").len(), 1);
    assert_eq!(c.metas_by_key("room:1", "alice").len(), 2);
    watcher.refute_push("anything").await;
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_has_the_whole_list_when_its_join_is_answered() {
    let hub = Hub::new();
    let [a, b] = [(); 2].map(|()| node(&hub));
    let (_alice, _channel) = join(&a, "alice").await;
    let (_bob, _other) = join(&a, "bob").await;
    assert_eq!(list(&b), json!({}), "nobody there has joined the topic");
    let [from, to] = [0, 1].map(|index| hub.node(index).expect("it runs"));
    to.receive(&from.presences("room:1").expect("there are two"));
    assert_eq!(list(&b), json!({}), "its changes would not arrive");
    let (_carol, mut carol) = join(&b, "carol").await;
    let state = carol.next_push("presence_state").await.to_value();
    let everyone = json!({"alice": at("home"), "bob": at("home"), "carol": at("home")});
    assert_eq!(plain(state), everyone);
    assert_eq!(list(&b), everyone);
}

#[tokio::test(start_paused = true)]
async fn a_node_without_clients_on_a_topic_forgets_the_others_and_learns_them_again() {
    let hub = Hub::new();
    let [a, b] = [(); 2].map(|()| node(&hub));
    let (alice, _channel) = join(&a, "alice").await;
    let (bob, _other) = join(&b, "bob").await;
    eventually("both are known", || {
        list(&b) == list(&a) && a.presences("room:1").len() == 2
    })
    .await;
    bob.disconnect().await;
    sleep(Duration::from_secs(2)).await;
    assert_eq!(
        (list(&a), list(&b)),
        (json!({"alice": at("home")}), json!({}))
    );
    alice.disconnect().await;
    let (_carol, _channel) = join(&a, "carol").await;
    let (_bob, _other) = join(&b, "bob").await;
    assert_eq!(list(&b), json!({"bob": at("home"), "carol": at("home")}));
}

#[tokio::test(start_paused = true)]
async fn the_presences_of_a_node_that_is_gone_leave_at_once_and_late_messages_are_ignored() {
    let hub = Hub::new();
    let [a, b] = [(); 2].map(|()| node(&hub));
    let (_watcher, mut watcher) = join(&b, Value::Null).await;
    let (_alice, _channel) = join(&a, "alice").await;
    let (_bob, mut bob) = join(&a, "bob").await;
    for _ in 0..2 {
        next_diff(&mut watcher).await;
    }
    let [gone, here] = [0, 1].map(|index| hub.node(index).expect("it runs"));
    let [peer] = here.peers()[..] else {
        panic!("it knows one")
    };
    assert_eq!(peer.id(), gone.id());
    here.remove(peer);
    let both = json!({"alice": at("home"), "bob": at("home")});
    assert_eq!(next_diff(&mut watcher).await, diff(json!({}), both.clone()));
    bob.push("move", json!({"at": "sea"}));
    here.receive(&gone.presences("room:1").expect("there are two"));
    watcher.refute_broadcast("presence_diff").await;
    assert_eq!(list(&b), json!({}));
    here.remove(peer);
    watcher.refute_broadcast("presence_diff").await;

    gone.restore();
    let both = json!({"alice": at("home"), "bob": at("sea")});
    assert_eq!(next_diff(&mut watcher).await, diff(both.clone(), json!({})));
    assert_eq!(list(&b), both);
    gone.restore();
    watcher.refute_broadcast("presence_diff").await;
    here.remove(peer);
    watcher.refute_broadcast("presence_diff").await; // it has been restored since
    assert_eq!([list(&a), list(&b)], [both.clone(), both.clone()]);

    here.remove(here.peers()[0]);
    assert_eq!(next_diff(&mut watcher).await, diff(json!({}), both.clone()));
    here.receive(&gone.presences("room:1").expect("there are two"));
    watcher.refute_broadcast("presence_diff").await;
    gone.restore();
    assert_eq!(next_diff(&mut watcher).await, diff(both, json!({})));
}

#[tokio::test(start_paused = true)]
async fn the_list_makes_up_for_what_was_lost() {
    let hub = Hub::new();
    let [a, b] = [(); 2].map(|()| node(&hub));
    let (_watcher, mut watcher) = join(&b, Value::Null).await;
    let (alice, _channel) = join(&a, "alice").await;
    next_diff(&mut watcher).await;
    hub.set_away(true);
    alice.disconnect().await;
    let (_bob, _channel) = join(&a, "bob").await;
    hub.set_away(false);
    assert_eq!(list(&b), json!({"alice": at("home")}));
    let [from, to] = [0, 1].map(|index| hub.node(index).expect("it runs"));
    to.receive(&from.presences("room:1").expect("there is one"));
    let lost = diff(json!({"bob": at("home")}), json!({"alice": at("home")}));
    assert_eq!(next_diff(&mut watcher).await, lost);
    assert_eq!(list(&b), list(&a));
}

#[tokio::test(start_paused = true)]
async fn loading_again_ends_the_presences_of_nodes_that_have_none_any_more() {
    let hub = Hub::new();
    let [a, b, c] = [(); 3].map(|()| node(&hub));
    let (_watcher, mut watcher) = join(&b, Value::Null).await;
    let (alice, _channel) = join(&a, "alice").await;
    let (_carol, _channel) = join(&c, "carol").await;
    for _ in 0..2 {
        next_diff(&mut watcher).await;
    }
    hub.set_away(true);
    alice.disconnect().await;
    let (_bob, _channel) = join(&c, "bob").await;
    eventually("she has left", || a.presences("room:1").is_empty()).await;
    hub.set_away(false);
    let node = hub.node(1).expect("it runs");
    node.resync().await.expect("the engine is there");
    let mut lost = [next_diff(&mut watcher).await, next_diff(&mut watcher).await];
    lost.sort_by_key(|diff| diff["joins"].to_string());
    let came = diff(json!({"bob": at("home")}), json!({}));
    let went = diff(json!({}), json!({"alice": at("home")}));
    assert_eq!(lost, [came, went]);
    assert_eq!(list(&b), json!({"bob": at("home"), "carol": at("home")}));
    node.resync().await.expect("the engine is there");
    watcher.refute_broadcast("presence_diff").await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_all_presences_have_ended_ends_them() {
    let hub = Hub::new();
    let [a, b] = [(); 2].map(|()| node(&hub));
    let (_watcher, mut watcher) = join(&b, Value::Null).await;
    let (alice, _channel) = join(&a, "alice").await;
    next_diff(&mut watcher).await;
    let [from, to] = [0, 1].map(|index| hub.node(index).expect("it runs"));
    assert!(from.has_presences("room:1") && !to.has_presences("room:1"));
    hub.set_away(true);
    alice.disconnect().await;
    eventually("she has left", || !from.has_presences("room:1")).await;
    assert_eq!(from.presences("room:1"), None);
    to.receive(&from.presence_list("room:1").expect("the endpoint exists"));
    let left = diff(json!({}), json!({"alice": at("home")}));
    assert_eq!(next_diff(&mut watcher).await, left);
    hub.set_away(false);
    let (_alice, _channel) = join(&a, "alice").await;
    let came = diff(json!({"alice": at("home")}), json!({}));
    assert_eq!(next_diff(&mut watcher).await, came);
}

#[tokio::test(start_paused = true)]
async fn presences_of_tasks_cross() {
    let hub = Hub::new();
    let [a, b] = [(); 2].map(|()| node(&hub));
    let (_watcher, mut watcher) = join(&b, Value::Null).await;
    let mut job = a
        .track("room:1", "job", json!({"at": "home"}))
        .expect("an object");
    assert_eq!(
        next_diff(&mut watcher).await,
        diff(json!({"job": at("home")}), json!({}))
    );
    job.update(json!({"at": "sea"})).expect("an object");
    next_diff(&mut watcher).await;
    drop(job);
    assert_eq!(
        next_diff(&mut watcher).await,
        diff(json!({}), json!({"job": at("sea")}))
    );
}

#[tokio::test(start_paused = true)]
async fn each_node_fetches_data_for_its_own_clients() {
    let hub = Hub::new();
    let a = node(&hub);
    let b = Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .presence(Names)
        .pubsub(hub.adapter())
        .build();
    let (_here, mut here) = join(&a, Value::Null).await;
    let (_there, mut there) = join(&b, Value::Null).await;
    let (_alice, _channel) = join(&a, "alice").await;
    assert_eq!(
        next_diff(&mut here).await,
        diff(json!({"alice": at("home")}), json!({}))
    );
    let named = json!({"alice": {"metas": [{"at": "home"}], "name": "ALICE"}});
    assert_eq!(next_diff(&mut there).await, diff(named, json!({})));
}

#[tokio::test(start_paused = true)]
async fn presences_that_cannot_be_decoded_are_counted_and_change_nothing() {
    let hub = Hub::new();
    let [a, b] = [(); 2].map(|()| node(&hub));
    let (_watcher, mut watcher) = join(&b, Value::Null).await;
    let (_alice, _channel) = join(&a, "alice").await;
    next_diff(&mut watcher).await;
    let node = hub.node(0).expect("it runs");
    let mut message = node.presences("room:1").expect("there is one").to_vec();
    let last = message.len() - 1;
    message[last] = b'!'; // the end of the metadata
    hub.send(1, &message);
    eventually("it is counted", || b.stats().cluster.malformed == 1).await;
    assert_eq!(list(&b), json!({"alice": at("home")}));
    watcher.refute_broadcast("presence_diff").await;
}
