//! Differential tests of `frame`, with tungstenite as the oracle: what either of them writes, both read the same.

use super::frame::{CloseCode, put_close, put_message, put_pong};
use super::fuzz;
use crate::codec::Kind;
use crate::fuzz::noise::Noise;
use std::io::{self, ErrorKind, Read, Write};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Error, Message};

const MAX: usize = 100_000;

/// Lengths at which the head of a frame changes, and a few more.
const LENGTHS: [usize; 10] = [0, 1, 7, 8, 125, 126, 127, 65_535, 65_536, MAX];

/// Stream in memory, with bytes to read and bytes that were written.
#[derive(Default)]
struct Memory {
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Read for Memory {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let size = buf.len().min(self.input.len());
        if size == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        buf[..size].copy_from_slice(&self.input[..size]);
        self.input.drain(..size);
        Ok(size)
    }
}

impl Write for Memory {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.output.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn tungstenite(role: Role, max_message: usize) -> WebSocketContext {
    let config = WebSocketConfig::default()
        .max_message_size(Some(max_message))
        .max_frame_size(Some(max_message));
    WebSocketContext::new(role, Some(config))
}

/// Messages as [`fuzz::read`] describes them, and whether the rest was refused.
fn read_by_tungstenite(data: &[u8], role: Role, max_message: usize) -> (Vec<String>, bool) {
    let mut stream = Memory {
        input: data.to_vec(),
        ..Memory::default()
    };
    let (mut reader, mut messages) = (tungstenite(role, max_message), Vec::new());
    loop {
        match reader.read(&mut stream) {
            Ok(message) => messages.push(describe(&message)),
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                return (messages, false);
            }
            Err(_) => return (messages, true),
        }
        if messages.last().is_some_and(|last| last == "Close") {
            return (messages, false);
        }
    }
}

fn describe(message: &Message) -> String {
    match message {
        Message::Text(text) => format!("Text({:?})", text.as_str()),
        Message::Binary(bytes) => format!("Binary({:?})", &bytes[..]),
        Message::Ping(body) => format!("Ping({:?})", &body[..]),
        Message::Pong(_) => "Pong".to_owned(),
        Message::Close(_) => "Close".to_owned(),
        Message::Frame(frame) => panic!("{frame} was read"),
    }
}

/// Messages that our reader finds in a stream, and the code it is closed with; fragments are left out.
fn read_by_us(data: &[u8], piece: usize, max_message: usize) -> (Vec<String>, Option<u16>) {
    let (mut messages, code) = fuzz::read(data, piece, max_message);
    messages.retain(|message| message != "Fragment");
    (messages, code)
}

/// Asserts that both readers find the same messages in a stream.
///
/// Ours may refuse it earlier than tungstenite: by the head of a frame, for a length in too many bytes, for a close code that
/// never travels.
pub(crate) fn agree(data: &[u8]) {
    const MAX: usize = 1000;
    let (ours, code) = read_by_us(data, data.len(), MAX);
    let (theirs, refused) = read_by_tungstenite(data, Role::Server, MAX);
    match code {
        None => assert_eq!((ours, false), (theirs, refused)),
        Some(code) => assert!(theirs.starts_with(&ours), "{ours:?}, {code}: {theirs:?}"),
    }
}

/// Client that writes random messages by tungstenite, and descriptions of them.
struct Client {
    writer: WebSocketContext,
    stream: Memory,
    sent: Vec<String>,
}

impl Client {
    fn new() -> Client {
        Client {
            writer: tungstenite(Role::Client, MAX),
            stream: Memory::default(),
            sent: Vec::new(),
        }
    }

    fn write_random(&mut self, noise: &mut Noise) {
        match noise.below(4) {
            0 => self.ping(noise),
            1 => self.pong(noise),
            2 => self.message(noise, 1),
            _ => {
                let fragments = 2 + noise.below(4);
                self.message(noise, fragments);
            }
        }
    }

    fn ping(&mut self, noise: &mut Noise) {
        let ping = Message::Ping(noise.bytes(126).into());
        self.sent.push(describe(&ping));
        self.write(ping);
    }

