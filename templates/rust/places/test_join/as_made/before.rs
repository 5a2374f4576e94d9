pub async fn join<C: Channel>(endpoint: &Endpoint, topic: &str) -> TestChannel {
    testing::join::<C>(endpoint, topic).await
}
