use super::frame;
use crate::codec::{BuiltIn, Codec, Codecs, Custom, Encoded, Frame, Kind, Malformed, Version};
use crate::guard::{call_guarded, panicked};
use crate::log;
use crate::message::{Broadcast, EncodeError, FormatId, Message, ServerMessage};
use bytes::Bytes;
use std::fmt::Display;
use std::sync::Arc;

/// Encoding of clients' messages: serializer and framing. Shared by all clients of a socket that use it.
pub(crate) struct Format {
    pub(super) id: FormatId,
    pub(super) codec: Codec,
    pub(super) framing: Framing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// WebSocket frames.
    WebSocket,
    /// JSON strings, each followed by a comma. Bytes cannot be encoded.
    LongPoll,
}

/// Formats of a socket's clients, by version and framing.
pub(crate) struct Formats(Vec<(Version, [Arc<Format>; 2])>);

/// A message that its format can encode.
pub(super) enum Ready<'a> {
    BuiltIn(BuiltIn, Kind, &'a ServerMessage<'a>),
    /// Encoded already: the app's code does not run under a lock.
    Encoded(Encoded),
}

impl Ready<'_> {
    fn kind(&self) -> Kind {
        match self {
            Ready::BuiltIn(_, kind, _) => *kind,
            Ready::Encoded(Encoded::Text(_)) => Kind::Text,
            Ready::Encoded(Encoded::Binary(_)) => Kind::Binary,
        }
    }
}

impl Framing {
    /// Name of the transport in the log.
    pub(super) const fn transport(self) -> &'static str {
        match self {
            Framing::WebSocket => "websocket",
            Framing::LongPoll => "longpoll",
        }
    }
}

impl Formats {
    pub(crate) fn new(codecs: &Codecs) -> Self {
        let formats = |codec: &Codec| {
            [Framing::WebSocket, Framing::LongPoll].map(|framing| {
                Arc::new(Format {
                    id: FormatId(2 * codec.id() + framing as u32),
                    codec: codec.clone(),
                    framing,
                })
            })
        };
        let codecs = codecs.iter();
        Formats(
            codecs
                .map(|(version, codec)| (*version, formats(codec)))
                .collect(),
        )
    }

    /// Returns the format of clients that request the version `vsn`.
    pub(super) fn negotiate(&self, vsn: &str, framing: Framing) -> Option<&Arc<Format>> {
        let asked = vsn.parse().ok()?;
        let mut formats = self.0.iter();
        let (_, formats) = formats.find(|(version, _)| version.serves(asked))?;
        Some(&formats[framing as usize])
    }

    /// Lists the versions, for the log.
    pub(super) fn versions(&self) -> String {
        let versions = self.0.iter().map(|(version, _)| version.to_string());
        versions.collect::<Vec<_>>().join(" or ")
    }
}

impl Format {
    /// Reads a message from a client.
    pub(super) fn decode<'a>(&self, frame: Frame<'a>) -> Result<Message<'a>, Malformed> {
        match &self.codec {
            Codec::BuiltIn(built_in) => built_in.read(frame),
            Codec::Custom(Custom { serializer, .. }) => {
                let decoded = call_guarded(|| serializer.decode(frame));
                let decoded = decoded.unwrap_or_else(|panic| Err(panicked(&*panic)));
                decoded.map_err(|error| {
                    log::decode_failed(serializer.name(), &error);
                    Malformed
                })
            }
        }
    }

    /// Returns the message if it can be encoded. Otherwise that is logged.
    pub(super) fn check<'a>(
        &self,
        message: &'a ServerMessage<'a>,
    ) -> Result<Ready<'a>, EncodeError> {
        let log = |error: &dyn Display| log::encode_failed(message.topic(), error);
        let ready = match &self.codec {
            Codec::BuiltIn(built_in) => {
                let kind = built_in.kind(message).inspect_err(|error| log(error))?;
                Ready::BuiltIn(*built_in, kind, message)
            }
            Codec::Custom(custom) => {
                let encoded = call_guarded(|| custom.serializer.encode(message));
                let encoded = encoded.unwrap_or_else(|panic| Err(panicked(&*panic)));
                let encoded = encoded.inspect_err(|error| log(error));
                Ready::Encoded(encoded.map_err(|_| EncodeError::Custom)?)
            }
        };
        match (self.framing, ready.kind()) {
            (Framing::LongPoll, Kind::Binary) => {
                log(&EncodeError::Binary);
                Err(EncodeError::Binary)
            }
            _ => Ok(ready),
        }
    }

    /// Encodes a broadcast in this format.
    pub(super) fn broadcast(&self, broadcast: &Broadcast<'_>) -> Result<Bytes, EncodeError> {
        let message = broadcast.view();
        let ready = self.check(&message)?;
        let mut out = Vec::new();
        self.put(ready, &mut out);
        Ok(out.into())
    }

    /// Appends a message that [`check`](Self::check) returned.
    pub(super) fn put(&self, message: Ready<'_>, out: &mut Vec<u8>) {
        match message {
            // Reserved first, so that a large message is not moved.
            Ready::BuiltIn(built_in, kind, message) => {
                out.reserve(message.len_hint());
                match self.framing {
                    Framing::WebSocket => {
                        frame::put_message(out, kind, |out| built_in.put(message, kind, out));
                    }
                    Framing::LongPoll => {
                        out.push(b'"');
                        let start = out.len();
                        built_in.put(message, kind, out);
                        escape(out, start);
                        out.extend_from_slice(b"\",");
                    }
                }
            }
            Ready::Encoded(Encoded::Text(text)) => match self.framing {
                Framing::WebSocket => put_copy(Kind::Text, text.as_bytes(), out),
                Framing::LongPoll => {
                    // Not `escape`: a text that is not JSON may have any control character.
                    let _ = serde_json::to_writer(&mut *out, &text); // writing into memory cannot fail
                    out.push(b',');
                }
            },
            Ready::Encoded(Encoded::Binary(bytes)) => put_copy(Kind::Binary, &bytes, out),
        }
    }
}

fn put_copy(kind: Kind, bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 10); // with the longest head
    frame::put_message(out, kind, |out| out.extend_from_slice(bytes));
}

/// Turns the message from `start` on into the inside of a JSON string.
///
/// Done in place, from the end. JSON has no control characters but white space, and each takes one more byte, as quotes do.
fn escape(out: &mut Vec<u8>, start: usize) {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' => Some(byte),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        b'\t' => Some(b't'),
        _ => None,
    };
    let more = out[start..].iter().filter(|byte| escaped(**byte).is_some());
    let (mut from, mut to) = (out.len(), out.len() + more.count());
    out.resize(to, 0);
    while from < to {
        from -= 1;
        to -= 1;
        let byte = out[from];
        match escaped(byte) {
            None => out[to] = byte,
            Some(short) => {
                out[to] = short;
                to -= 1;
                out[to] = b'\\';
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_message_is_the_json_string_of_it() {
        for message in ["", "[]", r#"["a\"\\",{"é":"\n"}]"#, "[1,\n\t2,\r\n\"\"]"] {
            let mut out = [b"before ", message.as_bytes()].concat();
            escape(&mut out, 7);
            let quoted = format!("\"{}\"", String::from_utf8_lossy(&out[7..]));
            assert_eq!(serde_json::to_string(message).ok(), Some(quoted));
        }
    }
}
