//! The client's side of the codec, for `crate::fuzz`.

use super::wire;
use crate::message::{Message, Ref};

/// A push, a reply or a broadcast that carries bytes. The replies of `crate::fuzz` are errors.
pub(crate) fn decode_binary(message: &[u8]) -> Option<Message<'static>> {
    let received = wire::binary_message(message)?;
    let text = |text: Option<String>| Some(Ref::from_text(&text.filter(|text| !text.is_empty())?));
    assert_ne!(received.status.as_deref(), Some("ok"));
    Some(Message {
        join_ref: text(received.join_ref),
        reference: text(received.reference),
        topic: received.topic.into(),
        event: received.event.into(),
        payload: received.payload,
    })
}

/// Encodes a message as a client does: as text, or as bytes in the error. `None` if its names are too long for that.
pub(crate) fn encode(message: &Message<'_>) -> Option<Result<String, Vec<u8>>> {
    let text = |reference: &Option<Ref>| reference.as_ref().map(|it| it.as_text().into_owned());
    let (join_ref, reference) = (text(&message.join_ref), text(&message.reference));
    if let Some(bytes) = message.payload.as_binary() {
        let (join_ref, reference) = (join_ref.unwrap_or_default(), reference.unwrap_or_default());
        let names = [
            join_ref.as_str(),
            &reference,
            message.topic.as_str(),
            message.event.as_str(),
        ];
        let fit = names.iter().all(|name| name.len() <= 255);
        return fit.then(|| Err(wire::binary_body(names, bytes)));
    }
    let refs = [join_ref.as_deref(), reference.as_deref()];
    let names = [message.topic.as_str(), message.event.as_str()];
    Some(Ok(wire::json(refs, names, &message.payload)))
}
