//! The page `/sign-in`, on which users sign in and out. Its links are relative, for an app below a path of its site.

use std::collections::HashMap;

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_channels::Endpoint;

use crate::sessions::{Session, Sessions};

/// Prefixes of the ids of sockets that are closed when their user signs out.
const SOCKETS: [&str; 1] = ["user_socket"];

/// Returns whether this is the password of the user. Replace this by a look-up of your users, whose passwords are stored as
/// hashes (crate `argon2`). Until then, every name signs in with the password `development`, and in a release nobody does.
async fn is_password(_endpoint: &Endpoint, _user: &str, password: &str) -> bool {
    cfg!(debug_assertions) && password == "development"
}

/// Returns the routes to sign in and out, for pages that may connect to `endpoint`.
pub fn routes<S: Clone + Send + Sync + 'static>(endpoint: &Endpoint) -> axum::Router<S> {
    axum::Router::new()
        .route("/sign-in", get(show).post(sign_in))
        .route("/sign-out", post(sign_out))
        .with_state(endpoint.clone())
}

async fn show(session: Result<Session, StatusCode>) -> Html<String> {
    page(if session.is_ok() { SIGNED_IN } else { FORM })
}

async fn sign_in(
    State(endpoint): State<Endpoint>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    if let Err(refused) = endpoint.check_origin(&headers) {
        return refused.into_response();
    }
    let field = |name| form.get(name).map_or("", String::as_str);
    let (user, password) = (field("name").trim(), field("password"));
    if user.is_empty() || !is_password(&endpoint, user, password).await {
        let wrong = page(&format!("{WRONG}{FORM}"));
        return (StatusCode::UNAUTHORIZED, wrong).into_response();
    }
    let sessions = endpoint.state::<Sessions>();
    let cookie = sessions.set_cookie(Some(&Session::new(user)), &endpoint);
    ([("set-cookie", cookie)], Redirect::to("./")).into_response()
}

async fn sign_out(
    State(endpoint): State<Endpoint>,
    headers: HeaderMap,
    session: Result<Session, StatusCode>,
) -> Response {
    if let Err(refused) = endpoint.check_origin(&headers) {
        return refused.into_response();
    }
    let sessions = endpoint.state::<Sessions>();
    if let Ok(session) = session {
        // In this order: a client that reconnects at once is refused by `auth::user`.
        sessions.end(&session);
        for socket in SOCKETS {
            endpoint.disconnect(&format!("{socket}:{}", session.user));
        }
    }
    let cookie = sessions.set_cookie(None, &endpoint);
    ([("set-cookie", cookie)], Redirect::to("sign-in")).into_response()
}

const FORM: &str = r#"
      <form method="post" action="sign-in">
        <label>Name <input name="name" type="text" autocomplete="username" required></label>
        <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
        <button>Sign in</button>
      </form>"#;

const WRONG: &str = r#"
      <p role="alert">Wrong name or password.</p>"#;

const SIGNED_IN: &str = r#"
      <p>You are signed in. <a href="./">Go to the app</a></p>
      <form method="post" action="sign-out"><button>Sign out</button></form>"#;

/// Returns the page with a part of it. Texts of users have to be escaped before.
fn page(part: &str) -> Html<String> {
    Html(format!("{HEAD}{part}\n    </main>\n  </body>\n</html>\n"))
}

const HEAD: &str = r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Sign in</title>
    <link rel="icon" href="assets/favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="assets/css/app.css">
    <style>
      main { max-width: 24rem; margin: 4rem auto; }
      form, label { display: grid; gap: 0.25rem; }
      form { gap: 1rem; margin-top: 1rem; }
      input { padding: 0.4rem 0.6rem; border: 1px solid gray; background: transparent; }
      button { justify-self: start; }
    </style>
  </head>
  <body>
    <main class="notice">
      <h1>Sign in</h1>"#;
