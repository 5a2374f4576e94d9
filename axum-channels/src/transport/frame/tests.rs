use super::*;

const MAX: usize = 100_000;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as a client sends it.
fn frame(first: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match body.len() {
        len @ 0..126 => frame.push(MASKED | len as u8),
        len @ 126..0x1_0000 => {
            frame.push(MASKED | 126);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(MASKED | 127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(
        body.iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

fn text(text: &str) -> Vec<u8> {
    frame(FIN | TEXT, text.as_bytes())
}

/// What comes of a stream of frames: each message in words, and how it ends.
fn read(data: &[u8]) -> (Vec<String>, Result<(), CloseCode>) {
    let mut reader = Reader::new(MAX);
    let (mut data, mut messages) = (data.to_vec(), Vec::new());
    let mut rest = &mut data[..];
    loop {
        match reader.next(&mut rest) {
            Ok(Some(Incoming::Text(text))) => messages.push(text.into_owned()),
            Ok(Some(Incoming::Ping(body))) => {
                messages.push(format!("ping {}", String::from_utf8_lossy(body)))
            }
            Ok(Some(Incoming::Fragment)) => {}
            Ok(Some(other)) => messages.push(format!("{other:?}")),
            Ok(None) => return (messages, Ok(())),
            Err(code) => return (messages, Err(code)),
        }
    }
}

fn refused(data: &[u8]) -> Result<(), CloseCode> {
    read(data).1
}

#[test]
fn the_masked_example_of_section_5_7_is_read() {
    let hello = [
        0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
    ];
    assert_eq!(read(&hello), (vec!["Hello".to_owned()], Ok(())));
}

#[test]
fn every_form_of_length_is_read() {
    for length in [0, 1, 7, 8, 9, 125, 126, 127, 65535, 65536, MAX] {
        let sent: String = ('a'..='z').cycle().take(length).collect();
        assert_eq!(read(&text(&sent)), (vec![sent], Ok(())), "{length}");
    }
}

#[test]
fn several_frames_of_one_read_are_read_in_order() {
    let data = [
        text("one"),
        text("two"),
        frame(FIN | PING, b"?"),
        text("three"),
    ]
    .concat();
    assert_eq!(read(&data).0, ["one", "two", "ping ?", "three"]);
}

#[test]
fn nothing_is_taken_until_a_frame_is_whole() {
    for whole in [
        text("hello"),
        text(&"x".repeat(200)),
        text(&"x".repeat(70_000)),
    ] {
        for length in [0, 1, 2, 3, 5, 7, 9, whole.len() - 1] {
            let mut part = whole[..length].to_vec();
            let mut rest = &mut part[..];
            assert_eq!(Reader::new(MAX).next(&mut rest), Ok(None));
            assert_eq!(rest.len(), length);
        }
    }
}

#[test]
fn fragments_become_one_message_and_control_frames_may_come_between() {
    let data = [
        frame(TEXT, b"one "),
        frame(FIN | PING, b"still there?"),
        frame(CONTINUATION, b"two "),
        frame(FIN | PONG, b""),
        frame(FIN | CONTINUATION, b"three"),
        text("four"),
    ];
    assert_eq!(
        read(&data.concat()).0,
        ["ping still there?", "Pong", "one two three", "four"]
    );
}

#[test]
fn a_character_may_be_split_between_fragments() {
    let data = [
        frame(TEXT, &"é".as_bytes()[..1]),
        frame(FIN | CONTINUATION, &"é".as_bytes()[1..]),
    ];
    assert_eq!(read(&data.concat()).0, ["é"]);
}

#[test]
fn a_continuation_of_nothing_is_a_protocol_error() {
    assert_eq!(
        refused(&frame(FIN | CONTINUATION, b"")),
        Err(CloseCode::PROTOCOL_ERROR)
    );
    assert_eq!(
        refused(&frame(CONTINUATION, b"")),
        Err(CloseCode::PROTOCOL_ERROR)
    );
}

#[test]
fn a_new_message_in_the_middle_of_one_is_a_protocol_error() {
    for opcode in [TEXT, FIN | TEXT, BINARY, FIN | BINARY] {
        assert_eq!(
            refused(&[frame(TEXT, b"a"), frame(opcode, b"b")].concat()),
            Err(CloseCode::PROTOCOL_ERROR)
        );
    }
}

#[test]
fn reserved_bits_are_a_protocol_error() {
    for bit in [0x40, 0x20, 0x10] {
        assert_eq!(
            refused(&frame(FIN | bit | TEXT, b"a")),
            Err(CloseCode::PROTOCOL_ERROR)
        );
    }
}

#[test]
fn reserved_opcodes_are_a_protocol_error() {
    for opcode in [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        assert_eq!(
            refused(&frame(FIN | opcode, b"")),
            Err(CloseCode::PROTOCOL_ERROR),
            "{opcode:x}"
        );
    }
}

#[test]
fn an_unmasked_frame_is_a_protocol_error() {
    assert_eq!(
        refused(&[FIN | TEXT, 1, b'a']),
        Err(CloseCode::PROTOCOL_ERROR)
    );
}

#[test]
fn control_frames_are_whole_and_short() {
    for opcode in [CLOSE, PING, PONG] {
        assert_eq!(
            refused(&frame(opcode, b"")),
            Err(CloseCode::PROTOCOL_ERROR),
            "in fragments"
        );
        assert_eq!(
            refused(&frame(FIN | opcode, &[b'x'; 126])),
            Err(CloseCode::PROTOCOL_ERROR),
            "too long"
        );
    }
    assert_eq!(
        read(&frame(FIN | PING, &[b'x'; 125])).0,
        [format!("ping {}", "x".repeat(125))]
    );
}

#[test]
fn a_length_in_a_longer_form_than_it_needs_is_a_protocol_error() {
    assert_eq!(
        refused(&[FIN | TEXT, MASKED | 126, 0, 125, 0, 0, 0, 0]),
        Err(CloseCode::PROTOCOL_ERROR)
    );
    assert_eq!(
        refused(&[FIN | TEXT, MASKED | 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff]),
        Err(CloseCode::PROTOCOL_ERROR)
    );
    assert_eq!(
        refused(&[FIN | TEXT, MASKED | 127, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        Err(CloseCode::PROTOCOL_ERROR)
    );
}

#[test]
fn too_much_is_refused_by_its_head_alone() {
    let mut large = frame(FIN | TEXT, &vec![b'x'; MAX + 1]);
    large.truncate(14);
    assert_eq!(refused(&large), Err(CloseCode::TOO_BIG));
}

#[test]
fn fragments_count_together() {
    let data = [
        frame(TEXT, &vec![b'x'; MAX - 1]),
        frame(CONTINUATION, b"x"),
        frame(FIN | CONTINUATION, b"x"),
    ];
    assert_eq!(refused(&data[..2].concat()), Ok(()));
    assert_eq!(refused(&data.concat()), Err(CloseCode::TOO_BIG));
}

#[test]
fn text_is_utf_8() {
    assert_eq!(
        refused(&frame(FIN | TEXT, b"a\xff")),
        Err(CloseCode::NOT_UTF8)
    );
    let data = [
        frame(TEXT, &"é".as_bytes()[..1]),
        frame(FIN | CONTINUATION, b"x"),
    ];
    assert_eq!(refused(&data.concat()), Err(CloseCode::NOT_UTF8));
}

#[test]
fn a_fragment_that_cannot_become_utf_8_is_refused_before_the_last_comes() {
    let cut = frame(TEXT, b"\xf4");
    assert_eq!(refused(&cut), Ok(()), "a character may go on");
    let data = [cut, frame(CONTINUATION, b"\x90")];
    assert_eq!(refused(&data.concat()), Err(CloseCode::NOT_UTF8));
    assert_eq!(refused(&frame(TEXT, b"\xc0")), Err(CloseCode::NOT_UTF8));
}

#[test]
fn binary_messages_arrive_whole_or_in_fragments_and_need_be_no_text() {
    let whole = frame(FIN | BINARY, b"\xff\x00");
    assert_eq!(read(&whole).0, [r#"Binary([255, 0])"#]);
    let parts = [
        frame(BINARY, b"\xff"),
        frame(FIN | PING, b"hi"),
        frame(FIN | CONTINUATION, b"\x00"),
    ];
    assert_eq!(read(&parts.concat()).0, ["ping hi", r#"Binary([255, 0])"#]);
}

#[test]
fn a_close_may_carry_nothing_or_a_code_and_a_reason() {
    for body in [
        &b""[..],
        b"\x03\xe8",
        b"\x03\xe8bye",
        b"\x0f\xa0",
        b"\x0b\xb8",
    ] {
        assert_eq!(
            read(&frame(FIN | CLOSE, body)),
            (vec!["Close".to_owned()], Ok(()))
        );
    }
}

#[test]
fn a_close_with_half_a_code_or_one_that_never_travels_is_a_protocol_error() {
    assert_eq!(
        refused(&frame(FIN | CLOSE, b"\x03")),
        Err(CloseCode::PROTOCOL_ERROR)
    );
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
        assert_eq!(
            refused(&frame(FIN | CLOSE, &code.to_be_bytes())),
            Err(CloseCode::PROTOCOL_ERROR),
            "{code}"
        );
    }
}

#[test]
fn the_reason_of_a_close_is_utf_8() {
    assert_eq!(
        refused(&frame(FIN | CLOSE, b"\x03\xe8\xff")),
        Err(CloseCode::NOT_UTF8)
    );
}

#[test]
fn frames_are_written_whole_unmasked_and_with_the_shortest_head() {
    for (length, head) in [
        (0, vec![0x81, 0]),
        (125, vec![0x81, 125]),
        (126, vec![0x81, 126, 0, 126]),
        (65535, vec![0x81, 126, 0xff, 0xff]),
        (65536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let mut out = b"before".to_vec();
        put_message(&mut out, Kind::Text, |out| {
            out.resize(out.len() + length, b'x')
        });
        assert_eq!(
            out,
            [b"before", &head[..], &vec![b'x'; length]].concat(),
            "{length}"
        );
    }
}

#[test]
fn pongs_and_closes_are_written() {
    let mut out = Vec::new();
    put_pong(&mut out, b"still there?");
    put_close(&mut out, CloseCode::GOING_AWAY);
    assert_eq!(out, b"\x8a\x0cstill there?\x88\x02\x03\xe9");
}
