use crate::session::Key;

/// Presences that the channels of one connection have requested to track.
///
/// The connection's task changes the [`Tracker`](crate::presence::Tracker) later. This is ahead of it, so that an
/// impossible change is an error at once.
#[derive(Default)]
pub(super) struct Tracked(Vec<(Key, Box<str>)>);

impl Tracked {
    pub(super) fn has(&self, channel: Key, name: &str) -> bool {
        let is_it = |(of, known): &(Key, Box<str>)| *of == channel && **known == *name;
        self.0.iter().any(is_it)
    }

    pub(super) fn add(&mut self, channel: Key, name: &str) {
        self.0.reserve_exact(1); // most channels track one
        self.0.push((channel, name.into()));
    }

    pub(super) fn remove(&mut self, channel: Key, name: &str) {
        self.0
            .retain(|(of, known)| *of != channel || **known != *name);
    }

    /// Removes a channel that has ended.
    pub(super) fn forget(&mut self, channel: Key) {
        self.0.retain(|(of, _)| *of != channel);
        self.0.shrink_to_fit();
    }
}
