//! WebSocket frames, RFC 6455, as a server reads and writes them. Pure; each rule names its section.

mod fragments;

use super::buffer::append;
use crate::codec::Kind;
use fragments::Fragments;
use std::borrow::Cow;

const FIN: u8 = 0x80;
const RSV: u8 = 0x70;
const MASKED: u8 = 0x80;

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// §5.5: maximum payload of a control frame.
const MAX_CONTROL: usize = 125;

/// Close code of a connection: §7.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CloseCode(pub(crate) u16);

impl CloseCode {
    pub(crate) const NORMAL: Self = Self(1000);
    pub(crate) const GOING_AWAY: Self = Self(1001);
    pub(crate) const PROTOCOL_ERROR: Self = Self(1002);
    pub(crate) const NOT_UTF8: Self = Self(1007);
    pub(crate) const POLICY: Self = Self(1008);
    pub(crate) const TOO_BIG: Self = Self(1009);
    pub(crate) const INTERNAL_ERROR: Self = Self(1011);
    pub(crate) const RESTART: Self = Self(1012);

    /// §7.4: returns whether a client may send the code. 1004 to 1006 and 1015 never appear in a frame.
    fn may_travel(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

/// A complete item received from a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming<'a> {
    Text(Cow<'a, str>),
    Binary(Cow<'a, [u8]>),
    /// A ping, to be answered with the same payload.
    Ping(&'a [u8]),
    Pong,
    /// A close frame, to be answered before the connection ends.
    Close,
    /// A fragment of an incomplete message.
    Fragment,
}

/// Reassembles messages from frames. Allocates nothing while no fragmented message is pending.
#[derive(Debug)]
pub(crate) struct Reader {
    max_message: usize,
    fragments: Option<Box<Fragments>>,
}

impl Reader {
    pub(crate) fn new(max_message: usize) -> Self {
        Reader {
            max_message,
            fragments: None,
        }
    }

    /// Takes the next complete frame off the front of `data` and unmasks it in place. `Ok(None)` if the frame is
    /// incomplete.
    ///
    /// # Errors
    /// The code to close the connection with.
    pub(crate) fn next<'a>(
        &mut self,
        data: &mut &'a mut [u8],
    ) -> Result<Option<Incoming<'a>>, CloseCode> {
        let Some(head) = Head::parse(data)? else {
            return Ok(None);
        };
        let begun = self
            .fragments
            .as_ref()
            .filter(|_| !head.is_control())
            .map_or(0, |fragments| fragments.len());
        if head.len > (self.max_message - begun) as u64 {
            return Err(CloseCode::TOO_BIG);
        }
        let end = head.size + head.len as usize;
        if data.len() < end {
            return Ok(None);
        }
        let (frame, rest) = std::mem::take(data).split_at_mut(end);
        *data = rest;
        let body = &mut frame[head.size..];
        unmask(body, head.mask);
        self.accept(head, body).map(Some)
    }

    /// Makes room for the rest of a partial frame.
    ///
    /// The buffer grows with the data received, not with the length that the frame's head announces.
    pub(crate) fn keep(kept: &mut Vec<u8>, more: &[u8]) {
        let head = Head::parse(if kept.is_empty() { more } else { kept });
        let whole = match head {
            Ok(Some(head)) => head.size + head.len as usize,
            _ => 0,
        };
        append(kept, more, whole);
    }

    fn accept<'a>(&mut self, head: Head, body: &'a [u8]) -> Result<Incoming<'a>, CloseCode> {
        match (head.opcode, head.fin, self.fragments.take()) {
            (TEXT, true, None) => {
                let text = std::str::from_utf8(body).map_err(|_| CloseCode::NOT_UTF8)?; // §8.1
                Ok(Incoming::Text(Cow::Borrowed(text)))
            }
            (BINARY, true, None) => Ok(Incoming::Binary(Cow::Borrowed(body))),
            (opcode @ (TEXT | BINARY), false, None) => {
                let mut fragments = Box::new(Fragments::new(opcode));
                fragments.append(body, self.max_message)?;
                self.fragments = Some(fragments);
                Ok(Incoming::Fragment)
            }
            (CONTINUATION, fin, Some(mut fragments)) => {
                let most = if fin { 0 } else { self.max_message };
                fragments.append(body, most)?;
                if fin {
                    return fragments.finish();
                }
                self.fragments = Some(fragments);
                Ok(Incoming::Fragment)
            }
            // §5.4: control frames may come between fragments.
            (opcode @ (PING | PONG | CLOSE), _, fragments) => {
                self.fragments = fragments;
                control(opcode, body)
            }
            // §5.4: a continuation without a first frame, or a new message in the middle of another.
            _ => Err(CloseCode::PROTOCOL_ERROR),
        }
    }
}

