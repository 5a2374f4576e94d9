use axum_channels::testing::{self, TestChannel};
use axum_channels::{Channel, Endpoint};

use my_app::{config::Config, endpoint};

pub fn endpoint() -> Endpoint {
    endpoint::endpoint(&Config::for_tests())
}

pub async fn join<C: Channel>(endpoint: &Endpoint, topic: &str) -> TestChannel {
    assert!(topic.contains(':'));
    let secret = Config::for_tests().secret_key_base;
    let token = my_app::auth::signer(&secret).sign("alice");
    testing::join_with_token::<C>(endpoint, topic, &token).await
}
