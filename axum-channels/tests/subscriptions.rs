//! Channels that are subscribed to other topics.

#[macro_use]
mod support;

use axum_channels::testing::{Client, TestChannel, connect};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Event, HandleInfo, Params, Payload, Refused, Reply,
    Result, Socket, SocketHandler, Subscription, Topic, UnknownEvent,
};
use serde_json::json;
use std::sync::{Arc, Mutex};
use support::{Nodes, eventually};
use tokio::sync::Notify;

/// State that a test shares with its channels.
#[derive(Clone, Default)]
struct Kept {
    go: Arc<Notify>,
    socket: Arc<Mutex<Option<Socket>>>,
    /// Subscriptions that do not end with the channel's value.
    outside: Arc<Mutex<Vec<Subscription>>>,
}

struct Feed {
    kept: Kept,
    subscriptions: Vec<Subscription>,
}

impl Channel for Feed {
    async fn join(_: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        let kept = socket.state::<Kept>().clone();
        *kept.socket.lock().expect("not poisoned") = Some(socket.clone());
        let mut feed = Self {
            kept,
            subscriptions: Vec::new(),
        };
        for topic in payload.parse::<Vec<String>>().unwrap_or_default() {
            match topic.as_str() {
                "wait" => feed.kept.go.notified().await,
                "refuse" => return Err(Refused::new("on request").into()),
                "outside" => feed.keep_outside(),
                topic => feed.subscriptions.push(socket.subscribe::<Self>(topic)),
            }
        }
        Ok(feed)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "ping" => {}
            "subscribe" => {
                let topic: String = payload.parse()?;
                self.subscriptions.push(socket.subscribe::<Self>(&topic));
            }
            "unsubscribe" => {
                let topic: String = payload.parse()?;
                self.subscriptions.retain(|kept| *kept.topic() != *topic);
            }
            "outside" => self.keep_outside(),
            "wait" => self.kept.go.notified().await,
            "stop" => socket.stop(),
            "shout" => socket.broadcast_from("shout", payload),
            "panic" => panic!("on request"),
            _ => return Err(UnknownEvent::new(event).into()),
        }
        Ok(Reply::ok(Payload::empty()))
    }
}

impl Feed {
    fn keep_outside(&mut self) {
        let mut outside = self.kept.outside.lock().expect("not poisoned");
        outside.append(&mut self.subscriptions);
    }
}

impl HandleInfo<Event> for Feed {
    async fn handle_info(&mut self, event: Event, socket: &Socket) -> Result<()> {
        if event.event == "fail" {
            return Err(UnknownEvent::new("fail").into());
        }
        let heard = json!([event.topic.as_str(), event.event, event.payload.to_value()]);
        socket.push("heard", json!({"heard": heard}));
        Ok(())
    }
}

struct Anyone;

