//! Development with `hello-sockets dev`: the app takes over its listening socket, and brings changes to open pages with
//! Phoenix's live-reload protocol. A release has none of this.
//!
//! The command holds the other end of standard input, a Unix socket. Each line from it is an event for the pages and its
//! payload; the app writes `ready`.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, LevelFilter, Params, Payload, Result, Socket,
    SocketHandler, Topic, websocket,
};
use listenfd::ListenFd;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::config::Config;

/// Set by `hello-sockets dev`.
const VARIABLE: &str = "HELLO_SOCKETS_DEV";

const TOPIC: &str = "phoenix:live_reload";

/// Name of the event with the errors of the last build. The other one, `assets_change`, is Phoenix's.
const BUILD: &str = "build";

const SCRIPT: &str = include_str!("dev/live_reload.js");

/// Returns the listening socket that the app was started with, by systemd's convention.
pub fn listener() -> io::Result<Option<TcpListener>> {
    let Some(listener) = ListenFd::from_env().take_tcp_listener(0)? else {
        return Ok(None);
    };
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener).map(Some)
}

/// Adds live reload to `router`, if the app runs under `hello-sockets dev`.
pub fn live_reload(router: Router, config: &Config) -> io::Result<Router> {
    if std::env::var_os(VARIABLE).is_none() {
        return Ok(router);
    }
    let build = LastBuild::default();
    let endpoint = Endpoint::builder()
        .url(config.url())
        .check_origin(config.check_origin.clone())
        .state(build.clone())
        .socket_with::<LiveReload>(
            "/phoenix/live_reload/socket",
            websocket().log(LevelFilter::OFF),
        )
        .build();
    let path = "/phoenix/live_reload/script.js";
    let url = format!("{}{path}", config.prefix);
    let tag = format!("\n<script type=\"module\" async src=\"{url}\"></script>\n");
    // The app's router comes last: `merge` keeps the fallback of its argument, which has the layers of the app.
    let router = endpoint
        .router()
        .route(path, get(script))
        .merge(router)
        .layer(from_fn_with_state(Arc::from(tag), add_script));
    let runtime = Handle::current();
    thread::spawn(move || {
        let _runtime = runtime.enter();
        relay(&endpoint, &build);
    });
    let mut command = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    command.write_all(b"ready\n")?;
    Ok(router)
}

/// Payload of the last event `build`, for pages that open later.
#[derive(Clone, Default)]
struct LastBuild(Arc<Mutex<Option<Value>>>);

impl LastBuild {
    fn get(&self) -> Option<Value> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, payload: &Value) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(payload.clone());
    }
}

/// Sends the events of the command to all pages, until the command ends; then the app ends, too.
fn relay(endpoint: &Endpoint, build: &LastBuild) {
    for line in io::stdin().lines().map_while(io::Result::ok) {
        match serde_json::from_str::<(String, Value)>(&line) {
            Ok((event, payload)) => {
                if event == BUILD {
                    build.set(&payload);
                }
                endpoint.broadcast(TOPIC, &event, payload);
            }
            Err(error) => tracing::warn!("`hello-sockets dev` sent {line:?}: {error}"),
        }
    }
    std::process::exit(0);
}

struct LiveReload;

impl SocketHandler for LiveReload {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Changes>(TOPIC);
    }

    async fn connect(_params: &Params, _info: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

struct Changes;

impl Channel for Changes {
    const LOG_JOIN: LevelFilter = LevelFilter::OFF;

    async fn join(_topic: &Topic, _payload: Payload, socket: &Socket) -> Result<Self> {
        let build = socket.state::<LastBuild>().get();
        socket.set_join_response(build.unwrap_or_else(|| json!({})));
        Ok(Self)
    }
}

async fn script() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, SCRIPT)
}

/// Adds the tag of the script to each page that a browser opens.
async fn add_script(State(tag): State<Arc<str>>, mut request: Request, next: Next) -> Response {
    let accepted = request.headers().get(header::ACCEPT);
    let is_page = accepted.is_some_and(|types| types.as_bytes().starts_with(b"text/html"));
    if !is_page {
        return next.run(request).await;
    }
    // The browser may have the page without the script in its cache, from another run.
    for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE] {
        request.headers_mut().remove(name);
    }
    let (mut head, body) = next.run(request).await.into_parts();
    let content_type = head.headers.get(header::CONTENT_TYPE);
    if !content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/html")) {
        return Response::from_parts(head, body);
    }
    for name in [header::CONTENT_LENGTH, header::ETAG, header::LAST_MODIFIED] {
        head.headers.remove(name);
    }
    match to_bytes(body, usize::MAX).await {
        Ok(page) => Response::from_parts(head, Body::from([&page[..], tag.as_bytes()].concat())),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
