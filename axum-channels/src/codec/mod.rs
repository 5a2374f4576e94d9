//! Encoding and decoding of messages: pure, one module per format.

mod built_in;
mod codecs;
mod json;
mod serializer;
mod v1_json;
mod v2_binary;
pub(crate) mod v2_json;
mod version;

pub use built_in::BuiltIn;
pub(crate) use built_in::{Kind, Malformed};
pub(crate) use codecs::{Codec, Codecs, Custom};
pub(crate) use json::payload;
#[cfg(any(feature = "redis", fuzzing))]
pub(crate) use json::payload_of_valid;
pub use serializer::{Encoded, Frame, Serializer};
pub(crate) use version::Version;
