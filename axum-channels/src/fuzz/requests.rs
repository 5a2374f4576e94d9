use crate::endpoint::Endpoint;
use crate::origin::CheckOrigin;
use crate::params::Params;
use crate::proxies::TrustedProxies;
use crate::transport::fuzz::handshake;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

/// Asserts that any request is read or refused, that the log shows its parameters on one line, and that neither its page nor its
/// address is believed without a reason. The input is a query, and a header on each further line.
pub fn requests(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    params(&String::from_utf8_lossy(lines.next().unwrap_or_default()));
    let mut headers = HeaderMap::new();
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = line.split_at(colon.unwrap_or(line.len()));
        let name = HeaderName::from_bytes(name);
        let value = HeaderValue::from_bytes(value.get(1..).unwrap_or_default().trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            let _ = headers.try_append(name, value); // there may be too many
        }
    }
    proxies(&headers);
    origin(&headers);
    handshake(headers);
}

fn params(query: &str) {
    let params = Params::parse(query);
    let line = format!("{params:?}");
    assert!(!line.contains(char::is_control), "{line}");
    let tree = params.to_value();
    let read: Option<Value> = serde_json::from_str(&tree.to_string()).ok();
    assert_eq!(read, Some(tree));
}

fn proxies(headers: &HeaderMap) {
    const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    for proxies in [
        TrustedProxies::hops(0),
        TrustedProxies::networks(["10.0.0.0/8"]).expect("a network"),
    ] {
        for proxies in [proxies.clone(), proxies.with_forwarded_header()] {
            assert_eq!(proxies.client_addr(CLIENT, headers), Some(CLIENT));
        }
    }
    let proxies = TrustedProxies::hops(2);
    for proxies in [proxies.clone(), proxies.with_forwarded_header()] {
        let _ = proxies.client_addr(CLIENT, headers); // any address, or none
    }
}

fn origin(headers: &HeaderMap) {
    static ENDPOINT: LazyLock<Endpoint> = LazyLock::new(|| {
        let check = CheckOrigin::hosts(["https://example.com"]).unwrap_or_default();
        Endpoint::builder().check_origin(check).build()
    });
    let is_allowed = ENDPOINT.check_origin(headers).is_ok();
    if let (true, Some(origin)) = (is_allowed, headers.get(header::ORIGIN)) {
        let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        let page = origin.strip_prefix("https://").and_then(host_and_port);
        assert_eq!(page, Some(("example.com".to_owned(), 443)), "{origin}");
    }
}

/// Reads an authority, before a path or a query, by another parser than that of the check.
fn host_and_port(rest: &str) -> Option<(String, u16)> {
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority: Authority = authority.parse().ok()?;
    let host = authority.host().trim_end_matches('.').to_owned();
    Some((host, authority.port_u16().unwrap_or(443)))
}
