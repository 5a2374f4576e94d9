//! What must hold for any input whatever. Run by `cargo fuzz` (see `fuzz/`), and by the tests over the committed corpora and
//! a stretch of noise. Not part of the library: there is none of it in a build that is neither.

mod codec;
#[cfg(test)]
pub(crate) mod noise;
mod session;
#[cfg(test)]
mod tests;

pub use codec::{codec, messages};
pub use session::session;

use crate::codec::Kind;
use crate::transport::fuzz as frames_of;

/// A stream of frames means the same however it is cut, and never more than it may. What is framed is read as it was.
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
