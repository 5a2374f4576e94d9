//! The routes of the app: sockets, page, assets.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{from_fn, map_response};
use axum::response::Response;
use axum::routing::get;
use axum_channels::Endpoint;

use crate::assets;
use crate::auth;
use crate::channels::user_socket::UserSocket;
use crate::files;
use crate::log;
use crate::sessions::Sessions;
use crate::sign_in;
use crate::state::App;

/// Headers of all responses, as set by Phoenix's `put_secure_browser_headers`.
const SECURITY_HEADERS: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "base-uri 'self'; frame-ancestors 'self';",
    ),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-permitted-cross-domain-policies", "none"),
];

/// Returns the endpoint with its sockets. Sockets and channels read `app` as `socket.state::<App>()`.
pub fn endpoint(app: &App) -> Endpoint {
    Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .url(app.config.url())
        .check_origin(app.config.check_origin.clone())
        .trusted_proxies(app.config.proxies.clone())
        .state(app.clone())
        .state(auth::signer(&app.config.secret_key_base))
        .state(Sessions::new(&app.config.secret_key_base))
        .build()
}

/// Returns the router of the app. Add routes and tower layers here. Handlers take `State<App>` and `State<Endpoint>`.
pub fn router(endpoint: &Endpoint, app: &App) -> Router {
    Router::new()
        .merge(assets::router(&app.config.assets))
        .merge(endpoint.router())
        .merge(sign_in::routes(endpoint))
        .merge(auth::routes(endpoint))
        .route("/files/{message}", get(files::show))
        .route("/up", get(up))
        .route("/ready", get(ready))
        .layer(map_response(secure))
        .layer(from_fn(log::requests))
        .with_state(endpoint.clone())
}

/// Tells service managers that the server is running.
async fn up() -> &'static str {
    "up"
}

/// Tells load balancers whether to send clients: not after SIGTERM.
async fn ready(State(endpoint): State<Endpoint>) -> (StatusCode, &'static str) {
    match endpoint.is_shutting_down() {
        false => (StatusCode::OK, "ready"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "shutting down"),
    }
}

/// Adds the headers that a route has not set.
async fn secure(mut response: Response) -> Response {
    for (name, value) in SECURITY_HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}
