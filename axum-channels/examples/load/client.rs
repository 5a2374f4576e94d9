//! One connection.

use crate::Failed;
use crate::options::Url;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::pin::Pin;
use std::task::ready;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

pub(crate) struct Client {
    stream: TcpStream,
    /// What was read, the first `taken` bytes of which are used.
    read: Vec<u8>,
    taken: usize,
}

impl Client {
    /// `number` is which of many this is.
    pub(crate) async fn open(url: &Url, number: usize) -> Result<Client, Failed> {
        let stream = connect(url.address, number).await?;
        stream.set_nodelay(true)?;
        let mut client = Client {
            stream,
            read: Vec::new(),
            taken: 0,
        };
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            url.target, url.host
        );
        client.write(request.as_bytes()).await?;
        let end = loop {
            client.fill().await?;
            if let Some(end) = client.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        if !client.read.starts_with(b"HTTP/1.1 101") {
            let answer = String::from_utf8_lossy(&client.read[..end]);
            return Err(format!("no WebSocket there: {}", answer.trim_end()).into());
        }
        client.taken = end;
        Ok(client)
    }

    pub(crate) async fn join(&mut self, topic: &str) -> Result<(), Failed> {
        self.write(&frame(&format!(r#"["1","1","{topic}","phx_join",{{}}]"#)))
            .await?;
        loop {
            let answer = self.next().await?;
            if !contains(answer, b"phx_reply") {
                continue;
            }
            return match contains(answer, br#""ok""#) {
                true => Ok(()),
                false => Err(format!("{topic}: {}", String::from_utf8_lossy(answer)).into()),
            };
        }
    }

    pub(crate) async fn write(&mut self, frames: &[u8]) -> io::Result<()> {
        self.stream.write_all(frames).await
    }

    /// The text of the next frame.
    pub(crate) async fn next(&mut self) -> io::Result<&[u8]> {
        let text = loop {
            match self.advance()? {
                Some(text) => break text,
                None => self.fill().await?,
            }
        };
        Ok(&self.read[text])
    }

    /// The same, if it is here already.
    pub(crate) fn take(&mut self) -> io::Result<Option<&[u8]>> {
        Ok(self.advance()?.map(|text| &self.read[text]))
    }

    /// Says goodbye, and waits until the server has, too.
    pub(crate) async fn close(mut self) -> io::Result<()> {
        self.write(&[CLOSE, 0x82, 0, 0, 0, 0, 0x03, 0xe8]).await?; // 1000, masked with zeros
        while self.advance().is_ok() && self.fill().await.is_ok() {}
        Ok(())
    }

    /// Reads once. The buffer is the stack's, so that thousands can be idle without one.
    pub(crate) async fn fill(&mut self) -> io::Result<()> {
        self.read.drain(..self.taken);
        self.taken = 0;
        poll_fn(|context| {
            let mut room = [const { MaybeUninit::uninit() }; 16 * 1024];
            let mut fresh = ReadBuf::uninit(&mut room);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut fresh))?;
            if fresh.filled().is_empty() {
                return Err(ErrorKind::UnexpectedEof.into()).into();
            }
            self.read.extend_from_slice(fresh.filled());
            Ok(()).into()
        })
        .await
    }

    /// Forgets what was read.
    pub(crate) fn discard(&mut self) {
        self.taken = self.read.len();
    }

    /// Both directions, for one who reads and writes without waiting for either.
    pub(crate) fn split(self) -> (Reading, Writing) {
        let (reading, writing) = self.stream.into_split();
        (Reading(reading), Writing(writing))
    }

    /// Goes on to the next text that is here in full. A server's frames are not masked; ours here never need more than
    /// sixteen bits for their length.
    fn advance(&mut self) -> io::Result<Option<Range<usize>>> {
        loop {
            let (kind, length, head) = match self.read[self.taken..] {
                [kind, 126, high, low, ..] => (kind, u16::from_be_bytes([high, low]).into(), 4),
                [_, 126, ..] => return Ok(None),
                [_, 127, ..] => return Err(ErrorKind::InvalidData.into()),
                [kind, length, ..] => (kind, usize::from(length), 2),
                _ => return Ok(None),
            };
            let start = self.taken + head;
            if self.read.len() < start + length {
                return Ok(None);
            }
            self.taken = start + length;
            match kind {
                TEXT => return Ok(Some(start..self.taken)),
                PING | PONG => {} // a run is shorter than any server's patience
                CLOSE => return Err(ErrorKind::ConnectionAborted.into()),
                _ => return Err(ErrorKind::InvalidData.into()),
            }
        }
    }
}

/// What comes from the server.
pub(crate) struct Reading(OwnedReadHalf);

/// What goes to the server.
pub(crate) struct Writing(OwnedWriteHalf);

impl Reading {
    /// Reads once, and says how many bytes that was.
    pub(crate) async fn discard(&mut self) -> io::Result<usize> {
        let mut room = [0; 16 * 1024];
        self.0.read(&mut room).await
    }
}

impl Writing {
    pub(crate) async fn write(&mut self, frames: &[u8]) -> io::Result<()> {
        self.0.write_all(frames).await
    }
}

/// On loopback from several addresses in turn: the kernel searches long for a port once half of an address's are taken.
async fn connect(to: SocketAddr, number: usize) -> io::Result<TcpStream> {
    if to.ip() != Ipv4Addr::LOCALHOST {
        return TcpStream::connect(to).await;
    }
    let socket = TcpSocket::new_v4()?;
    let from = Ipv4Addr::new(127, 0, 0, 1 + (number % 200) as u8);
    socket.bind((from, 0).into())?;
    socket.connect(to).await
}

/// A text frame, masked with zeros.
pub(crate) fn frame(text: &str) -> Vec<u8> {
    let mut out = vec![TEXT];
    match text.len() {
        length @ 0..126 => out.push(0x80 | length as u8),
        length => {
            out.push(0x80 | 126);
            out.extend((length as u16).to_be_bytes());
        }
    }
    out.extend([0; 4]);
    out.extend_from_slice(text.as_bytes());
    out
}

pub(crate) fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The number behind the last `before`. From the end, where payloads are.
pub(crate) fn number(text: &[u8], before: &[u8]) -> Option<u64> {
    let at = text
        .windows(before.len())
        .rposition(|window| window == before)?;
    let digits = text[at + before.len()..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
