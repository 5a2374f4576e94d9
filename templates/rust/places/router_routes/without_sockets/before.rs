pub fn router(config: &Config) -> Router {
    Router::new().route("/", get(page))
}
