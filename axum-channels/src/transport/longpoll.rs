//! The long-poll transport: for clients whose network lets no WebSocket through.
//!
//! Source: Phoenix's `Phoenix.Transports.LongPoll`. A client polls with GET and speaks with POST; it is known by the token that
//! its first GET was answered with. Answers are HTTP 200 with the status inside, which is what its clients look at.

use super::buffer::{BodyError, read_body};
use super::connect::Refusal;
use super::connection::Connection;
use super::format::{Format, Framing};
use super::mount::{Entrance, Mount};
use super::outbox::Outbox;
use super::poller::Poller;
use super::polls::{Polled, Request, Said};
use crate::log;
use crate::socket::Params;
use axum::body::Body;
use axum::http::{
    self, HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Where newer clients have their token; others have it in the URL.
const TOKEN: &str = "x-phoenix-longpoll-token";

/// As the log names it.
const TRANSPORT: &str = "longpoll";

/// Answers a request of a long-polling client.
pub(super) async fn serve(entrance: Arc<Entrance>, request: http::Request<Body>) -> Response<Body> {
    let mount = &entrance.mount;
    let (parts, body) = request.into_parts();
    if !mount.allows(&parts) {
        return status(StatusCode::FORBIDDEN);
    }
    match parts.method {
        Method::OPTIONS => preflight(&parts),
        Method::GET => match poll(mount, &parts).await {
            Some(response) => response,
            None => open(&entrance, parts).await,
        },
        Method::POST => say(mount, &parts, body).await,
        _ => super::connect::status(StatusCode::BAD_REQUEST),
    }
}

/// What a browser asks before it lets a page of another origin ask. Origins are checked in any case.
fn preflight(parts: &Parts) -> Response<Body> {
    let mut response = super::connect::status(StatusCode::OK);
    let asked = parts.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let asked = asked.cloned().unwrap_or(HeaderValue::from_static(""));
    for (name, value) in [
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, asked),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("get, post, options"),
        ),
        (
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static("3600"),
        ),
    ] {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Starts a session, and says by which token it is known.
async fn open(entrance: &Entrance, parts: Parts) -> Response<Body> {
    let mount = &entrance.mount;
    if mount.registry.is_draining() {
        mount.log.refused(TRANSPORT, log::Refusal::Draining);
        return status(StatusCode::SERVICE_UNAVAILABLE);
    }
    let (connected, serializer) = match entrance.connect(parts, TRANSPORT).await {
        Ok(connected) => connected,
        Err(refusal) => return refused(&refusal),
    };
    let Some(admission) = mount.registry.admit() else {
        return status(StatusCode::SERVICE_UNAVAILABLE);
    };
    let Ok((seat, requests)) = mount.polls.open() else {
        mount.log.refused(TRANSPORT, log::Refusal::NoToken);
        return status(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let outbox = Outbox::polled(mount.options.max_queued_bytes);
    let framing = Framing::LongPoll;
    let format = Format {
        serializer,
        framing,
    };
    let connection = Arc::new(Connection::new(outbox, format, mount.registry.now()));
    let running = connection.run(entrance, connected);
    let token = seat.token.clone();
    let registration = mount.registry.register(admission, connection.clone());
    let registered = (connection, mount.registry.clone(), registration);
    tokio::spawn(Poller::new(running, registered, (seat, requests)));
    messages(StatusCode::GONE, &token, Vec::new())
}

/// Waits for messages. `None` if there is no such session.
async fn poll(mount: &Mount, parts: &Parts) -> Option<Response<Body>> {
    let token = token(parts)?;
    let session = mount.polls.find(&token)?;
    let (answer, polled) = oneshot::channel();
    session.send(Request::Poll(answer)).await.ok()?;
    Some(match polled.await {
        Ok(Polled::Messages(list)) => messages(StatusCode::OK, &token, list),
        Ok(Polled::Nothing) => messages(StatusCode::NO_CONTENT, &token, Vec::new()),
        // It has ended meanwhile. Clients before phoenix.js 1.8.2 take 410 for a session that has begun, and do not join anew;
        // to 500 all of them connect again.
        Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
    })
}

/// Hands what the client says to its session, one after the other.
async fn say(mount: &Mount, parts: &Parts, body: Body) -> Response<Body> {
    let session = token(parts).and_then(|token| mount.polls.find(&token));
    let Some(session) = session else {
        return status(StatusCode::GONE);
    };
    let body = match read_body(body, mount.options.max_frame_bytes).await {
        Ok(body) => Bytes::from(body),
        Err(BodyError::TooLarge) => {
            mount.log.refused(TRANSPORT, log::Refusal::TooLarge);
            return status(StatusCode::PAYLOAD_TOO_LARGE);
        }
        Err(BodyError::TooSlow) => {
            mount.log.refused(TRANSPORT, log::Refusal::TooSlow);
            return status(StatusCode::REQUEST_TIMEOUT);
        }
        Err(BodyError::Broken) => return status(StatusCode::BAD_REQUEST),
    };
    if std::str::from_utf8(&body).is_err() {
        mount.log.refused(TRANSPORT, log::Refusal::NotUtf8);
        return status(StatusCode::BAD_REQUEST);
    }
    for said in messages_in(&body, parts) {
        let Some(said) = said else {
            mount.log.refused(TRANSPORT, log::Refusal::Malformed);
            return status(StatusCode::BAD_REQUEST);
        };
        let (taken, understood) = oneshot::channel();
        if session.send(Request::Say(said, taken)).await.is_err() {
            return status(StatusCode::GONE);
        }
        match understood.await {
            Ok(true) => {}
            Ok(false) => return status(StatusCode::BAD_REQUEST),
            Err(_) => return status(StatusCode::GONE),
        }
    }
    status(StatusCode::OK)
}

/// The messages of a body: one a line, text as it is and bytes as base64; or all of it one text. `None` for a line that is
/// neither.
///
/// There may be as many as a body has room for, since they are read one at a time. Phoenix since 1.8.6 drops what comes after
/// the hundredth, which its client knows; those before it send all that they have at once.
fn messages_in(body: &Bytes, parts: &Parts) -> impl Iterator<Item = Option<Said>> {
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let is_lines = kind.is_some_and(|kind| kind == "application/x-ndjson");
    let whole = (!is_lines).then(|| Some(Said::Text(body.clone())));
    let lines = is_lines.then(|| lines(body).map(message));
    whole.into_iter().chain(lines.into_iter().flatten())
}

/// The lines of a body, as `str::lines` has them.
fn lines(body: &Bytes) -> impl Iterator<Item = Bytes> {
    let lines = body.split_inclusive(|byte| *byte == b'\n');
    lines.map(|line| {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        body.slice_ref(line.strip_suffix(b"\r").unwrap_or(line))
    })
}

fn message(line: Bytes) -> Option<Said> {
    match &*line {
        [b'[' | b'{', ..] => Some(Said::Text(line)),
        base64 => BASE64_STANDARD.decode(base64).ok().map(Said::Binary),
    }
}

fn token(parts: &Parts) -> Option<String> {
    match parts.headers.get(TOKEN) {
        Some(token) => token.to_str().ok().map(str::to_owned),
        None => Params::parse(parts.uri.query()?)
            .get("token")
            .map(str::to_owned),
    }
}

/// `list` has a comma after each message, and room for the rest.
fn messages(status: StatusCode, token: &str, mut list: Vec<u8>) -> Response<Body> {
    list.pop();
    list.splice(..0, *br#"{"messages":["#);
    let tail = format!(r#"],"status":{},"token":"{token}"}}"#, status.as_u16());
    list.extend_from_slice(tail.as_bytes());
    json(StatusCode::OK, list)
}

fn status(status: StatusCode) -> Response<Body> {
    // A client knows 500 as a reason to try again, and has no word for 503.
    let told = if status == StatusCode::SERVICE_UNAVAILABLE {
        500
    } else {
        status.as_u16()
    };
    json(StatusCode::OK, json!({"status": told}).to_string())
}

/// A client knows 403 as the word for no; the status that the handler chose is that of the response.
fn refused(refusal: &Refusal) -> Response<Body> {
    let told = if refusal.status.is_server_error() {
        500
    } else {
        403
    };
    let response = refusal
        .payload
        .as_ref()
        .map_or(Value::Null, |payload| payload.to_value());
    json(
        refusal.status,
        json!({"status": told, "response": response}).to_string(),
    )
}

fn json(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    const HEADERS: [(HeaderName, HeaderValue); 3] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
        // The token may be in a header, and then all sessions poll the same URL.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().extend(HEADERS);
    response
}
