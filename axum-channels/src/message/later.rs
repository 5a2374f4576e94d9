use super::Reply;
use super::reply::{Answer, Status};
use crate::message::Payload;
use crate::sync::{Mutex, lock};
use std::fmt;
use std::sync::Arc;

#[cfg(all(test, axum_channels_loom))]
mod models;

/// Handle that sends the reply to a message later, from another task: see [`Reply::later`].
///
/// If it is dropped, the message has no reply.
///
/// ```
/// use axum_channels::{Later, Reply};
/// use serde_json::json;
///
/// async fn write_report(later: Later) {
///     // …
///     later.reply(Reply::ok(json!({"pages": 7})));
/// }
/// ```
#[derive(Debug)]
#[must_use = "dropped, it leaves the message without an answer"]
pub struct Later(Promise);

impl Later {
    /// Sends the reply. Nothing is sent if the client is gone, or if `reply` is itself none or later.
    ///
    /// ```
    /// # use axum_channels::{Later, Reply};
    /// fn answer(later: Later) {
    ///     later.reply(Reply::ok(serde_json::json!({"done": true})));
    /// }
    /// ```
    pub fn reply(self, reply: Reply) {
        if let Answer::Now(status, payload) = reply.0 {
            self.0.keep(status, payload);
        }
    }
}

/// Shared state of a [`Later`] and the reply returned for it: either may come first.
#[derive(Clone)]
pub(crate) struct Promise(Arc<Mutex<State>>);

type Send = Box<dyn FnOnce(Status, Payload) + std::marker::Send>;

enum State {
    Open,
    /// The answer is known.
    Kept(Status, Payload),
    /// The recipient is known.
    Bound(Send),
    Done,
}

impl Promise {
    pub(super) fn new() -> (Promise, Later) {
        let promise = Promise(Arc::new(Mutex::new(State::Open)));
        (promise.clone(), Later(promise))
    }

    /// Sets the function that sends the answer. It is called at once if the answer is known already.
    pub(crate) fn bind(&self, send: impl FnOnce(Status, Payload) + std::marker::Send + 'static) {
        let mut state = lock(&*self.0);
        match std::mem::replace(&mut *state, State::Done) {
            State::Open => *state = State::Bound(Box::new(send)),
            State::Kept(status, payload) => {
                drop(state);
                send(status, payload);
            }
            State::Bound(_) | State::Done => {}
        }
    }

    fn keep(&self, status: Status, payload: Payload) {
        let mut state = lock(&*self.0);
        match std::mem::replace(&mut *state, State::Done) {
            State::Open => *state = State::Kept(status, payload),
            State::Bound(send) => {
                drop(state);
                send(status, payload);
            }
            State::Kept(..) | State::Done => {}
        }
    }
}

/// Two promises are equal if they are the same one.
impl PartialEq for Promise {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("later")
    }
}
