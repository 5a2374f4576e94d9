//! From a request to a running connection.

use super::connection::{Connection, Disconnector};
use super::driver::{Driver, Phase};
use super::frame::Reader;
use super::handshake::Handshake;
use super::origin::CheckOrigin;
use super::outbox::Outbox;
use super::registry::Registry;
use super::stream::Stream;
use crate::codec::Serializer;
use crate::endpoint::SocketOptions;
use crate::log::{self, TARGET, Took};
use crate::message::{Payload, Refused, Why};
use crate::runner::{Handlers, Runner, guarded};
use crate::socket::{ConnectInfo, Context, Hub, Params};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Response, StatusCode, header, request::Parts};
use hyper::upgrade::{OnUpgrade, Upgraded};
use std::any::Any;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

/// A socket handler at its path.
pub(crate) struct Mount {
    pub(crate) hub: Arc<Hub>,
    pub(crate) handlers: Arc<Handlers>,
    pub(crate) connect: Connect,
    pub(crate) options: SocketOptions,
    pub(crate) check_origin: CheckOrigin,
    pub(crate) registry: Arc<Registry>,
}

/// `SocketHandler::connect`, of any type.
pub(crate) type Connect = for<'a> fn(&'a Params, &'a ConnectInfo) -> Connecting<'a>;
pub(crate) type Connecting<'a> =
    Pin<Box<dyn Future<Output = Result<Connected, Refused>> + Send + 'a>>;

/// What came of it.
pub(crate) struct Connected {
    pub(crate) handler: Arc<dyn Any + Send + Sync>,
    pub(crate) id: Option<String>,
}

/// Answers a request for a WebSocket: 101, or why not.
///
/// Statuses as Phoenix's `Phoenix.Transports.WebSocket` gives them: 400 for what is no WebSocket request, 403 for a refused
/// origin, an unknown `vsn` or a refused connection.
pub(crate) async fn serve(mount: Arc<Mount>, request: Request) -> Response<Body> {
    let (mut parts, _) = request.into_parts();
    if !mount.check_origin.allows(&parts) {
        log_origin(&parts);
        return status(StatusCode::FORBIDDEN);
    }
    let (Some(handshake), Some(upgrade)) = (Handshake::read(&parts), parts.extensions.remove())
    else {
        let mut response = status(StatusCode::BAD_REQUEST);
        response.headers_mut().insert(
            header::SEC_WEBSOCKET_VERSION,
            HeaderValue::from_static("13"),
        );
        return response;
    };
    if mount.registry.is_draining() {
        return status(StatusCode::SERVICE_UNAVAILABLE);
    }
    match connect(&mount, parts).await {
        Ok((connected, serializer)) => {
            tokio::spawn(run(mount, connected, serializer, upgrade));
            handshake.response()
        }
        Err(refusal) => refusal,
    }
}

/// Asks the user's handler.
async fn connect(mount: &Mount, parts: Parts) -> Result<(Connected, Serializer), Response<Body>> {
    let since = log::started!(INFO);
    let params = Params::parse(parts.uri.query().unwrap_or_default());
    let vsn = params.get("vsn").unwrap_or("1.0.0");
    let Some(serializer) = Serializer::negotiate(vsn) else {
        tracing::warn!(target: TARGET, "The client's requested transport version {vsn:?} is not supported: expected 1.0.x or 2.0.x");
        return Err(status(StatusCode::FORBIDDEN));
    };
    let info = ConnectInfo {
        parts,
        hub: mount.hub.clone(),
    };
    let name = mount.handlers.name;
    let result = match guarded((mount.connect)(&params, &info)).await {
        Ok(Err(Refused(Why::Crashed(error)))) | Err(error) => {
            tracing::error!(target: TARGET, "connect of {name} crashed: {error}");
            return Err(status(StatusCode::INTERNAL_SERVER_ERROR));
        }
        Ok(Err(Refused(Why::Said { payload, status }))) => Err((payload, status)),
        Ok(Ok(connected)) => Ok(connected),
    };
    if let Some(since) = since {
        let what = if result.is_ok() {
            "CONNECTED TO"
        } else {
            "REFUSED CONNECTION TO"
        };
        let took = Took::since(since);
        tracing::info!(
            target: TARGET,
            "{what} {name} in {took}\n  Transport: websocket\n  Serializer: {serializer}\n  Parameters: {params:?}"
        );
    }
    match result {
        Ok(connected) => Ok((connected, serializer)),
        Err((payload, status)) => Err(refusal(&payload, status)),
    }
}

/// Waits until hyper has let go of the connection, and then runs it to its end.
async fn run(mount: Arc<Mount>, connected: Connected, serializer: Serializer, upgrade: OnUpgrade) {
    if let Ok(upgraded) = upgrade.await {
        driver(&mount, connected, serializer, upgraded).await;
    }
}

fn driver(
    mount: &Mount,
    Connected { handler, id }: Connected,
    serializer: Serializer,
    upgraded: Upgraded,
) -> Driver {
    let (stream, read) = Stream::new(upgraded);
    let outbox = Outbox::new(stream.tcp(), mount.options.max_queued_bytes);
    let connection = Arc::new(Connection::new(outbox, serializer, mount.registry.now()));
    let hub = mount.hub.clone();
    let id = id.map(|id| {
        hub.pubsub
            .subscribe(id.into(), Arc::new(Disconnector(connection.clone())))
    });
    let context = Arc::new(Context {
        hub,
        client: connection.clone(),
        handler,
        mailbox: OnceLock::new(),
        max_waiting: mount.options.max_waiting,
    });
    let runner = Runner::new(context, mount.handlers.clone());
    Driver {
        stream,
        reader: Reader::new(mount.options.max_frame_bytes),
        backlog: read.to_vec(), // a copy: what is shared keeps all of hyper's buffer
        phase: Phase::Open { runner, _id: id },
        _registration: mount.registry.register(connection.clone()),
        registry: mount.registry.clone(),
        connection,
    }
}

fn log_origin(parts: &Parts) {
    let origin = parts.headers.get(header::ORIGIN);
    tracing::error!(
        target: TARGET,
        "Could not check origin for a socket\n  Origin of the request: {origin:?}\n  \
         To allow it, give the socket or its endpoint `.check_origin(CheckOrigin::hosts([..]))`"
    );
}

fn refusal(payload: &Payload, code: u16) -> Response<Body> {
    let mut response = Response::new(Body::from(payload.bytes().to_vec()));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::FORBIDDEN);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(match payload.is_binary() {
            true => "application/octet-stream",
            false => "application/json",
        }),
    );
    response
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
