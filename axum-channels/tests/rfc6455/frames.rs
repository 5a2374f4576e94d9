//! Cases that Autobahn does not have: masks, and lengths in more bytes than they need (RFC 6455, sections 5.1 and 5.2).

use super::case::{BINARY, CLOSE, Case, Chops, FIN, PING, TEXT, case, text, text_echo};
use super::support::frame;

pub(super) fn cases() -> Vec<Case> {
    let groups = [masks(), lengths()];
    groups.into_iter().flatten().collect()
}

fn masks() -> Vec<Case> {
    let hello = text(b"Hello, world!");
    let unmasked = |opcode: u8, body: &[u8]| [&[FIN | opcode, body.len() as u8], body].concat();
    vec![
        case("unmasked text")
            .send([unmasked(TEXT, &hello)])
            .refused(1002),
        case("unmasked binary")
            .send([unmasked(BINARY, b"*")])
            .refused(1002),
        case("an unmasked ping")
            .send([unmasked(PING, b"")])
            .refused(1002),
        case("an unmasked close")
            .send([unmasked(CLOSE, b"\x03\xE8")])
            .refused(1002),
        case("a mask of zeros")
            .send([[
                &[FIN | TEXT, 0x80 | hello.len() as u8, 0, 0, 0, 0],
                &hello[..],
            ]
            .concat()])
            .expect([text_echo(&hello)]),
        case("a frame whose two first octets come alone")
            .send([frame(FIN | TEXT, &hello)])
            .chopped(Chops::Of(2))
            .expect([text_echo(&hello)]),
    ]
}

fn lengths() -> Vec<Case> {
    let refused = |id: &str, length: &[u8]| {
        case(id)
            .send([[&[FIN | BINARY], length, &[0; 4], &[0; 200]].concat()])
            .refused(1002)
    };
    vec![
        refused("a length of 125 in two bytes", &[0x80 | 126, 0, 125]),
        refused("a length of 0 in two bytes", &[0x80 | 126, 0, 0]),
        refused(
            "a length of 125 in eight bytes",
            &[0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 125],
        ),
        refused(
            "a length of 65535 in eight bytes",
            &[0x80 | 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
        ),
        refused(
            "a length whose first bit is set",
            &[0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0],
        ),
    ]
}
