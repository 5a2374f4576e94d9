pub fn router(config: &Config) -> Router {
    Router::new()
        .merge(auth::routes(&config.secret_key_base))
        .route("/", get(page))
}
