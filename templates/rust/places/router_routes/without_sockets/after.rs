pub fn router(endpoint: &Endpoint, config: &Config) -> Router {
    Router::new()
        .merge(auth::routes(&config.secret_key_base, endpoint))
        .route("/", get(page))
}
