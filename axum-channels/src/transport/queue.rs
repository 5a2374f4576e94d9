use crate::pubsub::Pressure;
use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::io::IoSlice;
use std::time::{Duration, Instant};

/// Frames that wait to be written, in order.
///
/// Broadcasts are shared with every other connection that waits for them; what is for this client alone is packed together.
#[derive(Default)]
pub(super) struct Queue {
    chunks: VecDeque<Chunk>,
    /// What all chunks weigh: their bytes, and what it takes to keep them.
    weight: usize,
    /// An empty buffer, to pack into again.
    spare: Vec<u8>,
    /// The moment at which those who fill it were first asked to wait.
    pressed: Option<Instant>,
}

enum Chunk {
    Shared(Bytes),
    /// From `sent` on.
    Own {
        bytes: Vec<u8>,
        sent: usize,
    },
}

/// Time for which those who fill a queue are asked to wait. It begins anew once the queue was empty: so a client that reads
/// slowly, on purpose or not, delays others for that long each time that it has read half of what may wait.
const PRESSURE: Duration = Duration::from_millis(100);

/// So many chunks are written at once.
const BATCH: usize = 64;

/// A buffer that grew beyond this for one large message is not kept for the next.
const SPARE: usize = 16 * 1024;

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    /// Returns how much a queue that is rather full asks of those who fill it.
    pub(super) fn pressure(&mut self) -> Pressure {
        let since = self.pressed.get_or_insert_with(Instant::now);
        match since.elapsed() < PRESSURE {
            true => Pressure::High,
            false => Pressure::Low,
        }
    }

    pub(super) fn push_shared(&mut self, bytes: Bytes) {
        self.weight += bytes.len() + size_of::<Chunk>();
        self.chunks.push_back(Chunk::Shared(bytes));
    }

    /// Appends what `write` appends to the buffer it gets.
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

    /// All of it, together.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.chunks.iter().fold(Vec::new(), |mut all, chunk| {
            all.extend_from_slice(chunk.rest());
            all
        })
    }

    /// Hands what to write next to `write`.
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

    /// Drops what has been written.
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
        self.pressed = None;
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
    fn a_queue_asks_others_to_wait_until_it_was_empty_or_for_a_short_time() {
        let mut queue = filled();
        assert_eq!(queue.pressure(), Pressure::High);
        queue.advance(4);
        queue.pressed = queue.pressed.map(|since| since - PRESSURE);
        assert_eq!(queue.pressure(), Pressure::Low);
        queue.advance(14);
        queue.push_shared(Bytes::from_static(b"five"));
        assert_eq!(queue.pressure(), Pressure::High);
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
