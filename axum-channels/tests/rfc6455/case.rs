use super::support::{Frame, PATIENCE, Ws, endpoint, frame, serve};
use std::net::SocketAddr;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::timeout;

pub(super) const TOPIC: &str = "room:lobby";

/// First bytes of a frame: FIN, and opcodes by RFC 6455, section 5.2.
pub(super) const FIN: u8 = 0x80;
pub(super) const CONTINUATION: u8 = 0x0;
pub(super) const TEXT: u8 = 0x1;
pub(super) const BINARY: u8 = 0x2;
pub(super) const CLOSE: u8 = 0x8;
pub(super) const PING: u8 = 0x9;
pub(super) const PONG: u8 = 0xA;

/// One case: what a joined client writes, and everything that it reads until the connection is closed.
pub(super) struct Case {
    id: String,
    frames: Vec<Vec<u8>>,
    chops: Chops,
    expected: Vec<Frame>,
    ends: Ends,
}

/// The way frames are cut into writes.
#[derive(Clone, Copy)]
pub(super) enum Chops {
    /// All frames in one write.
    None,
    Frames,
    Octets,
    Of(usize),
}

enum Ends {
    /// The client closes after its frames, and the server answers that.
    ByAnotherClose,
    /// One of the frames is a close.
    ByClose,
    /// The server refuses one of the frames with this code.
    Refused(u16),
}

pub(super) fn case(id: impl Into<String>) -> Case {
    Case {
        id: id.into(),
        frames: Vec::new(),
        chops: Chops::None,
        expected: Vec::new(),
        ends: Ends::ByAnotherClose,
    }
}

impl Case {
    pub(super) fn send(mut self, frames: impl IntoIterator<Item = Vec<u8>>) -> Case {
        self.frames.extend(frames);
        self
    }

    pub(super) fn chopped(mut self, chops: Chops) -> Case {
        self.chops = chops;
        self
    }

    pub(super) fn expect(mut self, frames: impl IntoIterator<Item = Frame>) -> Case {
        self.expected.extend(frames);
        self
    }

    /// The connection is closed by the server, with this code.
    pub(super) fn refused(mut self, code: u16) -> Case {
        self.ends = Ends::Refused(code);
        self
    }

    /// The client has closed the connection by one of its frames.
    pub(super) fn closes(mut self) -> Case {
        self.ends = Ends::ByClose;
        self
    }

    /// Returns a description of the difference if the client did not read what was expected.
    async fn run(mut self, addr: SocketAddr) -> Option<String> {
        let code = match self.ends {
            Ends::Refused(code) => code,
            Ends::ByClose => 1000,
            Ends::ByAnotherClose => {
                self.frames
                    .push(frame(FIN | CLOSE, &1000_u16.to_be_bytes()));
                1000
            }
        };
        self.expected.extend([Frame::Close(code), Frame::End]);
        let (mut reader, writer) = open(addr).await;
        let writing = tokio::spawn(write(writer, self.frames, self.chops));
        let mut got = Vec::new();
        while got.last() != Some(&Frame::End) {
            match timeout(PATIENCE / 2, reader.next()).await {
                Ok(frame) => got.push(frame),
                Err(_) => break, // reported with the name of the case, unlike a panic in `next`
            }
        }
        writing.abort(); // a server that has closed reads no more
        let differs = || {
            format!(
                "{}: {} instead of {}",
                self.id,
                show(&got),
                show(&self.expected)
            )
        };
        (got != self.expected).then(differs)
    }
}

