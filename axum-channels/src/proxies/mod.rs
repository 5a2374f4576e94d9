//! The address of a client behind proxies. Pure.

mod network;
#[cfg(test)]
mod tests;

pub use network::InvalidNetwork;

use axum::http::HeaderMap;
use network::Network;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

/// Proxies in front of the app whose header with a client's address is trusted.
///
/// It is set with [`EndpointBuilder::trusted_proxies`](crate::EndpointBuilder::trusted_proxies), and used by
/// [`ConnectInfo::client_addr`](crate::ConnectInfo::client_addr). Without trusted proxies the header is ignored.
///
/// A proxy appends the address of its peer to `X-Forwarded-For`. Everything left of that comes from the client, which may
/// forge it: the header is read from its right end, and only as far as proxies are trusted.
///
/// ```
/// use axum_channels::{Endpoint, TrustedProxies};
///
/// # fn main() -> Result<(), axum_channels::InvalidNetwork> {
/// let proxies = TrustedProxies::networks(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])?;
/// let endpoint = Endpoint::builder().trusted_proxies(proxies).build();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxies {
    trusted: Trusted,
    header: Header,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Trusted {
    Networks(Arc<[Network]>),
    Hops(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Header {
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

impl TrustedProxies {
    /// Trusts proxies by their addresses: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`. A client that bypasses them cannot forge
    /// its address.
    ///
    /// # Errors
    /// If one of the values is neither an address nor a network.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::TrustedProxies;
    /// assert!(TrustedProxies::networks(["10.0.0.0/8"]).is_ok());
    /// assert!(TrustedProxies::networks(["proxy.example"]).is_err());
    /// ```
    pub fn networks<N: AsRef<str>>(
        networks: impl IntoIterator<Item = N>,
    ) -> Result<Self, InvalidNetwork> {
        let networks = networks.into_iter().map(|network| network.as_ref().parse());
        Ok(Self::new(Trusted::Networks(
            networks.collect::<Result<_, _>>()?,
        )))
    }

    /// Trusts a number of proxies whatever their addresses: 1 for a single proxy in front of the app.
    ///
    /// It is safe only for an app that cannot be reached except through them: other clients could forge any address.
    ///
    /// ```
    /// # use axum_channels::{Endpoint, TrustedProxies};
    /// let builder = Endpoint::builder().trusted_proxies(TrustedProxies::hops(1));
    /// ```
    #[must_use]
    pub fn hops(proxies: usize) -> Self {
        Self::new(Trusted::Hops(proxies))
    }

    /// Reads the header `Forwarded` (RFC 7239) in place of `X-Forwarded-For`, for proxies that write it.
    ///
    /// Only one of the two is read: a proxy may pass on the other one unchanged from the client.
    ///
    /// ```
    /// # use axum_channels::{Endpoint, TrustedProxies};
    /// let builder = Endpoint::builder().trusted_proxies(TrustedProxies::hops(1).with_forwarded_header());
    /// ```
    #[must_use]
    pub fn with_forwarded_header(mut self) -> Self {
        self.header = Header::Forwarded;
        self
    }

    /// Returns the address of the client whose request came from `peer` with these headers.
    ///
    /// It is for axum handlers and tower layers; `connect` has [`client_addr`](crate::ConnectInfo::client_addr).
    ///
    /// `None` if a trusted proxy sent no valid address, such as `unknown`.
    ///
    /// ```
    /// use axum::http::{HeaderMap, HeaderValue};
    /// use axum_channels::TrustedProxies;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let proxies = TrustedProxies::networks(["127.0.0.1"])?;
    /// let mut headers = HeaderMap::new();
    /// headers.insert("x-forwarded-for", HeaderValue::from_static("6.6.6.6, 192.0.2.1")); // the client forged the first one
    /// assert_eq!(proxies.client_addr("127.0.0.1".parse()?, &headers), Some("192.0.2.1".parse()?));
    /// assert_eq!(proxies.client_addr("198.51.100.1".parse()?, &headers), Some("198.51.100.1".parse()?));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn client_addr(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        let mut client = peer.to_canonical();
        for (hops, named) in self.header.named(headers).enumerate() {
            if !self.trusted.covers(client, hops) {
                break;
            }
            client = named?;
        }
        Some(client)
    }

    fn new(trusted: Trusted) -> Self {
        TrustedProxies {
            trusted,
            header: Header::XForwardedFor,
        }
    }
}

/// Reads a comma-separated list of networks, or a number of proxies.
///
/// ```
/// use axum_channels::TrustedProxies;
///
/// # fn main() -> Result<(), axum_channels::InvalidNetwork> {
/// assert_eq!("127.0.0.1, 10.0.0.0/8".parse::<TrustedProxies>()?, TrustedProxies::networks(["127.0.0.1", "10.0.0.0/8"])?);
/// assert_eq!("1".parse::<TrustedProxies>()?, TrustedProxies::hops(1));
/// # Ok(())
/// # }
/// ```
impl FromStr for TrustedProxies {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        match text.trim().parse::<u8>() {
            Ok(proxies) => Ok(Self::hops(proxies.into())),
            Err(_) => Self::networks(text.split(',').map(str::trim)),
        }
    }
}

impl Trusted {
    /// Returns whether this address, so many hops away from the app's peer, is a trusted proxy.
    fn covers(&self, address: IpAddr, hops: usize) -> bool {
        match self {
            Trusted::Networks(networks) => networks.iter().any(|network| network.contains(address)),
            Trusted::Hops(proxies) => hops < *proxies,
        }
    }
}

impl Header {
    /// Iterates over the addresses of the header, the last first; `None` for an invalid one.
    ///
    /// Quotes are not respected when splitting at commas: no address has one, and an unclosed quote of the client's must
    /// not hide an address that a proxy appended.
    fn named(self, headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
        let name = match self {
            Header::XForwardedFor => "x-forwarded-for",
            Header::Forwarded => "forwarded",
        };
        let lines = headers.get_all(name).iter().rev();
        let elements = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        elements.map(move |element| {
            let element = std::str::from_utf8(element).ok()?;
            match self {
                Header::XForwardedFor => address(element),
                Header::Forwarded => address(forwarded_for(element)?),
            }
        })
    }
}

/// Returns the value of `for` in `for="[2001:db8::1]:4711";proto=https`, without its quotes.
fn forwarded_for(element: &str) -> Option<&str> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    let value = value.trim();
    let unquoted = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    Some(unquoted.unwrap_or(value))
}

/// Reads `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address: Option<IpAddr> = bare.unwrap_or(text).parse().ok();
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    Some(address.or_else(with_port)?.to_canonical())
}
