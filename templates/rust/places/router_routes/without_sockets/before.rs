pub fn router(endpoint: &Endpoint, config: &Config) -> Router {
    Router::new().route("/", get(page))
}
