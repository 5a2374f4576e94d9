use super::wire::Received;
use crate::sync::lock;
use std::fmt::{self, Write};
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

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
        limit: Duration,
        is_it: impl Fn(&Received) -> bool,
    ) -> Result<Received, Instead> {
        let take = |state: &mut State| {
            let at = state.messages.iter().position(&is_it)?;
            Some(state.messages.remove(at))
        };
        let taken = self.wait(limit, take).await;
        taken.ok_or_else(|| self.instead(limit))
    }

    /// Waits until the connection is closed, and returns the server's close code.
    pub(super) async fn closed(&self, limit: Duration) -> Result<Option<u16>, Instead> {
        let closed = self.wait(limit, |state| state.closed).await;
        closed.ok_or_else(|| self.instead(limit))
    }

    async fn wait<T>(
        &self,
        limit: Duration,
        mut take: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
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
        timeout(limit, found).await.ok().flatten()
    }

    fn instead(&self, limit: Duration) -> Instead {
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
        Instead { limit, text }
    }
}

/// Received messages, none of which the test waited for.
pub(super) struct Instead {
    limit: Duration,
    text: String,
}

impl fmt::Display for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "within {:?}, arrived:{}", self.limit, self.text)
    }
}
