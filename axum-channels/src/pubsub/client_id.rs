use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Identity of a connected client within its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientId(u64);

impl ClientId {
    /// Returns an id that no other client has.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        ClientId(NEXT.fetch_add(1, Relaxed))
    }
}
