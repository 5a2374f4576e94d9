//! What a stream of frames means, for `crate::fuzz`.

use super::frame::{Incoming, Reader};

/// Each message in words, and the code that the stream ends with if it does: read in pieces of a size.
pub(crate) fn read(data: &[u8], piece: usize) -> (Vec<String>, Option<u16>) {
    const MAX: usize = 1000;
    let (mut reader, mut messages, mut kept) = (Reader::new(MAX), Vec::new(), Vec::new());
    for piece in data.chunks(piece.max(1)) {
        kept.extend_from_slice(piece);
        let total = kept.len();
        let mut rest = &mut kept[..];
        loop {
            match reader.next(&mut rest) {
                Ok(None) => break,
                Ok(Some(incoming)) => {
                    let len = match &incoming {
                        Incoming::Text(text) => text.len(),
                        Incoming::Binary(bytes) => bytes.len(),
                        Incoming::Ping(_)
                        | Incoming::Pong
                        | Incoming::Close
                        | Incoming::Fragment => 0,
                    };
                    assert!(len <= MAX, "no message is longer than it may be");
                    messages.push(format!("{incoming:?}"));
                    if incoming == Incoming::Close {
                        return (messages, None);
                    }
                }
                Err(code) => return (messages, Some(code.0)),
            }
        }
        let used = total - rest.len();
        kept.drain(..used);
    }
    (messages, None)
}
