//! Tests of the channel for `inbox:*`.

use axum_channels::testing;
use axum_channels::{Channels, ConnectInfo, Endpoint, Params, Refused, Reply, SocketHandler};
use serde_json::json;

use team_chat::channels::inbox_channel::InboxChannel;
use team_chat::endpoint;
use team_chat::state::App;

const TOPIC: &str = "inbox:alice";

/// The endpoint of the app; clients join it in memory.
async fn endpoint() -> Endpoint {
    endpoint::endpoint(&App::for_tests().await)
}

/// A user, by name.
struct User(&'static str);

impl SocketHandler for User {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<InboxChannel>("inbox:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> axum_channels::Result<Self> {
        Err(Refused::new("only tests connect").into())
    }

    fn id(&self) -> Option<String> {
        Some(format!("user_socket:{}", self.0))
    }
}

/// A client of the user that the topic belongs to.
async fn client(endpoint: &Endpoint) -> testing::TestChannel {
    let alice = testing::connect_as(endpoint, User("alice")).await;
    alice.join(TOPIC, json!({})).await
}

#[tokio::test]
async fn other_users_cannot_join_the_topic_of_a_user() {
    let endpoint = endpoint().await;
    let bob = testing::connect_as(&endpoint, User("bob")).await;

    let joined = bob.try_join(TOPIC, json!({})).await;

    let unauthorized = Reply::error(json!({"reason": "unauthorized"}));
    assert_eq!(joined.err(), Some(unauthorized));
}

#[tokio::test]
async fn ping_replies_with_its_payload() {
    let endpoint = endpoint().await;
    let mut channel = client(&endpoint).await;

    let payload = json!({"hello": "there"});
    let reply = channel.push("ping", &payload).reply().await;

    assert_eq!(reply, Reply::ok(payload));
}

#[tokio::test]
async fn a_shout_reaches_all_clients_in_the_topic() {
    let endpoint = endpoint().await;
    let mut alice = client(&endpoint).await;
    let mut bob = client(&endpoint).await;

    let payload = json!({"hello": "all"});
    alice.push("shout", &payload);

    alice.assert_broadcast("shout", &payload).await;
    bob.assert_broadcast("shout", &payload).await;
}

#[tokio::test]
async fn a_broadcast_from_elsewhere_in_the_app_is_pushed() {
    let endpoint = endpoint().await;
    let mut channel = client(&endpoint).await;

    let payload = json!({"some": "data"});
    endpoint.broadcast(TOPIC, "news", &payload);

    channel.assert_broadcast("news", &payload).await;
}
