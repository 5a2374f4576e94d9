//! Properties that hold for any input. Run by `cargo fuzz` (see `fuzz/`), and by tests over the committed corpora and
//! noise. Not compiled into the library otherwise.

mod cluster;
mod codec;
#[cfg(test)]
pub(crate) mod noise;
mod requests;
mod session;
#[cfg(test)]
mod tests;

pub use cluster::cluster;
pub use codec::{codec, messages};
pub use requests::requests;
pub use session::session;

use crate::codec::Kind;
use crate::transport::fuzz as frames_of;

/// Asserts that bytes of a NATS server are refused or read, and the same wherever they are cut; and so its values.
#[cfg(feature = "nats")]
pub fn nats(data: &[u8]) {
    crate::nats::fuzz::nats(data);
}

/// Asserts that a stream of frames is read the same in any pieces, within the limits, and that written frames are read
/// unchanged.
pub fn frames(data: &[u8]) {
    const MAX: usize = 1000;
    let whole = frames_of::read(data, data.len(), MAX);
    for cut in [1, 2, 3, 7] {
        assert_eq!(frames_of::read(data, cut, MAX), whole, "in pieces of {cut}");
    }
    let (mask, body) = data.split_first_chunk().unwrap_or((&[0; 4], data));
    for kind in [Kind::Text, Kind::Binary] {
        if kind == Kind::Binary || std::str::from_utf8(body).is_ok() {
            frames_of::check_written(kind, body);
            frames_of::check_spoken(kind, *mask, body);
        }
    }
}
