use crate::message::Topic;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::sync::broadcast::{Receiver, Sender};
use tokio::task;

/// Ids that are disconnected, for clients whose `connect` is under way: they are not subscribed to their id yet.
pub(crate) struct Disconnected(Sender<Disconnect>);

#[derive(Clone)]
struct Disconnect {
    id: Topic,
    by: Option<task::Id>,
}

/// Number of ids that are kept. A client that has missed some counts as disconnected, and connects again.
const KEPT: usize = 256;

impl Default for Disconnected {
    fn default() -> Self {
        Disconnected(Sender::new(KEPT))
    }
}

impl Disconnected {
    pub(super) fn add(&self, id: &str) {
        let (id, by) = (id.into(), task::try_id());
        let _ = self.0.send(Disconnect { id, by }); // an error if no client is connecting
    }

    /// Starts to watch for a client that connects in this task.
    pub(crate) fn watch(&self) -> Meanwhile {
        Meanwhile(self.0.subscribe())
    }
}

/// Ids that are disconnected while a client connects.
pub(crate) struct Meanwhile(Receiver<Disconnect>);

impl Meanwhile {
    /// Returns whether an id is among them, unless `connect` has disconnected it itself: it does so to the user's other clients.
    pub(crate) fn includes(mut self, id: &Topic) -> bool {
        loop {
            match self.0.try_recv() {
                Ok(other) if other.id != *id => {}
                Ok(Disconnect { by: Some(by), .. }) if Some(by) == task::try_id() => {}
                Ok(_) | Err(TryRecvError::Lagged(_)) => return true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return false,
            }
        }
    }
}
