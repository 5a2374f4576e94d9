//! Events of connections: their start, and their end by the server.

use super::text::one_line;
use super::{Filter, Params, at_level, limited, micros, started};
use crate::codec::{BuiltIn, Codec, Frame};
use crate::error::Error;
use crate::message::Payload;
use crate::params;
use std::sync::Arc;
use std::time::Instant;
use tracing::level_filters::LevelFilter;

/// Log of one socket's connections.
#[derive(Debug)]
pub(crate) struct SocketLog {
    /// The type of the socket's handler.
    pub(crate) socket: &'static str,
    /// Level of `CONNECTED TO` and `REFUSED CONNECTION TO`.
    pub(crate) level: LevelFilter,
    pub(crate) filter: Arc<Filter>,
    pub(crate) max_message_bytes: usize,
    pub(crate) max_queued_bytes: usize,
}

/// Reason why the server ended a connection.
#[derive(Clone, Copy)]
pub(crate) enum Closed<'a> {
    /// The client sent a malformed message.
    Malformed(&'a Codec, Frame<'a>),
    TooLarge,
    NotUtf8,
    /// The client broke the rules of WebSocket frames.
    BrokenFrame,
    /// The client read too slowly.
    TooSlow,
    /// The client exceeded its rate limit.
    TooMuch,
    /// The client was silent for too long.
    Idle,
    /// Disconnected by the app, by its id or by a channel.
    Disconnected,
    ShuttingDown,
}

/// Reason why a request was refused before `connect` was called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// It is not a valid WebSocket request.
    NoWebSocket(&'static str),
    /// It offers only subprotocols that the socket does not support.
    NoSubprotocol,
    /// A parameter of its path is not UTF-8.
    BadPath,
    TooLarge,
    TooSlow,
    NotUtf8,
    Malformed,
    Draining,
    /// The system provided no random bytes for a session's token.
    NoToken,
}

/// A client that requests a connection.
pub(crate) struct Attempt<'a> {
    log: &'a SocketLog,
    transport: &'static str,
    since: Option<Instant>,
}

