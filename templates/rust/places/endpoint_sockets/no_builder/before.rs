pub fn router() -> axum::Router {
    axum::Router::new().merge(sockets::all())
}
