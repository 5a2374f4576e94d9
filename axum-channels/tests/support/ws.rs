use super::PATIENCE;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(crate) const VALID: &str = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Sends a request; the connection, the status and the head of the response.
pub(crate) async fn http(
    addr: SocketAddr,
    method: &str,
    target: &str,
    headers: &str,
) -> (TcpStream, u16, String) {
    let request = format!("{method} {target} HTTP/1.1\r\nhost: {addr}\r\n{headers}\r\n");
    raw(addr, &request).await
}

/// Sends a request as it is written; the connection, the status and the head of the response.
pub(crate) async fn raw(addr: SocketAddr, request: &str) -> (TcpStream, u16, String) {
    let mut stream = TcpStream::connect(addr).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(
            timeout(PATIENCE, stream.read_u8())
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

/// The status that a proper request for a WebSocket gets, with these headers besides.
pub(crate) async fn upgrade(addr: SocketAddr, target: &str, headers: &str) -> (u16, String) {
    let (_, status, head) = http(addr, "GET", target, &format!("{VALID}{headers}")).await;
    (status, head)
}

#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    Text(String),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16),
    /// The connection is closed.
    End,
}

pub(crate) struct Ws {
    pub(crate) stream: TcpStream,
}

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
        Ws { stream }
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

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("sent");
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.raw(&frame(0x81, text.as_bytes())).await;
    }

    pub(crate) async fn send_binary(&mut self, body: &[u8]) {
        self.raw(&frame(0x82, body)).await;
    }

    /// The next frame carries these bytes.
    #[track_caller]
    pub(crate) fn expect_binary(&mut self, body: &[u8]) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move {
            assert_eq!(self.next().await, Frame::Binary(body.to_vec()), "{at}");
        }
    }

    /// The next frame, with its text or code.
    pub(crate) async fn next(&mut self) -> Frame {
        timeout(PATIENCE, self.read())
            .await
            .expect("a frame in time")
            .unwrap_or(Frame::End)
    }

    async fn read(&mut self) -> std::io::Result<Frame> {
        let first = self.stream.read_u8().await?;
        let length = match self.stream.read_u8().await? {
            126 => usize::from(self.stream.read_u16().await?),
            127 => self.stream.read_u64().await? as usize,
            length => usize::from(length),
        };
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(match first {
            0x81 => Frame::Text(String::from_utf8(body).expect("text is UTF-8")),
            0x82 => Frame::Binary(body),
            0x8A => Frame::Pong(body),
            0x88 => Frame::Close(u16::from_be_bytes(*body.first_chunk().expect("a code"))),
            other => panic!("unexpected frame {other:x}"),
        })
    }

    /// The next frame is this text, byte for byte.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move {
            let next = self.next().await;
            assert_eq!(next, Frame::Text(text.to_owned()), "{at}");
        }
    }

    /// Nothing is on its way: a heartbeat's answer is what comes next.
    pub(crate) async fn expect_nothing(&mut self) {
        self.send(r#"[null,"hb","phoenix","heartbeat",{}]"#).await;
        self.expect(r#"[null,"hb","phoenix","phx_reply",{"response":{},"status":"ok"}]"#)
            .await;
    }

    /// Closed with this code, and then for good.
    pub(crate) async fn expect_close(&mut self, code: u16) {
        assert_eq!(self.next().await, Frame::Close(code));
        assert_eq!(self.next().await, Frame::End);
    }

    /// The payload of the next message.
    pub(crate) async fn payload(&mut self) -> Value {
        match self.next().await {
            Frame::Text(text) => serde_json::from_str::<Value>(&text).expect("JSON")[4].take(),
            other => panic!("{other:?} is no message"),
        }
    }
}

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
