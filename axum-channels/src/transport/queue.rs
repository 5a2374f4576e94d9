use crate::pubsub::{Gauge, Pressure};
use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::io::IoSlice;

/// Queue of frames to be written, in order.
///
/// Broadcasts share their bytes with other connections; messages to this client alone are packed together.
#[derive(Default)]
pub(super) struct Queue {
    chunks: VecDeque<Chunk>,
    /// Memory that all chunks take: their bytes, and the overhead of keeping them.
    weight: usize,
    /// An empty buffer for reuse.
    spare: Vec<u8>,
    gauge: Gauge,
}

enum Chunk {
    Shared(Bytes),
    /// Bytes from `sent` on.
    Own {
        bytes: Vec<u8>,
        sent: usize,
    },
}

/// Maximum number of chunks in one write.
const BATCH: usize = 64;

/// Maximum capacity of a buffer that is kept for reuse.
const SPARE: usize = 16 * 1024;

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    /// Returns the pressure of a rather full queue on its senders.
    pub(super) fn pressure(&mut self) -> Pressure {
        self.gauge.full()
    }

    pub(super) fn push_shared(&mut self, bytes: Bytes) {
        self.weight += bytes.len() + size_of::<Chunk>();
        self.chunks.push_back(Chunk::Shared(bytes));
    }

    /// Appends the bytes that `write` appends to its buffer.
    pub(super) fn push_own(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if !matches!(self.chunks.back(), Some(Chunk::Own { bytes, .. }) if bytes.len() < SPARE) {
            let bytes = std::mem::take(&mut self.spare);
            self.weight += size_of::<Chunk>();
            self.chunks.push_back(Chunk::Own { bytes, sent: 0 });
        }
        if let Some(Chunk::Own { bytes, .. }) = self.chunks.back_mut() {
            let before = bytes.len();
            write(bytes);
            self.weight += bytes.len() - before;
        }
    }

    /// Takes whole chunks off the front: up to `most` bytes, but at least one chunk. `spare` is capacity for more bytes.
    pub(super) fn take(&mut self, most: usize, spare: usize) -> Vec<u8> {
        let (mut count, mut len) = (0, 0);
        for chunk in &self.chunks {
            if count > 0 && len + chunk.rest().len() > most {
                break;
            }
            count += 1;
            len += chunk.rest().len();
        }
        let mut taken = Vec::with_capacity(len + spare);
        for chunk in self.chunks.iter().take(count) {
            taken.extend_from_slice(chunk.rest());
        }
        self.advance(len);
        taken
    }

    /// Puts back what was [taken](Self::take) last.
    pub(super) fn put_back(&mut self, bytes: Vec<u8>) {
        self.weight += bytes.len() + size_of::<Chunk>();
        self.chunks.push_front(Chunk::Own { bytes, sent: 0 });
    }

    /// Releases capacity that is no longer needed.
    pub(super) fn shrink(&mut self) {
        self.chunks.shrink_to(BATCH);
    }

    /// Passes the next slices to `write`.
    pub(super) fn with_slices<R>(&self, write: impl FnOnce(&[IoSlice<'_>]) -> R) -> R {
        if self.chunks.len() == 1 {
            return write(&[IoSlice::new(self.chunks[0].rest())]);
        }
        let mut slices = [IoSlice::new(&[]); BATCH];
        let chunks = self.chunks.iter().take(BATCH);
        let count = slices
            .iter_mut()
            .zip(chunks)
            .map(|(slice, chunk)| *slice = IoSlice::new(chunk.rest()))
            .count();
        write(&slices[..count])
    }

    /// Removes the bytes that were written.
    pub(super) fn advance(&mut self, mut written: usize) {
        self.weight = self.weight.saturating_sub(written);
        while let Some(chunk) = self.chunks.front_mut() {
            let rest = chunk.rest().len();
            if written < rest {
                match chunk {
                    Chunk::Shared(bytes) => bytes.advance(written),
                    Chunk::Own { sent, .. } => *sent += written,
                }
                return;
            }
            written -= rest;
            self.weight = self.weight.saturating_sub(size_of::<Chunk>());
            if let Some(Chunk::Own { mut bytes, .. }) = self.chunks.pop_front()
                && bytes.capacity() <= 2 * SPARE
            {
                bytes.clear();
                self.spare = bytes;
            }
        }
        self.gauge.empty();
    }
}

impl Chunk {
    fn rest(&self) -> &[u8] {
        match self {
            Chunk::Shared(bytes) => bytes,
            Chunk::Own { bytes, sent } => &bytes[*sent..],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(queue: &Queue) -> Vec<u8> {
        queue.with_slices(|slices| slices.iter().flat_map(|slice| slice.to_vec()).collect())
    }

    fn filled() -> Queue {
        let mut queue = Queue::default();
        queue.push_own(|out| out.extend_from_slice(b"one "));
        queue.push_own(|out| out.extend_from_slice(b"two "));
        queue.push_shared(Bytes::from_static(b"three "));
        queue.push_own(|out| out.extend_from_slice(b"four"));
        queue
    }

    #[test]
    fn what_is_written_leaves_in_order_wherever_a_write_ends() {
        for first in 0..18 {
            let mut queue = filled();
            assert_eq!(queue.chunks.len(), 3);
            queue.advance(first);
            assert_eq!(rest(&queue), b"one two three four"[first..]);
            queue.advance(18 - first);
            assert!(queue.is_empty());
            assert_eq!(queue.weight(), 0);
        }
    }

    #[test]
    fn what_is_taken_is_whole_chunks_and_can_be_put_back() {
        for (most, taken) in [
            (0, "one two "),
            (13, "one two "),
            (14, "one two three "),
            (99, "one two three four"),
        ] {
            let mut queue = filled();
            let weight = queue.weight();
            let part = queue.take(most, 10);
            assert_eq!(String::from_utf8_lossy(&part), taken);
            assert!(part.capacity() >= part.len() + 10);
            assert_eq!(rest(&queue), b"one two three four"[taken.len()..]);
            queue.put_back(part);
            assert_eq!(rest(&queue), b"one two three four");
            assert!(queue.weight() <= weight);
        }
        assert!(Queue::default().take(10, 0).is_empty());
    }

    #[test]
    fn weight_counts_what_small_frames_cost_besides_their_bytes() {
        let mut queue = Queue::default();
        for _ in 0..1000 {
            queue.push_shared(Bytes::from_static(b"x"));
        }
        assert_eq!(queue.weight(), 1000 * (1 + size_of::<Chunk>()));
    }
}
