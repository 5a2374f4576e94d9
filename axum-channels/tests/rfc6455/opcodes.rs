//! Group 4: reserved opcodes.

use super::case::{Case, Chops, FIN, TEXT, case, ping, text, text_echo};
use super::support::frame;

pub(super) fn cases() -> Vec<Case> {
    let data = group("4.1", [3, 4, 5, 6, 7]);
    let control = group("4.2", [11, 12, 13, 14, 15]);
    data.into_iter().chain(control).collect()
}

fn group(group: &str, opcodes: [u8; 5]) -> Vec<Case> {
    let [first, second, third, fourth, fifth] = opcodes;
    let hello = text(b"Hello, world!");
    let after_a_message = |number, opcode, body: &[u8]| {
        case(format!(
            "{group}.{number} a message, opcode {opcode}, a ping"
        ))
        .send([
            frame(FIN | TEXT, &hello),
            frame(FIN | opcode, body),
            ping(b""),
        ])
        .expect([text_echo(&hello)])
        .refused(1002)
    };
    vec![
        case(format!("{group}.1 opcode {first}"))
            .send([frame(FIN | first, b"")])
            .refused(1002),
        case(format!("{group}.2 opcode {second} with a payload"))
            .send([frame(FIN | second, b"reserved opcode")])
            .refused(1002),
        after_a_message(3, third, b""),
        after_a_message(4, fourth, b"reserved opcode").chopped(Chops::Frames),
        after_a_message(5, fifth, b"reserved opcode").chopped(Chops::Octets),
    ]
}
