//! Rate limits for one client. Pure: the caller passes the time.

use std::time::{Duration, Instant};

/// Rate limit for the messages of one client: messages per second and, if set, bytes per second. See
/// [`SocketOptions::rate_limit`](crate::SocketOptions::rate_limit).
///
/// It is a token bucket whose capacity is five seconds at the full rate, or the time set by [`burst`](Self::burst): after
/// a pause, a client may send that much at once. Every message counts, heartbeats and joins included. A message beyond
/// the limit is not handled: the reply is the error `{"reason":"rate limited"}`. Only a leave is handled nevertheless, since a
/// client does not send it twice. With [`close`](Self::close), each of them ends the connection.
///
/// WebSocket frames that are no messages count as one each: pings, pongs, and the fragments of a message before its last
/// one. A ping beyond the limit is not answered.
///
/// ```
/// use axum_channels::{RateLimit, websocket};
///
/// let options = websocket().rate_limit(RateLimit::messages(20).bytes(64 * 1024));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RateLimit {
    messages: u32,
    bytes: Option<u32>,
    burst: Duration,
    excess: Excess,
}

/// Action for a message beyond the limit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Excess {
    /// Answer it with an error.
    Refuse,
    /// Close the connection.
    Close,
}

impl RateLimit {
    /// Creates a limit of a number of messages per second.
    ///
    /// ```
    /// # use axum_channels::RateLimit;
    /// let limit = RateLimit::messages(20);
    /// ```
    pub fn messages(per_second: u32) -> Self {
        RateLimit {
            messages: per_second,
            bytes: None,
            burst: Duration::from_secs(5),
            excess: Excess::Refuse,
        }
    }

    /// Limits the bytes per second as well: those of topics, events, refs and payloads.
    ///
    /// A message that is larger than a whole burst passes if nothing was sent for that long.
    ///
    /// ```
    /// # use axum_channels::RateLimit;
    /// let limit = RateLimit::messages(20).bytes(64 * 1024);
    /// ```
    pub fn bytes(mut self, per_second: u32) -> Self {
        self.bytes = Some(per_second);
        self
    }

    /// Sets the capacity as a time at the full rate: 5 seconds by default.
    ///
    /// ```
    /// # use axum_channels::RateLimit;
    /// use std::time::Duration;
    ///
    /// let strict = RateLimit::messages(100).burst(Duration::from_millis(500)); // 50 at once
    /// ```
    pub fn burst(mut self, time: Duration) -> Self {
        self.burst = time;
        self
    }

    /// Closes the connection of a client that exceeds the limit, with code 1008, instead of sending an error reply.
    ///
    /// phoenix.js reconnects after a while.
    ///
    /// ```
    /// # use axum_channels::RateLimit;
    /// let limit = RateLimit::messages(1000).close();
    /// ```
    pub fn close(mut self) -> Self {
        self.excess = Excess::Close;
        self
    }
}

/// State of one client's limit.
#[derive(Debug)]
pub(crate) struct Bucket {
    limit: RateLimit,
    /// Unused time of the client, for messages and for bytes.
    messages: Duration,
    bytes: Duration,
    filled: Instant,
}

impl Bucket {
    pub(crate) fn full(limit: RateLimit, now: Instant) -> Self {
        Bucket {
            messages: limit.burst,
            bytes: limit.burst,
            filled: now,
            limit,
        }
    }

    pub(crate) fn excess(&self) -> Excess {
        self.limit.excess
    }

    /// Takes a message out of the bucket, if there is room for it.
    pub(crate) fn take(&mut self, bytes: usize, now: Instant) -> bool {
        self.fill(now);
        let burst = self.limit.burst;
        let message = cost(1, Some(self.limit.messages)).min(burst);
        let bytes = cost(bytes, self.limit.bytes).min(burst);
        let (Some(messages), Some(bytes)) = (
            self.messages.checked_sub(message),
            self.bytes.checked_sub(bytes),
        ) else {
            return false;
        };
        (self.messages, self.bytes) = (messages, bytes);
        true
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled);
        let burst = self.limit.burst;
        self.messages = self.messages.saturating_add(passed).min(burst);
        self.bytes = self.bytes.saturating_add(passed).min(burst);
        self.filled = self.filled.max(now);
    }
}

/// Returns the time that such an amount takes at the rate. Infinite for a rate of zero.
fn cost(amount: usize, per_second: Option<u32>) -> Duration {
    match per_second {
        None => Duration::ZERO,
        Some(0) => Duration::MAX,
        Some(rate) => {
            let nanos = amount as u128 * 1_000_000_000 / u128::from(rate);
            Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bucket, and the time at which it was full.
    fn bucket(limit: RateLimit) -> (Bucket, Instant) {
        let now = Instant::now();
        (Bucket::full(limit, now), now)
    }

    fn taken(bucket: &mut Bucket, bytes: usize, now: Instant) -> usize {
        (0..1000).take_while(|_| bucket.take(bytes, now)).count()
    }

    #[test]
    fn a_burst_passes_at_once_and_then_what_comes_in_by_the_second() {
        let limit = RateLimit::messages(10).burst(Duration::from_secs(2));
        let (mut bucket, start) = bucket(limit);
        assert_eq!(taken(&mut bucket, 1, start), 20);
        let after = |millis| start + Duration::from_millis(millis);
        assert_eq!(taken(&mut bucket, 1, after(99)), 0);
        assert_eq!(taken(&mut bucket, 1, after(1000)), 10);
        assert_eq!(taken(&mut bucket, 1, after(60_000)), 20);
    }

    #[test]
    fn bytes_are_limited_besides_and_a_refused_message_takes_nothing() {
        let limit = RateLimit::messages(1000)
            .bytes(100)
            .burst(Duration::from_secs(1));
        let (mut bucket, start) = bucket(limit);
        assert!(bucket.take(60, start));
        assert!(!bucket.take(60, start));
        assert!(bucket.take(40, start));
    }

    #[test]
    fn a_message_larger_than_a_burst_passes_after_a_pause() {
        let limit = RateLimit::messages(1000)
            .bytes(100)
            .burst(Duration::from_secs(1));
        let (mut bucket, start) = bucket(limit);
        assert!(bucket.take(1_000_000, start));
        assert!(!bucket.take(1, start));
        assert!(bucket.take(1_000_000, start + Duration::from_secs(1)));
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_fills_nothing() {
        let (mut bucket, start) = bucket(RateLimit::messages(1).burst(Duration::from_secs(1)));
        let later = start + Duration::from_secs(9);
        assert!(bucket.take(1, later));
        assert!(!bucket.take(1, start));
        assert!(!bucket.take(1, later));
    }
}
