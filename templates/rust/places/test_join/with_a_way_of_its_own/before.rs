pub async fn join<C: Channel>(endpoint: &Endpoint, topic: &str) -> TestChannel {
    let _ = 1;
    testing::join::<C>(endpoint, topic).await
}
