use super::frame;
use crate::codec::{Kind, Serializer};
use crate::message::{Broadcast, EncodeError, FORMATS, Outgoing};
use bytes::Bytes;

/// Encoding of one client's messages: serializer and framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) serializer: Serializer,
    pub(super) framing: Framing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// WebSocket frames.
    WebSocket,
    /// JSON strings, each followed by a comma. Bytes cannot be encoded.
    LongPoll,
}

impl Framing {
    /// Name of the transport in the log.
    pub(super) fn transport(self) -> &'static str {
        match self {
            Framing::WebSocket => "websocket",
            Framing::LongPoll => "longpoll",
        }
    }
}

impl Format {
    /// Index of the format, below [`FORMATS`].
    pub(super) fn index(self) -> usize {
        const { assert!(FORMATS == 4) };
        2 * self.framing as usize + self.serializer.index()
    }

    pub(super) fn kind(self, message: &Outgoing<'_>) -> Result<Kind, EncodeError> {
        self.framed(self.serializer.kind(message)?)
    }

    fn framed(self, kind: Kind) -> Result<Kind, EncodeError> {
        match (self.framing, kind) {
            (Framing::LongPoll, Kind::Binary) => Err(EncodeError::Binary),
            _ => Ok(kind),
        }
    }

    /// Appends a message of the kind that [`kind`](Self::kind) returns.
    pub(super) fn put(self, message: &Outgoing<'_>, kind: Kind, out: &mut Vec<u8>) {
        let expected = message.len_hint();
        self.frame(kind, expected, out, |out| {
            self.serializer.encode(message, kind, out)
        });
    }

    /// Encodes a broadcast in this format.
    pub(super) fn broadcast(self, broadcast: &Broadcast<'_>) -> Result<Bytes, EncodeError> {
        let kind = self.framed(self.serializer.kind_of_broadcast(broadcast)?)?;
        let mut out = Vec::new();
        self.frame(kind, broadcast.len_hint(), &mut out, |out| {
            self.serializer.encode_broadcast(broadcast, kind, out)
        });
        Ok(out.into())
    }

    /// `expected` is the approximate number of bytes that `write` appends, so that a large message is not moved.
    fn frame(
        self,
        kind: Kind,
        expected: usize,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        out.reserve(expected);
        match self.framing {
            Framing::WebSocket => frame::put_message(out, kind, write),
            Framing::LongPoll => {
                out.push(b'"');
                let start = out.len();
                write(out);
                escape(out, start);
                out.extend_from_slice(b"\",");
            }
        }
    }
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
