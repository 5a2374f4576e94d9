//! Who is who: a page gets a signed token, and its sockets show it when they connect.
//!
//! `GET /token` signs one for whoever is signed in. A socket handler asks [`user`] whose token it is shown. The
//! channels find the name in their handler: `socket.handler::<…>().user`.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum_channels::{ConnectInfo, Refused, Signer};

/// How long a token is good for. A page that is open for longer has to be loaded again before it can reconnect.
const MAX_AGE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

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

/// Who asks: this is where your way of signing in goes. Find out from a session's cookie, say, and return `None` for
/// strangers. Until then everybody is a guest, another one each time.
fn current_user(_headers: &HeaderMap) -> Option<String> {
    let number = RandomState::new().hash_one("guest") as u32;
    Some(format!("guest-{number:08x}"))
}

/// What is served for it.
pub fn routes(secret_key_base: &str) -> Router {
    Router::new()
        .route("/token", get(token))
        .with_state(signer(secret_key_base))
}

/// A token for whoever asks. No page of another origin can read it: it is sent without leave to.
async fn token(State(signer): State<Signer>, headers: HeaderMap) -> impl IntoResponse {
    let token = current_user(&headers).map(|user| signer.sign(&user));
    let token = token.ok_or(StatusCode::UNAUTHORIZED);
    ([(header::CACHE_CONTROL, "no-store")], token)
}
