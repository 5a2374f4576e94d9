use crate::Result;
use crate::message::{Message, ServerMessage};
use std::any::type_name;

/// Encoding of a socket's messages.
///
/// A serializer is mounted for a version of the protocol with [`SocketOptions::serializer`]. Clients that connect with that
/// `vsn` use it on both transports; by long-polling, only texts can be sent.
///
/// A broadcast is encoded once for all clients that use the same serializer. Methods are called by whichever task sends or
/// receives, many at once, and must not block. A panic counts as an error.
///
/// This one is V2 with an event of bytes, `cursor`, in a shorter frame of its own:
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
    /// If it is malformed. That is logged, and the connection is closed with code 1011.
    fn decode<'a>(&self, frame: Frame<'a>) -> Result<Message<'a>>;

    /// Encodes a message to a client, or to all clients on a topic.
    ///
    /// # Errors
    /// If the format cannot express it. The message is then not sent, and that is logged.
    fn encode(&self, message: &ServerMessage<'_>) -> Result<Encoded>;

    /// Name in the log: that of the type by default.
    fn name(&self) -> &str {
        type_name::<Self>()
    }
}

/// A message as it was received: the contents of a WebSocket frame, or of one by long-polling.
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
    /// A text frame.
    Text(&'a str),
    /// A binary frame.
    Binary(&'a [u8]),
}

/// A message as it is sent.
///
/// ```
/// use axum_channels::serializer::Encoded;
///
/// let text = Encoded::Text(r#"[null,"1","room:lobby","phx_reply",{}]"#.into());
/// let bytes = Encoded::Binary(vec![0xc0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoded {
    /// A text frame.
    Text(String),
    /// A binary frame. By long-polling it cannot be sent.
    Binary(Vec<u8>),
}
