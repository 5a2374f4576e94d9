//! Tests of tokens.

use std::error::Error;

use axum::body::{self, Body};
use axum::http::{self, Method, Request, StatusCode};
use axum_channels::testing::{connect_with, connect_with_token};
use axum_channels::{ConnectInfo, Endpoint, Params, Refused, Result, SocketHandler};
use tower::ServiceExt;

use team_chat::auth;
use team_chat::endpoint;
use team_chat::sessions::Sessions;
use team_chat::state::App;

const SECRET: &str = "the secret of the tests in this file, which is not used elsewhere";

/// A socket that requires a token.
struct TestSocket {
    user: String,
}

impl SocketHandler for TestSocket {
    async fn connect(_: &Params, info: &ConnectInfo) -> Result<Self> {
        let user = auth::user(info)?;
        Ok(Self { user })
    }

    fn id(&self) -> Option<String> {
        Some(format!("user:{}", self.user))
    }
}

/// An endpoint with that socket.
async fn with_socket(secret: &str) -> Endpoint {
    Endpoint::builder()
        .socket::<TestSocket>("/socket")
        .state(App::for_tests().await)
        .state(auth::signer(secret))
        .state(Sessions::new(secret))
        .build()
}

#[tokio::test]
async fn a_valid_token_identifies_its_user() -> Result<(), Box<dyn Error>> {
    let endpoint = with_socket(SECRET).await;
    let token = auth::sign(&endpoint, "alice");
    let alice = connect_with_token(&endpoint, "/socket", &token).await?;

    endpoint.disconnect("user:alice");

    assert_eq!(alice.assert_closed().await, 1001);
    Ok(())
}

#[tokio::test]
async fn a_missing_and_a_forged_token_are_refused() {
    let endpoint = with_socket(SECRET).await;
    let another = with_socket("a secret of somebody else").await;
    let others = auth::sign(&another, "alice");

    let without = connect_with(&endpoint, "/socket", &[]).await;
    let forged = connect_with_token(&endpoint, "/socket", &others).await;

    let unauthorized = Some(Refused::new("unauthorized"));
    assert_eq!(without.err(), unauthorized);
    assert_eq!(forged.err(), unauthorized);
}

/// The endpoint of the app, and the router that serves its tokens.
async fn app() -> (Endpoint, axum::Router) {
    let app = App::for_tests().await;
    let endpoint = endpoint::endpoint(&app);
    let router = endpoint::router(&endpoint, &app);
    (endpoint, router)
}

/// The head and the body of the response to a request without a body.
async fn send(router: axum::Router, request: http::request::Builder) -> Answer {
    let response = router.oneshot(request.body(Body::empty())?).await?;
    let (head, body) = response.into_parts();
    let body = body::to_bytes(body, usize::MAX).await?.to_vec();
    Ok((head, String::from_utf8(body)?))
}

type Answer = Result<(http::response::Parts, String), Box<dyn Error>>;

/// A request of the app's own page.
fn own() -> http::request::Builder {
    let request = Request::post("/token").header("origin", "http://localhost:4000");
    request.header("x-requested-with", "fetch")
}

#[tokio::test]
async fn without_a_session_there_is_no_token() -> Result<(), Box<dyn Error>> {
    let (_, router) = app().await;

    let (head, body) = send(router, own()).await?;

    assert_eq!((head.status, body.as_str()), (StatusCode::UNAUTHORIZED, ""));
    Ok(())
}

#[tokio::test]
async fn other_sites_get_no_token() -> Result<(), Box<dyn Error>> {
    let (_, router) = app().await;
    let (foreign, own) = ("https://evil.example", "http://localhost:4000");
    let script = ("x-requested-with", "fetch");
    for (method, headers, expected) in [
        (Method::GET, vec![script], 405), // a `<script src>` of another site
        (Method::POST, vec![("origin", foreign)], 403), // a form of another site
        (Method::POST, vec![("origin", own)], 403),
        (Method::POST, vec![("origin", foreign), script], 403), // after DNS rebinding
        (Method::POST, vec![("origin", "null"), script], 403),
        (Method::OPTIONS, vec![("origin", foreign)], 405), // the preflight
    ] {
        let case = format!("{method} {headers:?}");
        let mut request = Request::builder().method(method).uri("/token");
        for (name, value) in headers {
            request = request.header(name, value);
        }

        let (head, body) = send(router.clone(), request).await?;

        assert_eq!(head.status, expected, "{case}");
        assert_eq!(body, "", "{case}");
        let names = head.headers.keys().map(|name| name.as_str());
        let allowing = names.filter(|name| name.starts_with("access-control-allow"));
        assert_eq!(allowing.count(), 0, "{case}");
    }
    Ok(())
}
