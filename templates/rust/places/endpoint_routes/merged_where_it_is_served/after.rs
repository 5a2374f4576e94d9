use axum::{Router, routing::get};
use axum_channels::Endpoint;

pub async fn run(listener: tokio::net::TcpListener) -> std::io::Result<()> {
    let endpoint = Endpoint::builder().build();
    axum::serve(
        listener,
        Router::new()
            .route("/", get(|| async { "up" }))
            .merge(endpoint.router())
            .merge(crate::auth::routes(&endpoint))
            .into_make_service(),
    )
    .await
}
