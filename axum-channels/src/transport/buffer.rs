//! Buffers for partially received input.

use crate::serve::BodyTimeout;
use axum::body::{Body, HttpBody};
use std::pin::Pin;

/// Reason why a body was not read to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    TooLarge,
    /// The server's time limit for the body is over.
    TooSlow,
    /// The connection was lost, or the body is malformed.
    Broken,
}

impl BodyError {
    fn of(error: axum::Error) -> Self {
        match BodyTimeout::caused(&error) {
            true => BodyError::TooSlow,
            false => BodyError::Broken,
        }
    }
}

/// Appends to a buffer that doubles when it grows, up to `most` bytes.
pub(super) fn append(buffer: &mut Vec<u8>, more: &[u8], most: usize) {
    let len = buffer.len() + more.len();
    if buffer.capacity() < len {
        let room = (2 * buffer.capacity()).min(most).max(len);
        buffer.reserve_exact(room - buffer.len());
    }
    buffer.extend_from_slice(more);
}

/// Reads a body of at most `most` bytes.
///
/// Each chunk is copied as it arrives: keeping a chunk of one byte would take sixty.
pub(super) async fn read_body(mut body: Body, most: usize) -> Result<Vec<u8>, BodyError> {
    let mut read = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(BodyError::of)?;
        let Ok(chunk) = frame.into_data() else {
            continue; // trailers
        };
        if chunk.len() > most - read.len() {
            return Err(BodyError::TooLarge);
        }
        append(&mut read, &chunk, most);
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_doubles_up_to_its_limit_and_is_exact_beyond() {
        let mut buffer = Vec::new();
        let mut rooms = Vec::new();
        for more in [10, 1, 10, 20, 20] {
            append(&mut buffer, &vec![0; more], 50);
            rooms.push((buffer.len(), buffer.capacity()));
        }
        assert_eq!(rooms, [(10, 10), (11, 20), (21, 40), (41, 50), (61, 61)]);
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit() {
        let read = async |most| read_body(Body::from("12345"), most).await;
        assert_eq!(read(5).await, Ok(b"12345".to_vec()));
        assert_eq!(read(4).await, Err(BodyError::TooLarge));
        assert_eq!(read_body(Body::empty(), 0).await, Ok(vec![]));
    }
}
