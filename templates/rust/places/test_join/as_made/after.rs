pub async fn join<C: Channel>(endpoint: &Endpoint, topic: &str) -> TestChannel {
    let secret = Config::for_tests().secret_key_base;
    let token = my_app::auth::signer(&secret).sign("alice");
    testing::join_with_token::<C>(endpoint, topic, &token).await
}
