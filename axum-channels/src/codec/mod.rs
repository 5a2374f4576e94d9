//! How messages are written down: pure, one module a format.

pub(crate) mod v2_json;

use std::fmt;

/// The format that client and server agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serializer {
    /// `vsn=2.0.x`: `[join_ref, ref, topic, event, payload]`.
    V2Json,
}

impl Serializer {
    /// The format for a client's `vsn`, Phoenix's `~> 2.0.0`; `None` if there is none.
    pub(crate) fn negotiate(vsn: &str) -> Option<Serializer> {
        let patch = vsn.strip_prefix("2.0.")?;
        let is_number = patch == "0"
            || !patch.starts_with('0')
                && patch.parse::<u32>().is_ok_and(|_| !patch.starts_with('+'));
        is_number.then_some(Serializer::V2Json)
    }
}

impl fmt::Display for Serializer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Serializer::V2Json => "V2 JSON",
        })
    }
}

/// The text was no message of the format.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patch_releases_of_2_0_are_spoken_and_nothing_else() {
        for vsn in ["2.0.0", "2.0.1", "2.0.12"] {
            assert_eq!(
                Serializer::negotiate(vsn),
                Some(Serializer::V2Json),
                "{vsn}"
            );
        }
        for vsn in [
            "1.0.0", "2.1.0", "3.0.0", "2", "2.0", "2.0.", "2.0.x", "2.0.+1", "2.0.01", "",
        ] {
            assert_eq!(Serializer::negotiate(vsn), None, "{vsn}");
        }
    }
}
