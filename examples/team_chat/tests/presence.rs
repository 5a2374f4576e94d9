//! Tests of the list of users in a topic.

mod support;

use axum_channels::Endpoint;
use serde_json::Value;

use team_chat::channels::room_channel::RoomChannel;

const TOPIC: &str = "room:alice";

/// A client in the topic, under the name that the app gives it.
async fn join(endpoint: &Endpoint) -> axum_channels::testing::TestChannel {
    support::join::<RoomChannel>(endpoint, TOPIC).await
}

/// The number of clients in a list, under whatever names.
fn count(list: &Value) -> usize {
    let names = list.as_object().into_iter().flat_map(|list| list.values());
    let metas = names.filter_map(|name| name["metas"].as_array());
    metas.map(Vec::len).sum()
}

#[tokio::test]
async fn a_client_that_joins_receives_the_list() {
    let endpoint = support::endpoint().await;
    let _one = join(&endpoint).await;

    let mut two = join(&endpoint).await;

    let list = two.next_push("presence_state").await.to_value();
    assert_eq!(count(&list), 2, "{list}");
}

#[tokio::test]
async fn clients_receive_joins_and_leaves_of_others() {
    let endpoint = support::endpoint().await;
    let mut one = join(&endpoint).await;
    one.next_broadcast("presence_diff").await; // its own join

    let mut two = join(&endpoint).await;
    let came = one.next_broadcast("presence_diff").await.to_value();
    two.leave().await;
    let went = one.next_broadcast("presence_diff").await.to_value();

    assert_eq!(count(&came["joins"]), 1, "{came}");
    assert_eq!(count(&went["leaves"]), 1, "{went}");
}
