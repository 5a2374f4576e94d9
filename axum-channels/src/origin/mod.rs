//! The origin check: the pages that may connect. Pure.

mod error;
mod pattern;

pub use error::{InvalidOrigin, RefusedOrigin};

use crate::url::{PublicUrl, without_user};
use axum::http::{HeaderMap, HeaderValue, header};
use pattern::{Origin, Pattern};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Check of the `Origin` header: the web pages that may connect.
///
/// It prevents other sites from using a visitor's cookies, or a server that only the visitor's machine can reach.
/// Browsers send the origin of a page with its request. A request without an origin, from a program, is allowed; one from
/// a page that is not allowed is refused with 403, and a log line that names the setting to change. `Host` is ignored: in
/// an attack by DNS rebinding it is the attacker's. The rules are those of Phoenix's `check_origin`.
///
/// It is set with [`EndpointBuilder::check_origin`](crate::EndpointBuilder::check_origin) for all sockets, or with
/// [`SocketOptions::check_origin`](crate::SocketOptions::check_origin) for one.
///
/// ```
/// use axum_channels::CheckOrigin;
///
/// # fn main() -> Result<(), axum_channels::InvalidOrigin> {
/// let check = CheckOrigin::hosts(["https://example.com", "//*.example.com", "//localhost:4000"])?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CheckOrigin {
    check: Check,
    /// Name of the app's setting that the check was read from.
    setting: Option<Arc<str>>,
}

#[derive(Clone)]
enum Check {
    PublicHost(Option<Arc<PublicUrl>>),
    Hosts(Arc<[Listed]>),
    Predicate(Arc<dyn Fn(&str) -> bool + Send + Sync>),
    Off,
}

/// A pattern, and the text that it was read from.
struct Listed {
    text: Box<str>,
    pattern: Pattern,
}

impl CheckOrigin {
    /// Allows pages of the host in the endpoint's [`url`](crate::EndpointBuilder::url), with any scheme and port. This is
    /// the default.
    ///
    /// An endpoint without a `url` allows only pages of this machine: `localhost`, 127.0.0.0/8 and `[::1]`, on any port.
    /// These names count as one host, also if the `url` has one of them.
    ///
    /// ```
    /// # use axum_channels::CheckOrigin;
    /// let check = CheckOrigin::public_host();
    /// ```
    #[must_use]
    pub const fn public_host() -> Self {
        Self::new(Check::PublicHost(None))
    }

