use crate::message::{Epoch, Position};
use bytes::Bytes;
use std::time::Duration;

/// Place of a broadcast in its topic's history, as the engine keeps it.
///
/// ```
/// use axum_channels::cluster::Place;
///
/// let place = Place { epoch: 7, number: 18, previous: 17 };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Identity of the history, of which the lower 48 bits count. One that has lost its contents gets another. 0 stands for that
    /// of the last [load](super::Adapter::history).
    pub epoch: u64,
    /// Number of the broadcast. Those of later broadcasts of the topic are higher.
    pub number: u64,
    /// Number of the topic's broadcast before it, or any lower number if that is not kept.
    pub previous: u64,
}

impl Place {
    pub(crate) fn position(self) -> Position {
        Position {
            epoch: Epoch::of(self.epoch),
            number: self.number,
        }
    }
}

/// History of a topic, as the engine has it: see [`Adapter::history`](super::Adapter::history).
///
/// ```
/// use axum_channels::cluster::Stored;
///
/// let never_published = Stored { epoch: 7, start: 0, last: 0, broadcasts: Vec::new() };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Identity of the history: see [`Place::epoch`].
    pub epoch: u64,
    /// Number after which `broadcasts` has everything: a client whose last broadcast is this one can recover.
    pub start: u64,
    /// Number of the last broadcast, kept or not.
    pub last: u64,
    /// The broadcasts that are kept, in the order of their numbers.
    pub broadcasts: Vec<StoredBroadcast>,
}

/// A broadcast in a [`Stored`] history.
///
/// ```
/// use axum_channels::cluster::{Message, StoredBroadcast};
///
/// fn store(message: &Message<'_>, engine: &mut Vec<StoredBroadcast>) {
///     let number = engine.len() as u64 + 1;
///     engine.push(StoredBroadcast { number, age: Default::default(), message: message.encode() });
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBroadcast {
    /// Number of the broadcast: see [`Place::number`].
    pub number: u64,
    /// Time since it was stored.
    pub age: Duration,
    /// The [encoded](super::Message::encode) message.
    pub message: Bytes,
}
