//! Group 6: text is UTF-8. The verdict on each sequence is written out, not computed.

use super::case::{CONTINUATION, Case, Chops, FIN, TEXT, case, fragmented, text, text_echo};
use super::support::frame;
use Verdict::{Invalid, Valid};

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Valid,
    Invalid,
}

/// "κόσμε": two, three, two, two and two octets.
const KOSME: &[u8] = b"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5";

/// Autobahn's sections, the octets, and what they are.
const SEQUENCES: &[(&str, &[u8], Verdict)] = &[
    (
        "6.2 text",
        b"Hello-\xC2\xB5@\xC3\x9F\xC3\xB6\xC3\xA4\xC3\xBC\xC3\xA0\xC3\xA1-UTF-8!!",
        Valid,
    ),
    (
        "6.3 a surrogate between valid text",
        b"\xCE\xBA\xCF\x8C\xED\xA0\x80edited",
        Invalid,
    ),
    ("6.5 κόσμε", KOSME, Valid),
    ("6.7.2 first of two octets", b"\xC2\x80", Valid),
    ("6.7.3 first of three octets", b"\xE0\xA0\x80", Valid),
    ("6.7.4 first of four octets", b"\xF0\x90\x80\x80", Valid),
    (
        "6.8.1 first of five octets",
        b"\xF8\x88\x80\x80\x80",
        Invalid,
    ),
    (
        "6.8.2 first of six octets",
        b"\xFC\x84\x80\x80\x80\x80",
        Invalid,
    ),
    ("6.9.1 last of one octet", b"\x7F", Valid),
    ("6.9.2 last of two octets", b"\xDF\xBF", Valid),
    ("6.9.3 last of three octets", b"\xEF\xBF\xBF", Valid),
    ("6.9.4 last of all", b"\xF4\x8F\xBF\xBF", Valid),
    (
        "6.10.1 last of four octets, beyond U+10FFFF",
        b"\xF7\xBF\xBF\xBF",
        Invalid,
    ),
    (
        "6.10.2 last of five octets",
        b"\xFB\xBF\xBF\xBF\xBF",
        Invalid,
    ),
    (
        "6.10.3 last of six octets",
        b"\xFD\xBF\xBF\xBF\xBF\xBF",
        Invalid,
    ),
    ("6.11.1 U+D7FF", b"\xED\x9F\xBF", Valid),
    ("6.11.2 U+E000", b"\xEE\x80\x80", Valid),
    ("6.11.3 U+FFFD", b"\xEF\xBF\xBD", Valid),
    ("6.11.4 U+10FFFF", b"\xF4\x8F\xBF\xBF", Valid),
    ("6.11.5 U+110000", b"\xF4\x90\x80\x80", Invalid),
    ("6.12.1 first continuation octet", b"\x80", Invalid),
    ("6.12.2 last continuation octet", b"\xBF", Invalid),
    ("6.12.3 two continuation octets", b"\x80\xBF", Invalid),
    ("6.12.4 three continuation octets", b"\x80\xBF\x80", Invalid),
    (
        "6.12.7 six continuation octets",
        b"\x80\xBF\x80\xBF\x80\xBF",
        Invalid,
    ),
    ("6.13.1 a first octet of two and a space", b"\xC3 ", Invalid),
    (
        "6.13.2 a first octet of three and a space",
        b"\xE1 ",
        Invalid,
    ),
    (
        "6.13.3 a first octet of four and a space",
        b"\xF1 ",
        Invalid,
    ),
    (
        "6.13.4 a first octet of five and a space",
        b"\xF8 ",
        Invalid,
    ),
    ("6.13.5 a first octet of six and a space", b"\xFC ", Invalid),
    ("6.14.1 two octets, the last missing", b"\xDF", Invalid),
    (
        "6.14.2 three octets, the last missing",
        b"\xE0\xA0",
        Invalid,
    ),
    (
        "6.14.3 four octets, the last missing",
        b"\xF0\x90\x80",
        Invalid,
    ),
    (
        "6.14.7 three octets, the last missing, from the end",
        b"\xEF\xBF",
        Invalid,
    ),
    (
        "6.14.8 four octets, the last missing, from the end",
        b"\xF4\x8F\xBF",
        Invalid,
    ),
    (
        "6.15 such sequences together",
        b"\xDF\xE0\xA0\xF0\x90\x80\xEF\xBF\xF4\x8F\xBF",
        Invalid,
    ),
    ("6.16.1 an impossible octet", b"\xFE", Invalid),
    ("6.16.2 another one", b"\xFF", Invalid),
    ("6.16.3 both twice", b"\xFE\xFE\xFF\xFF", Invalid),
    ("6.17.1 / in two octets", b"\xC0\xAF", Invalid),
    ("6.17.2 / in three octets", b"\xE0\x80\xAF", Invalid),
    ("6.17.3 / in four octets", b"\xF0\x80\x80\xAF", Invalid),
    ("6.18.1 U+7F in two octets", b"\xC1\xBF", Invalid),
    ("6.18.2 U+7FF in three octets", b"\xE0\x9F\xBF", Invalid),
    ("6.18.3 U+FFFF in four octets", b"\xF0\x8F\xBF\xBF", Invalid),
    ("6.19.1 U+0 in two octets", b"\xC0\x80", Invalid),
    ("6.19.2 U+0 in three octets", b"\xE0\x80\x80", Invalid),
    ("6.19.3 U+0 in four octets", b"\xF0\x80\x80\x80", Invalid),
    ("6.20.1 U+D800", b"\xED\xA0\x80", Invalid),
    ("6.20.2 U+DB7F", b"\xED\xAD\xBF", Invalid),
    ("6.20.3 U+DB80", b"\xED\xAE\x80", Invalid),
    ("6.20.4 U+DBFF", b"\xED\xAF\xBF", Invalid),
    ("6.20.5 U+DC00", b"\xED\xB0\x80", Invalid),
    ("6.20.7 U+DFFF", b"\xED\xBF\xBF", Invalid),
    ("6.21.1 U+D800 U+DC00", b"\xED\xA0\x80\xED\xB0\x80", Invalid),
    ("6.21.8 U+DBFF U+DFFF", b"\xED\xAF\xBF\xED\xBF\xBF", Invalid),
    ("6.22.1 U+FFFE", b"\xEF\xBF\xBE", Valid),
    ("6.22.2 U+FFFF", b"\xEF\xBF\xBF", Valid),
    ("6.22.3 U+1FFFE", b"\xF0\x9F\xBF\xBE", Valid),
    ("6.22.34 U+10FFFF", b"\xF4\x8F\xBF\xBF", Valid),
    ("6.23.1 U+FFF9", b"\xEF\xBF\xB9", Valid),
    ("6.23.7 U+FFFF", b"\xEF\xBF\xBF", Valid),
];

