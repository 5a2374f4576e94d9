use super::outbox::Outgoing;
use super::{Pack, Write};
use crate::message::Topic;
use bytes::Bytes;
use std::collections::HashMap;

/// Maximum number of bytes of a bundle. A larger one would save no more, and hold up what is behind it.
const MAX_BYTES: usize = 64 * 1024;

/// Number of bytes of a bundle besides its messages, at most, and of a message in it besides its own.
const HEAD: usize = 32;
const LENGTH: usize = 4;

/// Messages of one topic, in their order.
struct Bundle {
    topic: Topic,
    messages: Vec<Bytes>,
    bytes: usize,
}

/// Returns the writes of broadcasts that were queued together: those of a topic are sent as one, where the first of them was.
pub(super) fn writes(messages: Vec<Outgoing>, max_bytes: usize, pack: Pack) -> Vec<Write> {
    let max_bytes = max_bytes.min(MAX_BYTES);
    let mut bundles: Vec<Bundle> = Vec::with_capacity(messages.len());
    let mut last_of_topic = HashMap::with_capacity(messages.len());
    for Outgoing { topic, message, .. } in messages {
        let bytes = LENGTH + message.len();
        let last = last_of_topic.entry(topic.clone()).or_insert(usize::MAX);
        let bundle = bundles.get_mut(*last);
        if let Some(bundle) = bundle.filter(|bundle| bundle.bytes + bytes <= max_bytes) {
            bundle.messages.push(message);
            bundle.bytes += bytes;
            continue;
        }
        *last = bundles.len();
        bundles.push(Bundle {
            topic,
            messages: vec![message],
            bytes: HEAD + bytes,
        });
    }
    let bundles = bundles.into_iter();
    bundles.map(|bundle| bundle.into_write(pack)).collect()
}

impl Bundle {
    fn into_write(mut self, pack: Pack) -> Write {
        let count = self.messages.len() as u64;
        let message = match self.messages.pop() {
            Some(only) if self.messages.is_empty() => only,
            last => {
                self.messages.extend(last);
                pack(&self.messages)
            }
        };
        Write::Publish {
            topic: self.topic,
            message,
            count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outbox::{Kind, Outbox, Wanted};
    use super::*;

    /// The messages of a bundle, with a comma behind each.
    fn pack(messages: &[Bytes]) -> Bytes {
        let with_comma = messages.iter().flat_map(|it| [&it[..], b","]);
        with_comma.collect::<Vec<_>>().concat().into()
    }

    /// Returns topics, messages and counts of what is sent for these messages.
    fn sent(messages: &[(&str, &str)], max_bytes: usize) -> Vec<(String, String, u64)> {
        let outbox = Outbox::new(usize::MAX);
        for (topic, message) in messages {
            let message = Bytes::copy_from_slice(message.as_bytes());
            outbox.push(topic, message, Kind::Broadcast).expect("room");
        }
        let batch = outbox.take(Wanted::Any).expect("there are some");
        let writes = writes(batch.messages, max_bytes, pack);
        let published = writes.into_iter().map(|write| match write {
            Write::Publish {
                topic,
                message,
                count,
            } => {
                let text = String::from_utf8_lossy(&message).into_owned();
                (topic.to_string(), text, count)
            }
            other => panic!("{other:?}"),
        });
        published.collect()
    }

    fn expected(writes: &[(&str, &str, u64)]) -> Vec<(String, String, u64)> {
        let owned = |(topic, text, count): &(&str, &str, u64)| {
            (String::from(*topic), String::from(*text), *count)
        };
        writes.iter().map(owned).collect()
    }

    #[test]
    fn messages_of_a_topic_are_sent_as_one_in_their_order_and_a_single_one_as_it_is() {
        let messages = [("a", "1"), ("b", "2"), ("a", "3"), ("c", "4"), ("a", "5")];
        assert_eq!(
            sent(&messages, 1024),
            expected(&[("a", "1,3,5,", 3), ("b", "2", 1), ("c", "4", 1)])
        );
    }

    #[test]
    fn what_does_not_fit_begins_another_bundle_behind_the_first() {
        let messages = ["1", "2", "3", "4", "5"].map(|text| ("a", text));
        let two = HEAD + 2 * (LENGTH + 1);
        assert_eq!(
            sent(&messages, two),
            expected(&[("a", "1,2,", 2), ("a", "3,4,", 2), ("a", "5", 1)])
        );
        let large = "x".repeat(MAX_BYTES);
        let messages = [("a", "1"), ("a", &large), ("a", "2"), ("a", "3")];
        assert_eq!(
            sent(&messages, usize::MAX),
            expected(&[("a", "1", 1), ("a", &large, 1), ("a", "2,3,", 2)])
        );
    }
}
