use super::Ref;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::fmt;

/// Position of a broadcast in its topic's history: an epoch and a number, as in `q3Zk9_aB.17`.
///
/// Its text is opaque to clients. With the dot it is none of the refs that phoenix.js creates, which are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) epoch: Epoch,
    /// Number of the broadcast: the first one of an epoch has 1.
    pub(crate) number: u64,
}

/// Identity of a history. One that lost its contents has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch([u8; 6]);

impl Epoch {
    /// Returns an epoch that no other history has had. `None` if the system has no random numbers.
    pub(crate) fn random() -> Option<Self> {
        let mut bytes = [0; 6];
        getrandom::fill(&mut bytes).ok()?;
        Some(Epoch(bytes))
    }

    /// Returns the epoch of an engine: the lower 48 bits of a number.
    pub(crate) fn of(number: u64) -> Self {
        let [_, _, epoch @ ..] = number.to_be_bytes();
        Epoch(epoch)
    }
}

impl Position {
    /// Reads a position. `None` for a text that is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (epoch, number) = text.split_once('.')?;
        let mut bytes = [0; 6];
        let decoded = BASE64_URL_SAFE_NO_PAD.decode_slice(epoch, &mut bytes);
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|_| is_plain)?;
        (decoded == Ok(bytes.len())).then_some(Position {
            epoch: Epoch(bytes),
            number,
        })
    }

    /// Returns the position as the `ref` of a message.
    pub(crate) fn to_ref(self) -> Ref {
        Ref::from_text(&self.to_string())
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let epoch = BASE64_URL_SAFE_NO_PAD.encode(self.epoch.0);
        write!(f, "{epoch}.{}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let epoch = Epoch::random().expect("random numbers");
        for number in [0, 17, u64::MAX] {
            let position = Position { epoch, number };
            assert_eq!(Position::parse(&position.to_string()), Some(position));
        }
        let text = Position {
            epoch: Epoch([0xab, 0x76, 0x64, 0xf7, 0xf6, 0x81]),
            number: 17,
        };
        assert_eq!(text.to_ref(), Ref::from("q3Zk9_aB.17"));
    }

    #[test]
    fn any_other_text_is_no_position() {
        for text in [
            "",
            "17",
            ".17",
            "q3Zk9_aB",
            "q3Zk9_aB.",
            "q3Zk9_aB.-1",
            "q3Zk9_aB.+1",
            "q3Zk9_aB.1.5",
            "q3Zk9_aB.18446744073709551616",
            "q3Zk9_a.17",
            "q3Zk9_aBA.17",
            "q3Zk9/aB.17",
            "q3Zk9_aBq3Zk9_aB.17",
        ] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }
}
