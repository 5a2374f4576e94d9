//! Several messages of a node about one topic, sent as one: a busy topic costs the engine and both nodes less.

use super::fields::{Fields, Malformed};
use super::message::{BUNDLE, HEAD};

/// Returns encoded messages of one node, in their order, as one that carries them.
#[cfg(any(feature = "nats", feature = "redis"))]
pub(crate) fn pack(messages: &[bytes::Bytes]) -> bytes::Bytes {
    use super::fields::{put, size_of_field};

    let size: usize = messages.iter().map(|it| size_of_field(it)).sum();
    let mut out = Vec::with_capacity(HEAD + size);
    let head = messages
        .first()
        .and_then(|first| first.first_chunk::<HEAD>());
    out.extend_from_slice(head.unwrap_or(&[0; HEAD]));
    out[1] = BUNDLE; // its kind, where those in it have theirs
    messages.iter().for_each(|message| put(message, &mut out));
    out.into()
}

/// Returns the encoded messages that `bytes` carry. `None` if they are a message themselves. An error is the last item.
pub(crate) fn unpack(bytes: &[u8]) -> Option<impl Iterator<Item = Result<&[u8], Malformed>>> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    if head[1] != BUNDLE {
        return None;
    }
    let mut fields = Fields(rest);
    Some(std::iter::from_fn(move || {
        if fields.0.is_empty() {
            return None;
        }
        let message = fields.bytes();
        if message.is_err() {
            fields = Fields(&[]);
        }
        Some(message)
    }))
}

#[cfg(all(test, any(feature = "nats", feature = "redis")))]
mod tests {
    use super::super::{Body, Message, NodeId};
    use super::*;
    use bytes::Bytes;

    fn message(topic: &'static str) -> Bytes {
        let message = Message {
            node: NodeId::from_bytes([7; 16]),
            topic,
            body: Body::Broadcast {
                event: "shout",
                payload: serde_json::json!({}).into(),
                from: None,
            },
            kept: None,
        };
        message.encode()
    }

    fn unpacked(bytes: &[u8]) -> Option<Vec<Result<&[u8], Malformed>>> {
        unpack(bytes).map(Iterator::collect)
    }

    #[test]
    fn messages_are_unpacked_as_they_were_packed() {
        let messages = ["a", "b", "a"].map(message);
        let packed = pack(&messages);
        let expected = messages.iter().map(|it| Ok(&it[..])).collect();
        assert_eq!(unpacked(&packed), Some(expected));
        assert_eq!(Message::node_of(&packed), Message::node_of(&messages[0]));
        assert_eq!(unpacked(&messages[0]), None);
    }

    #[test]
    fn what_is_cut_off_is_malformed_and_the_messages_before_it_are_not() {
        let messages = ["a", "b"].map(message);
        let packed = pack(&messages);
        for end in packed.len() - messages[1].len() - 3..packed.len() {
            let expected = vec![Ok(&messages[0][..]), Err(Malformed("it ends too early"))];
            assert_eq!(unpacked(&packed[..end]), Some(expected), "{end}");
        }
    }

    #[test]
    fn a_message_carries_no_bundle_and_is_none() {
        let packed = pack(&[message("a")]);
        assert!(Message::decode(&packed).is_err());
        assert_eq!(Message::place_of(&packed), None);
    }
}
