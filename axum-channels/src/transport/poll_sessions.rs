//! The long-poll sessions of one socket, by token.

use crate::sync::lock;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};

/// Open sessions. A token alone identifies a client, so it must not be guessable.
#[derive(Default)]
pub(crate) struct PollSessions(Mutex<HashMap<Arc<str>, mpsc::Sender<Request>>>);

/// A client's request to its session.
pub(super) enum Request {
    /// Wait for messages.
    Poll(oneshot::Sender<PollResult>),
    /// Receive a message. The answer is whether it was well-formed.
    Send(Inbound, oneshot::Sender<bool>),
}

/// Result of a poll.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PollResult {
    /// JSON strings, each followed by a comma.
    Messages(Vec<u8>),
    /// No message arrived within the poll's time.
    Empty,
}

/// A message from a client.
pub(super) enum Inbound {
    /// A slice of the body, which its messages share.
    Text(Bytes),
    Binary(Vec<u8>),
}

/// Maximum number of queued requests for a session.
const REQUESTS: usize = 4;

impl PollSessions {
    /// Opens a session, which lasts until the [`OpenSession`] is dropped.
    pub(super) fn open(
        self: &Arc<Self>,
    ) -> Result<(OpenSession, mpsc::Receiver<Request>), getrandom::Error> {
        let (sender, requests) = mpsc::channel(REQUESTS);
        let token = token()?;
        lock(&self.0).insert(token.clone(), sender);
        let sessions = self.clone();
        Ok((OpenSession { sessions, token }, requests))
    }

    pub(super) fn find(&self, token: &str) -> Option<mpsc::Sender<Request>> {
        lock(&self.0).get(token).cloned()
    }
}

/// An open session, removed when dropped.
pub(super) struct OpenSession {
    sessions: Arc<PollSessions>,
    pub(super) token: Arc<str>,
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        let mut open = lock(&self.sessions.0);
        open.remove(&*self.token);
        if open.len() < open.capacity() / 4 {
            let room = 2 * open.len();
            open.shrink_to(room);
        }
    }
}

/// A random token of 128 bits from the operating system.
fn token() -> Result<Arc<str>, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)).into())
}
