use super::disconnector::Disconnects;
use super::format::Formats;
use super::options::SocketOptions;
use super::poll_sessions::PollSessions;
use super::registry::Registry;
use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::log::SocketLog;
use crate::message::{Refused, Topic};
use crate::origin::CheckOrigin;
use crate::params::Params;
use crate::runner::Handlers;
use crate::socket::ConnectInfo;
use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;

/// A socket handler at its path.
pub(crate) struct Mount {
    pub(crate) path: String,
    pub(crate) handlers: Arc<Handlers>,
    pub(crate) connect: Connect,
    pub(crate) options: SocketOptions,
    pub(crate) formats: Formats,
    pub(crate) check_origin: CheckOrigin,
    pub(crate) registry: Arc<Registry>,
    pub(crate) log: Arc<SocketLog>,
    pub(crate) poll_sessions: Arc<PollSessions>,
}

/// A socket with its endpoint.
///
/// Owned by routers and connections, since neither of the two may own the other.
pub(super) struct MountedSocket {
    pub(super) endpoint: Endpoint,
    pub(super) mount: Arc<Mount>,
}

/// Type-erased `SocketHandler::connect`, with its errors converted by `SocketHandler::refusal`.
pub(crate) type Connect =
    Box<dyn for<'a> Fn(&'a Params, &'a ConnectInfo) -> Connecting<'a> + Send + Sync>;
pub(crate) type Connecting<'a> =
    Pin<Box<dyn Future<Output = Result<Result<Connected, Refused>>> + Send + 'a>>;

/// Result of a successful `connect`.
pub(crate) struct Connected {
    pub(crate) handler: Arc<dyn Any + Send + Sync>,
    pub(crate) id: Option<Topic>,
    /// Subscription to the id, once the client is accepted.
    pub(crate) disconnects: Option<Disconnects>,
}
