use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;

/// Identity of a node: one endpoint of one run of a program. It is random, and not used again.
///
/// Its text is 32 hexadecimal digits, for names of keys and leases in an engine.
///
/// ```
/// use axum_channels::cluster::NodeId;
///
/// let id: NodeId = "00112233445566778899aabbccddeeff".parse()?;
/// assert_eq!(id.to_string(), "00112233445566778899aabbccddeeff");
/// # Ok::<_, axum_channels::cluster::InvalidNodeId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u128);

/// Number of digits of an id's text.
const DIGITS: usize = 32;

impl NodeId {
    /// Returns a new id. The operating system seeds the hashers.
    pub(crate) fn random() -> Self {
        let half = || u128::from(RandomState::new().hash_one("node"));
        NodeId(half() << 64 | half())
    }

    pub(crate) fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        NodeId(u128::from_be_bytes(bytes))
    }
}

impl FromStr for NodeId {
    type Err = InvalidNodeId;

    fn from_str(text: &str) -> Result<Self, InvalidNodeId> {
        let are_digits = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = are_digits.then(|| u128::from_str_radix(text, 16).ok());
        id.flatten().map(NodeId).ok_or(InvalidNodeId)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({self})")
    }
}

/// Error of a text that is not the id of a node.
///
/// ```
/// use axum_channels::cluster::NodeId;
///
/// let error = "node-1".parse::<NodeId>().unwrap_err();
/// assert_eq!(error.to_string(), "the id of a node has 32 hexadecimal digits");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidNodeId;

impl fmt::Display for InvalidNodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the id of a node has 32 hexadecimal digits")
    }
}

impl std::error::Error for InvalidNodeId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_their_text_is_read_back() {
        let (id, other) = (NodeId::random(), NodeId::random());
        assert_ne!(id, other);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(NodeId::from_bytes(id.to_bytes()), id);
    }

    #[test]
    fn only_32_digits_are_an_id() {
        let digits = "0123456789abcdefABCDEF9876543210";
        assert!(digits.parse::<NodeId>().is_ok());
        for text in [
            "",
            "12",
            &digits[1..],
            &format!("{digits}0"),
            &format!("+{}", &digits[1..]),
        ] {
            assert_eq!(text.parse::<NodeId>(), Err(InvalidNodeId), "{text}");
        }
    }
}
