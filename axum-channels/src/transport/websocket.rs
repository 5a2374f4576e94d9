//! From a request to a running WebSocket.

use super::connect::{Connected, status};
use super::connection::Connection;
use super::driver::{Driver, Phase};
use super::format::{Format, Framing};
use super::frame::Reader;
use super::handshake::Handshake;
use super::hold::Hold;
use super::mount::Entrance;
use super::outbox::Outbox;
use super::registry::Admission;
use super::stream::Stream;
use crate::codec::Serializer;
use crate::log;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use std::sync::Arc;

/// As the log names it.
const TRANSPORT: &str = "websocket";

/// Answers a request for a WebSocket: 101, or why not.
///
/// Statuses as Phoenix's `Phoenix.Transports.WebSocket` gives them: 400 for what is no WebSocket request, 403 for a refused
/// origin, an unknown `vsn` or a refused connection.
pub(super) async fn serve(entrance: Arc<Entrance>, request: Request) -> Response<Body> {
    let (mut parts, _) = request.into_parts();
    let mount = &entrance.mount;
    if !mount.allows(&parts) {
        return status(StatusCode::FORBIDDEN);
    }
    let handshake = Handshake::read(&parts);
    let upgrade = parts.extensions.remove::<OnUpgrade>().ok_or("HTTP/1.1");
    let (handshake, upgrade) = match (handshake, upgrade) {
        (Ok(handshake), Ok(upgrade)) => (handshake, upgrade),
        (Err(missing), _) | (_, Err(missing)) => {
            mount
                .log
                .refused(TRANSPORT, log::Refusal::NoWebSocket(missing));
            return no_websocket();
        }
    };
    if mount.registry.is_draining() {
        mount.log.refused(TRANSPORT, log::Refusal::Draining);
        return status(StatusCode::SERVICE_UNAVAILABLE);
    }
    match entrance.connect(parts, TRANSPORT).await {
        Ok(accepted) => match mount.registry.admit() {
            Some(admission) => {
                tokio::spawn(run(entrance.clone(), accepted, admission, upgrade));
                handshake.response()
            }
            None => {
                mount.log.refused(TRANSPORT, log::Refusal::Draining);
                status(StatusCode::SERVICE_UNAVAILABLE)
            }
        },
        Err(refusal) => refusal.response(),
    }
}

/// RFC 6455 §4.4: a client that speaks another version learns ours.
fn no_websocket() -> Response<Body> {
    let mut response = status(StatusCode::BAD_REQUEST);
    response.headers_mut().insert(
        header::SEC_WEBSOCKET_VERSION,
        HeaderValue::from_static("13"),
    );
    response
}

/// Waits until hyper has let go of the connection, and then runs it to its end.
async fn run(
    entrance: Arc<Entrance>,
    accepted: (Connected, Serializer),
    admission: Admission,
    upgrade: OnUpgrade,
) {
    if let Ok(upgraded) = upgrade.await {
        driver(&entrance, accepted, admission, upgraded).await;
    }
}

fn driver(
    entrance: &Entrance,
    (connected, serializer): (Connected, Serializer),
    admission: Admission,
    upgraded: Upgraded,
) -> Driver {
    let mount = &entrance.mount;
    let (stream, read) = Stream::new(upgraded);
    let outbox = Outbox::new(stream.tcp(), mount.options.max_queued_bytes);
    let framing = Framing::WebSocket;
    let format = Format {
        serializer,
        framing,
    };
    let connection = Arc::new(Connection::new(outbox, format, mount.registry.now()));
    let (runner, id) = connection.run(entrance, connected);
    Driver {
        stream,
        reader: Reader::new(mount.options.max_frame_bytes),
        backlog: read.to_vec(), // a copy: what is shared keeps all of hyper's buffer
        phase: Phase::Open { runner, _id: id },
        hold: Hold::default(),
        _registration: mount.registry.register(admission, connection.clone()),
        registry: mount.registry.clone(),
        connection,
    }
}
