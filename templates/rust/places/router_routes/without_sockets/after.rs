pub fn router(endpoint: &Endpoint, config: &Config) -> Router {
    Router::new()
        .merge(auth::routes(endpoint))
        .route("/", get(page))
}
