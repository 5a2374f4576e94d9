//! The address of a socket: parts of its URL, and the request's path with its parameters.

use http::Uri;
use http::uri::{Authority, PathAndQuery};

use clap::ValueEnum;

use crate::args::{Connect, Vsn};
use crate::error::Misuse;

/// Path of the socket in new apps.
const DEFAULT_PATH: &str = "/socket";

/// Last part of the path of a socket's WebSocket transport.
const TRANSPORT: &str = "/websocket";

/// A socket's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub scheme: Scheme,
    /// Name or address, without brackets.
    pub host: String,
    pub port: u16,
    /// Host and port as in the URL.
    pub authority: String,
    /// Path and query of the request.
    pub path: String,
    /// Version of the wire format.
    pub vsn: Vsn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Ws,
    Wss,
}

impl Target {
    /// Parses `url`: that of a socket, as phoenix.js takes it, or the whole one of a request, as browsers show it.
    ///
    /// # Errors
    /// It is not the URL of a WebSocket.
    pub fn parse(url: &str, args: &Connect) -> Result<Self, Misuse> {
        let example = "a URL such as ws://localhost:4000/socket";
        let invalid = |why: &str| Misuse::new(format!("`{url}` is not a URL: {why}")).help(example);
        let uri: Uri = url.parse().map_err(|_| invalid("it cannot be parsed"))?;
        let scheme = match uri.scheme_str() {
            Some("ws" | "http") => Scheme::Ws,
            Some("wss" | "https") => Scheme::Wss,
            _ => return Err(invalid("it starts with ws:// or wss://")),
        };
        let authority = uri.authority().ok_or_else(|| invalid("it has no host"))?;
        if authority.as_str().contains('@') {
            let help = "pass them as a header: --header 'Authorization: Basic …'";
            return Err(Misuse::new("the URL has a user and a password").help(help));
        }
        let query = uri.query().unwrap_or_default();
        let vsn = vsn(query, args)?;
        Ok(Self {
            scheme,
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: port(authority, scheme).ok_or_else(|| invalid("its port is not one"))?,
            authority: authority.as_str().to_owned(),
            path: path(uri.path_and_query(), args) + "?" + &with_params(query, vsn, args),
            vsn,
        })
    }

    /// Returns the origin of pages that the same server serves.
    pub fn origin(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Ws => "http",
            Scheme::Wss => "https",
        };
        format!("{scheme}://{}", self.authority)
    }

    /// Returns the path without its query.
    pub fn bare_path(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

fn port(authority: &Authority, scheme: Scheme) -> Option<u16> {
    match (authority.as_str().strip_prefix(authority.host())?, scheme) {
        ("" | ":", Scheme::Ws) => Some(80),
        ("" | ":", Scheme::Wss) => Some(443),
        (port, _) => port.strip_prefix(':')?.parse().ok(),
    }
}

fn path(path: Option<&PathAndQuery>, args: &Connect) -> String {
    let path = path.map_or("/", |path| path.path());
    let bare = path.trim_end_matches('/');
    match bare {
        _ if args.exact_path => path.to_owned(),
        "" => format!("{DEFAULT_PATH}{TRANSPORT}"),
        _ if bare.ends_with(TRANSPORT) => bare.to_owned(),
        _ => format!("{bare}{TRANSPORT}"),
    }
}

/// Returns the version: of the option, of the URL, or the default.
fn vsn(query: &str, args: &Connect) -> Result<Vsn, Misuse> {
    let of_url = query.split('&').find_map(|pair| pair.strip_prefix("vsn="));
    match (args.vsn, of_url) {
        (Some(vsn), _) => Ok(vsn),
        (None, None) => Ok(Vsn::default()),
        (None, Some(text)) => Vsn::from_str(text, false).map_err(|_| {
            let misuse = Misuse::new(format!("`{text}` is not a version of the wire format"));
            misuse.help("vsn=2.0.0, or vsn=1.0.0")
        }),
    }
}

/// Returns the query with all parameters: those of the URL as they are.
fn with_params(query: &str, vsn: Vsn, args: &Connect) -> String {
    let of_url = query.split('&');
    let of_url = of_url.filter(|pair| !pair.is_empty() && !pair.starts_with("vsn="));
    let mut pairs: Vec<_> = of_url.map(str::to_owned).collect();
    let params = args.params.iter();
    pairs.extend(params.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))));
    pairs.push(format!("vsn={}", vsn.as_str()));
    pairs.join("&")
}

/// Percent-encodes `text` as `encodeURIComponent` does, which phoenix.js uses.
fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b if b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&b) => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str, args: &Connect) -> (Scheme, String, u16, String) {
        let target = Target::parse(url, args).expect("it is a URL");
        (target.scheme, target.host, target.port, target.path)
    }

    #[test]
    fn a_socket_s_url_gets_the_path_of_its_transport_and_the_version() {
        let args = Connect::default();
        for (url, expected) in [
            ("ws://localhost:4000/socket", "/socket/websocket?vsn=2.0.0"),
            ("ws://localhost:4000/socket/", "/socket/websocket?vsn=2.0.0"),
            ("http://localhost:4000", "/socket/websocket?vsn=2.0.0"),
            (
                "ws://localhost:4000/socket/websocket?token=undefined&vsn=1.0.0",
                "/socket/websocket?token=undefined&vsn=1.0.0",
            ),
        ] {
            let whole = (
                Scheme::Ws,
                "localhost".to_owned(),
                4000,
                expected.to_owned(),
            );
            assert_eq!(target(url, &args), whole, "{url}");
        }
    }

    #[test]
    fn options_come_before_what_the_url_has() {
        let args = Connect {
            params: vec![("token".to_owned(), "a b&c=ü".to_owned())],
            vsn: Some(Vsn::V1),
            exact_path: true,
            ..Connect::default()
        };
        let path = "/live?a=1&token=a%20b%26c%3D%C3%BC&vsn=1.0.0".to_owned();
        assert_eq!(
            target("wss://[::1]/live?vsn=2.0.0&a=1", &args),
            (Scheme::Wss, "::1".to_owned(), 443, path)
        );
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "ftp://localhost/socket",
            "ws://",
            "ws:///socket",
            "ws://a b/",
            "ws://me:secret@localhost/socket",
            "ws://localhost:99999/socket",
            "ws://localhost/socket?vsn=3.0.0",
        ] {
            assert!(Target::parse(url, &Connect::default()).is_err(), "{url}");
        }
    }
}
