//! The bytes of Channels, V2: `[join_ref, ref, topic, event, payload]`. They are cut up and put together again, not understood.

use crate::frame::{self, TEXT};

/// All as in the JSON, quotes included.
pub(crate) struct Message<'a> {
    join_ref: &'a [u8],
    reference: &'a [u8],
    pub(crate) topic: &'a [u8],
    pub(crate) event: &'a [u8],
    pub(crate) payload: &'a [u8],
}

impl<'a> Message<'a> {
    pub(crate) fn read(text: &'a [u8]) -> Option<Message<'a>> {
        let mut rest = text.trim_ascii().strip_prefix(b"[")?.strip_suffix(b"]")?;
        let mut next = || {
            let (part, after) = cut(rest)?;
            rest = after;
            Some(part.trim_ascii())
        };
        Some(Message {
            join_ref: next()?,
            reference: next()?,
            topic: next()?,
            event: next()?,
            payload: rest.trim_ascii(), // the last, so it need not be looked through
        })
    }

    pub(crate) fn reply(&self, out: &mut Vec<u8>, status: &str, response: &[u8]) {
        let parts: [&[u8]; 11] = [
            b"[",
            self.join_ref,
            b",",
            self.reference,
            b",",
            self.topic,
            br#","phx_reply",{"status":""#,
            status.as_bytes(),
            br#"","response":"#,
            response,
            b"}]",
        ];
        frame::write(out, TEXT, &parts);
    }

    pub(crate) fn broadcast(&self, out: &mut Vec<u8>) {
        let parts: [&[u8]; 7] = [
            b"[null,null,",
            self.topic,
            b",",
            self.event,
            b",",
            self.payload,
            b"]",
        ];
        frame::write(out, TEXT, &parts);
    }
}

/// Returns the text before the first comma outside of strings, and the text after it. Not for lists and objects.
fn cut(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}
