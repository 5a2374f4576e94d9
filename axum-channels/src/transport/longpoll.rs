//! The long-poll transport, for clients whose network blocks WebSockets.
//!
//! Source: Phoenix's `Phoenix.Transports.LongPoll`. A client polls with GET and sends with POST; the token in the response
//! to its first GET identifies its session. Responses are HTTP 200 with the status in their body, where clients look for
//! it.

use super::buffer::{BodyError, read_body};
use super::connect::Refusal;
use super::connection::Connection;
use super::format::Framing;
use super::mount::{Mount, MountedSocket};
use super::outbox::Outbox;
use super::poll_sessions::{Inbound, PollResult, Request};
use super::poller::Poller;
use crate::log;
use crate::params::Params;
use axum::body::Body;
use axum::http::{self, HeaderValue, Method, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Header in which newer clients send their token; others send it in the URL.
const TOKEN: &str = "x-phoenix-longpoll-token";

/// Name of the transport in the log.
const TRANSPORT: &str = Framing::LongPoll.transport();

/// Handles a request of a long-polling client.
pub(super) async fn serve(socket: Arc<MountedSocket>, request: http::Request<Body>) -> Response {
    let mount = &socket.mount;
    let (parts, body) = request.into_parts();
    if !mount.allows(&parts) {
        return status(StatusCode::FORBIDDEN);
    }
    match parts.method {
        Method::OPTIONS => preflight(&parts),
        Method::GET => match poll(mount, &parts).await {
            Some(response) => response,
            None => open(&socket, parts).await,
        },
        Method::POST => post(mount, &parts, body).await,
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Answers a CORS preflight. Origins are checked by the request itself.
fn preflight(parts: &Parts) -> Response {
    let asked = parts.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let value = HeaderValue::from_static;
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, value("*")),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            asked.cloned().unwrap_or(value("")),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            value("get, post, options"),
        ),
        (header::ACCESS_CONTROL_MAX_AGE, value("3600")),
    ];
    headers.into_response()
}

/// Starts a session, and answers with its token.
async fn open(socket: &MountedSocket, parts: Parts) -> Response {
    let mount = &socket.mount;
    if mount.registry.is_draining() {
        mount.log.refused(TRANSPORT, log::Refusal::Draining);
        return status(StatusCode::SERVICE_UNAVAILABLE);
    }
    let (connected, format) = match socket.connect(parts, Framing::LongPoll).await {
        Ok(connected) => connected,
        Err(refusal) => return refused(&refusal),
    };
    let Some(admission) = mount.registry.admit() else {
        return status(StatusCode::SERVICE_UNAVAILABLE);
    };
    let Ok((opened, requests)) = mount.poll_sessions.open() else {
        mount.log.refused(TRANSPORT, log::Refusal::NoToken);
        return status(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let outbox = Outbox::polled(mount.options.max_queued_bytes);
    let connection = Arc::new(Connection::new(outbox, format, mount.registry.now()));
    let running = socket.start(&connection, connected);
    let token = opened.token.clone();
    let registration = mount.registry.register(admission, connection.clone());
    let registered = (connection, mount.registry.clone(), registration);
    tokio::spawn(Poller::new(running, registered, (opened, requests)));
    messages(StatusCode::GONE, &token, Vec::new())
}

/// Waits for messages. `None` if there is no such session.
async fn poll(mount: &Mount, parts: &Parts) -> Option<Response> {
    let token = token(parts)?;
    let session = mount.poll_sessions.find(&token)?;
    let (answer, result) = oneshot::channel();
    session.send(Request::Poll(answer)).await.ok()?;
    Some(match result.await {
        Ok(PollResult::Messages(list)) => messages(StatusCode::OK, &token, list),
        Ok(PollResult::Empty) => messages(StatusCode::NO_CONTENT, &token, Vec::new()),
        // The session ended meanwhile. Clients before phoenix.js 1.8.2 take 410 for a new session and do not join again;
        // all of them reconnect after 500.
        Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
    })
}

/// Passes the client's messages to its session, one after the other.
async fn post(mount: &Mount, parts: &Parts, body: Body) -> Response {
    let session = token(parts).and_then(|token| mount.poll_sessions.find(&token));
    let Some(session) = session else {
        return status(StatusCode::GONE);
    };
    let body = match read_body(body, mount.options.max_message_bytes).await {
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
    for inbound in messages_in(&body, parts) {
        let Some(inbound) = inbound else {
            mount.log.refused(TRANSPORT, log::Refusal::Malformed);
            return status(StatusCode::BAD_REQUEST);
        };
        let (taken, understood) = oneshot::channel();
        if session.send(Request::Send(inbound, taken)).await.is_err() {
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

/// Messages of a body: one a line, text as it is and bytes as base64; or the whole body as one text. `None` for a line that
/// is neither.
///
/// Their number is limited by the size of the body alone, since they are read one at a time. Phoenix since 1.8.6 drops
/// messages beyond the hundredth, which its client respects; clients before that send all queued messages at once.
fn messages_in(body: &Bytes, parts: &Parts) -> impl Iterator<Item = Option<Inbound>> {
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let is_lines = kind.is_some_and(|kind| kind == "application/x-ndjson");
    let whole = (!is_lines).then(|| Some(Inbound::Text(body.clone())));
    let lines = is_lines.then(|| lines(body).map(message));
    whole.into_iter().chain(lines.into_iter().flatten())
}

/// Lines of a body, split like `str::lines`.
fn lines(body: &Bytes) -> impl Iterator<Item = Bytes> {
    let lines = body.split_inclusive(|byte| *byte == b'\n');
    lines.map(|line| {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        body.slice_ref(line.strip_suffix(b"\r").unwrap_or(line))
    })
}

fn message(line: Bytes) -> Option<Inbound> {
    match &*line {
        [b'[' | b'{', ..] => Some(Inbound::Text(line)),
        base64 => BASE64_STANDARD.decode(base64).ok().map(Inbound::Binary),
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

/// `list` has a comma after each message, and capacity for the rest.
fn messages(status: StatusCode, token: &str, mut list: Vec<u8>) -> Response {
    list.pop();
    list.splice(..0, *br#"{"messages":["#);
    let tail = format!(r#"],"status":{},"token":"{token}"}}"#, status.as_u16());
    list.extend_from_slice(tail.as_bytes());
    json(list)
}

fn status(status: StatusCode) -> Response {
    // Clients retry after 500, and do not handle 503.
    let code = if status == StatusCode::SERVICE_UNAVAILABLE {
        500
    } else {
        status.as_u16()
    };
    json(json!({"status": code}).to_string())
}

/// Clients handle 403 as a refusal. The handler's own status is for WebSockets: a client looks at the one in the body.
fn refused(refusal: &Refusal) -> Response {
    let (status, response) = match refusal {
        Refusal::Status(status) => (*status, Value::Null),
        Refusal::Refused(refused) => (refused.status, refused.payload.to_value()),
    };
    let code = if status.is_server_error() { 500 } else { 403 };
    json(json!({"status": code, "response": response}).to_string())
}

/// A response, 200 whatever the status in its body.
fn json(body: impl Into<Body>) -> Response {
    let value = HeaderValue::from_static;
    let headers = [
        (
            header::CONTENT_TYPE,
            value("application/json; charset=utf-8"),
        ),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, value("*")),
        // With the token in a header, all sessions poll the same URL.
        (header::CACHE_CONTROL, value("no-store")),
    ];
    let body: Body = body.into();
    (headers, body).into_response()
}
