//! The client's side of the codec, for `crate::fuzz`.

use super::wire;

/// The topic and the event of a binary push from a server.
pub(crate) fn names_of(push: &[u8]) -> Option<(String, String)> {
    let message = wire::binary_message(push)?;
    Some((message.topic, message.event))
}

/// What a client sends: text, or bytes as the error. `None` if its names are too long for that.
#[cfg(test)]
pub(crate) fn encode(message: &crate::message::Message<'_>) -> Option<Result<String, Vec<u8>>> {
    use crate::message::Ref;
    use serde_json::Value;
    let text = |reference: &Option<Ref>| reference.as_ref().map(|it| it.as_text().into_owned());
    let (join_ref, reference) = (text(&message.join_ref), text(&message.reference));
    if let Some(bytes) = message.payload.as_binary() {
        let (join_ref, reference) = (join_ref.unwrap_or_default(), reference.unwrap_or_default());
        let names = [
            join_ref.as_str(),
            &reference,
            &message.topic,
            &message.event,
        ];
        let fit = names.iter().all(|name| name.len() <= 255);
        return fit.then(|| Err(wire::binary_body(names, bytes)));
    }
    let names = [
        join_ref.into(),
        reference.into(),
        (*message.topic).into(),
        (*message.event).into(),
    ];
    Some(Ok(Value::from(
        [&names[..], &[message.payload.to_value()]].concat(),
    )
    .to_string()))
}
