//! The WebSocket transport: from a request to a running connection.

use super::connect::status;
use super::connection::Connection;
use super::driver::{Driver, Phase};
use super::format::{Format, Framing};
use super::frame::Reader;
use super::handshake::Handshake;
use super::mount::{Connected, MountedSocket};
use super::outbox::Outbox;
use super::read_pause::ReadPause;
use super::registry::Admission;
use super::stream::Stream;
use super::subprotocol;
use crate::log;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Response, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use std::sync::Arc;

/// Name of the transport in the log.
const TRANSPORT: &str = Framing::WebSocket.transport();

/// Answers a WebSocket request: 101, or an error status.
///
/// Statuses as in Phoenix's `Phoenix.Transports.WebSocket`: 400 for any other request, 403 for a refused origin, an unknown
/// `vsn` or a refused connection.
pub(super) async fn serve(socket: Arc<MountedSocket>, request: Request) -> Response<Body> {
    let (mut parts, _) = request.into_parts();
    let mount = &socket.mount;
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
    let Ok(subprotocol) = subprotocol::select(&parts.headers, &mount.options.subprotocols) else {
        mount.log.refused(TRANSPORT, log::Refusal::NoSubprotocol);
        return status(StatusCode::FORBIDDEN);
    };
    if mount.registry.is_draining() {
        mount.log.refused(TRANSPORT, log::Refusal::Draining);
        return status(StatusCode::SERVICE_UNAVAILABLE);
    }
    match socket.connect(parts, Framing::WebSocket).await {
        Ok(accepted) => match mount.registry.admit() {
            Some(admission) => {
                tokio::spawn(run(socket.clone(), accepted, admission, upgrade));
                handshake.response(subprotocol)
            }
            None => {
                mount.log.refused(TRANSPORT, log::Refusal::Draining);
                status(StatusCode::SERVICE_UNAVAILABLE)
            }
        },
        Err(refusal) => refusal.response(),
    }
}

/// RFC 6455 §4.4: the response to another version names ours.
fn no_websocket() -> Response<Body> {
    let mut response = status(StatusCode::BAD_REQUEST);
    response.headers_mut().insert(
        header::SEC_WEBSOCKET_VERSION,
        HeaderValue::from_static("13"),
    );
    response
}

/// Waits until hyper releases the connection, and then runs it to its end.
async fn run(
    socket: Arc<MountedSocket>,
    accepted: (Connected, Arc<Format>),
    admission: Admission,
    upgrade: OnUpgrade,
) {
    if let Ok(upgraded) = upgrade.await {
        driver(&socket, accepted, admission, upgraded).await;
    }
}

fn driver(
    socket: &MountedSocket,
    (connected, format): (Connected, Arc<Format>),
    admission: Admission,
    upgraded: Upgraded,
) -> Driver {
    let mount = &socket.mount;
    let (stream, read) = Stream::new(upgraded);
    let outbox = Outbox::new(stream.tcp(), mount.options.max_queued_bytes);
    let connection = Arc::new(Connection::new(outbox, format, mount.registry.now()));
    let (runner, id) = socket.start(&connection, connected);
    Driver {
        stream,
        reader: Reader::new(mount.options.max_message_bytes),
        backlog: read.to_vec(), // a copy: a slice would keep all of hyper's buffer
        phase: Phase::Open { runner, _id: id },
        read_pause: ReadPause::default(),
        _registration: mount.registry.register(admission, connection.clone()),
        registry: mount.registry.clone(),
        connection,
    }
}
