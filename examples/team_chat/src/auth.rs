//! Signed tokens for sockets. A page requests a token, and its sockets send it when they connect.
//!
//! `POST /token` signs one for the user that is signed in, and names the user beside it. A socket handler asks [`user`]
//! which user its client's token names. Channels find the name in their handler: `socket.handler::<…>().user`.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum_channels::{ConnectInfo, Endpoint, Refused, Signer};
use serde_json::json;

use crate::sessions::{Session, Sessions};

/// Maximum age of a token. The page requests a new one before that.
const MAX_AGE: Duration = Duration::from_secs(15 * 60);

/// Header of the app's own script. Pages of other sites cannot send it: this server allows no preflight request.
const OWN_SCRIPT: &str = "x-requested-with";

/// Headers of the response: no caches, no scripts, no pages of other origins.
const PRIVATE: [(&str, &str); 4] = [
    ("cache-control", "no-store"),
    ("content-type", "application/json"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
];

/// Returns the signer of tokens for sockets, for the state of the endpoint.
pub fn signer(secret_key_base: &str) -> Signer {
    Signer::new(secret_key_base, "user socket").max_age(MAX_AGE)
}

/// Signs a token for a new session of `user`, for tests and clients without a page.
pub fn sign(endpoint: &Endpoint, user: &str) -> String {
    sign_session(endpoint, &Session::new(user))
}

fn sign_session(endpoint: &Endpoint, session: &Session) -> String {
    endpoint.state::<Signer>().sign(&session.to_string())
}

/// Returns the user of a client's token. Refuses a client without a valid one, and one that has signed out.
pub fn user(info: &ConnectInfo) -> Result<String, Refused> {
    let token = info.auth_token().unwrap_or_default();
    let verified = info.state::<Signer>().verify(&token).ok();
    let session = verified.and_then(|text| Session::parse(&text));
    match session {
        Some(session) if !info.state::<Sessions>().has_ended(&session) => Ok(session.user),
        _ => Err(Refused::new("unauthorized")),
    }
}

/// Returns the route of tokens, for pages that may connect to `endpoint`.
pub fn routes<S: Clone + Send + Sync + 'static>(endpoint: &Endpoint) -> axum::Router<S> {
    axum::Router::new()
        .route("/token", post(token))
        .with_state(endpoint.clone())
}

async fn token(
    State(endpoint): State<Endpoint>,
    headers: HeaderMap,
    session: Result<Session, StatusCode>,
) -> Result<Response, StatusCode> {
    if !headers.contains_key(OWN_SCRIPT) {
        tracing::warn!("No token without the header {OWN_SCRIPT}, which assets/js/token.js sends");
        return Err(StatusCode::FORBIDDEN);
    }
    endpoint.check_origin(&headers).map_err(|refused| {
        tracing::warn!("No token: {refused}");
        StatusCode::FORBIDDEN
    })?;
    let session = session?;
    let body = json!({
        "token": sign_session(&endpoint, &session),
        "user": session.user,
        "expires_in": MAX_AGE.as_secs(),
    });
    Ok((PRIVATE, body.to_string()).into_response())
}
