use super::frame;
use crate::codec::{Kind, Serializer, Unsayable};
use crate::message::{Broadcast, FORMATS, Outgoing};
use bytes::Bytes;

/// How one client is written to: in which format, and framed in what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) serializer: Serializer,
    pub(super) framing: Framing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// Frames.
    WebSocket,
    /// JSON strings, a comma after each. There are no bytes in them.
    LongPoll,
}

impl Framing {
    /// The transport that is framed so, as the log names it.
    pub(super) fn transport(self) -> &'static str {
        match self {
            Framing::WebSocket => "websocket",
            Framing::LongPoll => "longpoll",
        }
    }
}

impl Format {
    /// Below [`FORMATS`].
    pub(super) fn index(self) -> usize {
        const { assert!(FORMATS == 4) };
        2 * self.framing as usize + self.serializer.index()
    }

    pub(super) fn kind(self, message: &Outgoing<'_>) -> Result<Kind, Unsayable> {
        self.framed(self.serializer.kind(message)?)
    }

    fn framed(self, kind: Kind) -> Result<Kind, Unsayable> {
        match (self.framing, kind) {
            (Framing::LongPoll, Kind::Binary) => Err(Unsayable::Binary),
            _ => Ok(kind),
        }
    }

    /// Appends a message of the kind that [`kind`](Self::kind) says.
    pub(super) fn put(self, message: &Outgoing<'_>, kind: Kind, out: &mut Vec<u8>) {
        self.frame(kind, out, |out| self.serializer.encode(message, kind, out));
    }

    /// A message to everyone with this format.
    pub(super) fn broadcast(self, broadcast: &Broadcast<'_>) -> Result<Bytes, Unsayable> {
        let kind = self.framed(self.serializer.kind_of_broadcast(broadcast)?)?;
        let mut out = Vec::new();
        self.frame(kind, &mut out, |out| {
            self.serializer.encode_broadcast(broadcast, kind, out)
        });
        Ok(out.into())
    }

    fn frame(self, kind: Kind, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        match self.framing {
            Framing::WebSocket => frame::put_message(out, kind, write),
            Framing::LongPoll => {
                let mut message = Vec::new();
                write(&mut message);
                // Messages are UTF-8, and writing into memory cannot fail.
                let message = String::from_utf8(message).unwrap_or_default();
                let _ = serde_json::to_writer(&mut *out, &message);
                out.push(b',');
            }
        }
    }
}