impl SocketHandler for Anyone {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Feed>("feed:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

on_one_node_and_on_two! {
    a_channel_hears_topics_that_its_client_does_not,
    what_it_hears_waits_for_its_turn_among_the_clients_messages,
    what_it_hears_while_it_is_joined_comes_after_the_join,
    a_channel_hears_no_more_of_what_it_has_dropped,
    a_subscription_ends_with_its_channel_wherever_it_is_kept,
    who_subscribes_for_a_channel_that_has_ended_is_rid_of_it_with_the_next_broadcast_at_the_latest,
    a_burst_of_small_broadcasts_does_not_end_a_subscribed_channel,
    a_channel_that_falls_behind_with_what_it_hears_is_ended_alone,
    a_channel_that_falls_behind_while_it_is_joined_is_told_both,
    a_busy_channel_may_have_as_much_waiting_as_the_limit_says,
    two_channels_of_a_client_hear_the_same_topic_once_each,
    what_a_channel_sends_to_the_others_it_does_not_hear_itself,
}

struct Test {
    kept: Kept,
    nodes: Nodes,
    client: Client,
    feed: TestChannel,
}

impl Test {
    /// A client with a feed of these topics, on one of the nodes.
    async fn of(count: usize, topics: &[&str]) -> Test {
        let kept = Kept::default();
        let nodes = Nodes::new(count, || {
            let builder = Endpoint::builder().socket::<Anyone>("/socket");
            builder.state(kept.clone())
        });
        let client = connect(&nodes, "/socket").await;
        let feed = client.join("feed:1", json!(topics)).await;
        Test {
            kept,
            nodes,
            client,
            feed,
        }
    }

    fn news(&self, n: u64) {
        self.publisher().broadcast("news", "item", json!({"n": n}));
    }

    /// Publishes more than may be queued for a channel.
    fn flood(&self) {
        let item = json!({"text": "x".repeat(2_000)});
        (0..1000).for_each(|_| self.publisher().broadcast("news", "item", item.clone()));
    }

    /// The other node, if there is one.
    fn publisher(&self) -> &Endpoint {
        self.nodes.last()
    }

    /// Counts the subscriptions besides joined topics.
    fn others(&self, joined: usize) -> usize {
        self.nodes.subscriptions() - joined
    }
}

fn item(n: u64) -> serde_json::Value {
    json!({"heard": ["news", "item", {"n": n}]})
}

async fn a_channel_hears_topics_that_its_client_does_not(count: usize) {
    let mut test = Test::of(count, &["news", "weather"]).await;
    test.news(1);
    test.publisher().broadcast("weather", "rain", json!([]));
    test.publisher().broadcast("sports", "goal", json!({}));
    test.feed.assert_push("heard", item(1)).await;
    let rain = json!({"heard": ["weather", "rain", []]});
    test.feed.assert_push("heard", rain).await;
    test.feed.refute_push("heard").await;
    test.feed.refute_broadcast("item").await;
}

async fn what_it_hears_waits_for_its_turn_among_the_clients_messages(count: usize) {
    let mut test = Test::of(count, &["news"]).await;
    let busy = test.feed.push("wait", json!({}));
    test.client.join("feed:2", json!([])).await; // so that the first has been taken
    (1..=3).for_each(|n| test.news(n));
    test.feed.refute_push("heard").await;
    test.kept.go.notify_one();
    assert!(busy.reply().await.is_ok());
    for n in 1..=3 {
        test.feed.assert_push("heard", item(n)).await;
    }
}

async fn what_it_hears_while_it_is_joined_comes_after_the_join(count: usize) {
    let test = Test::of(count, &[]).await;
    let mut channels = tokio::join!(test.client.join("feed:2", json!(["news", "wait"])), async {
        eventually("it listens", || test.others(1) == 1).await;
        test.news(1);
        test.kept.go.notify_one();
    });
    channels.0.assert_push("heard", item(1)).await;
}

async fn a_channel_hears_no_more_of_what_it_has_dropped(count: usize) {
    let mut test = Test::of(count, &["news"]).await;
    assert_eq!(test.others(1), 1);
    test.feed.push("unsubscribe", json!("news")).reply().await;
    assert_eq!(test.others(1), 0);
    test.news(1);
    test.feed.push("subscribe", json!("news")).reply().await;
    test.news(2);
    test.feed.assert_push("heard", item(2)).await;
    test.feed.refute_push("heard").await;
}

async fn a_subscription_ends_with_its_channel_wherever_it_is_kept(count: usize) {
    for how in [
        "leave", "stop", "unknown", "panic", "rejoin", "fail", "vanish",
    ] {
        let test = Test::of(count, &["news", "weather", "outside", "sports"]).await;
        assert_eq!(test.others(1), 3);
        let Test {
            nodes,
            kept,
            client,
            mut feed,
        } = test;
        let (mut client, mut joined) = (Some(client), 0);
        match (how, &client) {
            ("leave", _) => feed.leave().await,
            ("rejoin", Some(client)) => {
                client.join("feed:1", json!([])).await;
                joined = 1;
            }
            ("fail", _) => nodes.last().broadcast("news", "fail", json!({})),
            ("vanish", _) => drop((client.take(), feed)),
            _ => drop(feed.push(how, json!({}))),
        }
        eventually(how, || nodes.subscriptions() == joined).await;
        assert_eq!(kept.outside.lock().expect("not poisoned").len(), 2);
        drop(client);
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_channel_that_subscribed_and_was_refused() {
    let test = Test::of(1, &[]).await;
    let topics = json!(["news", "outside", "weather", "refuse"]);
    let refused = test.client.try_join("feed:2", topics).await;
    refused.expect_err("on request");
    assert_eq!(test.others(1), 0);
    test.news(1);
    test.client.join("feed:3", json!([])).await;
}

async fn who_subscribes_for_a_channel_that_has_ended_is_rid_of_it_with_the_next_broadcast_at_the_latest(
    count: usize,
) {
    for (how, left) in [("leave", 1), ("vanish", 0)] {
        let mut test = Test::of(count, &[]).await;
        let socket = test.kept.socket.lock().expect("not poisoned").take();
        let socket = socket.expect("it was joined");
        match how {
            "leave" => test.feed.leave().await,
            _ => {
                test.client.disconnect().await;
                let connections = || test.nodes.connections();
                eventually("it is gone", || connections() == 0).await;
            }
        }
        let _kept = socket.subscribe::<Feed>("news");
        assert_eq!(test.nodes.subscriptions(), left);
        test.nodes.settled().await;
        test.nodes.last().broadcast("news", "item", json!({}));
        let subscriptions = || test.nodes.subscriptions();
        eventually("it is over", || subscriptions() == 0).await;
    }
}

async fn a_burst_of_small_broadcasts_does_not_end_a_subscribed_channel(count: usize) {
    let mut test = Test::of(count, &["news"]).await;
    (0..1000).for_each(|n| test.news(n));
    for n in 0..1000 {
        test.feed.assert_push("heard", item(n)).await;
    }
}

async fn a_channel_that_falls_behind_with_what_it_hears_is_ended_alone(count: usize) {
    let mut test = Test::of(count, &["news"]).await;
    let mut other = test.client.join("feed:2", json!([])).await;
    test.feed.push("wait", json!({}));
    other.push("ping", json!({})).reply().await;
    test.flood();
    test.feed.assert_crashed().await;
    assert!(other.push("ping", json!({})).reply().await.is_ok());
    assert_eq!(test.others(1), 0);
    test.nodes.settled().await; // or it would hear the rest of them
    let mut again = test.client.join("feed:1", json!(["news"])).await;
    test.news(1);
    again.assert_push("heard", item(1)).await;
}

async fn a_channel_that_falls_behind_while_it_is_joined_is_told_both(count: usize) {
    let test = Test::of(count, &[]).await;
    let (mut late, ()) = tokio::join!(test.client.join("feed:2", json!(["news", "wait"])), async {
        eventually("it listens", || test.others(1) == 1).await;
        test.flood();
        test.nodes.settled().await; // or it would begin to hear before it has fallen behind
        test.kept.go.notify_one();
    });
    late.assert_crashed().await;
    assert_eq!(test.others(1), 0);
}

async fn a_busy_channel_may_have_as_much_waiting_as_the_limit_says(count: usize) {
    let mut test = Test::of(count, &["news"]).await;
    let busy = test.feed.push("wait", json!({}));
    test.client.join("feed:2", json!([])).await; // so that the first has been taken
    (0..128).for_each(|n| test.news(n));
    test.kept.go.notify_one();
    busy.reply().await;
    for n in 0..128 {
        test.feed.assert_push("heard", item(n)).await;
    }
}

async fn two_channels_of_a_client_hear_the_same_topic_once_each(count: usize) {
    let mut test = Test::of(count, &["news"]).await;
    let mut other = test.client.join("feed:2", json!(["news"])).await;
    test.news(1);
    for channel in [&mut test.feed, &mut other] {
        channel.assert_push("heard", item(1)).await;
        channel.refute_push("heard").await;
    }
}

async fn what_a_channel_sends_to_the_others_it_does_not_hear_itself(count: usize) {
    let mut test = Test::of(count, &["feed:1"]).await;
    let mut other = test.client.join("feed:2", json!(["feed:1"])).await;
    test.feed.push("shout", json!({"n": 1}));
    let heard = json!({"heard": ["feed:1", "shout", {"n": 1}]});
    other.assert_push("heard", heard).await;
    test.feed.refute_push("heard").await;
    test.publisher()
        .broadcast("feed:1", "shout", json!({"n": 2}));
    let heard = json!({"heard": ["feed:1", "shout", {"n": 2}]});
    test.feed.assert_push("heard", heard).await;
    test.feed.assert_broadcast("shout", json!({"n": 2})).await;
}
