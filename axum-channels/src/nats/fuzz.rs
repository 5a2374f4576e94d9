//! Properties that hold for any input: see [`crate::fuzz`].

use super::batch::Head;
use super::history;
use super::jet_stream;
use super::names::Names;
use super::protocol::{Operation, Received, fuzz::protocol};
use super::violation::Violation;
use bytes::BytesMut;

/// Asserts that bytes of a server are refused or read, and its values as this library writes them.
pub(crate) fn nats(data: &[u8]) {
    protocol(data);
    if let Some(head) = Head::parse(data) {
        assert_eq!(Head::parse(head.to_text().as_bytes()), Some(head));
    }
    let text = String::from_utf8_lossy(data);
    let _ = Violation::parse(&text); // an error of the server, or none
    let nodes = Names::new("app").nodes();
    if let Some(lease) = nodes.parse_lease(&text) {
        assert_eq!(nodes.parse_lease(&nodes.lease(lease)), Some(lease));
    }
    let mut buffer = BytesMut::from(data);
    while let Ok(Some(operation)) = Operation::decode(&mut buffer) {
        if let Operation::Message(message) = operation {
            answer(message);
        }
    }
}

/// Reads a message as the answer to each request.
fn answer(message: Received) {
    let _ = jet_stream::stored(Ok(message.clone()));
    let _ = jet_stream::deleted(Ok(message.clone()));
    let _ = history::delivered(message);
}
