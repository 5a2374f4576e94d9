use std::fmt;

/// Error of [`Nats`](super::Nats): an invalid URL, or an engine that does not answer or has no JetStream.
///
/// Its text is one sentence, without the password of the URL.
///
/// ```
/// use axum_channels::cluster::Nats;
///
/// let error = Nats::new("http://localhost").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "this is no URL of NATS, such as `nats://user:password@localhost:4222`: its scheme is `http`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NatsError {
    /// The URL cannot be read.
    InvalidUrl {
        /// Reason, in a few words.
        reason: String,
    },
    /// The URL starts with `tls:`, or the server demands TLS, and the feature `nats-tls` is off.
    TlsIsOff,
    /// The engine does not answer: see [`Nats::check`](super::Nats::check).
    Unreachable {
        /// Host and port.
        addr: String,
        /// Error of the connection.
        reason: String,
    },
    /// The engine, or the account of the user, has no JetStream, which keeps the presences.
    JetStreamIsOff {
        /// Host and port.
        addr: String,
    },
}

impl fmt::Display for NatsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NatsError::InvalidUrl { reason } => write!(
                f,
                "this is no URL of NATS, such as `nats://user:password@localhost:4222`: {reason}"
            ),
            NatsError::TlsIsOff => {
                f.write_str("NATS asks for TLS: switch on the feature `nats-tls` of axum-channels")
            }
            NatsError::Unreachable { addr, reason } => {
                write!(f, "NATS at {addr} does not answer: {reason}")
            }
            NatsError::JetStreamIsOff { addr } => write!(
                f,
                "NATS at {addr} has no JetStream, which keeps the presences: start it with `nats-server --jetstream`"
            ),
        }
    }
}

impl std::error::Error for NatsError {}
