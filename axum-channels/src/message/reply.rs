use super::later::{Later, Promise};
use super::{Payload, Refused};
use std::fmt;

/// Reply of a channel to a message of its client: a status and a payload, none, or one that is sent later.
///
/// [`Channel::handle_in`](crate::Channel::handle_in) returns it. In phoenix.js, `push.receive("ok", …)` and
/// `push.receive("error", …)` get the payload, which may be any JSON or bytes. Two replies are equal if their status is
/// and their payloads are the same JSON value.
///
/// ```
/// use axum_channels::Reply;
/// use serde_json::json;
///
/// assert_eq!(Reply::ok(json!({"a": 1, "b": 2})), Reply::ok(json!({"b": 2, "a": 1})));
/// assert_ne!(Reply::ok(json!({})), Reply::error(json!({})));
/// ```
#[derive(Clone, PartialEq)]
pub struct Reply(pub(crate) Answer);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    None,
    Now(Status, Payload),
    Later(Promise),
}

/// Formats the call that makes it: `Reply::error({"reason":"too long"})`.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Answer::None => write!(f, "Reply::none()"),
            Answer::Now(Status::Other(status), payload) => {
                write!(f, "Reply::with_status({status:?}, {payload:?})")
            }
            Answer::Now(status, payload) => write!(f, "Reply::{}({payload:?})", status.as_str()),
            Answer::Later(_) => write!(f, "Reply::later()"),
        }
    }
}

/// The `status` of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    Error,
    Other(Box<str>),
}

impl Status {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Status::Ok => "ok",
            Status::Error => "error",
            Status::Other(status) => status,
        }
    }
}

impl From<&str> for Status {
    fn from(status: &str) -> Self {
        match status {
            "ok" => Status::Ok,
            "error" => Status::Error,
            other => Status::Other(other.into()),
        }
    }
}

impl Reply {
    /// Creates a reply with the status `ok`.
    ///
    /// ```
    /// # use axum_channels::{Payload, Reply};
    /// let reply = Reply::ok(serde_json::json!({"id": 42}));
    /// assert_eq!(reply.payload(), Some(&Payload::from(serde_json::json!({"id": 42}))));
    /// ```
    pub fn ok(payload: impl Into<Payload>) -> Self {
        Reply(Answer::Now(Status::Ok, payload.into()))
    }

    /// Creates a reply with the status `error`. The channel goes on, as after a [`Refused`](crate::Refused).
    ///
    /// ```
    /// # use axum_channels::Reply;
    /// let reply = Reply::error(serde_json::json!({"reason": "too long"}));
    /// assert!(!reply.is_ok());
    /// ```
    pub fn error(payload: impl Into<Payload>) -> Self {
        Reply(Answer::Now(Status::Error, payload.into()))
    }

    /// Creates a reply with a custom status, for clients that handle it: `push.receive("unchanged", …)` in phoenix.js.
    ///
    /// ```
    /// # use axum_channels::Reply;
    /// let reply = Reply::with_status("unchanged", serde_json::json!({"since": 3}));
    /// assert_eq!(reply.status(), Some("unchanged"));
    /// ```
    pub fn with_status(status: &str, payload: impl Into<Payload>) -> Self {
        Reply(Answer::Now(status.into(), payload.into()))
    }

    /// Creates no reply: nothing is sent. In phoenix.js, `push.receive("timeout", …)` is then called after 10 seconds.
    ///
    /// ```
    /// # use axum_channels::Reply;
    /// assert_eq!(Reply::none().payload(), None);
    /// ```
    pub const fn none() -> Self {
        Reply(Answer::None)
    }

    /// Creates a reply that another task sends later. The channel handles the next message meanwhile.
    ///
    /// Return the [`Reply`] from [`handle_in`](crate::Channel::handle_in), and pass the [`Later`] to the task.
    ///
    /// ```
    /// use axum_channels::{Channel, Payload, Reply, Result, Socket, Topic};
    /// use serde_json::json;
    ///
    /// struct Reports;
    ///
    /// impl Channel for Reports {
    ///     async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
    ///         Ok(Self)
    ///     }
    ///
    ///     async fn handle_in(&mut self, _: &str, payload: Payload, _: &Socket) -> Result<Reply> {
    ///         let (reply, later) = Reply::later();
    ///         tokio::spawn(async move {
    ///             let pages = write_report(payload).await;
    ///             later.reply(Reply::ok(json!({"pages": pages})));
    ///         });
    ///         Ok(reply)
    ///     }
    /// }
    /// # async fn write_report(_: Payload) -> u32 { 7 }
    /// ```
    pub fn later() -> (Self, Later) {
        let (promise, later) = Promise::new();
        (Reply(Answer::Later(promise)), later)
    }

    /// Returns the status: `ok`, `error` or a custom one. `None` for a reply that is none, or later.
    ///
    /// ```
    /// # use axum_channels::Reply;
    /// assert_eq!(Reply::error(serde_json::json!({})).status(), Some("error"));
    /// assert_eq!(Reply::none().status(), None);
    /// ```
    pub fn status(&self) -> Option<&str> {
        match &self.0 {
            Answer::Now(status, _) => Some(status.as_str()),
            Answer::None | Answer::Later(_) => None,
        }
    }

    /// Returns `true` for a reply with the status `ok`.
    ///
    /// ```
    /// # use axum_channels::Reply;
    /// assert!(Reply::ok(serde_json::json!({})).is_ok());
    /// ```
    pub fn is_ok(&self) -> bool {
        matches!(self.0, Answer::Now(Status::Ok, _))
    }

    /// Returns the payload. `None` for a reply that is none, or later.
    ///
    /// ```
    /// # use axum_channels::{Payload, Reply};
    /// assert_eq!(Reply::ok(Payload::empty()).payload(), Some(&Payload::empty()));
    /// ```
    pub fn payload(&self) -> Option<&Payload> {
        match &self.0 {
            Answer::Now(_, payload) => Some(payload),
            Answer::None | Answer::Later(_) => None,
        }
    }
}

/// The reply that a client receives for a refusal, for tasks with a [`Later`]. [`Error::refusal`](crate::Error::refusal)
/// returns the refusal of an error.
///
/// ```
/// use axum_channels::{Refused, Reply};
///
/// let reply = Reply::from(Refused::new("too long"));
/// assert_eq!(reply, Reply::error(serde_json::json!({"reason": "too long"})));
/// ```
impl From<Refused> for Reply {
    fn from(refused: Refused) -> Self {
        Reply::error(refused.payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_failed_assertion_shows_the_call_that_makes_a_reply() {
        let shown = [
            Reply::ok(json!({"a": 1})),
            Reply::error(json!({"reason": "full"})),
            Reply::with_status("busy", Payload::binary(vec![1])),
            Reply::none(),
            Reply::later().0,
        ]
        .map(|reply| format!("{reply:?}"));
        assert_eq!(
            shown,
            [
                r#"Reply::ok({"a":1})"#,
                r#"Reply::error({"reason":"full"})"#,
                r#"Reply::with_status("busy", b"\x01")"#,
                "Reply::none()",
                "Reply::later()",
            ]
        );
    }
}
