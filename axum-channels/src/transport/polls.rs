//! The long-poll sessions of one socket, by their tokens.

use crate::sync::lock;
use bytes::Bytes;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};

/// Sessions that are open. A token is all that it takes to be taken for the client, so it cannot be guessed.
#[derive(Default)]
pub(crate) struct Polls(Mutex<HashMap<Arc<str>, mpsc::Sender<Request>>>);

/// What a client asks of its session.
pub(super) enum Request {
    /// To hear what there is for it, waiting for something.
    Poll(oneshot::Sender<Polled>),
    /// To take what it says. Whether it was a message is answered once it was taken.
    Say(Said, oneshot::Sender<bool>),
}

/// What a poll comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Polled {
    /// JSON strings, a comma after each.
    Messages(Vec<u8>),
    /// Nothing came within the time that a request may take.
    Nothing,
}

/// A message from a client.
pub(super) enum Said {
    /// A part of a body, which the messages of the body share.
    Text(Bytes),
    Binary(Vec<u8>),
}

/// So many requests of one client wait for its session.
const REQUESTS: usize = 4;

impl Polls {
    /// Makes room for a session. It is given up by dropping the seat.
    pub(super) fn open(
        self: &Arc<Self>,
    ) -> Result<(Seat, mpsc::Receiver<Request>), getrandom::Error> {
        let (sender, requests) = mpsc::channel(REQUESTS);
        let token = token()?;
        lock(&self.0).insert(token.clone(), sender);
        let polls = self.clone();
        Ok((Seat { polls, token }, requests))
    }

    pub(super) fn find(&self, token: &str) -> Option<mpsc::Sender<Request>> {
        lock(&self.0).get(token).cloned()
    }
}

/// A session's place among the others.
pub(super) struct Seat {
    polls: Arc<Polls>,
    pub(super) token: Arc<str>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = lock(&self.polls.0);
        open.remove(&*self.token);
        if open.len() < open.capacity() / 4 {
            let room = 2 * open.len();
            open.shrink_to(room);
        }
    }
}

/// 128 bits of the system's randomness.
fn token() -> Result<Arc<str>, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}"); // writing into a string cannot fail
            text
        })
        .into())
}
