//! Properties of frame streams, for `crate::fuzz`.

use super::frame::{CloseCode, Incoming, Reader, put_message};
use super::handshake::Handshake;
use super::subprotocol;
use crate::codec::Kind;
use crate::socket::offered_subprotocols;
use axum::http::{HeaderMap, HeaderValue, Request};

/// Mask bit in a frame's second byte.
const MASKED: u8 = 0x80;

/// Asserts that a handshake is refused or answered, with one of the subprotocols that its client has offered.
pub(crate) fn handshake(headers: HeaderMap) {
    const SUPPORTED: HeaderValue = HeaderValue::from_static("mqtt");
    let offered =
        |selected: &HeaderValue| offered_subprotocols(&headers).any(|offer| *selected == offer);
    if let Ok(Some(selected)) = subprotocol::select(&headers, &[SUPPORTED]) {
        assert!(offered(&selected), "{selected:?}");
    }
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = headers;
    if let Ok(handshake) = Handshake::read(&parts) {
        assert_eq!(handshake.accept.len(), 28);
    }
}

/// Describes each message of a stream and its close code, if any; the stream is read in pieces of the given size.
pub(crate) fn read(data: &[u8], piece: usize, max_message: usize) -> (Vec<String>, Option<u16>) {
    let (mut reader, mut messages, mut kept) = (Reader::new(max_message), Vec::new(), Vec::new());
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
                    assert!(len <= max_message, "no message is longer than it may be");
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

/// Asserts that a server's frame is read back unchanged, once masked like a client's.
pub(crate) fn check_written(kind: Kind, body: &[u8]) {
    let mut frame = Vec::new();
    put_message(&mut frame, kind, |out| out.extend_from_slice(body));
    let head = match frame[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    frame[1] |= MASKED;
    frame.splice(head..head, [0; 4]);
    assert_eq!(
        check_read(&mut frame, body.len(), incoming(kind, body)),
        Ok(())
    );
}

/// Asserts that a message, whole or in fragments, is read back unchanged, and refused if one byte over the limit.
pub(crate) fn check_spoken(kind: Kind, mask: [u8; 4], body: &[u8]) {
    for fragments in [1, 2, 5] {
        let frames = spoken(kind, mask, body, fragments);
        let read = |max_message| check_read(&mut frames.clone(), max_message, incoming(kind, body));
        assert_eq!(read(body.len()), Ok(()), "{fragments} fragments");
        if let Some(less) = body.len().checked_sub(1) {
            assert_eq!(read(less), Err(CloseCode::TOO_BIG));
        }
    }
}

/// Frames of a message: RFC 6455, §5.2 to §5.4.
fn spoken(kind: Kind, mask: [u8; 4], body: &[u8], fragments: usize) -> Vec<u8> {
    let mut frames = Vec::new();
    let mut rest = body;
    for number in 1..=fragments {
        let (part, after) = rest.split_at(if number == fragments {
            rest.len()
        } else {
            body.len() / fragments
        });
        rest = after;
        let opcode = match kind {
            _ if number > 1 => 0,
            Kind::Text => 1,
            Kind::Binary => 2,
        };
        frames.push(u8::from(number == fragments) << 7 | opcode);
        match part.len() {
            len @ 0..126 => frames.push(MASKED | len as u8),
            len @ 126..0x1_0000 => {
                frames.push(MASKED | 126);
                frames.extend((len as u16).to_be_bytes());
            }
            len => {
                frames.push(MASKED | 127);
                frames.extend((len as u64).to_be_bytes());
            }
        }
        frames.extend(mask);
        let masked = part.iter().zip(mask.iter().cycle());
        frames.extend(masked.map(|(byte, mask)| byte ^ mask));
    }
    frames
}

/// Reads the frames as one message, or returns the close code.
fn check_read(
    frames: &mut [u8],
    max_message: usize,
    expected: Incoming<'_>,
) -> Result<(), CloseCode> {
    let (mut reader, mut rest) = (Reader::new(max_message), frames);
    let message = loop {
        match reader.next(&mut rest)? {
            Some(Incoming::Fragment) => {}
            message => break message,
        }
    };
    assert_eq!(message, Some(expected));
    assert!(rest.is_empty(), "nothing is left over");
    Ok(())
}

fn incoming(kind: Kind, body: &[u8]) -> Incoming<'_> {
    match (kind, std::str::from_utf8(body)) {
        (Kind::Text, Ok(text)) => Incoming::Text(text.into()),
        _ => Incoming::Binary(body.into()),
    }
}
