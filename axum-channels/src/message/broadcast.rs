use super::{Payload, ServerMessage};
use bytes::Bytes;
use std::cell::OnceCell;

/// Identifies a format: a serializer on a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FormatId(pub(crate) u32);

/// A message to everyone on a topic, encoded at most once for each format in use there.
pub(crate) struct Broadcast<'a> {
    pub(crate) topic: &'a str,
    pub(crate) event: &'a str,
    pub(crate) payload: &'a Payload,
    /// The first format, which is the only one on most topics, takes no allocation.
    encoded: OnceCell<Encoded>,
}

/// A broadcast in one format, and the next format. `bytes` is `None` if the format cannot encode it.
struct Encoded {
    format: FormatId,
    bytes: Option<Bytes>,
    next: OnceCell<Box<Encoded>>,
}

impl<'a> Broadcast<'a> {
    pub(crate) fn new(topic: &'a str, event: &'a str, payload: &'a Payload) -> Self {
        Self {
            topic,
            event,
            payload,
            encoded: OnceCell::new(),
        }
    }

    /// Returns the message as serializers encode it.
    pub(crate) fn view(&self) -> ServerMessage<'a> {
        ServerMessage::Broadcast {
            topic: self.topic,
            event: self.event,
            payload: self.payload,
        }
    }

    /// Returns the encoded broadcast. The first subscriber of a format calls `encode`, the others share the result. `None`
    /// if the format cannot encode it.
    pub(crate) fn encoded(
        &self,
        format: FormatId,
        encode: impl Fn(&Self) -> Option<Bytes>,
    ) -> Option<&Bytes> {
        let new = || Encoded {
            format,
            bytes: encode(self),
            next: OnceCell::new(),
        };
        let mut encoded = self.encoded.get_or_init(new);
        while encoded.format != format {
            encoded = encoded.next.get_or_init(|| Box::new(new()));
        }
        encoded.bytes.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn each_format_is_encoded_once_whatever_their_number() {
        let payload = Payload::empty();
        let broadcast = Broadcast::new("t", "e", &payload);
        let calls = RefCell::new(Vec::new());
        let read = |format: u32| {
            let encode = |_: &Broadcast<'_>| {
                calls.borrow_mut().push(format);
                (format != 2).then(|| Bytes::from(format.to_string()))
            };
            broadcast.encoded(FormatId(format), encode).cloned()
        };
        for _ in 0..2 {
            assert_eq!(
                [0, 1, 2, 3].map(read).map(|it| it.map(|it| it.to_vec())),
                [
                    Some(b"0".to_vec()),
                    Some(b"1".to_vec()),
                    None,
                    Some(b"3".to_vec())
                ]
            );
        }
        assert_eq!(*calls.borrow(), [0, 1, 2, 3]);
    }
}
