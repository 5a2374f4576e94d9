//! The public URL of an app, and the parts that it shares with origins: scheme, host, port.

mod host;
mod problem;

pub(crate) use host::Host;
pub(crate) use problem::Problem;

use crate::log::one_line;
use std::fmt;
use std::str::FromStr;

/// URL at which browsers reach the app: scheme, host and port, without a path.
///
/// It is parsed from a string, and passed to [`EndpointBuilder::url`](crate::EndpointBuilder::url): the origin check
/// compares the hosts of pages with its host. Behind a proxy it is the proxy's URL. Its `Display` omits a default port,
/// for links and log lines.
///
/// ```
/// use axum_channels::PublicUrl;
///
/// # fn main() -> Result<(), axum_channels::InvalidUrl> {
/// let url: PublicUrl = "https://Chat.example.com:443/".parse()?;
/// assert_eq!((url.scheme(), url.host(), url.port()), ("https", "chat.example.com", 443));
/// assert_eq!(url.to_string(), "https://chat.example.com");
///
/// let error = "chat.example.com".parse::<PublicUrl>().expect_err("no scheme");
/// assert_eq!(
///     error.to_string(),
///     "`chat.example.com` is not a public URL: it has no scheme; expected one such as `https://chat.example.com:8443`"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: Scheme,
    host: Host,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

impl PublicUrl {
    /// Returns the scheme, `http` or `https`.
    ///
    /// ```
    /// # fn main() -> Result<(), axum_channels::InvalidUrl> {
    /// let url: axum_channels::PublicUrl = "https://example.com".parse()?;
    /// let secure_cookies = url.scheme() == "https";
    /// # assert!(secure_cookies);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        self.scheme.as_str()
    }

    /// Returns the host: a name in lower case without a trailing dot, or an address, IPv6 in brackets.
    ///
    /// ```
    /// # fn main() -> Result<(), axum_channels::InvalidUrl> {
    /// let url: axum_channels::PublicUrl = "http://[0:0::1]:4000".parse()?;
    /// assert_eq!(url.host(), "[::1]");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn host(&self) -> &str {
        self.host.as_str()
    }

    /// Returns the port, stated or the scheme's default.
    ///
    /// ```
    /// # fn main() -> Result<(), axum_channels::InvalidUrl> {
    /// let url: axum_channels::PublicUrl = "https://example.com".parse()?;
    /// assert_eq!(url.port(), 443);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the same URL with another port, such as the one assigned to a listener on port 0.
    ///
    /// ```
    /// # fn main() -> Result<(), axum_channels::InvalidUrl> {
    /// let url: axum_channels::PublicUrl = "http://localhost".parse()?;
    /// assert_eq!(url.with_port(4000).to_string(), "http://localhost:4000");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Returns whether a page of this host belongs to this URL. The names of this machine count as one.
    pub(crate) fn has_host(&self, host: &Host) -> bool {
        self.host == *host || self.host.is_loopback() && host.is_loopback()
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidUrl;

    fn from_str(value: &str) -> Result<Self, InvalidUrl> {
        parse(value).map_err(|problem| InvalidUrl {
            value: without_user(value),
            problem,
        })
    }
}

fn parse(value: &str) -> Result<PublicUrl, Problem> {
    let (scheme, rest) = split_scheme(value)?;
    let scheme = match scheme.as_deref() {
        Some("http") => Scheme::Http,
        Some("https") => Scheme::Https,
        Some(_) => return Err(Problem::NotHttp),
        None => return Err(Problem::NoScheme),
    };
    let (host, port) = split_port(without_slash(rest)?)?;
    Ok(PublicUrl {
        scheme,
        host: host.parse()?,
        port: port.or(default_port(scheme.as_str())).unwrap_or_default(),
    })
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme();
        write!(f, "{scheme}://{}", self.host)?;
        if default_port(scheme) == Some(self.port) {
            return Ok(());
        }
        write!(f, ":{}", self.port)
    }
}

/// Error of a text that is not a [`PublicUrl`]. Its `Display` names the text, without a user and a password, the problem and an
/// example.
///
/// ```
/// let error = "ftp://example.com".parse::<axum_channels::PublicUrl>().expect_err("a wrong scheme");
/// assert!(error.to_string().starts_with("`ftp://example.com` is not a public URL: its scheme is neither http nor https"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidUrl {
    value: String,
    problem: Problem,
}

impl fmt::Display for InvalidUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InvalidUrl { value, problem } = self;
        write!(
            f,
            "`{}` is not a public URL: {problem}; expected one such as `https://chat.example.com:8443`",
            one_line(value)
        )
    }
}

impl std::error::Error for InvalidUrl {}

/// Returns `text` for messages: with `…` in place of a user and a password.
pub(crate) fn without_user(text: &str) -> String {
    let Some((before, host)) = text.rsplit_once('@') else {
        return text.to_owned();
    };
    let rest = split_scheme(before).map_or(before, |(_, rest)| rest);
    let scheme = &before[..before.len() - rest.len()];
    format!("{scheme}…@{host}")
}

/// Splits off the scheme, in lower case; `None` for `//host`, which has no scheme.
pub(crate) fn split_scheme(text: &str) -> Result<(Option<String>, &str), Problem> {
    let (scheme, rest) = text.split_once("//").ok_or(Problem::NoScheme)?;
    if scheme.is_empty() {
        return Ok((None, rest));
    }
    let scheme = scheme.strip_suffix(':').ok_or(Problem::NoScheme)?;
    // RFC 3986, 3.1.
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    match is_scheme {
        true => Ok((Some(scheme.to_ascii_lowercase()), rest)),
        false => Err(Problem::NoScheme),
    }
}

/// Returns the reason why a URL with another scheme than an engine's is refused. Without a scheme, a password may be before its first
/// colon.
#[cfg(any(feature = "nats", feature = "redis"))]
pub(crate) fn wrong_scheme(url: &str) -> String {
    match split_scheme(url) {
        Ok((Some(scheme), _)) => format!("its scheme is `{scheme}`"),
        _ => "it has no scheme".to_owned(),
    }
}

/// Removes the slash at the end of a URL without a path.
pub(crate) fn without_slash(rest: &str) -> Result<&str, Problem> {
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    match authority.contains(['/', '?', '#']) {
        true => Err(Problem::Path),
        false => Ok(authority),
    }
}

/// Splits `host`, `host:port`, `[::1]:port`.
pub(crate) fn split_port(authority: &str) -> Result<(&str, Option<u16>), Problem> {
    if authority.contains('@') {
        return Err(Problem::User);
    }
    let colon = authority
        .rfind(':')
        .filter(|at| authority.rfind(']').is_none_or(|end| end < *at));
    let Some(at) = colon else {
        return Ok((authority, None));
    };
    let (host, digits) = (&authority[..at], &authority[at + 1..]);
    // Only digits: `parse` would accept `+80`, too.
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(port @ 1..) if is_number => Ok((host, Some(port))),
        _ => Err(Problem::Port),
    }
}

/// Returns the default port of a scheme.
pub(crate) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" | "wss" => Some(443),
        "http" | "ws" => Some(80),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
