//! Memory that a client can make the server hold: three times its largest message and its queues; nothing once it is gone.

mod support;

use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, History, Params, Payload, Reply, Result, Socket,
    SocketHandler, SocketOptions, Topic, websocket,
};
use peak_alloc::PeakAlloc;
use std::net::SocketAddr;
use std::time::Duration;
use support::{TIMEOUT, VALID, eventually, http, serve};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Size of the largest message that is accepted, and of the messages that are sent.
const MAX_FRAME: usize = 1_000_000;
const HUGE: usize = 950_000;

/// Bytes that the server may hold besides: the connection, the buffers of hyper, the limits of queues.
const FIXED: usize = 400_000;

/// Bytes that may be left in buffers that threads share, and in tokio's timers.
const REST: usize = 100_000;

fn options() -> SocketOptions {
    websocket()
        .max_message_bytes(MAX_FRAME)
        .max_queued_message_bytes(100_000)
        .timeout(Duration::from_secs(1)) // the pause for a busy channel ends after half of that
        .longpoll()
}

struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
        routes.channel::<Room>("kept:*").history(History::last(10));
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }

    fn id(&self) -> Option<String> {
        Some("everyone".to_owned())
    }
}

/// Ignores everything but `stuck`, which keeps it busy for good.
struct Room;

impl Channel for Room {
    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "stuck" => std::future::pending().await,
            "echo" => Ok(Reply::ok(payload)),
            "send back" => {
                socket.push("sent", payload);
                Ok(Reply::none())
            }
            _ => Ok(Reply::none()),
        }
    }
}

/// Text whose middle is repeated: it takes no memory before it is sent.
#[derive(Clone)]
struct Text {
    head: String,
    unit: &'static str,
    times: usize,
    tail: String,
}

impl Text {
    fn new(head: &str, unit: &'static str, times: usize, tail: &str) -> Text {
        Text {
            head: head.to_owned(),
            unit,
            times,
            tail: tail.to_owned(),
        }
    }

    /// Returns a frame of the maximum length.
    fn huge(head: &str, unit: &'static str, tail: &str) -> Text {
        Text::new(head, unit, HUGE / unit.len(), tail)
    }

    fn len(&self) -> usize {
        self.head.len() + self.unit.len() * self.times + self.tail.len()
    }

