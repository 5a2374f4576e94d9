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

/// What is left of an HTTP connection once it is a WebSocket.
pub(super) enum Stream {
    /// Bare TCP: read without a buffer of its own, and written to by anyone who sends.
    Tcp(Arc<TcpStream>),
    /// TLS, or whatever else the server was given: only the connection's task writes.
    Other(Box<TokioIo<Upgraded>>),
    /// It was let go of. Reads find its end, and writes fail.
    Closed,
}

impl Stream {
    /// Takes the socket out of hyper's hands, with what hyper has read of it already.
    pub(super) fn new(upgraded: Upgraded) -> (Stream, Bytes) {
        let upgraded = match upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
            Ok(parts) => return (Self::bare(parts.io.into_inner()), parts.read_buf),
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
        // A second small message must not wait until the first is acknowledged, up to 40 ms later (Nagle's algorithm, RFC
        // 896): what belongs together is one write already. A socket that cannot do without it still works.
        let _ = tcp.set_nodelay(true);
        Stream::Tcp(Arc::new(tcp))
    }

    /// The socket, if senders may write to it.
    pub(super) fn tcp(&self) -> Option<Arc<TcpStream>> {
        match self {
            Stream::Tcp(tcp) => Some(tcp.clone()),
            Stream::Other(_) | Stream::Closed => None,
        }
    }

    /// Reads what there is. Zero bytes are the end.
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

    /// Says that nothing more will be written.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Tcp(tcp) => Poll::Ready(SockRef::from(&**tcp).shutdown(Shutdown::Write)),
            Stream::Other(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Closed => Poll::Ready(Ok(())),
        }
    }
}

/// Writes what the socket takes now. A single slice goes by `send`, which costs the kernel less than `writev`.
pub(super) fn try_write(tcp: &TcpStream, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    match bufs {
        [buf] => tcp.try_write(buf),
        bufs => tcp.try_write_vectored(bufs),
    }
}

/// One `read`. `None` if there was nothing after all.
///
/// A read that does not fill the buffer has emptied the socket, and tokio is told so: that saves the second `read` which
/// would only find out that there is nothing more. (Tokio does the same inside `AsyncRead`, which needs `&mut TcpStream`.)
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
    use tokio::net::TcpListener;

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
}
