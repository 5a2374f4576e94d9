//! The WebSocket transport: from a request to a running connection.

use super::buffer::read_body;
use super::connection::Connection;
use super::driver::{Driver, Phase};
use super::format::{Format, Framing};
use super::frame::Reader;
use super::handshake::Handshake;
use super::mount::{Connected, Mount, MountedSocket};
use super::outbox::Outbox;
use super::read_pause::ReadPause;
use super::registry::Admission;
use super::stream::Stream;
use super::subprotocol;
use crate::log;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::{OnUpgrade, Upgraded};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Name of the transport in the log.
const TRANSPORT: &str = Framing::WebSocket.transport();

/// Answers a WebSocket request: 101, or an error status.
///
/// Statuses as in Phoenix's `Phoenix.Transports.WebSocket`: 400 for any other request, 403 for a refused origin, an unknown
/// `vsn` or a refused connection.
pub(super) async fn serve(socket: Arc<MountedSocket>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let mount = &socket.mount;
    if !mount.allows(&parts) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let handshake = Handshake::read(&parts);
    let upgrade = parts.extensions.remove::<OnUpgrade>().ok_or("HTTP/1.1");
    let (handshake, upgrade) = match (handshake, upgrade) {
        (Ok(handshake), Ok(upgrade)) => (handshake, upgrade),
        (Err(missing), _) | (_, Err(missing)) => return no_websocket(mount, missing),
    };
    // hyper would leave the rest of a body to the reader of frames.
    if read_body(body, 0).await.is_err() {
        return no_websocket(mount, "an empty body");
    }
    let Ok(subprotocol) = subprotocol::select(&parts.headers, &mount.options.subprotocols) else {
        mount.log.refused(TRANSPORT, log::Refusal::NoSubprotocol);
        return StatusCode::FORBIDDEN.into_response();
    };
    if mount.registry.is_draining() {
        mount.log.refused(TRANSPORT, log::Refusal::Draining);
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match socket.connect(parts, Framing::WebSocket).await {
        Ok((connected, format)) => match mount.registry.admit() {
            Some(admission) => {
                let client = Some(Client {
                    socket: socket.clone(),
                    connected,
                    format,
                    admission,
                });
                tokio::spawn(Task::Upgrading { upgrade, client });
                handshake.response(subprotocol)
            }
            None => {
                mount.log.refused(TRANSPORT, log::Refusal::Draining);
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        },
        Err(refusal) => refusal.response(),
    }
}

/// RFC 6455 §4.4: the response to another version names ours.
fn no_websocket(mount: &Mount, missing: &'static str) -> Response {
    let reason = log::Refusal::NoWebSocket(missing);
    mount.log.refused(TRANSPORT, reason);
    let version = [(header::SEC_WEBSOCKET_VERSION, "13")];
    (StatusCode::BAD_REQUEST, version).into_response()
}

/// The task of a connection: it waits until hyper releases the socket, and then runs the connection to its end.
///
/// The future of an `async fn` would keep room for its arguments beside the driver, for as long as the connection lasts.
enum Task {
    Upgrading {
        upgrade: OnUpgrade,
        /// Taken when the socket is released.
        client: Option<Client>,
    },
    Running(Driver),
}

/// An accepted client whose connection has not started.
struct Client {
    socket: Arc<MountedSocket>,
    connected: Connected,
    format: Arc<Format>,
    admission: Admission,
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut *self {
            Task::Running(driver) => Pin::new(driver).poll(cx),
            Task::Upgrading { upgrade, client } => {
                let upgraded = ready!(Pin::new(upgrade).poll(cx));
                let (Ok(upgraded), Some(client)) = (upgraded, client.take()) else {
                    return Poll::Ready(());
                };
                self.set(Task::Running(client.start(upgraded)));
                self.poll(cx)
            }
        }
    }
}

impl Client {
    fn start(self, upgraded: Upgraded) -> Driver {
        let mount = &self.socket.mount;
        let (stream, read) = Stream::new(upgraded);
        let outbox = Outbox::new(stream.tcp(), mount.options.max_queued_bytes);
        let connection = Arc::new(Connection::new(outbox, self.format, mount.registry.now()));
        let (runner, id) = self.socket.start(&connection, self.connected);
        Driver {
            stream,
            reader: Reader::new(mount.options.max_message_bytes),
            backlog: read.to_vec(), // a copy: a slice would keep all of hyper's buffer
            phase: Phase::Open { runner, _id: id },
            read_pause: ReadPause::default(),
            _registration: mount.registry.register(self.admission, connection.clone()),
            registry: mount.registry.clone(),
            connection,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_connection_keeps_nothing_of_its_start() {
        assert!(size_of::<Task>() <= size_of::<Driver>() + size_of::<usize>());
    }
}
