use crate::sync::{Mutex, lock};
use std::collections::VecDeque;

#[cfg(all(test, axum_channels_loom))]
mod models;

/// Queue of items that are processed in order, each in slices, by one thread at a time.
///
/// It records whether it has a task: a publisher starts one if there is none, and a task ends only when the queue is
/// empty.
pub(super) struct LaneQueue<T> {
    /// The item in process. Locked for one slice of it, and before `waiting`.
    current: Mutex<Option<T>>,
    waiting: Mutex<Waiting<T>>,
}

struct Waiting<T> {
    items: VecDeque<(T, usize)>,
    bytes: usize,
    has_task: bool,
}

/// Result of [`LaneQueue::push`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pushed {
    /// The queue has no task: the caller has to start one.
    pub(super) starts_task: bool,
    pub(super) level: Level,
}

/// Fill level of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Low,
    /// Publishers should pause.
    High,
    /// Publishers should help.
    Full,
}

/// Number of waiting items at which publishers should pause, and bytes.
const HIGH: (usize, usize) = (16, 1024 * 1024);

/// Number of waiting items at which publishers help, and bytes.
const FULL: (usize, usize) = (256, 8 * 1024 * 1024);

impl<T> LaneQueue<T> {
    pub(super) fn new() -> Self {
        LaneQueue {
            current: Mutex::new(None),
            waiting: Mutex::new(Waiting {
                items: VecDeque::new(),
                bytes: 0,
                has_task: false,
            }),
        }
    }

    /// Adds an item that keeps a number of bytes.
    pub(super) fn push(&self, item: T, bytes: usize) -> Pushed {
        let mut waiting = lock(&self.waiting);
        waiting.items.push_back((item, bytes));
        waiting.bytes += bytes;
        Pushed {
            starts_task: !std::mem::replace(&mut waiting.has_task, true),
            level: waiting.level(),
        }
    }

    pub(super) fn level(&self) -> Level {
        lock(&self.waiting).level()
    }

    /// Processes one slice of the oldest item. `slice` returns whether the item is complete.
    ///
    /// Returns `false` if there was nothing to do.
    pub(super) fn work(&self, slice: impl FnOnce(&mut T) -> bool) -> bool {
        let mut current = lock(&self.current);
        let Some(mut item) = current.take().or_else(|| lock(&self.waiting).pop()) else {
            return false;
        };
        if slice(&mut item) {
            drop(current); // before the item, whose drop may run the app's code
        } else {
            *current = Some(item);
        }
        true
    }

    /// Is the task, until it ends.
    pub(super) fn finish(&self, mut work: impl FnMut()) {
        while !self.end_task() {
            work();
        }
    }

    /// Ends the task, unless something is left to do. Returns whether it ended.
    pub(super) fn end_task(&self) -> bool {
        let current = lock(&self.current);
        let mut waiting = lock(&self.waiting);
        let is_idle = current.is_none() && waiting.items.is_empty();
        if is_idle {
            *waiting = Waiting {
                items: VecDeque::new(),
                bytes: 0,
                has_task: false,
            };
        }
        is_idle
    }

    /// Records that the task was dropped, with its runtime: the next publisher starts another one.
    pub(super) fn abandon_task(&self) {
        lock(&self.waiting).has_task = false;
    }
}

impl<T> Waiting<T> {
    fn pop(&mut self) -> Option<T> {
        let (item, bytes) = self.items.pop_front()?;
        self.bytes -= bytes;
        Some(item)
    }

    fn level(&self) -> Level {
        let reaches = |(items, bytes)| self.items.len() >= items || self.bytes >= bytes;
        match () {
            () if reaches(FULL) => Level::Full,
            () if reaches(HIGH) => Level::High,
            () => Level::Low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_processed_in_order_and_in_slices() {
        let queue = LaneQueue::new();
        let pushed = [queue.push((1, 2), 0), queue.push((2, 1), 0)];
        assert_eq!(pushed.map(|pushed| pushed.starts_task), [true, false]);
        let mut seen = Vec::new();
        let mut slice = |item: &mut (u32, u32)| {
            seen.push(item.0);
            item.1 -= 1;
            item.1 == 0
        };
        while queue.work(&mut slice) {}
        assert_eq!(seen, [1, 1, 2]);
    }

    #[test]
    fn a_task_ends_only_when_nothing_is_left() {
        let queue = LaneQueue::new();
        queue.push((), 0);
        assert!(!queue.end_task());
        assert!(queue.work(|()| false));
        assert!(!queue.end_task(), "an item is in process");
        assert!(queue.work(|()| true));
        assert!(queue.end_task());
        assert!(queue.push((), 0).starts_task);
        queue.abandon_task();
        assert!(queue.push((), 0).starts_task);
    }

    #[test]
    fn the_level_rises_with_items_and_with_bytes() {
        let queue = LaneQueue::new();
        let levels: Vec<Level> = (0..FULL.0).map(|_| queue.push((), 0).level).collect();
        let at = |level| levels.iter().position(|found| *found == level);
        assert_eq!(
            (at(Level::High), at(Level::Full)),
            (Some(HIGH.0 - 1), Some(FULL.0 - 1))
        );
        while queue.work(|()| true) {}
        let large = [HIGH.1 - 1, 1, FULL.1 - HIGH.1].map(|bytes| queue.push((), bytes).level);
        assert_eq!(large, [Level::Low, Level::High, Level::Full]);
        while queue.work(|()| true) {}
        assert_eq!(queue.level(), Level::Low);
    }
}
