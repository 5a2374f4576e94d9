//! The bytes of WebSocket, RFC 6455 section 5.2.

pub(crate) const TEXT: u8 = 0x1;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xa;

const WHOLE: u8 = 0x80;
const MASKED: u8 = 0x80;

/// Maximum length of a text.
const MOST: usize = 1024 * 1024;

pub(crate) enum Frame<'a> {
    Text(&'a [u8]),
    Ping(&'a [u8]),
    Pong,
    Close,
    /// The frame is binary, a fragment, too long, or not masked.
    Unheard,
}

impl Frame<'_> {
    /// Returns the first frame of these bytes, unmasked in place, and its length; `None` if it is incomplete.
    pub(crate) fn read(bytes: &mut [u8]) -> Option<(Frame<'_>, usize)> {
        let [first, second, ..] = *bytes else {
            return None;
        };
        let (length, head) = match (second & !MASKED, &bytes[2..]) {
            (126, [high, low, ..]) => (u16::from_be_bytes([*high, *low]).into(), 4),
            (127, rest) => (
                u64::from_be_bytes(*rest.first_chunk()?).try_into().ok()?,
                10,
            ),
            (126, _) => return None,
            (length, _) => (usize::from(length), 2),
        };
        if second & MASKED == 0 || length > MOST {
            return Some((Frame::Unheard, bytes.len()));
        }
        let end = head + 4 + length;
        let (mask, payload) = bytes.get_mut(head..end)?.split_first_chunk_mut::<4>()?;
        unmask(payload, *mask);
        let frame = match first {
            first if first == WHOLE | TEXT => Frame::Text(payload),
            first if first == WHOLE | PING => Frame::Ping(payload),
            first if first == WHOLE | PONG => Frame::Pong,
            first if first == WHOLE | CLOSE => Frame::Close,
            _ => Frame::Unheard,
        };
        Some((frame, end))
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let mut eights = payload.chunks_exact_mut(8);
    let [a, b, c, d] = mask;
    let twice = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    for eight in &mut eights {
        if let Some(eight) = eight.first_chunk_mut::<8>() {
            *eight = (u64::from_ne_bytes(*eight) ^ twice).to_ne_bytes();
        }
    }
    let rest = eights.into_remainder().iter_mut();
    rest.zip(mask.iter().cycle())
        .for_each(|(byte, mask)| *byte ^= mask);
}

/// Appends a frame whose payload is the concatenated parts.
pub(crate) fn write(out: &mut Vec<u8>, kind: u8, parts: &[&[u8]]) {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    out.reserve(10 + length);
    out.push(WHOLE | kind);
    match length {
        0..126 => out.push(length as u8),
        126..0x1_0000 => {
            out.push(126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
}
