//! Sessions of signed-in users, in a signed cookie.
//!
//! Handlers take a [`Session`] as an argument; without one, the response is 401. Sessions that have ended are listed in memory:
//! keep the list in your database if a copied cookie must stay invalid after a restart.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum_channels::{Endpoint, Signer};

/// Maximum age of a session.
const MAX_AGE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Maximum number of ended sessions in the list, some 10 MB. Beyond it, the sessions that have started first end as well.
const MOST_ENDED: usize = 100_000;

/// A signed-in user. Its text, `ID:USER`, is what cookies and tokens contain. IDs start with the time of signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    id: String,
    /// The name that the user has signed in with.
    pub user: String,
}

impl Session {
    /// Starts a session.
    pub fn new(user: &str) -> Self {
        // Unique, and not secret: it only counts if it is signed.
        let [one, two] = [1, 2].map(|half| RandomState::new().hash_one(half));
        Self {
            id: format!("{}{one:016x}{two:016x}", start(now())),
            user: user.to_owned(),
        }
    }

    /// Reads a session from its text.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, user) = text.split_once(':')?;
        let (id, user) = (id.to_owned(), user.to_owned());
        Some(Self { id, user })
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id, self.user)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session
where
    Endpoint: FromRef<S>,
{
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        let endpoint = Endpoint::from_ref(state);
        let sessions = endpoint.state::<Sessions>();
        let session = sessions.of(&parts.headers, &endpoint);
        session.ok_or(StatusCode::UNAUTHORIZED)
    }
}

/// The signer of session cookies, and the sessions that have ended.
#[derive(Debug, Clone)]
pub struct Sessions {
    signer: Signer,
    ended: Arc<Mutex<Ended>>,
}

/// Sessions that have ended, and whose cookies have not expired.
#[derive(Debug, Default)]
struct Ended {
    ids: BTreeSet<String>,
    /// All sessions up to this one have ended.
    up_to: String,
}

impl Sessions {
    /// Returns the sessions whose cookies are signed with this secret.
    pub fn new(secret_key_base: &str) -> Self {
        Self {
            signer: Signer::new(secret_key_base, "session").max_age(MAX_AGE),
            ended: Arc::default(),
        }
    }

    /// Returns the session of a request, if it is valid.
    pub fn of(&self, headers: &HeaderMap, endpoint: &Endpoint) -> Option<Session> {
        let cookie = cookie(headers, name(endpoint))?;
        let text = self.signer.verify(cookie).ok()?;
        Session::parse(&text).filter(|session| !self.has_ended(session))
    }

    /// Returns whether a session has been signed out.
    pub fn has_ended(&self, session: &Session) -> bool {
        let ended = self.ended();
        session.id <= ended.up_to || ended.ids.contains(&session.id)
    }

    /// Ends a session: its cookie and its tokens are no longer valid.
    pub fn end(&self, session: &Session) {
        let mut ended = self.ended();
        let Ended { ids, up_to } = &mut *ended;
        ids.insert(session.id.clone());
        // The cookies of earlier sessions have expired, but a token of one may have been signed just before.
        let expired = start(now().saturating_sub(MAX_AGE));
        if *up_to < expired {
            *up_to = expired;
        }
        while ids.first().is_some_and(|id| id <= up_to) {
            ids.pop_first();
        }
        if ids.len() > MOST_ENDED {
            *up_to = ids.pop_first().unwrap_or_default();
        }
    }

    /// Returns the value of `Set-Cookie` for a session, or for its removal. Scripts cannot read the cookie.
    pub fn set_cookie(&self, session: Option<&Session>, endpoint: &Endpoint) -> String {
        let (value, seconds) = match session {
            Some(session) => (self.signer.sign(&session.to_string()), MAX_AGE.as_secs()),
            None => (String::new(), 0),
        };
        let name = name(endpoint);
        let secure = if is_https(endpoint) { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
    }

    fn ended(&self) -> MutexGuard<'_, Ended> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Returns the start of the ids of sessions that started then. In the order of texts, later ones are greater.
fn start(time: Duration) -> String {
    format!("{:010x}", time.as_secs())
}

/// Returns the name of the session's cookie. With the prefix, browsers accept it by HTTPS and from this very host alone.
fn name(endpoint: &Endpoint) -> &'static str {
    match is_https(endpoint) {
        true => "__Host-session",
        false => "session",
    }
}

fn is_https(endpoint: &Endpoint) -> bool {
    endpoint.url().is_some_and(|url| url.scheme() == "https")
}

/// Returns the value of a cookie.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all("cookie").iter();
    let mut cookies = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    cookies.find_map(|cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))
}