fn control(opcode: u8, body: &[u8]) -> Result<Incoming<'_>, CloseCode> {
    match opcode {
        PING => Ok(Incoming::Ping(body)),
        PONG => Ok(Incoming::Pong),
        _ => match body.split_first_chunk() {
            None if body.is_empty() => Ok(Incoming::Close),
            None => Err(CloseCode::PROTOCOL_ERROR), // §5.5.1: a code is two bytes
            Some((code, _)) if !CloseCode(u16::from_be_bytes(*code)).may_travel() => {
                Err(CloseCode::PROTOCOL_ERROR)
            }
            Some((_, reason)) if std::str::from_utf8(reason).is_err() => Err(CloseCode::NOT_UTF8),
            Some(_) => Ok(Incoming::Close),
        },
    }
}

/// Head of a frame from a client: §5.2.
struct Head {
    fin: bool,
    opcode: u8,
    len: u64,
    mask: [u8; 4],
    /// Length of the head in bytes.
    size: usize,
}

impl Head {
    /// Returns `Ok(None)` if the head is incomplete. Errors are found as early as possible.
    fn parse(data: &[u8]) -> Result<Option<Head>, CloseCode> {
        let [first, second, rest @ ..] = data else {
            return Ok(None);
        };
        let (fin, opcode) = (first & FIN != 0, first & 0x0F);
        let short = second & !MASKED;
        let known = matches!(opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG);
        if first & RSV != 0 || !known || second & MASKED == 0 {
            return Err(CloseCode::PROTOCOL_ERROR); // §5.2: no extension was negotiated; §5.1: clients mask
        }
        if opcode >= CLOSE && (!fin || usize::from(short) > MAX_CONTROL) {
            return Err(CloseCode::PROTOCOL_ERROR); // §5.5: control frames are short and unfragmented
        }
        let (len, least, rest) = match short {
            126 => match rest.split_first_chunk() {
                Some((len, rest)) => (u64::from(u16::from_be_bytes(*len)), 126, rest),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk() {
                Some((len, rest)) => (u64::from_be_bytes(*len), 0x1_0000, rest),
                None => return Ok(None),
            },
            len => (u64::from(len), 0, rest),
        };
        if len < least || len > i64::MAX as u64 {
            return Err(CloseCode::PROTOCOL_ERROR); // §5.2: the shortest encoding, and its first bit is 0
        }
        let Some((mask, rest)) = rest.split_first_chunk() else {
            return Ok(None);
        };
        Ok(Some(Head {
            fin,
            opcode,
            len,
            mask: *mask,
            size: data.len() - rest.len(),
        }))
    }

    fn is_control(&self) -> bool {
        self.opcode >= CLOSE
    }
}

/// §5.3. Unmasks eight bytes at a time: the mask repeats every four.
fn unmask(body: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from(u32::from_ne_bytes(mask));
    let wide = wide | wide << 32;
    let (chunks, rest) = body.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// Appends a text or binary frame with the body that `write` appends.
pub(crate) fn put_message(out: &mut Vec<u8>, kind: Kind, write: impl FnOnce(&mut Vec<u8>)) {
    // The length is known only afterwards. Most messages fit the shortest head; for others the body is moved up.
    let start = out.len();
    out.extend([0, 0]);
    write(out);
    let opcode = match kind {
        Kind::Text => TEXT,
        Kind::Binary => BINARY,
    };
    let (head, size) = head(opcode, out.len() - start - 2);
    match size {
        2 => out[start..start + 2].copy_from_slice(&head[..2]),
        _ => drop(out.splice(start..start + 2, head.into_iter().take(size))),
    }
}

/// Appends the answer to a ping: §5.5.3.
pub(crate) fn put_pong(out: &mut Vec<u8>, body: &[u8]) {
    put(out, PONG, body);
}

/// Appends a close frame: §5.5.1.
pub(crate) fn put_close(out: &mut Vec<u8>, code: CloseCode) {
    put(out, CLOSE, &code.0.to_be_bytes());
}

fn put(out: &mut Vec<u8>, opcode: u8, body: &[u8]) {
    let (head, size) = head(opcode, body.len());
    out.extend_from_slice(&head[..size]);
    out.extend_from_slice(body);
}

/// The head of a server's frame and its used length: §5.2. Servers do not mask: §5.1.
fn head(opcode: u8, len: usize) -> ([u8; 10], usize) {
    let mut head = [0; 10];
    head[0] = FIN | opcode;
    let size = match len {
        0..126 => {
            head[1] = len as u8;
            2
        }
        126..0x1_0000 => {
            head[1] = 126;
            head[2..4].copy_from_slice(&(len as u16).to_be_bytes());
            4
        }
        _ => {
            head[1] = 127;
            head[2..].copy_from_slice(&(len as u64).to_be_bytes());
            10
        }
    };
    (head, size)
}

#[cfg(test)]
mod tests;
