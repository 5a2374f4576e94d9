use crate::pubsub::{SlotId, SlotList};
use crate::sync::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use crate::sync::{Mutex, lock};

#[cfg(all(test, axum_channels_loom))]
mod models;

const SHARDS: usize = if cfg!(axum_channels_loom) { 2 } else { 16 };

/// Bit of the state that is set once it is closed; the other bits count.
const CLOSED: usize = !(usize::MAX >> 1);

/// Members that are admitted and leave, until the set is closed. Then no more are admitted, and those inside are to go.
///
/// A member is first admitted, which counts it, and then added. A member that is added while the set is closed is either in
/// the result of [`close`](Self::close), or [`add`](Self::add) returns `true` for it. No member arrives once the set is
/// closed and empty.
pub(super) struct Members<T> {
    shards: [Mutex<SlotList<T>>; SHARDS],
    next: AtomicUsize,
    /// Number of admitted members, and [`CLOSED`]. One atomic, so that no member is admitted after it is closed.
    state: AtomicUsize,
}

/// Identifies an added member.
#[derive(Clone, Copy)]
pub(super) struct MemberId {
    shard: usize,
    slot: SlotId,
}

impl<T: Clone> Members<T> {
    pub(super) fn new() -> Self {
        Members {
            shards: std::array::from_fn(|_| Mutex::new(SlotList::new())),
            next: AtomicUsize::new(0),
            state: AtomicUsize::new(0),
        }
    }

    /// Returns the number of admitted members.
    pub(super) fn len(&self) -> usize {
        self.state.load(Acquire) & !CLOSED
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.load(Acquire) & CLOSED != 0
    }

    /// Admits a member until it [leaves](Self::leave), and returns the number of members including it.
    pub(super) fn admit(&self) -> Option<usize> {
        let admit = |state| (state & CLOSED == 0).then_some(state + 1);
        let before = self.state.fetch_update(AcqRel, Acquire, admit).ok()?;
        Some(before + 1)
    }

    /// Removes an admitted member from the count, and returns the number left.
    pub(super) fn leave(&self) -> usize {
        (self.state.fetch_sub(1, AcqRel) & !CLOSED) - 1
    }

    /// Adds an admitted member. Returns its id, and whether it is to go again.
    pub(super) fn add(&self, member: T) -> (MemberId, bool) {
        let shard = self.next.fetch_add(1, Relaxed) % SHARDS;
        let slot = lock(&self.shards[shard]).insert(member);
        // Checked after the insertion: a concurrent `close` either finds the member, or is seen here.
        (MemberId { shard, slot }, self.is_closed())
    }

    pub(super) fn remove(&self, MemberId { shard, slot }: MemberId) -> Option<T> {
        lock(&self.shards[shard]).remove(slot)
    }

    /// Admits no more members, and returns those that are to go.
    pub(super) fn close(&self) -> Vec<T> {
        self.state.fetch_or(CLOSED, AcqRel);
        let members = |shard: &Mutex<SlotList<T>>| lock(shard).iter().cloned().collect::<Vec<_>>();
        self.shards.iter().flat_map(members).collect()
    }

    /// Calls `look` for each member, under a lock.
    pub(super) fn for_each(&self, mut look: impl FnMut(&T)) {
        for shard in &self.shards {
            lock(shard).iter().for_each(&mut look);
        }
    }
}