    fn pong(&mut self, noise: &mut Noise) {
        let pong = Message::Pong(noise.bytes(126).into());
        self.sent.push(describe(&pong));
        self.write(pong);
    }

    /// Writes a message in the given number of fragments, some with a ping between them.
    fn message(&mut self, noise: &mut Noise, fragments: usize) {
        let (message, body, mut opcode) = match noise.below(2) {
            0 => {
                let text = random_text(noise);
                (Message::text(text.clone()), text.into_bytes(), Data::Text)
            }
            _ => {
                let bytes = vec![noise.below(256) as u8; random_length(noise)];
                (Message::binary(bytes.clone()), bytes, Data::Binary)
            }
        };
        let mut rest = &body[..];
        for left in (0..fragments).rev() {
            let size = match left {
                0 => rest.len(),
                _ => noise.below(rest.len() + 1), // in the middle of a character, too
            };
            let (part, after) = rest.split_at(size);
            rest = after;
            let frame = Frame::message(part.to_vec(), OpCode::Data(opcode), left == 0);
            self.write(Message::Frame(frame));
            opcode = Data::Continue;
            if left > 0 && noise.below(3) == 0 {
                self.ping(noise);
            }
        }
        self.sent.push(describe(&message));
    }

    fn close(&mut self) {
        self.sent.push("Close".to_owned());
        self.write(Message::Close(None));
    }

    fn write(&mut self, message: Message) {
        let written = self.writer.write(&mut self.stream, message);
        written.expect("memory takes everything");
        let flushed = self.writer.flush(&mut self.stream);
        flushed.expect("memory takes everything");
    }
}

fn random_length(noise: &mut Noise) -> usize {
    match noise.below(3) {
        0 => LENGTHS[noise.below(LENGTHS.len())],
        _ => noise.below(300),
    }
}

fn random_text(noise: &mut Noise) -> String {
    let (length, mut text) = (random_length(noise), String::new());
    while text.len() < length {
        let character = ['a', '"', '\0', 'é', '€', '\u{10FFFF}'][noise.below(6)];
        text.push(if text.len() + character.len_utf8() > length {
            '.'
        } else {
            character
        });
    }
    text
}

#[test]
fn what_tungstenite_writes_is_read_as_it_was_sent() {
    let mut noise = Noise::new();
    for _ in 0..200 {
        let mut client = Client::new();
        for _ in 0..noise.below(12) {
            client.write_random(&mut noise);
        }
        if noise.below(2) == 0 {
            client.close();
        }
        let (wire, sent) = (&client.stream.output, &client.sent);
        let piece = 1 + noise.below(2 * wire.len() + 1);
        assert_eq!(read_by_us(wire, piece, MAX), (sent.clone(), None));
        let theirs = read_by_tungstenite(wire, Role::Server, MAX);
        assert_eq!(theirs, (sent.clone(), false), "the oracle itself");
    }
}

#[test]
fn what_is_written_to_a_client_tungstenite_reads_as_it_was_meant() {
    let mut noise = Noise::new();
    for _ in 0..200 {
        let (mut wire, mut sent) = (Vec::new(), Vec::new());
        for _ in 0..noise.below(12) {
            match noise.below(3) {
                0 => {
                    let text = random_text(&mut noise);
                    let body = text.as_bytes();
                    put_message(&mut wire, Kind::Text, |out| out.extend_from_slice(body));
                    sent.push(describe(&Message::text(text)));
                }
                1 => {
                    let bytes = vec![noise.below(256) as u8; random_length(&mut noise)];
                    put_message(&mut wire, Kind::Binary, |out| out.extend_from_slice(&bytes));
                    sent.push(describe(&Message::binary(bytes)));
                }
                _ => {
                    put_pong(&mut wire, &noise.bytes(126));
                    sent.push("Pong".to_owned());
                }
            }
        }
        put_close(&mut wire, CloseCode::GOING_AWAY);
        sent.push("Close".to_owned());
        assert_eq!(read_by_tungstenite(&wire, Role::Client, MAX), (sent, false));
    }
}
