//! Signed tokens for sockets: a page fetches one, and its sockets show it when they connect.
//!
//! `POST /token` signs one for the user that is signed in. A socket handler asks [`user`] which user its client's token
//! names. Channels find the name in their handler: `socket.handler::<…>().user`.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum_channels::{ConnectInfo, Endpoint, Refused, Signer};
use serde_json::json;

/// How long a token is good for. A page that is open for longer has to be loaded again before it can reconnect.
const MAX_AGE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Header of the app's own script. For another site's page to send it, the browser would have to ask this server first
/// (a "preflight"), which grants that to nobody.
const OWN_SCRIPT: &str = "x-requested-with";

/// Headers of a token: it is in no cache, no script, and no page of another origin.
const PRIVATE: [(&str, &str); 4] = [
    ("cache-control", "no-store"),
    ("content-type", "application/json"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
];

/// Signs the tokens of sockets, and verifies them.
pub fn signer(secret_key_base: &str) -> Signer {
    Signer::new(secret_key_base, "user socket").max_age(MAX_AGE)
}

/// The user that a client's token names; without a good one, the client is refused.
pub fn user(info: &ConnectInfo) -> Result<String, Refused> {
    let token = info.auth_token().unwrap_or_default();
    let verified = info.state::<Signer>().verify(&token);
    verified.map_err(|_| Refused::new("unauthorized"))
}

/// The user that is signed in: your way of signing in goes here. Find it out from a session's cookie, say, and return
/// `None` for strangers. Until then every page is a guest of its own.
fn current_user(_headers: &HeaderMap) -> Option<String> {
    let number = RandomState::new().hash_one("guest") as u32;
    Some(format!("guest-{number:08x}"))
}

/// The route of tokens, for pages that may connect to `endpoint`.
pub fn routes(secret_key_base: &str, endpoint: &Endpoint) -> Router {
    Router::new()
        .route("/token", post(token))
        .with_state((signer(secret_key_base), endpoint.clone()))
}

async fn token(
    State((signer, endpoint)): State<(Signer, Endpoint)>,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    if !headers.contains_key(OWN_SCRIPT) {
        tracing::warn!("No token without the header {OWN_SCRIPT}, which assets/js/token.js sends");
        return Err(StatusCode::FORBIDDEN);
    }
    endpoint.check_origin(&headers).map_err(|refused| {
        tracing::warn!("No token: {refused}");
        StatusCode::FORBIDDEN
    })?;
    let user = current_user(&headers).ok_or(StatusCode::UNAUTHORIZED)?;
    let body = json!({ "token": signer.sign(&user) }).to_string();
    Ok((PRIVATE, body).into_response())
}
