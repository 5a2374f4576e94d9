//! Phoenix Channels for [axum]: topics that clients join over one WebSocket or by long-polling, to push, reply and
//! broadcast.
//!
//! Clients written for Phoenix connect unchanged: phoenix.js and any other client of the V2 protocol, or the older V1.
//!
//! ```no_run
//! use axum::Router;
//! use axum_channels::{
//!     Channel, Channels, ConnectInfo, Endpoint, Params, Payload, Reply, Result, Socket, SocketHandler, Topic,
//!     UnknownEvent, serve,
//! };
//!
//! struct UserSocket;
//!
//! impl SocketHandler for UserSocket {
//!     fn channels(routes: &mut Channels<Self>) {
//!         routes.channel::<RoomChannel>("room:*");
//!     }
//!
//!     async fn connect(_params: &Params, _info: &ConnectInfo) -> Result<Self> {
//!         Ok(Self)
//!     }
//! }
//!
//! struct RoomChannel;
//!
//! impl Channel for RoomChannel {
//!     async fn join(_topic: &Topic, _payload: Payload, _socket: &Socket) -> Result<Self> {
//!         Ok(Self)
//!     }
//!
//!     async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
//!         match event {
//!             "ping" => Ok(Reply::ok(payload)),
//!             "shout" => {
//!                 socket.broadcast("shout", payload);
//!                 Ok(Reply::none())
//!             }
//!             _ => Err(UnknownEvent::new(event).into()),
//!         }
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     let endpoint = Endpoint::builder().socket::<UserSocket>("/socket").build();
//!     let app = Router::new().merge(endpoint.router());
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:4000").await?;
//!     serve(listener, app).drain(&endpoint).with_signals().await
//! }
//! ```
//!
//! In a page, with phoenix.js (`npm install phoenix`):
//!
//! ```js
//! import { Socket } from "phoenix"
//!
//! let socket = new Socket("/socket")
//! socket.connect()
//! let channel = socket.channel("room:lobby", {})
//! channel.on("shout", payload => console.log(payload))
//! channel.join()
//! channel.push("shout", {hello: "all"})
//! ```
//!
//! # Terms
//!
//! - *Socket*: a path to which clients connect, such as `/socket`, with a [`SocketHandler`]. The type [`Socket`] is a
//!   channel's handle to its client's connection.
//! - *Topic*: a name such as `room:lobby`. A client joins any number of topics over its connection.
//! - *Channel*: the server's side of one client on one topic, a value of a type that implements [`Channel`].
//! - *Event*: the name of a message on a topic. A client *pushes* events to its channel, which may *reply*; a channel
//!   pushes events to its client, or *broadcasts* them to all subscribers of a topic.
//! - *Presence*: an entry in a topic's list of online users, with metadata.
//!
//! # Overview
//!
//! Accepting clients:
//!
//! - [`Endpoint`]: all sockets of an app. It mounts them in a [`Router`](axum::Router), and sends to their clients from
//!   anywhere in the app, channels included.
//! - [`SocketHandler`]: accepts clients ([`Params`], [`ConnectInfo`]) and routes topics to channels ([`Channels`]).
//! - [`websocket`] and [`longpoll`]: transports of a socket, with their options and limits ([`SocketOptions`],
//!   [`RateLimit`]).
//! - [`CheckOrigin`]: web pages that may connect. [`PublicUrl`]: the app's own URL. [`TrustedProxies`]: proxies in front
//!   of it.
//! - [`serve`]: an HTTP server with time limits and a bounded shutdown.
//!
//! Handling messages:
//!
//! - [`Channel`]: handler of a topic's messages. [`Socket`]: its handle to the client, the topic and the endpoint.
//! - [`Payload`]: contents of a message. [`Payload::parse_event`]: event and payload as an enum of the app.
//! - [`Reply`]: reply to a message. [`Later`]: a reply that another task sends.
//! - [`Error`]: error of a callback, either a reply to the client or the end of the channel. [`Refused`] and
//!   [`InvalidPayload`] are replies; [`Channel::refusal`] converts errors of the app into replies.
//!
//! Messages within the app:
//!
//! - [`HandleInfo`] and [`Sender`]: messages to a channel from elsewhere in the app, at once or by a [`Timer`].
//! - [`Socket::subscribe`]: another topic's broadcasts, for a channel. [`Socket::subscribe_client`]: the same for its
//!   client. [`Endpoint::subscribe`]: a topic's broadcasts, for a task of the app ([`Events`]).
//! - [`EndpointBuilder::state`] and [`Channels::channel_with`]: values of the app, for all channels and for those of a
//!   route.
//! - [`History`]: the last broadcasts of a topic, for clients that were away.
//! - [`Presence`]: a channel's handle to the presences of its topic. [`TrackedPresence`]: the presence of a task.
//!   [`PresenceHandler`]: data that is added to presences, and a callback for their changes.
//!
//! Modules:
//!
//! - [`serializer`]: encodings of messages other than JSON.
//! - [`cluster`]: adapters that connect the endpoints of several processes.
//! - `testing`, with the feature `testing`: test clients that connect in memory.
//!
//! # Cargo features
//!
//! None is enabled by default.
//!
//! - `redis`: `cluster::Redis`, which connects several nodes by Redis or Valkey. `redis-tls`: the same by TLS.
//! - `nats`: `cluster::Nats`, the same by NATS with JetStream. `nats-tls`: the same by TLS.
//! - `testing`: the module `testing`. For dev-dependencies.
//! - `token`: `Signer`, which signs and verifies tokens as `Phoenix.Token` does. Adds `hmac`, `pbkdf2` and `sha2`.
//! - `trim`: returns freed memory to the operating system, with glibc. It affects the whole process, so it is for
//!   servers.
//!
//! # Layout
//!
//! Each layer depends only on those before it.
//!
//! - `message`: the types of the protocol. `error`: errors of callbacks. `codec`: the encoding of messages. All pure.
//! - `params`: parameters of a connection. `log`: events of `tracing`.
//! - `session`: the topics that a client has joined, as a pure state machine.
//! - `url`, `origin`: the app's public URL, and the check of pages against it. `proxies`: a client's address. All pure.
//! - `pubsub`: subscriptions, here and on other nodes. `presence`: presences. `endpoint`: both, for all of the app.
//! - `socket`: the handles that channels hold. `channel`: the traits that apps implement. `runner`: runs the channels of a
//!   client.
//! - `serve`: the HTTP server.
//! - `transport`: WebSocket frames, long-polling, and the task of a connection. `builder`: builds endpoints.
//! - `engine`: what the adapters have in common. `nats`, `redis`: the adapters.
//! - `token`, `testing`: the optional features. No other layer uses them.
//!
//! # Log
//!
//! Events of the `tracing` target `axum_channels` report connections, joins and pushes, and the reason when the server
//! ends a connection. Each has a constant message and fields; [`LogLine`] formats it as Phoenix does. Levels are set with
//! [`SocketOptions::log`], [`Channel::LOG_JOIN`] and [`Channel::LOG_HANDLE_IN`], hidden parameters with
//! [`EndpointBuilder::filter_parameters`]. The README lists all events.
//!
//! # Metrics
//!
//! Besides the counts of [`Endpoint::stats`], events of the `tracing` target `axum_channels::metrics`, at level `TRACE`,
//! report operations and their durations. Each has the fields `what`, the name of the operation, and `micros`, its
//! duration in microseconds, and those listed here:
//!
//! - `connect`: `socket`, `transport`, `accepted`
//! - `join`: `channel`, `outcome` (`ok`, `refused`, `crashed`)
//! - `handle`: `channel`, `outcome` (`ok`, also for an error reply, `crashed`); a message from the client or the app
//! - `publish`: `subscribers`; with more than 1,024 of them, the duration is that of handing it over to the workers
//! - `close`: `code`
//!
//! A layer of `tracing-subscriber` exports them: `examples/metrics.rs` is one for Prometheus. Without such a layer, an
//! event costs the load of an atomic.
//!
//! # Cost of a connection
//!
//! One task, and some 1.5 kB with a channel joined, buffers included: an idle connection has none. Frames are read
//! through one buffer per thread; senders write to the socket directly, and only bytes that the socket does not accept
//! are queued, within bounds. A broadcast is encoded once for each protocol version, and shared.
//!
//! [axum]: https://docs.rs/axum
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(docsrs, doc(auto_cfg(hide(fuzzing))))]
#![forbid(unsafe_code)]

