use super::{Address, Payload, Ref};

/// Message to a client, or to all clients on a topic, as a [`Serializer`](crate::serializer::Serializer) encodes it.
///
/// ```
/// use axum_channels::serializer::ServerMessage;
///
/// fn event<'a>(message: &ServerMessage<'a>) -> &'a str {
///     match *message {
///         ServerMessage::Reply { .. } => "phx_reply",
///         ServerMessage::Push { event, .. } | ServerMessage::Broadcast { event, .. } => event,
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ServerMessage<'a> {
    /// Reply to a message with the same `ref`, a join included.
    Reply {
        /// `ref` of the join of the topic.
        join_ref: Option<&'a Ref>,
        /// `ref` of the message that is answered.
        reference: Option<&'a Ref>,
        /// Topic of the message that is answered.
        topic: &'a Address<'a>,
        /// `ok`, `error`, or another [status](crate::Reply::with_status).
        status: &'a str,
        /// Payload of the reply.
        response: &'a Payload,
    },
    /// Event for one client: a push, `phx_close`, `phx_error`.
    Push {
        /// `ref` of the join of the topic. `None` if the client joined without one, or for a topic that it need not have
        /// joined.
        join_ref: Option<&'a Ref>,
        /// `ref` of the join, if this is the end of its channel; a position as that of a broadcast, if
        /// [`handle_out`](crate::Channel::handle_out) pushes it; `None` otherwise.
        reference: Option<&'a Ref>,
        /// Name of the topic.
        topic: &'a str,
        /// Name of the event.
        event: &'a str,
        /// Payload of the event.
        payload: &'a Payload,
    },
    /// Event for all clients on a topic. It is encoded once for all that use the same serializer.
    Broadcast {
        /// Position in the topic's [history](crate::History), for clients that have asked for it; `None` otherwise.
        reference: Option<&'a Ref>,
        /// Name of the topic.
        topic: &'a str,
        /// Name of the event.
        event: &'a str,
        /// Payload of the event.
        payload: &'a Payload,
    },
}

/// Bytes of a message besides its payload and its topic: refs, an event, punctuation, the frame's head.
const ROOM: usize = 128;

impl<'a> ServerMessage<'a> {
    /// Returns the name of the topic. For a reply to a message whose topic is not a string, it is the JSON of that value.
    ///
    /// ```
    /// # use axum_channels::serializer::ServerMessage;
    /// fn is_heartbeat(message: &ServerMessage<'_>) -> bool {
    ///     message.topic() == "phoenix"
    /// }
    /// ```
    #[must_use]
    pub fn topic(&self) -> &'a str {
        match *self {
            Self::Reply { topic, .. } => topic.as_str(),
            Self::Push { topic, .. } | Self::Broadcast { topic, .. } => topic,
        }
    }

    /// Returns the payload of the event or the reply.
    ///
    /// ```
    /// # use axum_channels::serializer::ServerMessage;
    /// fn is_binary(message: &ServerMessage<'_>) -> bool {
    ///     message.payload().as_binary().is_some()
    /// }
    /// ```
    #[must_use]
    pub fn payload(&self) -> &'a Payload {
        let (Self::Reply {
            response: payload, ..
        }
        | Self::Push { payload, .. }
        | Self::Broadcast { payload, .. }) = *self;
        payload
    }

    /// Returns the approximate number of bytes of the encoded message.
    pub(crate) fn len_hint(&self) -> usize {
        self.payload().bytes().len() + self.topic().len() + ROOM
    }
}
