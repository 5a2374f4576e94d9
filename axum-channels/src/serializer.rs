//! Custom serializers: other encodings of the protocol's messages than JSON.
//!
//! Every socket has the [built-in](BuiltIn) V1 and V2. A type that implements [`Serializer`] is mounted for a version of its
//! own, or in place of a built-in one, with [`SocketOptions::serializer`](crate::SocketOptions::serializer).

pub use crate::codec::{BuiltIn, Encoded, Frame, Serializer};
pub use crate::message::{Address, Message, Name, Ref, ServerMessage};
