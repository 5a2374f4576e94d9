use crate::serve::TimedStream;
use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade;
use socket2::SockRef;
use std::io::{self, ErrorKind, IoSlice, Read};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// The byte stream of a WebSocket, taken over from its HTTP connection.
pub(super) enum Stream {
    /// Bare TCP: read without a buffer of its own, and written to by any sender.
    Tcp(Arc<TcpStream>),
    /// TLS or another stream of the server's: only the connection's task writes.
    Other(Box<TokioIo<Upgraded>>),
    /// Released. Reads return the end of the stream, and writes fail.
    Closed,
}

impl Stream {
    /// Takes the socket over from hyper, with the bytes that hyper has already read.
    pub(super) fn new(upgraded: Upgraded) -> (Stream, Bytes) {
        let upgraded = match upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
            Ok(parts) => return (Self::bare(parts.io.into_inner()), parts.read_buf),
            Err(upgraded) => upgraded,
        };
        let upgraded = match upgraded.downcast::<TokioIo<TimedStream>>() {
            Ok(parts) => {
                let tcp = parts.io.into_inner().into_inner();
                return (Self::bare(tcp), parts.read_buf);
            }
            Err(upgraded) => upgraded,
        };
        match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => (Self::bare(parts.io.into_inner()), parts.read_buf),
            Err(upgraded) => (
                Stream::Other(Box::new(TokioIo::new(upgraded))),
                Bytes::new(),
            ),
        }
    }

    fn bare(tcp: TcpStream) -> Stream {
        // A second small message must not wait up to 40 ms for the first to be acknowledged (Nagle's algorithm, RFC 896):
        // related bytes are one write already. Errors are ignored; the socket works without it.
        let _ = tcp.set_nodelay(true);
        Stream::Tcp(Arc::new(tcp))
    }

    /// Returns the socket, if senders may write to it.
    pub(super) fn tcp(&self) -> Option<Arc<TcpStream>> {
        match self {
            Stream::Tcp(tcp) => Some(tcp.clone()),
            Stream::Other(_) | Stream::Closed => None,
        }
    }

    /// Reads available bytes. Zero bytes mean the end of the stream.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Stream::Tcp(tcp) => loop {
                ready!(tcp.poll_read_ready(cx))?;
                if let Some(read) = try_read(tcp, buf)? {
                    return Poll::Ready(Ok(read));
                }
            },
            Stream::Other(stream) => {
                let mut buf = ReadBuf::new(buf);
                ready!(Pin::new(stream).poll_read(cx, &mut buf))?;
                Poll::Ready(Ok(buf.filled().len()))
            }
            Stream::Closed => Poll::Ready(Ok(0)),
        }
    }

    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Stream::Tcp(tcp) => loop {
                match try_write(tcp, bufs) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        ready!(tcp.poll_write_ready(cx))?
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    done => return Poll::Ready(done),
                }
            },
            Stream::Other(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Stream::Closed => Poll::Ready(Err(ErrorKind::NotConnected.into())),
        }
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Tcp(_) | Stream::Closed => Poll::Ready(Ok(())),
            Stream::Other(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    /// Shuts down the writing side.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Tcp(tcp) => Poll::Ready(SockRef::from(&**tcp).shutdown(Shutdown::Write)),
            Stream::Other(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Closed => Poll::Ready(Ok(())),
        }
    }
}

/// Writes as many bytes as the socket accepts now. A single slice uses `send`, which is cheaper in the kernel than
/// `writev`.
pub(super) fn try_write(tcp: &TcpStream, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    match bufs {
        [buf] => tcp.try_write(buf),
        bufs => tcp.try_write_vectored(bufs),
    }
}

/// Calls `read` once. `None` if there were no bytes after all.
///
/// A read that does not fill the buffer has emptied the socket. Clearing tokio's readiness then saves a second `read` that
/// would only find nothing. (Tokio does the same inside `AsyncRead`, which needs `&mut TcpStream`.)
fn try_read(tcp: &TcpStream, buf: &mut [u8]) -> io::Result<Option<usize>> {
    let mut read = None;
    let result = tcp.try_io(Interest::READABLE, || {
        let got = (&*SockRef::from(tcp)).read(buf)?;
        read = Some(got);
        if 0 < got && got < buf.len() {
            Err(ErrorKind::WouldBlock.into())
        } else {
            Ok(())
        }
    });
    match result {
        Err(error)
            if error.kind() != ErrorKind::WouldBlock && error.kind() != ErrorKind::Interrupted =>
        {
            Err(error)
        }
        _ => Ok(read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::extract::Request;
    use axum::http::StatusCode;
    use axum::routing::get;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn small_messages_do_not_wait_for_each_other() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let client = TcpStream::connect(listener.local_addr()?).await?;
        assert!(!client.nodelay()?, "the system's default is to wait");

        let stream = Stream::bare(client);

        assert_eq!(
            stream.tcp().map(|tcp| tcp.nodelay()).transpose()?,
            Some(true)
        );
        Ok(())
    }

    #[tokio::test]
    async fn senders_may_write_to_the_sockets_of_serve_and_of_axums_server() {
        let (sender, mut upgraded) = mpsc::unbounded_channel();
        let upgrade = async move |request: Request| {
            tokio::spawn(async move {
                let upgraded = hyper::upgrade::on(request).await.expect("upgraded");
                let (stream, _) = Stream::new(upgraded);
                let nodelay = stream.tcp().map(|tcp| tcp.nodelay().ok());
                sender.send(nodelay).expect("the test waits");
            });
            let upgrade = [("connection", "upgrade"), ("upgrade", "x")];
            (StatusCode::SWITCHING_PROTOCOLS, upgrade)
        };
        let app = Router::new().route("/", get(upgrade));
        for is_own in [true, false] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let addr = listener.local_addr().expect("it is bound");
            let app = app.clone();
            match is_own {
                true => tokio::spawn(crate::serve(listener, app).into_future()),
                false => tokio::spawn(axum::serve(listener, app).into_future()),
            };
            let mut client = TcpStream::connect(addr).await.expect("it listens");
            let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
            client.write_all(request).await.expect("sent");
            assert_eq!(upgraded.recv().await, Some(Some(Some(true))), "{is_own}");
        }
    }
}
