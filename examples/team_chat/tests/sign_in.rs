//! Tests of signing in and out.

use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::{self, Body};
use axum::http::{self, HeaderMap, HeaderValue, Request, StatusCode};
use axum_channels::testing::connect_with_token;
use axum_channels::{ConnectInfo, Endpoint, Params, Refused, Result, SocketHandler};
use serde_json::Value;
use tower::ServiceExt;

use team_chat::sessions::{Session, Sessions};
use team_chat::state::App;
use team_chat::{auth, sign_in};

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
        Some(format!("user_socket:{}", self.user))
    }
}

/// An endpoint with that socket, and the routes of tokens and of signing in.
async fn app() -> (Endpoint, axum::Router) {
    let endpoint = Endpoint::builder()
        .socket::<TestSocket>("/socket")
        .state(App::for_tests().await)
        .state(auth::signer(SECRET))
        .state(Sessions::new(SECRET))
        .build();
    let router = axum::Router::new()
        .merge(auth::routes(&endpoint))
        .merge(sign_in::routes(&endpoint));
    (endpoint, router)
}

/// The response to a request: its status, its headers and its body.
async fn send(
    router: &axum::Router,
    request: http::request::Builder,
    body: &str,
) -> Result<Answer, Box<dyn Error>> {
    let request = request.body(Body::from(body.to_owned()))?;
    let (head, body) = router.clone().oneshot(request).await?.into_parts();
    let body = body::to_bytes(body, usize::MAX).await?.to_vec();
    Ok((head.status, head.headers, String::from_utf8(body)?))
}

type Answer = (StatusCode, HeaderMap, String);

/// Submits the form of the page.
async fn sign_in(router: &axum::Router, form: &str) -> Result<Answer, Box<dyn Error>> {
    let kind = "application/x-www-form-urlencoded";
    let request = Request::post("/sign-in").header("content-type", kind);
    send(router, request, form).await
}

/// The cookie that a response sets, as the browser sends it.
fn cookie(headers: &HeaderMap) -> Result<String, Box<dyn Error>> {
    let cookie = headers.get("set-cookie").ok_or("no cookie")?;
    let cookie = cookie.to_str()?;
    let attributes = "; HttpOnly; SameSite=Lax; ";
    assert_eq!(cookie.matches(attributes).count(), 1, "{cookie}");
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// Requests a token as the page does, with the cookie.
async fn token(router: &axum::Router, cookie: &str) -> Result<Answer, Box<dyn Error>> {
    let request = Request::post("/token").header("x-requested-with", "fetch");
    send(router, request.header("cookie", cookie), "").await
}

#[tokio::test]
async fn a_wrong_password_signs_nobody_in() -> Result<(), Box<dyn Error>> {
    let (_, router) = app().await;

    for form in [
        "name=alice&password=guess",
        "name=alice&password=development+", // another password
        "name=&password=development",
        "",
    ] {
        let (status, headers, _) = sign_in(&router, form).await?;

        assert_eq!(status, StatusCode::UNAUTHORIZED, "{form}");
        assert_eq!(headers.get("set-cookie"), None, "{form}");
    }
    Ok(())
}

// With the password that `is_password` accepts in development.
#[tokio::test]
async fn a_user_that_signs_out_is_disconnected_and_stays_out() -> Result<(), Box<dyn Error>> {
    let (endpoint, router) = app().await;

    let (status, headers, _) = sign_in(&router, "name=alice&password=development").await?;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let session = cookie(&headers)?;
    let (_, _, answer) = token(&router, &session).await?;
    let answer: Value = serde_json::from_str(&answer)?;
    assert_eq!(answer["user"], "alice");
    let known = answer["token"].as_str().ok_or("no token")?;
    let alice = connect_with_token(&endpoint, "/socket", known).await?;

    let request = Request::post("/sign-out").header("cookie", &session);
    let (_, headers, _) = send(&router, request, "").await?;

    assert_eq!(cookie(&headers)?, "session=");
    assert_eq!(alice.assert_closed().await, 1001);
    let again = connect_with_token(&endpoint, "/socket", known).await;
    assert_eq!(again.err(), Some(Refused::new("unauthorized")));
    assert_eq!(token(&router, &session).await?.0, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn by_https_no_other_host_of_the_domain_can_set_the_cookie() -> Result<(), Box<dyn Error>> {
    let url = "https://chat.example.com".parse()?;
    let endpoint = Endpoint::builder().url(url).build();
    let sessions = Sessions::new(SECRET);
    let set = sessions.set_cookie(Some(&Session::new("alice")), &endpoint);
    assert_eq!(set.rsplit("; ").next(), Some("Secure"), "{set}");

    let user = |cookie: &str| -> Result<_, Box<dyn Error>> {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::COOKIE, HeaderValue::from_str(cookie)?);
        Ok(sessions.of(&headers, &endpoint).map(|session| session.user))
    };
    let session = set.split(';').next().unwrap_or_default();
    let bare = session.strip_prefix("__Host-").ok_or("no prefix")?;
    assert_eq!(user(session)?.as_deref(), Some("alice"));
    assert_eq!(user(bare)?, None);
    Ok(())
}

#[tokio::test]
async fn other_sites_sign_nobody_in_or_out() -> Result<(), Box<dyn Error>> {
    let (_, router) = app().await;

    for path in ["/sign-in", "/sign-out"] {
        let request = Request::post(path).header("origin", "https://evil.example");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let (status, headers, _) = send(&router, request, "name=eve&password=development").await?;

        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(headers.get("set-cookie"), None, "{path}");
    }
    Ok(())
}

#[test]
fn the_list_of_ended_sessions_is_bounded() -> Result<(), Box<dyn Error>> {
    let sessions = Sessions::new(SECRET);
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let session = |started: u64, number: usize| {
        let text = format!("{started:010x}{number:032x}:alice");
        Session::parse(&text).ok_or("no session")
    };
    let expired = session(now - 15 * 24 * 60 * 60, 0)?; // its cookie, and not each of its tokens
    sessions.end(&expired);
    for number in 1..=100_000 {
        sessions.end(&session(now, number)?);
    }
    assert!(sessions.has_ended(&expired));
    assert!(!sessions.has_ended(&session(now, 0)?));
    sessions.end(&session(now, 100_001)?);

    assert!(sessions.has_ended(&session(now, 0)?));
    assert!(sessions.has_ended(&session(now, 1)?));
    assert!(sessions.has_ended(&session(now, 100_001)?));
    assert!(!sessions.has_ended(&session(now, 100_002)?));
    Ok(())
}
