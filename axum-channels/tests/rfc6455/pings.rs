//! Group 2: pings and pongs.

use super::case::{Case, Chops, case, ping, pong};
use super::support::Frame;

pub(super) fn cases() -> Vec<Case> {
    let answered = |id: &str, body: &[u8]| {
        case(id)
            .send([ping(body)])
            .expect([Frame::Pong(body.to_vec())])
    };
    let bodies: Vec<Vec<u8>> = (0..10)
        .map(|n| format!("payload-{n}").into_bytes())
        .collect();
    let ten = |id: &str| {
        case(id)
            .send(bodies.iter().map(|body| ping(body)))
            .expect(bodies.iter().cloned().map(Frame::Pong))
    };
    vec![
        answered("2.1 an empty ping", b""),
        answered("2.2 a ping with text", b"Hello, world!"),
        answered(
            "2.3 a ping with bytes that are no text",
            b"\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF",
        ),
        answered("2.4 a ping of 125 bytes", &[0xFE; 125]),
        case("2.5 a ping of 126 bytes")
            .send([ping(&[0xFE; 126])])
            .refused(1002),
        answered("2.6 a ping of 125 bytes, octet by octet", &[0xFE; 125]).chopped(Chops::Octets),
        case("2.7 an empty pong that nobody asked for").send([pong(b"")]),
        case("2.8 a pong with text that nobody asked for").send([pong(b"unsolicited")]),
        case("2.9 such a pong and then a ping")
            .send([pong(b"unsolicited"), ping(b"ping")])
            .expect([Frame::Pong(b"ping".to_vec())]),
        ten("2.10 ten pings"),
        ten("2.11 ten pings, octet by octet").chopped(Chops::Octets),
    ]
}
