use crate::error::Result;
use crate::message::{Message, ServerMessage};
use std::any::type_name;

/// Encoding of a socket's messages: it decodes frames of clients, and encodes messages to them.
///
/// A serializer is mounted for a version of the protocol with [`SocketOptions::serializer`]. Clients that connect with
/// that `vsn` use it on both transports; by long-polling, only text can be sent.
///
/// A broadcast is encoded once for all clients that use the same serializer. The tasks that send and receive call the
/// methods, many at once: they must not block. A panic counts as an error.
///
/// The serializer of this example is V2 with one event, `cursor`, in a shorter binary frame:
///
/// ```
/// use axum_channels::serializer::{BuiltIn, Encoded, Frame, Message, Serializer, ServerMessage};
/// use axum_channels::{Payload, Result, SocketOptions, websocket};
///
/// struct WithCursors;
///
/// const CURSOR: u8 = b'c';
///
/// impl Serializer for WithCursors {
///     fn decode<'a>(&self, frame: Frame<'a>) -> Result<Message<'a>> {
///         match frame {
///             Frame::Binary([CURSOR, position @ ..]) => Ok(Message {
///                 join_ref: None,
///                 reference: None,
///                 topic: "cursors".into(),
///                 event: "cursor".into(),
///                 payload: Payload::binary(position.to_vec()),
///             }),
///             frame => BuiltIn::V2.decode(frame),
///         }
///     }
///
///     fn encode(&self, message: &ServerMessage<'_>) -> Result<Encoded> {
///         match (message, message.payload().as_binary()) {
///             (ServerMessage::Broadcast { event: "cursor", .. }, Some(position)) => {
///                 Ok(Encoded::Binary([&[CURSOR], &position[..]].concat()))
///             }
///             _ => BuiltIn::V2.encode(message),
///         }
///     }
/// }
///
/// let options: SocketOptions = websocket().serializer("2.0.0", WithCursors);
/// ```
///
/// `examples/messagepack.rs` has one for MessagePack.
///
/// [`SocketOptions::serializer`]: crate::SocketOptions::serializer
pub trait Serializer: Send + Sync + 'static {
    /// Decodes a message from a client.
    ///
    /// # Errors
    /// If the frame is malformed. The error is logged, and the connection is closed with code 1011.
    fn decode<'a>(&self, frame: Frame<'a>) -> Result<Message<'a>>;

    /// Encodes a message to a client, or to all clients on a topic.
    ///
    /// It must not broadcast: on a topic with a [history](crate::History), that would wait for its own end.
    ///
    /// # Errors
    /// If the format cannot express the message. It is then not sent to clients of this serializer, and that is logged;
    /// the channel goes on.
    fn encode(&self, message: &ServerMessage<'_>) -> Result<Encoded>;

    /// Returns the name of the serializer for the log: that of its type by default.
    fn name(&self) -> &str {
        type_name::<Self>()
    }
}

/// Encoded message from a client: the contents of a WebSocket message, or of a message by long-polling.
///
/// ```
/// use axum_channels::serializer::Frame;
///
/// fn len(frame: Frame<'_>) -> usize {
///     match frame {
///         Frame::Text(text) => text.len(),
///         Frame::Binary(bytes) => bytes.len(),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Contents of a text frame.
    Text(&'a str),
    /// Contents of a binary frame.
    Binary(&'a [u8]),
}

/// Encoded message to a client.
///
/// ```
/// use axum_channels::serializer::Encoded;
///
/// let text = Encoded::Text(r#"[null,"1","room:lobby","phx_reply",{}]"#.into());
/// let bytes = Encoded::Binary(vec![0xc0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoded {
    /// Contents of a text frame.
    Text(String),
    /// Contents of a binary frame. It is not sent to long-polling clients, and that is logged.
    Binary(Vec<u8>),
}
