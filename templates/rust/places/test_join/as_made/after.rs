pub async fn join<C: Channel>(endpoint: &Endpoint, topic: &str) -> TestChannel {
    let token = my_app::auth::sign(endpoint, "alice");
    testing::join_with_token::<C>(endpoint, topic, &token).await
}
