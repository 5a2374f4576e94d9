//! Helpers for the tests of all channels.
#![allow(dead_code, reason = "each test file uses a part of this")]

use axum_channels::testing::{self, TestChannel};
use axum_channels::{Channel, Endpoint};

use team_chat::{endpoint, state::App};

/// The endpoint of the app, with its sockets and routes. Clients join it in memory.
pub async fn endpoint() -> Endpoint {
    endpoint::endpoint(&App::for_tests().await)
}

/// A client in a topic. It connects and joins through the endpoint, as a browser does.
pub async fn join<C: Channel>(endpoint: &Endpoint, topic: &str) -> TestChannel {
    let token = team_chat::auth::sign(endpoint, "alice");
    testing::join_with_token::<C>(endpoint, topic, &token).await
}