/// Runs every case on a connection of its own, and fails with all that differ.
pub(super) async fn check(cases: Vec<Case>) {
    let addr = serve(&endpoint()).await;
    let mut failed = Vec::new();
    for case in cases {
        failed.extend(case.run(addr).await);
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

/// A client that has joined, and a second handle on its socket to write with meanwhile.
async fn open(addr: SocketAddr) -> (Ws, TcpStream) {
    let joined = Ws::join(addr, TOPIC).await.into_stream();
    let reader = joined.into_std().expect("a socket");
    let writer = reader.try_clone().expect("another handle");
    let writer = TcpStream::from_std(writer).expect("a socket");
    writer
        .set_nodelay(true)
        .expect("what is chopped travels chopped");
    let reader = TcpStream::from_std(reader).expect("a socket");
    (Ws::over(reader).await, writer)
}

async fn write(mut writer: TcpStream, frames: Vec<Vec<u8>>, chops: Chops) {
    let pieces: Vec<Vec<u8>> = match chops {
        Chops::Frames => frames,
        Chops::None => vec![frames.concat()],
        Chops::Octets => frames.concat().chunks(1).map(<[u8]>::to_vec).collect(),
        Chops::Of(size) => frames.concat().chunks(size).map(<[u8]>::to_vec).collect(),
    };
    for piece in pieces {
        if writer.write_all(&piece).await.is_err() {
            return; // the server has closed; what it sent before is what counts
        }
        yield_now().await;
    }
}

/// The frames, shortened for a failure message.
fn show(frames: &[Frame]) -> String {
    let shown = frames.iter().map(|frame| match format!("{frame:?}") {
        long if long.len() > 100 => format!("{}… ({} bytes)", &long[..60], long.len()),
        short => short,
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Bytes before and after the payload of a push in a text message.
const BEFORE: &[u8] = br#"["1","2","room:lobby","ping",""#;
const AFTER: &[u8] = br#""]"#;

/// A text message that is echoed: a push whose payload is a JSON string of these bytes, which need no escapes.
pub(super) fn text(payload: &[u8]) -> Vec<u8> {
    [BEFORE, payload, AFTER].concat()
}

/// A text message of the given length that is echoed.
pub(super) fn text_of(length: usize) -> Vec<u8> {
    let filler = length.checked_sub(BEFORE.len() + AFTER.len());
    text(&vec![b'*'; filler.expect("there is room for a push")])
}

/// Reply to the text message.
pub(super) fn text_echo(message: &[u8]) -> Frame {
    let payload = &message[BEFORE.len() - 1..message.len() - 1];
    let payload = String::from_utf8(payload.to_vec()).expect("what is echoed is UTF-8");
    Frame::Text(format!(
        r#"["1","2","{TOPIC}","phx_reply",{{"response":{payload},"status":"ok"}}]"#
    ))
}

/// The names in a binary push: kind, lengths of join_ref, ref, topic and event, and these.
const BINARY_BEFORE: &[u8] = b"\x00\x01\x01\x0a\x0412room:lobbyping";
const BINARY_REPLY: &[u8] = b"\x01\x01\x01\x0a\x0212room:lobbyok";

/// A binary message of the given length that is echoed.
pub(super) fn binary_of(length: usize) -> Vec<u8> {
    let filler = length.checked_sub(BINARY_BEFORE.len());
    let filler = vec![0xFE; filler.expect("there is room for a push")];
    [BINARY_BEFORE, &filler].concat()
}

/// Reply to the binary message.
pub(super) fn binary_echo(message: &[u8]) -> Frame {
    Frame::Binary([BINARY_REPLY, &message[BINARY_BEFORE.len()..]].concat())
}

pub(super) fn ping(body: &[u8]) -> Vec<u8> {
    frame(FIN | PING, body)
}

pub(super) fn pong(body: &[u8]) -> Vec<u8> {
    frame(FIN | PONG, body)
}

/// The frames of a message in fragments of the given size.
pub(super) fn fragmented(opcode: u8, message: &[u8], size: usize) -> Vec<Vec<u8>> {
    let parts: Vec<_> = message.chunks(size).collect();
    let last = parts.len().saturating_sub(1);
    let frames = parts.into_iter().enumerate().map(|(at, part)| {
        let opcode = if at == 0 { opcode } else { CONTINUATION };
        let fin = if at == last { FIN } else { 0 };
        frame(fin | opcode, part)
    });
    frames.collect()
}
