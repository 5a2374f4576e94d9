//! Groups 9 and 10: large messages, small fragments, many messages.

use super::case::{
    BINARY, Case, Chops, FIN, TEXT, binary_echo, binary_of, case, fragmented, text_echo, text_of,
};
use super::support::frame;

const MESSAGE: usize = 256 * 1024;

pub(super) fn cases() -> Vec<Case> {
    let groups = [whole(), in_fragments(), in_chops(), many(), limits()];
    groups.into_iter().flatten().collect()
}

fn whole() -> Vec<Case> {
    let sizes = [64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024];
    (1..)
        .zip(sizes)
        .flat_map(|(number, size)| {
            let (text, binary) = (text_of(size), binary_of(size));
            [
                case(format!("9.1.{number} text of {size} bytes"))
                    .send([frame(FIN | TEXT, &text)])
                    .expect([text_echo(&text)]),
                case(format!("9.2.{number} binary of {size} bytes"))
                    .send([frame(FIN | BINARY, &binary)])
                    .expect([binary_echo(&binary)]),
            ]
        })
        .collect()
}

fn in_fragments() -> Vec<Case> {
    let (text, binary) = (text_of(MESSAGE), binary_of(MESSAGE));
    let sizes = [64, 256, 1024, 4096, 16 * 1024, 64 * 1024];
    let large = (1..).zip(sizes).flat_map(|(number, size)| {
        [
            case(format!(
                "9.3.{number} text of 256 KiB in fragments of {size}"
            ))
            .send(fragmented(TEXT, &text, size))
            .expect([text_echo(&text)]),
            case(format!(
                "9.4.{number} binary of 256 KiB in fragments of {size}"
            ))
            .send(fragmented(BINARY, &binary, size))
            .expect([binary_echo(&binary)]),
        ]
    });
    let message = text_of(65_536);
    let automatic = case("10.1.1 text of 65536 bytes in fragments of 1300")
        .send(fragmented(TEXT, &message, 1300))
        .chopped(Chops::Frames)
        .expect([text_echo(&message)]);
    large.chain([automatic]).collect()
}

fn in_chops() -> Vec<Case> {
    let (text, binary) = (text_of(MESSAGE), binary_of(MESSAGE));
    (1..)
        .zip([64, 128, 256, 512, 1024, 2048])
        .flat_map(|(number, size)| {
            [
                case(format!("9.5.{number} text of 256 KiB in chops of {size}"))
                    .send([frame(FIN | TEXT, &text)])
                    .chopped(Chops::Of(size))
                    .expect([text_echo(&text)]),
                case(format!("9.6.{number} binary of 256 KiB in chops of {size}"))
                    .send([frame(FIN | BINARY, &binary)])
                    .chopped(Chops::Of(size))
                    .expect([binary_echo(&binary)]),
            ]
        })
        .collect()
}

fn many() -> Vec<Case> {
    (1..)
        .zip([64, 256, 1024, 4096])
        .flat_map(|(number, size)| {
            let (text, binary) = (text_of(size), binary_of(size));
            [
                case(format!("9.7.{number} 1000 texts of {size} bytes"))
                    .send((0..1000).map(|_| frame(FIN | TEXT, &text)))
                    .expect((0..1000).map(|_| text_echo(&text))),
                case(format!("9.8.{number} 1000 binaries of {size} bytes"))
                    .send((0..1000).map(|_| frame(FIN | BINARY, &binary)))
                    .expect((0..1000).map(|_| binary_echo(&binary))),
            ]
        })
        .collect()
}

/// Cases that Autobahn does not have: a message above the limit is refused by its head, whole or in fragments.
fn limits() -> Vec<Case> {
    let head = |first: u8, length: u64| {
        [&[first, 0x80 | 127][..], &length.to_be_bytes(), &[0; 4]].concat()
    };
    vec![
        case("the head of a text of 10,000,001 bytes")
            .send([head(FIN | TEXT, 10_000_001)])
            .refused(1009),
        case("the head of a binary of the largest length there is")
            .send([head(FIN | BINARY, i64::MAX as u64)])
            .refused(1009),
        case("a fragment of 1 byte, and the head of one of 10,000,000")
            .send([frame(TEXT, b"*"), head(FIN, 10_000_000)])
            .refused(1009),
    ]
}