    /// Allows pages of the listed hosts.
    ///
    /// | value | pages |
    /// |---|---|
    /// | `//example.com` | of this host, with any scheme and port |
    /// | `https://example.com` | of this host, with this scheme and its default port |
    /// | `//example.com:8080` | of this host, with any scheme and this port |
    /// | `//*.example.com` | of this host and its subdomains |
    /// | `null` | without an origin: sandboxed frames and local files, which any site can create |
    /// | `file://` | of some webviews |
    /// | `*` | all, as [`off`](Self::off) |
    ///
    /// # Errors
    /// If one of the values is not an origin.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::CheckOrigin;
    /// # fn main() -> Result<(), axum_channels::InvalidOrigin> {
    /// let check = CheckOrigin::hosts(["//example.com", "https://app.example.com", "//*.example.com"])?;
    /// let app_and_webview = CheckOrigin::hosts(["https://app.example.com", "file://"])?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn hosts<H: AsRef<str>>(hosts: impl IntoIterator<Item = H>) -> Result<Self, InvalidOrigin> {
        let listed = hosts.into_iter().map(|host| Listed::parse(host.as_ref()));
        Ok(Self::new(Check::Hosts(listed.collect::<Result<_, _>>()?)))
    }

    /// Allows pages for which a function returns `true`, such as those of customers' domains in a database.
    ///
    /// It receives the header unchanged, `https://app.example.com:8443` or `null`, and is called before every connection:
    /// it must not block.
    ///
    /// ```
    /// # use axum_channels::CheckOrigin;
    /// use std::collections::HashSet;
    /// use std::sync::{Arc, RwLock};
    ///
    /// let domains: Arc<RwLock<HashSet<String>>> = Arc::default();
    /// let known = domains.clone();
    /// let check = CheckOrigin::predicate(move |origin| known.read().is_ok_and(|known| known.contains(origin)));
    /// ```
    pub fn predicate(allows: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self::new(Check::Predicate(Arc::new(allows)))
    }

    /// Allows every page on the web.
    ///
    /// It is safe only for sockets that do not rely on cookies, on a server with public access.
    ///
    /// ```
    /// # use axum_channels::CheckOrigin;
    /// let check = CheckOrigin::off();
    /// ```
    #[must_use]
    pub const fn off() -> Self {
        Self::new(Check::Off)
    }

    /// Sets the name of the app's setting that the check comes from, for the log line of a refusal.
    ///
    /// ```
    /// # use axum_channels::CheckOrigin;
    /// # fn main() -> Result<(), axum_channels::InvalidOrigin> {
    /// let check: CheckOrigin = "https://a.example, https://b.example".parse()?;
    /// let check = check.named("the variable `ORIGINS`"); // … to allow it, change the variable `ORIGINS`
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn named(mut self, setting: impl Into<Arc<str>>) -> Self {
        self.setting = Some(setting.into());
        self
    }

    const fn new(check: Check) -> Self {
        CheckOrigin {
            check,
            setting: None,
        }
    }

    /// Returns the check of an endpoint with this URL.
    pub(crate) fn at(mut self, url: Option<&Arc<PublicUrl>>) -> Self {
        if let Check::PublicHost(host) = &mut self.check {
            *host = url.cloned();
        }
        self
    }

    /// Checks the origin of a request; all of them, if there are several.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), RefusedOrigin> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        match origins.find(|origin| !self.allows(origin)) {
            None => Ok(()),
            Some(origin) => Err(RefusedOrigin {
                origin: origin.clone(),
                allowed: self.check.to_string(),
                setting: self.setting(),
            }),
        }
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        let text = origin.to_str().ok();
        let origin = || text.and_then(Origin::read);
        match &self.check {
            Check::Off => true,
            Check::Predicate(allows) => text.is_some_and(|text| allows(text)),
            Check::Hosts(hosts) => {
                let origin = origin();
                let covers = |listed: &Listed| listed.pattern.covers(origin.as_ref());
                hosts.iter().any(covers)
            }
            Check::PublicHost(url) => match (origin(), url) {
                (Some(Origin::Page { host, .. }), Some(url)) => url.has_host(&host),
                (Some(Origin::Page { host, .. }), None) => host.is_loopback(),
                _ => false,
            },
        }
    }

    /// Returns the remedy for a refusal, as the end of "to allow it".
    fn setting(&self) -> String {
        match (&self.setting, &self.check) {
            (Some(setting), _) => format!("change {setting}"),
            (None, Check::PublicHost(None)) => {
                "give the endpoint its `.url(…)`, or a `.check_origin(CheckOrigin::hosts([…])?)`".into()
            }
            (None, Check::PublicHost(Some(_))) => {
                "change the endpoint's `.url(…)`, or give it a `.check_origin(CheckOrigin::hosts([…])?)`".into()
            }
            (None, _) => "change the `.check_origin(…)` of the endpoint or the socket".into(),
        }
    }
}

impl Default for CheckOrigin {
    fn default() -> Self {
        Self::public_host()
    }
}

/// Reads a comma-separated list of [`hosts`](CheckOrigin::hosts): `https://a.example, //*.b.example`.
///
/// ```
/// use axum_channels::CheckOrigin;
///
/// assert!("https://a.example, //*.b.example".parse::<CheckOrigin>().is_ok());
/// assert!("a.example".parse::<CheckOrigin>().is_err());
/// assert!("".parse::<CheckOrigin>().is_err());
/// ```
impl FromStr for CheckOrigin {
    type Err = InvalidOrigin;

    fn from_str(list: &str) -> Result<Self, InvalidOrigin> {
        Self::hosts(list.split(',').map(str::trim))
    }
}

impl Listed {
    fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        match text.parse() {
            Ok(pattern) => Ok(Listed {
                text: text.into(),
                pattern,
            }),
            Err(problem) => Err(InvalidOrigin {
                value: without_user(text),
                problem,
            }),
        }
    }
}

/// Writes the allowed pages, as the end of "allowed are".
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Check::PublicHost(Some(url)) => write!(f, "pages of `{}`", url.host()),
            Check::PublicHost(None) => {
                f.write_str("pages of this machine (`localhost`, 127.0.0.0/8, `[::1]`), because the endpoint has no URL")
            }
            Check::Hosts(hosts) if hosts.is_empty() => f.write_str("no pages"),
            Check::Hosts(hosts) => {
                for (at, Listed { text, .. }) in hosts.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}`{text}`")?;
                }
                Ok(())
            }
            Check::Predicate(_) => f.write_str("pages that the app's own function accepts"),
            Check::Off => f.write_str("all pages"),
        }
    }
}

impl fmt::Debug for CheckOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckOrigin({})", self.check)
    }
}

#[cfg(test)]
mod tests;
