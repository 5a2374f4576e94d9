//! Custom serializers: encodings of the protocol's messages other than JSON.
//!
//! Only apps with an encoding of their own need this module. A client requests an encoding by a version, the parameter
//! `vsn` of its URL. Every socket has the [built-in](BuiltIn) V1 and V2. An app implements [`Serializer`] for a type, and
//! mounts it for another version, or in place of a built-in one, with
//! [`SocketOptions::serializer`](crate::SocketOptions::serializer).
//!
//! - [`Serializer`]: the encoding, from a [`Frame`] to a [`Message`] and from a [`ServerMessage`] to [`Encoded`].
//! - [`BuiltIn`]: Phoenix's own serializers, to build on.
//! - [`Name`], [`Address`], [`Ref`]: parts of messages.
//!
//! `examples/messagepack.rs` is a serializer for MessagePack.

pub use crate::codec::{BuiltIn, Encoded, Frame, Serializer};
pub use crate::message::{Address, Message, Name, Ref, ServerMessage};
