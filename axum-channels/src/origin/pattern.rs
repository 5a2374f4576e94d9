use crate::url::{Host, Problem, default_port, split_port, split_scheme, without_slash};
use std::str::FromStr;

/// Page that a browser names in `Origin`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// `null`: a sandboxed frame, a `data:` URL, a file.
    Null,
    /// `file://`: a page of a webview.
    File,
    Page {
        scheme: String,
        host: Host,
        port: Option<u16>,
    },
}

impl Origin {
    /// Reads a header. A path, which no browser sends, is ignored, as in Phoenix.
    pub(super) fn read(header: &str) -> Option<Origin> {
        if header == "null" {
            return Some(Origin::Null);
        }
        let (scheme, rest) = split_scheme(header).ok()?;
        let (scheme, authority) = (scheme?, rest.split(['/', '?', '#']).next()?);
        if scheme == "file" && authority.is_empty() {
            return Some(Origin::File);
        }
        let (host, port) = split_port(authority).ok()?;
        Some(Origin::Page {
            host: host.parse().ok()?,
            port: port.or(default_port(&scheme)),
            scheme,
        })
    }
}

/// Origin with parts left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    Any,
    Null,
    File,
    Pages {
        scheme: Option<String>,
        below: Below,
        host: Host,
        port: Option<u16>,
    },
}

/// Hosts that match: the one named, or those below it as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Below {
    Included,
    Excluded,
}

impl FromStr for Pattern {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text {
            "" => return Err(Problem::Empty),
            "*" => return Ok(Pattern::Any),
            "null" => return Ok(Pattern::Null),
            "file://" => return Ok(Pattern::File),
            _ => {}
        }
        let (scheme, rest) = split_scheme(text)?;
        let (host, port) = split_port(without_slash(rest)?)?;
        let (below, host) = match host.strip_prefix("*.") {
            Some(domain) => (Below::Included, domain),
            None => (Below::Excluded, host),
        };
        Ok(Pattern::Pages {
            below,
            host: host.parse()?,
            port: port.or(scheme.as_deref().and_then(default_port)),
            scheme,
        })
    }
}

impl Pattern {
    /// Returns whether the pattern covers an origin; `None` is a header that is no origin.
    pub(super) fn covers(&self, origin: Option<&Origin>) -> bool {
        match (self, origin) {
            (Pattern::Any, _)
            | (Pattern::Null, Some(Origin::Null))
            | (Pattern::File, Some(Origin::File)) => true,
            (
                Pattern::Pages {
                    scheme,
                    below,
                    host,
                    port,
                },
                Some(Origin::Page {
                    scheme: page_scheme,
                    host: page_host,
                    port: page_port,
                }),
            ) => {
                let is_below = || {
                    let rest = page_host.as_str().strip_suffix(host.as_str());
                    rest.is_some_and(|rest| rest.ends_with('.'))
                };
                (host == page_host || *below == Below::Included && is_below())
                    && scheme.as_ref().is_none_or(|scheme| scheme == page_scheme)
                    && port.is_none_or(|port| Some(port) == *page_port)
            }
            _ => false,
        }
    }
}
