//! A property that holds for any input: see [`crate::fuzz`].

use super::tests::{node, read, sent};

/// Asserts that a message is refused or read, and that what was read is sent and read the same.
pub(crate) fn phoenix(data: &[u8]) {
    let Ok(Some(broadcast)) = read(&node("rust@host"), data) else {
        return;
    };
    let payload = broadcast.payload.clone();
    let sent = sent(&broadcast.topic, &broadcast.event, payload);
    let received = read(&node("elixir@host"), &sent).expect("it is well-formed");
    let received = received.expect("it is for all others");
    assert_eq!(
        (&received.topic, &received.event),
        (&broadcast.topic, &broadcast.event)
    );
    assert_eq!(received.payload.to_value(), broadcast.payload.to_value());
}
