use axum::http::{header, request::Parts};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Which pages may connect: the check that keeps other sites from using a visitor's cookies on yours.
///
/// Browsers send the origin of a page with its request. A request without an origin, from a program, is let through; one
/// from a page that is not allowed gets a 403. The rules are those of Phoenix's `check_origin`.
///
/// ```
/// use axum_channels::CheckOrigin;
///
/// let check = CheckOrigin::hosts(["https://example.com", "//*.example.com", "//localhost:4000"]);
/// ```
#[derive(Clone)]
pub struct CheckOrigin(Check);

#[derive(Clone)]
enum Check {
    SameHost,
    Hosts(Vec<Allowed>),
    Predicate(Arc<dyn Fn(&str) -> bool + Send + Sync>),
    Off,
}

impl CheckOrigin {
    /// Pages of the host that the request was sent to, whatever their port. This is the default.
    ///
    /// The ways to say "this machine", `localhost`, `127.0.0.1` and `[::1]`, count as one host. Behind a proxy that changes
    /// the `Host` header, use [`hosts`](Self::hosts).
    ///
    /// ```
    /// # use axum_channels::CheckOrigin;
    /// let check = CheckOrigin::same_host();
    /// ```
    pub const fn same_host() -> Self {
        Self(Check::SameHost)
    }

    /// Pages of these hosts. `//host` leaves open scheme and port, `https://host` fixes both, `//host:8080` the port;
    /// `*.host` means the host and everything below it.
    ///
    /// # Panics
    /// If there is no host in one of them.
    ///
    /// ```
    /// # use axum_channels::CheckOrigin;
    /// let check = CheckOrigin::hosts(["//example.com", "https://app.example.com", "//*.example.com"]);
    /// ```
    pub fn hosts<H: AsRef<str>>(hosts: impl IntoIterator<Item = H>) -> Self {
        let parse = |host: H| match host.as_ref().parse() {
            Ok(allowed) => allowed,
            Err(NoHost) => {
                panic!(
                    "`{}` is not an origin: expected `//host`, `//host:port` or `https://host`",
                    host.as_ref()
                )
            }
        };
        Self(Check::Hosts(hosts.into_iter().map(parse).collect()))
    }

    /// Pages that a function of yours lets in, such as those of customers' domains that are known at run time only.
    ///
    /// It is given the header as it came, `https://app.example.com:8443` or `null`, and is asked before every connection: it
    /// must not block.
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
        Self(Check::Predicate(Arc::new(allows)))
    }

    /// Every page on the web. Only for sockets that do nothing on the strength of a cookie.
    ///
    /// ```
    /// # use axum_channels::CheckOrigin;
    /// let check = CheckOrigin::off();
    /// ```
    pub const fn off() -> Self {
        Self(Check::Off)
    }

    pub(super) fn allows(&self, request: &Parts) -> bool {
        let Some(origin) = request.headers.get(header::ORIGIN) else {
            return true;
        };
        let text = origin.to_str().unwrap_or_default();
        let parsed = || text.parse::<Allowed>().ok();
        match &self.0 {
            Check::Off => true,
            Check::Predicate(allows) => allows(text),
            Check::Hosts(hosts) => {
                parsed().is_some_and(|origin| hosts.iter().any(|allowed| allowed.covers(&origin)))
            }
            Check::SameHost => {
                parsed()
                    .zip(host(request))
                    .is_some_and(|(Allowed { host: page, .. }, host)| {
                        host == page || is_loopback(&host) && is_loopback(&page)
                    })
            }
        }
    }
}

impl Default for CheckOrigin {
    fn default() -> Self {
        Self::same_host()
    }
}

impl fmt::Debug for CheckOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Check::SameHost => f.write_str("SameHost"),
            Check::Hosts(hosts) => f.debug_tuple("Hosts").field(hosts).finish(),
            Check::Predicate(_) => f.write_str("Predicate"),
            Check::Off => f.write_str("Off"),
        }
    }
}

/// An origin, with what is left open.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Allowed {
    scheme: Option<String>,
    host: String,
    port: Option<u16>,
}

struct NoHost;

impl FromStr for Allowed {
    type Err = NoHost;

