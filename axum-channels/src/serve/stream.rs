use super::patience::Patience;
use super::timer::Progress;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Connection that fails when its client does not read what is written.
pub(crate) struct TimedStream {
    tcp: TcpStream,
    patience: Patience,
    progress: Arc<Progress>,
}

impl TimedStream {
    pub(super) fn new(tcp: TcpStream, timeout: Duration, progress: Arc<Progress>) -> Self {
        TimedStream {
            tcp,
            patience: Patience::restored(timeout),
            progress,
        }
    }

    /// Returns the connection without the limit.
    pub(crate) fn into_inner(self) -> TcpStream {
        self.tcp
    }

    /// Limits the time that a write waits, unless it is that of another protocol.
    fn poll_write_with(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let written = write(Pin::new(&mut self.tcp), cx);
        if self.progress.is_upgraded() {
            return written;
        }
        let Poll::Ready(written) = written else {
            ready!(self.patience.poll_end(cx));
            let error = "the client does not read its response";
            return Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, error)));
        };
        self.patience.passed(*written.as_ref().unwrap_or(&0));
        Poll::Ready(written)
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |tcp, cx| tcp.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |tcp, cx| tcp.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
