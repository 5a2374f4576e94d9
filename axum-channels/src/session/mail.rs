use crate::message::Payload;
use std::any::Any;
use std::fmt;

/// What comes to a channel from within the app. It waits for its turn among the client's messages.
pub(crate) enum Mail {
    /// A message for `handle_info`, of a type that the session has no need to know.
    Info(Box<dyn Any + Send>),
    /// A broadcast for `handle_out`.
    Out { event: Box<str>, payload: Payload },
    /// The channel is to end when it is through with what it is doing.
    Stop,
    /// More broadcasts came for `handle_out` than may wait: the channel ends at once.
    Overrun,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mail::Info(_) => f.write_str("info"),
            Mail::Out { event, payload } => write!(f, "out {event} {payload:?}"),
            Mail::Stop => f.write_str("stop"),
            Mail::Overrun => f.write_str("overrun"),
        }
    }
}
