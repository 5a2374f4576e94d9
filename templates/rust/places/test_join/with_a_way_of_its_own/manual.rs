use axum_channels::testing::{self, TestChannel};
use axum_channels::{Channel, Endpoint};

use my_app::{endpoint, state::App};

pub async fn endpoint() -> Endpoint {
    endpoint::endpoint(&App::for_tests().await)
}

pub async fn join<C: Channel>(endpoint: &Endpoint, topic: &str) -> TestChannel {
    assert!(topic.contains(':'));
    let token = my_app::auth::sign(endpoint, "alice");
    testing::join_with_token::<C>(endpoint, topic, &token).await
}
