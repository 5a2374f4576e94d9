//! Phoenix Channels for axum.
#![forbid(unsafe_code)]

mod channel;
mod codec;
mod endpoint;
mod log;
mod message;
mod pubsub;
mod runner;
mod session;
mod socket;
mod sync;
pub mod testing;
mod transport;

pub use channel::{Channel, Channels, Error, Result, UnknownEvent};
pub use endpoint::{Endpoint, EndpointBuilder, SocketOptions, Stats, websocket};
pub use message::{Payload, Refused, Reply, Topic};
pub use socket::{ConnectInfo, Params, Socket, SocketHandler};
pub use transport::CheckOrigin;
