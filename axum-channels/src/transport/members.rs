use crate::pubsub::{Roster, Seat};
use crate::sync::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use crate::sync::{Mutex, lock};

#[cfg(all(test, axum_channels_loom))]
mod models;

const SHARDS: usize = if cfg!(axum_channels_loom) { 2 } else { 16 };

/// The bit of the state that says that no more are admitted; the others count.
const CLOSED: usize = !(usize::MAX >> 1);

/// Members that come and go, until it is closed: from then on none is admitted, and those inside are asked to go.
///
/// A member is admitted first, which counts it, and added when it is ready to be asked. One that is added meanwhile is either
/// in what [`close`](Self::close) returns or told by [`add`](Self::add); and nobody comes once it is closed and empty.
pub(super) struct Members<T> {
    shards: [Mutex<Roster<T>>; SHARDS],
    next: AtomicUsize,
    /// How many are admitted, and [`CLOSED`]: one atomic, so that nobody slips in between.
    state: AtomicUsize,
}

/// Where a member is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    shard: usize,
    seat: Seat,
}

impl<T: Clone> Members<T> {
    pub(super) fn new() -> Self {
        Members {
            shards: std::array::from_fn(|_| Mutex::new(Roster::new())),
            next: AtomicUsize::new(0),
            state: AtomicUsize::new(0),
        }
    }

    /// The number of members that are admitted.
    pub(super) fn len(&self) -> usize {
        self.state.load(Acquire) & !CLOSED
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.load(Acquire) & CLOSED != 0
    }

    /// Admits a member, until it [leaves](Self::leave), and returns how many there are with it.
    pub(super) fn admit(&self) -> Option<usize> {
        let admit = |state| (state & CLOSED == 0).then_some(state + 1);
        let before = self.state.fetch_update(AcqRel, Acquire, admit).ok()?;
        Some(before + 1)
    }

    /// A member that was admitted is gone. Returns how many are left.
    pub(super) fn leave(&self) -> usize {
        (self.state.fetch_sub(1, AcqRel) & !CLOSED) - 1
    }

    /// Adds a member that was admitted; and whether it is to go again.
    pub(super) fn add(&self, member: T) -> (Place, bool) {
        let shard = self.next.fetch_add(1, Relaxed) % SHARDS;
        let seat = lock(&self.shards[shard]).insert(member);
        // Asked after it is added: who closes meanwhile either finds it there or has let this see it.
        (Place { shard, seat }, self.is_closed())
    }

    pub(super) fn remove(&self, Place { shard, seat }: Place) -> Option<T> {
        lock(&self.shards[shard]).remove(seat)
    }

    /// Admits no more, and returns the members that are to go.
    pub(super) fn close(&self) -> Vec<T> {
        self.state.fetch_or(CLOSED, AcqRel);
        let members = |shard: &Mutex<Roster<T>>| lock(shard).iter().cloned().collect::<Vec<_>>();
        self.shards.iter().flat_map(members).collect()
    }

    /// Looks at each member, under a lock.
    pub(super) fn for_each(&self, mut look: impl FnMut(&T)) {
        for shard in &self.shards {
            lock(shard).iter().for_each(&mut look);
        }
    }
}