impl SocketLog {
    pub(crate) fn attempt(&self, transport: &'static str) -> Attempt<'_> {
        Attempt {
            log: self,
            transport,
            since: started(self.level),
        }
    }

    /// `allowed` are the origins that may connect, `setting` is the one that would allow this origin.
    pub(crate) fn origin_refused(&self, origin: &str, allowed: &str, setting: &str) {
        limited!(
            ERROR,
            "origin refused",
            socket = self.socket,
            origin = one_line(origin),
            allowed = allowed,
            setting = setting
        );
    }

    pub(crate) fn refused(&self, transport: &'static str, why: Refusal) {
        macro_rules! refused {
            ($level:ident, $status:literal, $reason:literal $(, $field:ident = $value:expr)*) => {
                limited!($level, "request refused" of $reason, socket = self.socket, transport, status = $status, reason = $reason $(, $field = $value)*)
            };
        }
        match why {
            Refusal::NoWebSocket(missing) => refused!(
                WARN,
                400,
                "it does not ask for a WebSocket as a browser does: a proxy on the way may have dropped its Upgrade headers",
                missing = missing
            ),
            Refusal::NoSubprotocol => refused!(
                ERROR,
                403,
                "it offers no subprotocol of the socket's `subprotocols`"
            ),
            Refusal::BadPath => refused!(WARN, 400, "a parameter of the path is not UTF-8"),
            Refusal::TooLarge => refused!(
                ERROR,
                413,
                "the body is larger than max_message_bytes, or did not come whole",
                limit = self.max_message_bytes
            ),
            Refusal::TooSlow => refused!(ERROR, 408, "the body did not come in time"),
            Refusal::NotUtf8 => refused!(ERROR, 400, "the text is not UTF-8"),
            Refusal::Malformed => refused!(ERROR, 400, "malformed message"),
            Refusal::Draining => refused!(INFO, 503, "shutting down"),
            Refusal::NoToken => refused!(ERROR, 500, "the system has no random bytes for a token"),
        }
    }

    pub(crate) fn closed(&self, transport: &'static str, why: Closed<'_>) {
        macro_rules! closed {
            ($level:ident, $reason:literal $(, $field:ident = $value:expr)*) => {
                limited!($level, "connection closed" of $reason, socket = self.socket, transport, reason = $reason $(, $field = $value)*)
            };
        }
        match why {
            Closed::Malformed(_, Frame::Text(text)) => closed!(
                ERROR,
                "malformed message",
                bytes = text.len(),
                start = self.filter.start(text.as_bytes())
            ),
            Closed::Malformed(
                Codec::BuiltIn(BuiltIn::V2),
                Frame::Binary(bytes @ [kind @ 1..=255, ..]),
            ) => {
                closed!(
                    ERROR,
                    "unknown kind of binary message",
                    kind = kind,
                    bytes = bytes.len(),
                    start = self.filter.start(bytes)
                )
            }
            Closed::Malformed(_, Frame::Binary(bytes)) => closed!(
                ERROR,
                "malformed binary message",
                bytes = bytes.len(),
                start = self.filter.start(bytes)
            ),
            Closed::TooLarge => closed!(
                ERROR,
                "message larger than max_message_bytes",
                limit = self.max_message_bytes
            ),
            Closed::NotUtf8 => closed!(ERROR, "text that is not UTF-8"),
            Closed::BrokenFrame => closed!(ERROR, "broken WebSocket frame"),
            Closed::TooSlow => closed!(
                WARN,
                "the client does not read, and more than max_queued_bytes waits for it",
                limit = self.max_queued_bytes
            ),
            Closed::TooMuch => closed!(WARN, "it sent more than its rate limit"),
            Closed::Idle => closed!(INFO, "the client was silent for too long"),
            Closed::Disconnected => closed!(INFO, "disconnected by the app"),
            Closed::ShuttingDown => closed!(INFO, "shutting down"),
        }
    }

    /// Logs the number of connections that a drain closes.
    pub(crate) fn draining(&self, connections: usize) {
        if connections > 0 {
            tracing::info!(
                target: super::TARGET,
                socket = self.socket,
                connections,
                "shutting down"
            );
        }
    }

    /// Logs the number of connections that are still open after the drain's time limit.
    pub(crate) fn not_drained(&self, connections: usize) {
        tracing::warn!(
            target: super::TARGET,
            socket = self.socket,
            connections,
            "connections did not close in time"
        );
    }
}

impl Attempt<'_> {
    pub(crate) fn connected(self, serializer: &str, params: &params::Params) {
        let SocketLog { level, filter, .. } = self.log;
        if let Some(since) = self.since {
            at_level!(
                level,
                socket = self.log.socket,
                duration_us = micros(since.elapsed()),
                transport = self.transport,
                serializer,
                params = %Params::of_request(params, filter),
                "CONNECTED TO"
            );
        }
    }

    /// The handler refused the connection.
    pub(crate) fn refused(
        self,
        serializer: &str,
        params: &params::Params,
        (status, reason): (u16, &Payload),
    ) {
        let SocketLog { level, filter, .. } = self.log;
        if let Some(since) = self.since {
            at_level!(
                level,
                socket = self.log.socket,
                duration_us = micros(since.elapsed()),
                transport = self.transport,
                serializer,
                params = %Params::of_request(params, filter),
                status,
                reason = %Params::of_payload(reason, filter),
                "REFUSED CONNECTION TO"
            );
        }
    }

    pub(crate) fn crashed(self, error: &Error) {
        limited!(
            ERROR,
            "connect crashed",
            socket = self.log.socket,
            transport = self.transport,
            error = one_line(error)
        );
    }

    pub(crate) fn unsupported(self, vsn: &str, expected: &str) {
        limited!(
            WARN,
            "unsupported version",
            socket = self.log.socket,
            transport = self.transport,
            vsn = one_line(vsn),
            expected
        );
    }
}
