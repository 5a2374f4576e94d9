use super::Problem;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// Host in a normal form: a name in lower case without its trailing dot, or an address, IPv6 in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    text: Box<str>,
    is_loopback: bool,
}

impl Host {
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether the host is this machine: `localhost`, 127.0.0.0/8, `::1`.
    ///
    /// A name that others can register does not count, even if it resolves to such an address.
    pub(crate) fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    fn name(text: String) -> Self {
        Host {
            is_loopback: text == "localhost",
            text: text.into(),
        }
    }

    fn address(address: IpAddr) -> Self {
        let text = match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        Host {
            text: text.into(),
            is_loopback: address.is_loopback(),
        }
    }
}

impl FromStr for Host {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        if text.is_empty() {
            return Err(Problem::NoHost);
        }
        if let Some(address) = text.strip_prefix('[') {
            let address = address.strip_suffix(']').ok_or(Problem::Host)?;
            let address: Ipv6Addr = address.parse().map_err(|_| Problem::Host)?;
            return Ok(Host::address(address.into()));
        }
        match text.parse() {
            Ok(IpAddr::V4(address)) => Ok(Host::address(address.into())),
            Ok(IpAddr::V6(_)) => Err(Problem::Host),
            Err(_) => name(text).map(Host::name),
        }
    }
}

/// Reads labels in the form that browsers send: international ones in punycode.
fn name(text: &str) -> Result<String, Problem> {
    if !text.is_ascii() {
        return Err(Problem::NotAscii);
    }
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        !label.is_empty() && label.bytes().all(allowed)
    };
    // Browsers take `127.1` for an address and send it in another form.
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let ends_in_number = text.rsplit('.').next().is_some_and(is_number);
    match text.split('.').all(is_label) && !ends_in_number {
        true => Ok(text.to_ascii_lowercase()),
        false => Err(Problem::Host),
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