    /// Sends it piece by piece.
    async fn send(&self, stream: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<()> {
        stream.write_all(self.head.as_bytes()).await?;
        let per_piece = 16 * 1024 / self.unit.len().max(1);
        let piece = self.unit.repeat(per_piece);
        let mut left = self.times;
        while left > 0 {
            let now = left.min(per_piece);
            stream
                .write_all(&piece.as_bytes()[..now * self.unit.len()])
                .await?;
            left -= now;
        }
        stream.write_all(self.tail.as_bytes()).await
    }
}

/// Sends a frame that is masked with zeros, so that its body is sent as it is.
async fn send(stream: &mut TcpStream, first: u8, text: &Text) -> std::io::Result<()> {
    let len = match text.len() {
        len @ 0..126 => vec![0x80 | len as u8],
        len @ 126..0x1_0000 => [&[0x80 | 126][..], &(len as u16).to_be_bytes()].concat(),
        len => [&[0x80 | 127][..], &(len as u64).to_be_bytes()].concat(),
    };
    let head = [&[first][..], &len, &[0; 4]].concat();
    stream.write_all(&head).await?;
    text.send(stream).await
}

struct Case {
    name: &'static str,
    vsn: &'static str,
    frames: Vec<(u8, Text)>,
}

fn case(name: &'static str, frames: impl IntoIterator<Item = (u8, Text)>) -> Case {
    Case {
        name,
        vsn: "2.0.0",
        frames: frames.into_iter().collect(),
    }
}

fn v1(name: &'static str, frames: impl IntoIterator<Item = (u8, Text)>) -> Case {
    Case {
        vsn: "1.0.0",
        ..case(name, frames)
    }
}

const FIN: u8 = 0x80;
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;

/// Joins, and keeps the channel busy.
fn busy(vsn: &str) -> Vec<(u8, Text)> {
    let [join, stuck] = match vsn {
        "1.0.0" => [
            r#"{"topic":"room:1","event":"phx_join","payload":{},"ref":"1"}"#,
            r#"{"topic":"room:1","event":"stuck","payload":{},"ref":"2"}"#,
        ],
        _ => [
            r#"["1","1","room:1","phx_join",{}]"#,
            r#"["1","2","room:1","stuck",{}]"#,
        ],
    };
    vec![
        (TEXT, Text::new(join, "", 0, "")),
        (TEXT, Text::new(stuck, "", 0, "")),
    ]
}

fn websocket_cases() -> Vec<Case> {
    let nobody = r#"[null,"9","nobody:1","e","#;
    let somebody = r#"["1","9","room:1","e","#;
    let huge = |head: &str, unit, tail: &str| (TEXT, Text::huge(head, unit, tail));
    let text = |text: &str| Text::new(text, "", 0, "");
    let many = |count: usize, frame: (u8, Text)| vec![frame; count];
    let payloads = |to: &str| {
        vec![
            huge(&format!("{to}["), "1e1,", "1]]"),
            huge(&format!("{to}["), "9", "]]"),
            huge(&format!("{to}\""), r"\ud83d\ude00", "\"]"),
            huge(&format!("{to}["), r#"{"a":1e1},"#, "1]]"),
            huge(&format!("{to}{{"), r#""k":1e1,"#, "\"z\":1}]"),
            huge(&format!("{to}["), "[],", "1]]"),
        ]
    };
    let joined = || (TEXT, text(r#"["1","1","room:1","phx_join",{}]"#));
    vec![
        case(
            "a payload that is the reply",
            [
                joined(),
                huge(r#"["1","9","room:1","echo",{"a":""#, "e", r#""}]"#),
            ],
        ),
        case(
            "a payload that is pushed back",
            [
                joined(),
                huge(r#"["1","9","room:1","send back",{"a":""#, "e", r#""}]"#),
            ],
        ),
        case(
            "payloads for a topic that nobody has joined",
            payloads(nobody),
        ),
        case(
            "payloads that wait for a busy channel",
            [busy("2.0.0"), payloads(somebody)].concat(),
        ),
        case(
            "event names for a busy channel",
            [
                busy("2.0.0"),
                many(20, huge(r#"["1","9","room:1",""#, "e", r#"",{}]"#)),
            ]
            .concat(),
        ),
        case(
            "event names with escapes",
            [
                busy("2.0.0"),
                many(2, huge(r#"["1","9","room:1",""#, r"\n", r#"",{}]"#)),
            ]
            .concat(),
        ),
        case(
            "joins that ask for positions",
            [
                (
                    r#"["1","1","kept:1","phx_join",{"recover":{},"a":["#,
                    "1]}]",
                ),
                (r#"["2","2","kept:1","phx_join",{"recover":["#, "1]}]"),
                (
                    r#"["3","3","kept:1","phx_join",{"recover":{"position":["#,
                    "1]}}]",
                ),
            ]
            .map(|(head, tail)| huge(head, "[],", tail)),
        ),
        case(
            "topics with long names",
            many(10, huge(r#"["1","1","room:"#, "t", r#"","phx_join",{}]"#)),
        ),
        case(
            "topics with escapes",
            many(
                2,
                huge(r#"["1","1","room:"#, r"\u00e9", r#"","phx_join",{}]"#),
            ),
        ),
        case(
            "a long ref",
            [huge(r#"["1",""#, "r", r#"","room:1","e",{}]"#)],
        ),
        case(
            "elements after the fifth",
            [huge(r#"["1","9","room:1","e",{}"#, r#","\u00e9""#, "]")],
        ),
        case("arrays in arrays", [huge(nobody, "[", "")]),
        case(
            "arrays in arrays, closed",
            [huge(&format!("{nobody}[[1"), ",[[[[]]]]", "]]]")],
        ),
        case("no JSON", [huge("", "\\", "")]),
        case(
            "fragments of a byte",
            [
                vec![(0x01, text(nobody))],
                many(20_000, (0x00, text("1"))),
                vec![(0x80, text("]"))],
            ]
            .concat(),
        ),
        case(
            "large fragments",
            [
                vec![(0x01, text(&format!("{nobody}\"")))],
                many(9, (0x00, Text::new("", "x", 100_000, ""))),
                vec![(0x80, text("\"]"))],
            ]
            .concat(),
        ),
        case(
            "binary messages that wait",
            [
                busy("2.0.0"),
                many(
                    2,
                    (BINARY, Text::huge("\0\x01\x01\x06\x0111room:1e", "b", "")),
                ),
            ]
            .concat(),
        ),
        case(
            "tiny messages that wait",
            [
                busy("2.0.0"),
                many(
                    1000,
                    (TEXT, Text::new(r#"["1","9","room:1","e",{}]"#, "", 0, "")),
                ),
            ]
            .concat(),
        ),
        v1(
            "V1: keys",
            [huge(
                "{",
                r#""\u00e9":1e1,"#,
                r#""topic":"room:1","event":"e","payload":{},"ref":null}"#,
            )],
        ),
        v1(
            "V1: a long key",
            [huge(
                "{\"",
                r"\u00e9",
                r#"":1,"topic":"room:1","event":"e","payload":{},"ref":null}"#,
            )],
        ),
        v1(
            "V1: payloads for nobody",
            [huge(
                r#"{"topic":"nobody","event":"e","ref":null,"payload":["#,
                "1e1,",
                "1]}",
            )],
        ),
        v1(
            "V1: event names for a busy channel",
            [
                busy("1.0.0"),
                many(
                    10,
                    huge(
                        r#"{"topic":"room:1","payload":{},"ref":null,"event":""#,
                        "e",
                        r#""}"#,
                    ),
                ),
            ]
            .concat(),
        ),
    ]
}

async fn open(addr: SocketAddr, vsn: &str) -> TcpStream {
    let target = format!("/socket/websocket?vsn={vsn}");
    let (stream, status, _) = http(addr, "GET", &target, VALID).await;
    assert_eq!(status, 101);
    stream
}

/// Waits until the server has read everything: it answers a ping, or closes.
async fn settled(stream: &mut TcpStream) {
    // Unread replies are no longer than their messages, but they come before the pong.
    let _ = stream.write_all(&[0x89, 0x80, 0, 0, 0, 0]).await;
    let mut buf = vec![0; 16 * 1024];
    let reading = async {
        loop {
            match stream.read(&mut buf).await {
                Ok(read @ 1..) if !buf[..read].ends_with(&[0x8A, 0]) => {}
                _ => return,
            }
        }
    };
    timeout(TIMEOUT, reading).await.expect("read in time");
}

struct Used {
    before: usize,
}

impl Used {
    fn start() -> Used {
        MEMORY.reset_peak_usage();
        Used {
            before: MEMORY.current_usage(),
        }
    }

    /// `largest` is the longest message sent.
    fn check_peak(&self, name: &str, largest: usize) -> Option<String> {
        let peak = MEMORY.peak_usage().saturating_sub(self.before);
        (peak > 3 * largest + FIXED)
            .then(|| format!("{name}: {peak} bytes for messages of {largest}"))
    }

    async fn check_rest(&self, name: &str, endpoint: &Endpoint) {
        eventually("the client is gone", || endpoint.stats().connections == 0).await;
        eventually(&format!("{name}: all is back"), || {
            MEMORY.current_usage() < self.before + REST
        })
        .await;
    }
}

async fn run(addr: SocketAddr, endpoint: &Endpoint, case: &Case) -> Option<String> {
    let used = Used::start();
    let mut stream = open(addr, case.vsn).await;
    let (mut message, mut largest) = (0, 0);
    for (first, text) in &case.frames {
        message += text.len();
        largest = largest.max(message);
        if first & FIN != 0 {
            message = 0;
        }
        if send(&mut stream, *first, text).await.is_err() {
            break; // closed already
        }
    }
    settled(&mut stream).await;
    let fault = used.check_peak(case.name, largest);
    drop(stream);
    used.check_rest(case.name, endpoint).await;
    fault
}

/// Body of a POST, and further headers.
fn longpoll_cases() -> Vec<(&'static str, &'static str, Text)> {
    let lines = "content-type: application/x-ndjson\r\n";
    let push = r#"[null,"9","nobody:1","e","#;
    vec![
        (
            "one message",
            "",
            Text::huge(&format!("{push}["), "1e1,", "1]]"),
        ),
        (
            "a message a line",
            lines,
            Text::huge(
                "[\"1\",\"1\",\"room:1\",\"phx_join\",{}]\n",
                format!("[\"1\",\"9\",\"room:1\",\"e\",\"{}\"]\n", "p".repeat(5_000)).leak(),
                "",
            ),
        ),
        (
            "a line of base64",
            lines,
            Text::huge("", "AAEBCgQxMnJvb206bG9iYnlwaW5n", ""),
        ),
        (
            "an event name",
            lines,
            Text::huge(r#"[null,"9","nobody:1",""#, "e", r#"",{}]"#),
        ),
        ("no line break", lines, Text::huge("[", "\\", "")),
        (
            "chunks of a byte",
            "transfer-encoding: chunked\r\n",
            Text::new("", "1\r\n1\r\n", 100_000, "0\r\n\r\n"),
        ),
        (
            "chunks beyond the limit",
            "transfer-encoding: chunked\r\n",
            Text::new("", "9\r\n999999999\r\n", 150_000, "0\r\n\r\n"),
        ),
    ]
}

/// Posts a body to a new session, and closes the connection.
async fn post(addr: SocketAddr, headers: &str, body: &Text) {
    let (mut stream, _, _) = http(addr, "GET", "/socket/longpoll?vsn=2.0.0", "").await;
    let mut answer = vec![0; 1000];
    let read = stream.read(&mut answer).await.expect("an answer");
    let answer: serde_json::Value = serde_json::from_slice(&answer[..read]).expect("JSON");
    let token = answer["token"].as_str().expect("a token");
    let length = match headers.contains("chunked") {
        true => String::new(),
        false => format!("content-length: {}\r\n", body.len()),
    };
    let head = format!(
        "POST /socket/longpoll?vsn=2.0.0&token={token} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n{length}{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("taken");
    let (mut read, mut write) = stream.split();
    let mut answer = Vec::new();
    // The response to a body that is not read to its end may be lost in a reset.
    let exchange = async { tokio::join!(body.send(&mut write), read.read_to_end(&mut answer)) };
    let _either = timeout(TIMEOUT, exchange).await.expect("in time");
}

/// The memory of the whole process is measured: one test at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

/// A server that has had a client before, so that one-time allocations are made.
async fn server() -> (SocketAddr, Endpoint) {
    let endpoint = Endpoint::builder()
        .socket_with::<UserSocket>("/socket", options())
        .build();
    let addr = serve(&endpoint).await;
    drop(open(addr, "2.0.0").await);
    eventually("it is gone", || endpoint.stats().connections == 0).await;
    (addr, endpoint)
}

#[tokio::test]
async fn no_input_makes_the_server_hold_more_than_three_times_its_largest_message() {
    let _alone = ALONE.lock().await;
    let (addr, endpoint) = server().await;
    let mut faults = Vec::new();
    for case in websocket_cases() {
        faults.extend(run(addr, &endpoint, &case).await);
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test]
async fn no_body_of_a_polling_client_takes_more_than_three_times_as_much() {
    let _alone = ALONE.lock().await;
    let (addr, endpoint) = server().await;
    let mut faults = Vec::new();
    for (name, headers, body) in longpoll_cases() {
        let used = Used::start();
        post(addr, headers, &body).await;
        faults.extend(used.check_peak(name, body.len()));
        endpoint.disconnect("everyone");
        used.check_rest(name, &endpoint).await;
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test]
async fn a_large_message_leaves_no_large_buffer_behind_even_if_another_has_begun() {
    let _alone = ALONE.lock().await;
    let (addr, _endpoint) = server().await;
    let mut stream = open(addr, "2.0.0").await;
    let used = Used::start();
    let large = Text::huge("[null,\"9\",\"nobody\",\"e\",\"", "x", "\"]");
    send(&mut stream, TEXT, &large).await.expect("taken");
    stream.write_all(&[TEXT]).await.expect("taken");
    eventually("the buffer is given up", || {
        MEMORY.peak_usage() > used.before + HUGE && MEMORY.current_usage() < used.before + REST
    })
    .await;
}
