//! Group 7: closing.

use super::case::{CLOSE, CONTINUATION, Case, FIN, TEXT, case, ping, text, text_echo, text_of};
use super::support::frame;

pub(super) fn cases() -> Vec<Case> {
    let groups = [after_a_close(), bodies(), codes()];
    groups.into_iter().flatten().collect()
}

fn close(body: &[u8]) -> Vec<u8> {
    frame(FIN | CLOSE, body)
}

/// A body of a code and a reason.
fn with_reason(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes(), reason].concat()
}

fn normal() -> Vec<u8> {
    close(&with_reason(1000, b""))
}

fn after_a_close() -> Vec<Case> {
    let (hello, large) = (text(b"Hello, world!"), text_of(256 * 1024));
    vec![
        case("7.1.1 a message and a close")
            .send([frame(FIN | TEXT, &hello), normal()])
            .expect([text_echo(&hello)])
            .closes(),
        case("7.1.2 two closes").send([normal(), normal()]).closes(),
        case("7.1.3 a ping after a close")
            .send([normal(), ping(b"")])
            .closes(),
        case("7.1.4 a message after a close")
            .send([normal(), frame(FIN | TEXT, &hello)])
            .closes(),
        case("7.1.5 a close between the fragments of a message")
            .send([
                frame(TEXT, &hello[..9]),
                normal(),
                frame(FIN | CONTINUATION, &hello[9..]),
            ])
            .closes(),
        case("7.1.6 a message of 256 KiB, a message, a close and a ping")
            .send([
                frame(FIN | TEXT, &large),
                frame(FIN | TEXT, &hello),
                normal(),
                ping(b""),
            ])
            .expect([text_echo(&large), text_echo(&hello)])
            .closes(),
    ]
}

fn bodies() -> Vec<Case> {
    vec![
        case("7.3.1 a close with no body")
            .send([close(b"")])
            .closes(),
        case("7.3.2 a close with half a code")
            .send([close(b"\x03")])
            .refused(1002),
        case("7.3.3 a close with a code").send([normal()]).closes(),
        case("7.3.4 a close with a code and a reason")
            .send([close(&with_reason(1000, b"Hello World!"))])
            .closes(),
        case("7.3.5 a close with a reason of 123 bytes")
            .send([close(&with_reason(1000, &[b'*'; 123]))])
            .closes(),
        case("7.3.6 a close with a reason of 124 bytes")
            .send([close(&with_reason(1000, &[b'*'; 124]))])
            .refused(1002),
        case("7.5.1 a close whose reason is no UTF-8")
            .send([close(&with_reason(
                1000,
                b"\xCE\xBA\xE1\xBD\xB9\xED\xA0\x80",
            ))])
            .refused(1007),
    ]
}

/// RFC 6455, section 7.4, and the registry at IANA.
fn codes() -> Vec<Case> {
    let valid = [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000,
        4999,
    ];
    let valid = (1..).zip(valid).map(|(number, code)| {
        case(format!("7.7.{number} a close with {code}"))
            .send([close(&with_reason(code, b""))])
            .closes()
    });
    let invalid = [
        0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
    ];
    let invalid = (1..).zip(invalid).map(|(number, code)| {
        case(format!(
            "7.9.{number} a close with {code}, which never travels"
        ))
        .send([close(&with_reason(code, b""))])
        .refused(1002)
    });
    valid.chain(invalid).collect()
}