    fn from_str(origin: &str) -> Result<Self, NoHost> {
        let (scheme, rest) = origin.split_once("//").ok_or(NoHost)?;
        let scheme = match scheme.strip_suffix(':') {
            Some(scheme) => Some(scheme.to_ascii_lowercase()),
            None if scheme.is_empty() => None,
            None => return Err(NoHost),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (host, port) = split_port(authority).ok_or(NoHost)?;
        let port = port.or(match scheme.as_deref() {
            Some("https" | "wss") => Some(443),
            Some("http" | "ws") => Some(80),
            _ => None,
        });
        Ok(Allowed {
            scheme,
            host: host.to_ascii_lowercase(),
            port,
        })
    }
}

impl Allowed {
    fn covers(&self, origin: &Allowed) -> bool {
        let host = match self.host.strip_prefix("*.") {
            Some(domain) => origin
                .host
                .strip_suffix(domain)
                .is_some_and(|sub| sub.is_empty() || sub.ends_with('.')),
            None => self.host == origin.host,
        };
        let is = |open: bool, same: bool| open || same;
        host && is(self.scheme.is_none(), self.scheme == origin.scheme)
            && is(self.port.is_none(), self.port == origin.port)
    }
}

/// `host`, `host:port`, `[::1]:port`; `None` if there is no host.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let at = authority
        .rfind(':')
        .filter(|at| *at > authority.rfind(']').unwrap_or(0));
    let (host, port) = match at {
        Some(at) => (&authority[..at], Some(authority[at + 1..].parse().ok()?)),
        None => (authority, None),
    };
    (!host.is_empty()).then_some((host, port))
}

/// The host that the request was sent to, without its port.
fn host(request: &Parts) -> Option<String> {
    let from_header = || request.headers.get(header::HOST)?.to_str().ok();
    let authority =
        from_header().or_else(|| request.uri.authority().map(|authority| authority.as_str()))?;
    split_port(authority).map(|(host, _)| host.to_ascii_lowercase())
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn allows(check: &CheckOrigin, host: &str, origin: &str) -> bool {
        let request = Request::builder()
            .header("host", host)
            .header("origin", origin)
            .body(());
        let Ok(request) = request else {
            panic!("headers are valid")
        };
        check.allows(&request.into_parts().0)
    }

    #[test]
    fn the_same_host_is_allowed_whatever_its_port_and_scheme() {
        let check = CheckOrigin::same_host();
        assert!(allows(&check, "example.com", "https://example.com"));
        assert!(allows(
            &check,
            "Example.com:4000",
            "http://example.COM:5173"
        ));
        for origin in [
            "http://example.org",
            "http://example.com.evil.org",
            "http://sub.example.com",
            "null",
            "http://",
            "x",
        ] {
            assert!(!allows(&check, "example.com", origin), "{origin}");
        }
    }

    #[test]
    fn names_of_this_machine_count_as_one() {
        let names = ["localhost", "127.0.0.1", "[::1]"];
        for (host, origin) in names
            .iter()
            .flat_map(|host| names.iter().map(move |origin| (host, origin)))
        {
            assert!(allows(
                &CheckOrigin::same_host(),
                &format!("{host}:4000"),
                &format!("http://{origin}:4000")
            ));
        }
        assert!(!allows(
            &CheckOrigin::same_host(),
            "example.com",
            "http://localhost"
        ));
        assert!(!allows(
            &CheckOrigin::same_host(),
            "localhost:4000",
            "http://localhost.evil.org:4000"
        ));
    }

    #[test]
    fn listed_hosts_match_as_far_as_they_say() {
        let cases = [
            ("//example.com", "http://example.com:8080", true),
            ("//example.com", "https://app.example.com", false),
            ("//example.com:888", "http://example.com:888", true),
            ("//example.com:888", "http://example.com", false),
            ("https://example.com", "https://example.com", true),
            ("https://example.com", "http://example.com", false),
            ("https://example.com", "https://example.com:8443", false),
            ("//*.example.com", "https://a.b.example.com", true),
            ("//*.example.com", "https://example.com", true),
            ("//*.example.com", "https://notexample.com", false),
        ];
        for (allowed, origin, expected) in cases {
            assert_eq!(
                allows(&CheckOrigin::hosts([allowed]), "other.org", origin),
                expected,
                "{allowed} {origin}"
            );
        }
    }

    #[test]
    fn off_lets_everyone_in_and_programs_send_no_origin() {
        assert!(allows(&CheckOrigin::off(), "example.com", "null"));
        let Ok(request) = Request::builder().body(()) else {
            panic!("valid")
        };
        assert!(CheckOrigin::hosts(["//example.com"]).allows(&request.into_parts().0));
    }

    #[test]
    fn a_function_is_given_the_header_as_it_came() {
        let check = CheckOrigin::predicate(|origin| origin == "https://a.example:8443");
        assert!(allows(&check, "other.org", "https://a.example:8443"));
        for origin in ["https://a.example", "null", "https://A.example:8443"] {
            assert!(!allows(&check, "a.example", origin), "{origin}");
        }
    }

    #[test]
    #[should_panic = "`example.com` is not an origin"]
    fn a_host_without_slashes_is_no_origin() {
        CheckOrigin::hosts(["example.com"]);
    }

    #[test]
    fn an_origin_of_the_request_line_is_used_without_a_host_header() {
        let request = Request::builder()
            .uri("http://example.com/socket")
            .header("origin", "http://example.com")
            .body(());
        let Ok(request) = request else {
            panic!("valid")
        };
        assert!(CheckOrigin::same_host().allows(&request.into_parts().0));
    }
}