pub(super) fn cases() -> Vec<Case> {
    let groups = [empty(), sequences(), prefixes(), early()];
    groups.into_iter().flatten().collect()
}

fn empty() -> Vec<Case> {
    let message = text(b"middle frame payload");
    vec![
        case("6.1.1 text of 0 bytes, which is no push")
            .send([frame(FIN | TEXT, b"")])
            .refused(1011),
        case("6.1.2 three empty fragments, which are no push")
            .send([
                frame(TEXT, b""),
                frame(CONTINUATION, b""),
                frame(FIN | CONTINUATION, b""),
            ])
            .refused(1011),
        case("6.1.3 a message between two empty fragments")
            .send([
                frame(TEXT, b""),
                frame(CONTINUATION, &message),
                frame(FIN | CONTINUATION, b""),
            ])
            .expect([text_echo(&message)]),
    ]
}

/// Each in a message of one frame, in fragments of an octet each, and alone, where no character follows.
fn sequences() -> Vec<Case> {
    let cases = SEQUENCES.iter().flat_map(|&(id, octets, verdict)| {
        let message = text(octets);
        let one = case(format!("{id}, in one frame")).send([frame(FIN | TEXT, &message)]);
        let many = case(format!("{id}, in fragments")).send(fragmented(TEXT, &message, 1));
        let judged = |case: Case| match verdict {
            Valid => case.expect([text_echo(&message)]),
            Invalid => case.refused(1007),
        };
        [
            judged(one),
            judged(many),
            alone(&format!("{id}, alone"), octets, verdict),
        ]
    });
    cases.collect()
}

/// 6.6: what ends between two characters is valid, what ends within one is not.
fn prefixes() -> Vec<Case> {
    let prefix = |length: usize| {
        let verdict = if [0, 2, 5, 7, 9, 11].contains(&length) {
            Valid
        } else {
            Invalid
        };
        alone(
            &format!("6.6.{length} octets of κόσμε"),
            &KOSME[..length],
            verdict,
        )
    };
    (0..=KOSME.len()).map(prefix).collect()
}

/// A message of these octets and nothing else: as text it is no push, and as anything else it is not even that.
fn alone(id: &str, octets: &[u8], verdict: Verdict) -> Case {
    let code = if verdict == Valid { 1011 } else { 1007 };
    case(id).send([frame(FIN | TEXT, octets)]).refused(code)
}

/// What cannot become UTF-8 any more is refused with its fragment, though the last never comes. Within a frame it is refused
/// when the frame is whole, which Autobahn allows.
fn early() -> Vec<Case> {
    let (valid, rest) = (KOSME, b"edited");
    let first = || frame(TEXT, valid);
    vec![
        case("6.4.1 a fragment with a code point beyond Unicode, and no more")
            .send([first(), frame(CONTINUATION, b"\xF4\x90\x80\x80")])
            .refused(1007),
        case("6.4.2 a fragment with half of it, one with an octet that cannot follow, and no more")
            .send([
                first(),
                frame(CONTINUATION, b"\xF4"),
                frame(CONTINUATION, b"\x90"),
            ])
            .refused(1007),
        case("6.4.3 one frame in three writes")
            .send([frame(
                FIN | TEXT,
                &[valid, b"\xF4\x90\x80\x80", rest].concat(),
            )])
            .chopped(Chops::Of(10))
            .refused(1007),
        case("6.4.4 one frame octet by octet")
            .send([frame(
                FIN | TEXT,
                &[valid, b"\xF4\x90\x80\x80", rest].concat(),
            )])
            .chopped(Chops::Octets)
            .refused(1007),
        case("a first fragment that is invalid, and no more")
            .send([frame(TEXT, b"\xC0")])
            .refused(1007),
        case("a last fragment that leaves a character unfinished")
            .send([first(), frame(FIN | CONTINUATION, b"\xF4\x8F")])
            .refused(1007),
    ]
}
