//! The bytes of HTTP: a request that becomes a WebSocket, RFC 6455 section 4.2.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1_smol::Sha1;

const PATH: &[u8] = b"GET /socket/websocket";

pub(crate) struct Refused;

/// Returns the end of the head, if it is complete.
pub(crate) fn end(read: &[u8]) -> Option<usize> {
    let at = read.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(at + 4)
}

/// Answers the head of a request.
pub(crate) fn answer(head: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
    let key = head.split(|byte| *byte == b'\n').find_map(key);
    let Some(key) = key.filter(|_| head.starts_with(PATH)) else {
        out.extend_from_slice(
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
        return Err(Refused);
    };
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let mut accept = [0; 28];
    let _ = STANDARD.encode_slice(hash.digest().bytes(), &mut accept);
    out.extend_from_slice(
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ",
    );
    out.extend_from_slice(&accept);
    out.extend_from_slice(b"\r\n\r\n");
    Ok(())
}

/// Returns the key, if this line has it.
fn key(line: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"sec-websocket-key:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    name.eq_ignore_ascii_case(NAME).then(|| value.trim_ascii())
}
