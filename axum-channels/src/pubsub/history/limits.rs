use std::time::Duration;

/// Limits of the histories of a route's topics: the broadcasts that are kept for clients that come back.
///
/// [`Channels::history`](crate::Channels::history) takes it. A broadcast is dropped as soon as one limit is exceeded. By
/// default, broadcasts are kept for 5 minutes, and up to 256 KiB for each topic.
///
/// ```
/// use axum_channels::History;
///
/// let history = History::last(100).for_minutes(5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct History {
    pub(super) max_messages: usize,
    pub(super) max_age: Duration,
    pub(super) max_bytes: usize,
}

impl History {
    /// Keeps up to `messages` broadcasts of each topic.
    ///
    /// ```
    /// # use axum_channels::History;
    /// let history = History::last(20);
    /// ```
    pub const fn last(messages: usize) -> Self {
        History {
            max_messages: messages,
            max_age: Duration::from_secs(5 * 60),
            max_bytes: 256 * 1024,
        }
    }

    /// Keeps broadcasts for this number of minutes, 5 by default: see [`max_age`](Self::max_age).
    ///
    /// ```
    /// # use axum_channels::History;
    /// let history = History::last(1000).for_minutes(15);
    /// ```
    pub const fn for_minutes(self, minutes: u64) -> Self {
        self.max_age(Duration::from_secs(60 * minutes))
    }

    /// Keeps broadcasts for at most this time.
    ///
    /// A topic's whole history is dropped soon after that time without a client that has asked for positions.
    ///
    /// ```
    /// # use axum_channels::History;
    /// use std::time::Duration;
    ///
    /// let history = History::last(100).max_age(Duration::from_secs(30));
    /// ```
    pub const fn max_age(self, age: Duration) -> Self {
        History {
            max_age: age,
            ..self
        }
    }

    /// Keeps up to this number of bytes of each topic: payloads, names of events, and some 150 bytes for each broadcast.
    ///
    /// A client that comes back may be sent all of them at once: keep the limit below that of the client's [queue of
    /// outgoing bytes](crate::SocketOptions::max_queued_bytes).
    ///
    /// ```
    /// # use axum_channels::History;
    /// let history = History::last(100).max_bytes(64 * 1024);
    /// ```
    pub const fn max_bytes(self, bytes: usize) -> Self {
        History {
            max_bytes: bytes,
            ..self
        }
    }

    /// Returns the maximum number of broadcasts of a topic, for an [adapter](crate::cluster::Adapter::has_histories).
    ///
    /// ```
    /// # use axum_channels::History;
    /// assert_eq!(History::last(20).messages(), 20);
    /// ```
    #[must_use]
    pub const fn messages(&self) -> usize {
        self.max_messages
    }

    /// Returns the maximum age of a broadcast, for an [adapter](crate::cluster::Adapter::has_histories).
    ///
    /// ```
    /// # use axum_channels::History;
    /// assert_eq!(History::last(20).age().as_secs(), 300);
    /// ```
    #[must_use]
    pub const fn age(&self) -> Duration {
        self.max_age
    }

    /// Returns the maximum number of bytes of a topic, for an [adapter](crate::cluster::Adapter::has_histories).
    ///
    /// ```
    /// # use axum_channels::History;
    /// assert_eq!(History::last(20).bytes(), 256 * 1024);
    /// ```
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.max_bytes
    }
}
