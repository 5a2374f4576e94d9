use axum_channels::testing::{self, TestChannel};
use axum_channels::{Channel, Endpoint};

use my_app::{config::Config, endpoint};

pub fn endpoint() -> Endpoint {
    endpoint::endpoint(&Config::for_tests())
}

pub async fn join<C: Channel>(endpoint: &Endpoint, topic: &str) -> TestChannel {
    assert!(topic.contains(':'));
    testing::join::<C>(endpoint, topic).await
}
