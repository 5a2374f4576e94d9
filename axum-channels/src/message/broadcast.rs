use super::{EncodeError, Payload, Ref, ServerMessage};
use bytes::Bytes;
use std::iter;
use std::sync::OnceLock;

/// Identifies a format: a serializer on a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FormatId(pub(crate) u32);

impl FormatId {
    /// Returns the format of broadcasts with their position. There are far fewer formats than numbers.
    fn with_position(self) -> Self {
        FormatId(self.0 | 1 << 31)
    }
}

/// Message to all subscribers of a topic, encoded at most once for each format in use there.
#[derive(Clone, Copy)]
pub(crate) struct Broadcast<'a> {
    pub(crate) topic: &'a str,
    pub(crate) event: &'a str,
    pub(crate) payload: &'a Payload,
    /// Position in the topic's history, if there is one.
    position: Option<&'a Ref>,
    /// The position is encoded, too.
    shows_position: bool,
    /// Clients that have asked for positions have it already.
    is_recovered: bool,
    encodings: &'a Encodings,
}

/// A broadcast's encodings, one for each format in use on its topic.
///
/// The first one, which is the only one on most topics, takes no allocation.
#[derive(Default)]
pub(crate) struct Encodings(OnceLock<Encoded>);

/// A broadcast in one format, and the next format.
struct Encoded {
    format: FormatId,
    bytes: Result<Bytes, EncodeError>,
    next: OnceLock<Box<Encoded>>,
}

impl<'a> Broadcast<'a> {
    pub(crate) fn new(
        topic: &'a str,
        event: &'a str,
        payload: &'a Payload,
        encodings: &'a Encodings,
    ) -> Self {
        Self {
            topic,
            event,
            payload,
            position: None,
            shows_position: false,
            is_recovered: false,
            encodings,
        }
    }

    /// Returns the broadcast with its position in the topic's history.
    pub(crate) fn at(self, position: Option<&'a Ref>) -> Self {
        Self { position, ..self }
    }

    /// Returns the broadcast for all clients, or for those alone that have not asked for positions.
    pub(crate) fn recovered(self, is_recovered: bool) -> Self {
        Self {
            is_recovered,
            ..self
        }
    }

    /// Returns whether clients that have asked for positions have it already.
    pub(crate) fn is_recovered(&self) -> bool {
        self.is_recovered
    }

    /// Returns the broadcast for clients that have asked for positions. Others receive it without.
    pub(crate) fn with_position(&self) -> Self {
        Self {
            shows_position: true,
            ..*self
        }
    }

    /// Returns the position that the receiver has asked for.
    pub(crate) fn shown_position(&self) -> Option<&'a Ref> {
        self.position.filter(|_| self.shows_position)
    }

    /// Returns the position in the topic's history, if there is one.
    pub(crate) fn position(&self) -> Option<&'a Ref> {
        self.position
    }

    /// Returns the message as serializers encode it.
    pub(crate) fn view(&self) -> ServerMessage<'a> {
        ServerMessage::Broadcast {
            reference: self.shown_position(),
            topic: self.topic,
            event: self.event,
            payload: self.payload,
        }
    }

    /// Returns the encoded broadcast. The first subscriber of a format calls `encode`, the others share the result.
    pub(crate) fn encoded(
        &self,
        format: FormatId,
        encode: impl Fn(&Self) -> Result<Bytes, EncodeError>,
    ) -> Result<&Bytes, EncodeError> {
        let format = match self.shown_position() {
            Some(_) => format.with_position(),
            None => format,
        };
        let new = || Encoded {
            format,
            bytes: encode(self),
            next: OnceLock::new(),
        };
        let mut encoded = self.encodings.0.get_or_init(new);
        while encoded.format != format {
            encoded = encoded.next.get_or_init(|| Box::new(new()));
        }
        encoded.bytes.as_ref().map_err(|error| *error)
    }

    /// Returns an error if a format could not encode the broadcast: one that ends the sender's channel, if there is one.
    pub(crate) fn outcome(&self) -> Result<(), EncodeError> {
        let formats = iter::successors(self.encodings.0.get(), |encoded| {
            Some(&**encoded.next.get()?)
        });
        let errors = formats.filter_map(|encoded| encoded.bytes.as_ref().err());
        let error = errors.max_by_key(|error| error.ends_channel());
        error.map_or(Ok(()), |error| Err(*error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn each_format_is_encoded_once_whatever_their_number() {
        let payload = Payload::empty();
        let encodings = Encodings::default();
        let broadcast = Broadcast::new("t", "e", &payload, &encodings);
        let calls = RefCell::new(Vec::new());
        let read = |format: u32| {
            let encode = |_: &Broadcast<'_>| {
                calls.borrow_mut().push(format);
                match format {
                    2 => Err(EncodeError::Binary),
                    3 => Err(EncodeError::TooLong),
                    format => Ok(Bytes::from(format.to_string())),
                }
            };
            broadcast.encoded(FormatId(format), encode).cloned()
        };
        assert_eq!(broadcast.outcome(), Ok(()));
        let (zero, four) = (Ok(Bytes::from("0")), Ok(Bytes::from("4")));
        for _ in 0..2 {
            let (binary, long) = (Err(EncodeError::Binary), Err(EncodeError::TooLong));
            let expected = [zero.clone(), binary, long, four.clone()];
            assert_eq!([0, 2, 3, 4].map(read), expected);
        }
        assert_eq!(*calls.borrow(), [0, 2, 3, 4]);
        assert_eq!(
            broadcast.outcome(),
            Err(EncodeError::TooLong),
            "it ends a channel"
        );
    }
}
