use super::protocol::Operation;
use bytes::BytesMut;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Operations of a server, as they arrive.
pub(super) struct Reader<S> {
    pub(super) stream: S,
    buffer: BytesMut,
}

/// Number of bytes that are read at once.
const BYTES: usize = 16 * 1024;

impl<S> Reader<S> {
    pub(super) fn new(stream: S) -> Self {
        Reader {
            stream,
            buffer: BytesMut::new(),
        }
    }
}

impl<S: AsyncRead + Unpin> Reader<S> {
    /// Returns the next operation.
    pub(super) async fn next(&mut self) -> io::Result<Operation> {
        loop {
            if let Some(operation) =
                Operation::decode(&mut self.buffer).map_err(io::Error::other)?
            {
                return Ok(operation);
            }
            self.buffer.reserve(BYTES);
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
