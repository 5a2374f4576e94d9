use crate::log::one_line;
use crate::url::without_user;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Network: addresses that begin with the same bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Returns whether an address, in its canonical form, is one of the network's.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        // Bits that differ, as the last ones of 128.
        let (differing, bits) = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(own.to_bits() ^ other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits() ^ other.to_bits(), 128),
            _ => return false,
        };
        differing.checked_shr(bits - self.prefix).unwrap_or(0) == 0
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        parse(text).ok_or_else(|| InvalidNetwork(without_user(text)))
    }
}

fn parse(text: &str) -> Option<Network> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    let prefix = match prefix {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        Some(_) => return None,
        None => bits,
    };
    (prefix <= bits).then_some(Network { address, prefix })
}

/// Error of a text that is neither an address nor a network. Its `Display` names the text and examples.
///
/// ```
/// let error = axum_channels::TrustedProxies::networks(["proxy.example"]).expect_err("a name");
/// assert_eq!(
///     error.to_string(),
///     "`proxy.example` is not a network: expected an address or a prefix, such as `127.0.0.1`, `10.0.0.0/8` or `fd00::/8`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidNetwork(pub(super) String);

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a network: expected an address or a prefix, such as `127.0.0.1`, `10.0.0.0/8` or `fd00::/8`",
            one_line(&self.0)
        )
    }
}

impl std::error::Error for InvalidNetwork {}
