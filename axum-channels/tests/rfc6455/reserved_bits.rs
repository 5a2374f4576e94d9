//! Group 3: reserved bits, which only an extension could give a meaning.

use super::case::{BINARY, CLOSE, Case, Chops, FIN, PING, TEXT, case, ping, text, text_echo};
use super::support::frame;

/// The three reserved bits, as a number of 0 to 7.
fn rsv(bits: u8) -> u8 {
    bits << 4
}

pub(super) fn cases() -> Vec<Case> {
    let hello = text(b"Hello, world!");
    let after_a_message = |id: &str, bits| {
        case(id)
            .send([
                frame(FIN | TEXT, &hello),
                frame(FIN | rsv(bits) | TEXT, &hello),
                ping(b""),
            ])
            .expect([text_echo(&hello)])
            .refused(1002)
    };
    let alone = |id: &str, first, body: &[u8]| case(id).send([frame(first, body)]).refused(1002);
    vec![
        alone("3.1 text with RSV 1", FIN | rsv(1) | TEXT, &hello),
        after_a_message("3.2 a message, text with RSV 2, a ping", 2),
        after_a_message("3.3 the same with RSV 3, frame by frame", 3).chopped(Chops::Frames),
        after_a_message("3.4 the same with RSV 4, octet by octet", 4).chopped(Chops::Octets),
        alone("3.5 binary with RSV 5", FIN | rsv(5) | BINARY, &[0xFF; 8]),
        alone(
            "3.6 a ping with RSV 6",
            FIN | rsv(6) | PING,
            b"Hello, world!",
        ),
        alone("3.7 a close with RSV 7", FIN | rsv(7) | CLOSE, b"\x03\xE8"),
    ]
}
