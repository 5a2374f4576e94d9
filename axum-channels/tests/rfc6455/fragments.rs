//! Group 5: fragments.

use super::case::{
    CONTINUATION, Case, Chops, FIN, PING, PONG, TEXT, case, fragmented, ping, text, text_echo,
};
use super::support::{Frame, frame};

const CHOPS: [(&str, Chops); 3] = [
    ("in one write", Chops::None),
    ("frame by frame", Chops::Frames),
    ("octet by octet", Chops::Octets),
];

pub(super) fn cases() -> Vec<Case> {
    let groups = [
        control_frames(),
        messages(),
        nothing_to_continue(),
        unfinished(),
        many(),
    ];
    groups.into_iter().flatten().collect()
}

fn hello() -> Vec<u8> {
    text(b"fragment1fragment2")
}

/// The message in two fragments.
fn halves() -> [Vec<u8>; 2] {
    let message = hello();
    let (first, second) = message.split_at(message.len() / 2);
    [frame(TEXT, first), frame(FIN | CONTINUATION, second)]
}

fn control_frames() -> Vec<Case> {
    let halves = |id, opcode| {
        case(id)
            .send([
                frame(opcode, b"fragment1"),
                frame(FIN | CONTINUATION, b"fragment2"),
            ])
            .refused(1002)
    };
    vec![
        halves("5.1 a ping in two fragments", PING),
        halves("5.2 a pong in two fragments", PONG),
    ]
}

fn messages() -> Vec<Case> {
    let whole = (3..).zip(CHOPS).map(|(number, (how, chops))| {
        case(format!("5.{number} text in two fragments, {how}"))
            .send(halves())
            .chopped(chops)
            .expect([text_echo(&hello())])
    });
    let with_ping = (6..).zip(CHOPS).map(|(number, (how, chops))| {
        let [first, second] = halves();
        case(format!("5.{number} a ping between two fragments, {how}"))
            .send([first, ping(b"ping"), second])
            .chopped(chops)
            .expect([Frame::Pong(b"ping".to_vec()), text_echo(&hello())])
    });
    whole.chain(with_ping).collect()
}

fn nothing_to_continue() -> Vec<Case> {
    let with = |fin: u8, from: usize| {
        (from..).zip(CHOPS).map(move |(number, (how, chops))| {
            let last = if fin == 0 { "more to come" } else { "the last" };
            case(format!(
                "5.{number} a continuation of nothing, {last}, and text, {how}"
            ))
            .send([
                frame(fin | CONTINUATION, b"non-continuation payload"),
                frame(FIN | TEXT, &hello()),
            ])
            .chopped(chops)
            .refused(1002)
        })
    };
    let [first, second] = halves();
    let after = case("5.15 text in two fragments, a continuation of nothing, and text")
        .send([
            first,
            second,
            frame(CONTINUATION, b"fragment3"),
            frame(FIN | TEXT, &hello()),
        ])
        .expect([text_echo(&hello())])
        .refused(1002);
    with(FIN, 9).chain(with(0, 12)).chain([after]).collect()
}

fn unfinished() -> Vec<Case> {
    let twice = |id, fin: u8| {
        let round = [
            frame(fin | CONTINUATION, b"fragment1"),
            frame(TEXT, b"fragment2"),
            frame(FIN | CONTINUATION, b"fragment3"),
        ];
        case(id).send([round.clone(), round].concat()).refused(1002)
    };
    vec![
        twice(
            "5.16 twice: a continuation of nothing, text in two fragments",
            0,
        ),
        twice("5.17 the same with the continuation being the last", FIN),
        case("5.18 text in fragments whose second is no continuation")
            .send([frame(TEXT, b"fragment1"), frame(FIN | TEXT, b"fragment2")])
            .refused(1002),
    ]
}

fn many() -> Vec<Case> {
    let message = text(b"fragment1fragment2fragment3fragment4fragment5");
    let five = || fragmented(TEXT, &message, message.len().div_ceil(5));
    [
        ("5.19 five fragments with two pings between", Chops::None),
        ("5.20 the same, frame by frame", Chops::Frames),
    ]
    .map(|(id, chops)| {
        let mut frames = five();
        frames.insert(2, ping(b"first ping"));
        frames.insert(5, ping(b"second ping"));
        case(id).send(frames).chopped(chops).expect([
            Frame::Pong(b"first ping".to_vec()),
            Frame::Pong(b"second ping".to_vec()),
            text_echo(&message),
        ])
    })
    .into()
}
