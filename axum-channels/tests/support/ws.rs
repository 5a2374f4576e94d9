use super::TIMEOUT;
use futures_util::stream::{SplitSink, SplitStream, Stream};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(crate) const VALID: &str = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Sends a request; returns the connection, the status and the head of the response.
pub(crate) async fn http(
    addr: SocketAddr,
    method: &str,
    target: &str,
    headers: &str,
) -> (TcpStream, u16, String) {
    let request = format!("{method} {target} HTTP/1.1\r\nhost: {addr}\r\n{headers}\r\n");
    raw(addr, &request).await
}

/// Sends a request unchanged; returns the connection, the status and the head of the response.
pub(crate) async fn raw(addr: SocketAddr, request: &str) -> (TcpStream, u16, String) {
    let mut stream = TcpStream::connect(addr).await.expect("the server listens");
    stream.set_nodelay(true).expect("set"); // or a second message waits for the server's delayed ACK
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(
            timeout(TIMEOUT, stream.read_u8())
                .await
                .expect("in time")
                .expect("a response"),
        );
    }
    let head = String::from_utf8(head).expect("text");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .expect("a status");
    (stream, status, head)
}

/// Returns the status of the response to a valid WebSocket request with these additional headers.
pub(crate) async fn upgrade(addr: SocketAddr, target: &str, headers: &str) -> (u16, String) {
    let (_, status, head) = http(addr, "GET", target, &format!("{VALID}{headers}")).await;
    (status, head)
}

/// A message or the end, as read by the client.
#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    Text(String),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16),
    /// The connection is closed.
    End,
}

/// A client that reads and writes with tungstenite, so that a mistake in our own framing cannot be on both sides.
pub(crate) struct Ws {
    socket: WebSocketStream<TcpStream>,
}

/// The writing half of a [`Ws`].
pub(crate) struct Sender(SplitSink<WebSocketStream<TcpStream>, Message>);

/// The reading half of a [`Ws`].
pub(crate) struct Receiver(SplitStream<WebSocketStream<TcpStream>>);

impl Ws {
    pub(crate) async fn open(addr: SocketAddr) -> Ws {
        Ws::open_as(addr, "").await
    }

    /// `params` as in `&id=1`.
    pub(crate) async fn open_as(addr: SocketAddr, params: &str) -> Ws {
        Ws::open_at(addr, &format!("/socket/websocket?vsn=2.0.0{params}")).await
    }

    pub(crate) async fn open_at(addr: SocketAddr, target: &str) -> Ws {
        let (stream, status, _) = http(addr, "GET", target, VALID).await;
        assert_eq!(status, 101);
        Ws::over(stream).await
    }

    /// A client on a connection that is a WebSocket already.
    pub(crate) async fn over(stream: TcpStream) -> Ws {
        // Some tests have a thousand of these: tungstenite's default buffers would be 128 KiB each.
        let config = WebSocketConfig::default().read_buffer_size(4096);
        Ws {
            socket: WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await,
        }
    }

    /// Connects and joins with join_ref and ref 1.
    pub(crate) async fn join(addr: SocketAddr, topic: &str) -> Ws {
        let mut ws = Ws::open(addr).await;
        ws.send(&format!(r#"["1","1","{topic}","phx_join",{{}}]"#))
            .await;
        ws.expect(&format!(
            r#"["1","1","{topic}","phx_reply",{{"response":{{}},"status":"ok"}}]"#
        ))
        .await;
        ws
    }

    /// Writes bytes directly, since tungstenite refuses to write most malformed frames.
    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        self.stream().write_all(bytes).await.expect("sent");
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("sent");
    }

    pub(crate) async fn send_binary(&mut self, body: &[u8]) {
        let body = body.to_vec();
        self.socket.send(Message::binary(body)).await.expect("sent");
    }

    /// Returns the underlying connection, for tests that read and write bytes.
    pub(crate) fn stream(&mut self) -> &mut TcpStream {
        self.socket.get_mut()
    }

    /// Returns the underlying connection, without the bytes that tungstenite may have buffered.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.socket.into_inner()
    }

    /// Splits the client, for tests that write in one task and read in another.
    pub(crate) fn split(self) -> (Sender, Receiver) {
        let (sender, receiver) = self.socket.split();
        (Sender(sender), Receiver(receiver))
    }

    /// Asserts that the next frame carries these bytes.
    #[track_caller]
    pub(crate) fn expect_binary(&mut self, body: &[u8]) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move {
            assert_eq!(self.next().await, Frame::Binary(body.to_vec()), "{at}");
        }
    }

    /// Returns the next frame's text or code.
    pub(crate) async fn next(&mut self) -> Frame {
        next(&mut self.socket).await
    }

    /// Asserts that the next frame is this text, byte for byte.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move {
            let next = self.next().await;
            assert_eq!(next, Frame::Text(text.to_owned()), "{at}");
        }
    }

    /// Asserts that no frame is in flight: the next one is the reply to a heartbeat.
    pub(crate) async fn expect_nothing(&mut self) {
        self.send(r#"[null,"hb","phoenix","heartbeat",{}]"#).await;
        self.expect(r#"[null,"hb","phoenix","phx_reply",{"response":{},"status":"ok"}]"#)
            .await;
    }

    /// Asserts that the connection is closed with this code, and then ends.
    pub(crate) async fn expect_close(&mut self, code: u16) {
        assert_eq!(self.next().await, Frame::Close(code));
        assert_eq!(self.next().await, Frame::End);
    }

    /// Returns the event of the next message.
    pub(crate) async fn event(&mut self) -> String {
        match self.next().await {
            Frame::Text(text) => {
                serde_json::from_str::<(Value, Value, Value, String, Value)>(&text)
                    .expect("a message")
                    .3
            }
            other => panic!("{other:?} is no message"),
        }
    }

    /// Returns the payload of the next message.
    pub(crate) async fn payload(&mut self) -> Value {
        match self.next().await {
            Frame::Text(text) => serde_json::from_str::<Value>(&text).expect("JSON")[4].take(),
            other => panic!("{other:?} is no message"),
        }
    }
}

impl Sender {
    /// Queues a message, which [`flush`](Self::flush) sends at the latest.
    pub(crate) async fn feed(&mut self, text: &str) {
        self.0.feed(Message::text(text)).await.expect("sent");
    }

    pub(crate) async fn flush(&mut self) {
        self.0.flush().await.expect("sent");
    }
}

impl Receiver {
    /// Returns the next frame's text or code.
    pub(crate) async fn next(&mut self) -> Frame {
        next(&mut self.0).await
    }
}

async fn next(socket: &mut (impl Stream<Item = Result<Message, Error>> + Unpin)) -> Frame {
    let received = timeout(TIMEOUT, socket.next()).await;
    match received.expect("a frame in time") {
        Some(Ok(Message::Text(text))) => Frame::Text(text.as_str().to_owned()),
        Some(Ok(Message::Binary(bytes))) => Frame::Binary(bytes.to_vec()),
        Some(Ok(Message::Pong(body))) => Frame::Pong(body.to_vec()),
        Some(Ok(Message::Close(close))) => Frame::Close(close.expect("a code").code.into()),
        None
        | Some(Err(
            Error::Io(_)
            | Error::ConnectionClosed
            | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
        )) => Frame::End,
        other => panic!("{other:?} from the server"),
    }
}

/// Encodes a frame with any first byte: FIN, reserved bits and opcode.
pub(crate) fn frame(first: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match body.len() {
        len @ 0..126 => frame.push(0x80 | len as u8),
        len @ 126..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(0x80 | 127);
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
