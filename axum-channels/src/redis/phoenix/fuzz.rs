//! A property that holds for any input: see [`crate::fuzz`].

use super::*;
use crate::pubsub::cluster::{Body, NodeId};

/// Asserts that a message is refused or read, and that what was read is sent and read the same.
pub(crate) fn phoenix(data: &[u8]) {
    let this = Phoenix::new("MyApp.PubSub", "rust@host".to_owned());
    let Ok(Some(broadcast)) = this.decode(data, |_| true) else {
        return;
    };
    let message = Message {
        node: NodeId::from_bytes([1; 16]),
        topic: &broadcast.topic,
        body: Body::Broadcast {
            event: &broadcast.event,
            payload: broadcast.payload.clone(),
            from: None,
        },
    };
    let sent = this.encode(&message).expect("it is a broadcast");
    let other = Phoenix::new("MyApp.PubSub", "elixir@host".to_owned());
    let received = other.decode(&sent, |_| true).expect("it is well-formed");
    let received = received.expect("it is for all others");
    assert_eq!(
        (&received.topic, &received.event),
        (&broadcast.topic, &broadcast.event)
    );
    assert_eq!(received.payload.to_value(), broadcast.payload.to_value());
}
