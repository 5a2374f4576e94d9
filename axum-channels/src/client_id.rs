use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Identity of a client, or of a task of the app, within its process. It is not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientId(u64);

impl ClientId {
    /// Returns an id that no other client or task has.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        ClientId(NEXT.fetch_add(1, Relaxed))
    }

    /// Returns the id with a number, as another node sent it.
    pub(crate) fn of(number: u64) -> Self {
        ClientId(number)
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}
