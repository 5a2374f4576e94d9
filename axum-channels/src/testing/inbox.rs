use super::wire::Received;
use crate::sync::lock;
use std::fmt::{self, Write};
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Maximum time that an assertion waits.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Received messages that no assertion has taken yet.
#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    messages: Vec<Received>,
    closed: Option<Option<u16>>,
}

impl Inbox {
    pub(super) fn put(&self, message: Received) {
        lock(&self.state).messages.push(message);
        self.changed.notify_waiters();
    }

    /// Records the close of the connection. Only the first one counts.
    pub(super) fn close(&self, code: Option<u16>) {
        lock(&self.state).closed.get_or_insert(code);
        self.changed.notify_waiters();
    }

    /// Waits for the first message for which `is_it` returns `true`, and takes it.
    ///
    /// # Errors
    /// If there is none; the error lists the received messages.
    pub(super) async fn take(
        &self,
        is_it: impl Fn(&Received) -> bool,
    ) -> Result<Received, Instead> {
        let take = |state: &mut State| {
            let at = state.messages.iter().position(&is_it)?;
            Some(state.messages.remove(at))
        };
        self.wait(take).await.ok_or_else(|| self.instead())
    }

    /// Waits until the connection is closed, and returns the server's close code.
    pub(super) async fn closed(&self) -> Result<Option<u16>, Instead> {
        self.wait(|state| state.closed)
            .await
            .ok_or_else(|| self.instead())
    }

    /// Returns whether a message for which `is_it` returns `true` arrives within a tenth of a second.
    pub(super) async fn arrives_soon(&self, is_it: impl Fn(&Received) -> bool) -> bool {
        timeout(TIMEOUT / 10, self.take(is_it))
            .await
            .is_ok_and(|taken| taken.is_ok())
    }

    async fn wait<T>(&self, mut take: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let found = async {
            loop {
                let changed = self.changed.notified();
                {
                    let mut state = lock(&self.state);
                    if let found @ Some(_) = take(&mut state) {
                        return found;
                    }
                    if state.closed.is_some() {
                        return None; // no more messages will arrive
                    }
                }
                changed.await;
            }
        };
        timeout(TIMEOUT, found).await.ok().flatten()
    }

    fn instead(&self) -> Instead {
        let state = lock(&self.state);
        let mut text = String::new();
        for Received {
            join_ref,
            reference,
            topic,
            event,
            payload,
            status,
        } in &state.messages
        {
            let status = status
                .as_ref()
                .map_or(String::new(), |status| format!("{status} "));
            let _ = write!(
                text,
                "\n  [{join_ref:?}, {reference:?}, {topic:?}, {event:?}, {status}{payload:?}]"
            );
        }
        match state.closed {
            Some(Some(code)) => {
                text.push_str(&format!("\n  the connection was closed with {code}"))
            }
            Some(None) => text.push_str("\n  the connection was closed"),
            None if text.is_empty() => text.push_str(" nothing"),
            None => {}
        }
        Instead(text)
    }
}

/// Received messages, none of which the test waited for.
pub(super) struct Instead(String);

impl fmt::Display for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arrived:{}", self.0)
    }
}
