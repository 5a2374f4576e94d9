//! Group 1: messages in one frame.

use super::case::{
    BINARY, Case, Chops, FIN, TEXT, binary_echo, binary_of, case, text_echo, text_of,
};
use super::support::frame;

pub(super) fn cases() -> Vec<Case> {
    let lengths = [125, 126, 127, 128, 65_535, 65_536];
    let texts = (2..).zip(lengths).map(|(number, length)| {
        let message = text_of(length);
        case(format!("1.1.{number} text of {length} bytes"))
            .send([frame(FIN | TEXT, &message)])
            .expect([text_echo(&message)])
    });
    let binaries = (2..).zip(lengths).map(|(number, length)| {
        let message = binary_of(length);
        case(format!("1.2.{number} binary of {length} bytes"))
            .send([frame(FIN | BINARY, &message)])
            .expect([binary_echo(&message)])
    });
    let (text, binary) = (text_of(65_536), binary_of(65_536));
    let rest = [
        case("1.1.1 text of 0 bytes, which is no push")
            .send([frame(FIN | TEXT, b"")])
            .refused(1011),
        case("1.1.8 text of 65536 bytes in chops of 997")
            .send([frame(FIN | TEXT, &text)])
            .chopped(Chops::Of(997))
            .expect([text_echo(&text)]),
        case("1.2.1 binary of 0 bytes, which is no push")
            .send([frame(FIN | BINARY, b"")])
            .refused(1011),
        case("1.2.8 binary of 65536 bytes in chops of 997")
            .send([frame(FIN | BINARY, &binary)])
            .chopped(Chops::Of(997))
            .expect([binary_echo(&binary)]),
    ];
    texts.chain(binaries).chain(rest).collect()
}