mod allocator;
mod builder;
mod channel;
mod client_id;
pub mod cluster;
mod codec;
#[cfg(test)]
mod dice;
mod endpoint;
#[cfg(any(feature = "nats", feature = "redis"))]
mod engine;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod guard;
mod log;
mod message;
mod metrics;
#[cfg(feature = "nats")]
mod nats;
mod origin;
mod params;
mod presence;
mod proxies;
mod pubsub;
mod rate_limit;
#[cfg(feature = "redis")]
mod redis;
mod response;
mod runner;
pub mod serializer;
mod serve;
mod session;
mod socket;
mod sync;
mod task;
#[cfg(any(feature = "redis", feature = "token", fuzzing))]
mod term;
#[cfg(any(feature = "testing", test, fuzzing))]
pub mod testing;
#[cfg(feature = "token")]
mod token;
mod transport;
mod url;

pub use builder::EndpointBuilder;
pub use channel::{Channel, Channels, HandleInfo, Sender, SocketHandler};
pub use endpoint::{Endpoint, Event, Events, Missed, PresenceHandler, Stats};
pub use error::{Error, Result, UnknownEvent};
pub use log::LogLine;
pub use message::{InvalidPayload, Later, Payload, PresenceDiff, Presences, Refused, Reply, Topic};
pub use origin::{CheckOrigin, InvalidOrigin, RefusedOrigin};
pub use params::Params;
pub use proxies::{InvalidNetwork, TrustedProxies};
pub use pubsub::History;
pub use rate_limit::RateLimit;
pub use serve::{Serve, serve, shutdown_signal};
pub use session::Reason;
pub use socket::{
    ConnectInfo, Presence, PresenceError, SendError, Socket, Subscription, Timer, TrackedPresence,
};
#[cfg(feature = "token")]
pub use token::{BadToken, Signer};
pub use tracing::level_filters::LevelFilter;
pub use transport::{SocketOptions, longpoll, websocket};
pub use url::{InvalidUrl, PublicUrl};
