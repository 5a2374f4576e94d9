use super::*;
use axum::http::{HeaderName, HeaderValue};

const PROXY: &str = "10.0.0.1";
const CLIENT: &str = "192.0.2.1";

/// Returns the client's address for these lines of a header.
fn client(
    proxies: &TrustedProxies,
    peer: &str,
    name: &'static str,
    lines: &[&[u8]],
) -> Option<String> {
    let value = |line: &&[u8]| HeaderValue::from_bytes(line).expect("a header");
    let lines = lines
        .iter()
        .map(|line| (HeaderName::from_static(name), value(line)));
    let client = proxies.client_addr(peer.parse().expect(peer), &lines.collect());
    client.map(|address| address.to_string())
}

fn networks(networks: &[&str]) -> TrustedProxies {
    TrustedProxies::networks(networks).expect("all are networks")
}

/// Returns the client's address for one line of `X-Forwarded-For`.
fn by_x_forwarded_for(proxies: &TrustedProxies, peer: &str, line: &str) -> Option<String> {
    client(proxies, peer, "x-forwarded-for", &[line.as_bytes()])
}

#[test]
fn a_proxy_is_believed_and_nobody_else() {
    let proxies = networks(&["10.0.0.0/8", "fd00::/8"]);
    for (peer, line, expected) in [
        (PROXY, CLIENT, Some(CLIENT)),
        (PROXY, "6.6.6.6, 192.0.2.1", Some(CLIENT)),
        (PROXY, "6.6.6.6, 192.0.2.1, 10.9.9.9", Some(CLIENT)),
        (PROXY, "10.6.6.6, 192.0.2.1", Some(CLIENT)),
        (PROXY, "10.0.0.2,10.0.0.3", Some("10.0.0.2")),
        (PROXY, "garbage, 192.0.2.1", Some(CLIENT)),
        (PROXY, "for=\"6.6.6.6, 192.0.2.1", Some(CLIENT)),
        (PROXY, "192.0.2.1:4711", Some(CLIENT)),
        (PROXY, "2001:db8::1", Some("2001:db8::1")),
        (PROXY, "[2001:db8::1]", Some("2001:db8::1")),
        (PROXY, "[2001:db8::1]:4711", Some("2001:db8::1")),
        (PROXY, "::ffff:192.0.2.1", Some(CLIENT)),
        ("::ffff:10.0.0.1", CLIENT, Some(CLIENT)),
        ("fd00::1", CLIENT, Some(CLIENT)),
        ("198.51.100.1", CLIENT, Some("198.51.100.1")),
        ("198.51.100.1", PROXY, Some("198.51.100.1")),
        (PROXY, "unknown", None),
        (PROXY, "192.0.2.1, ", None),
        (PROXY, "192.0.2.1, 010.0.0.1", None),
        (PROXY, "", None),
    ] {
        let client = by_x_forwarded_for(&proxies, peer, line);
        assert_eq!(client.as_deref(), expected, "{peer} {line:?}");
    }
}

#[test]
fn a_number_of_proxies_is_believed_and_no_more() {
    for (proxies, line, expected) in [
        (0, CLIENT, PROXY),
        (1, CLIENT, CLIENT),
        (1, "6.6.6.6, 192.0.2.1", CLIENT),
        (2, "6.6.6.6, 192.0.2.1, 10.0.0.2", CLIENT),
        (2, CLIENT, CLIENT),
        (9, "6.6.6.6, 192.0.2.1", "6.6.6.6"),
    ] {
        let client = by_x_forwarded_for(&TrustedProxies::hops(proxies), PROXY, line);
        assert_eq!(client.as_deref(), Some(expected), "{proxies} {line:?}");
    }
}

#[test]
fn several_lines_are_one_list_and_bytes_that_are_no_text_stay_alone() {
    let proxies = networks(&["10.0.0.0/8"]);
    for (lines, expected) in [
        (
            &[b"6.6.6.6".as_slice(), b"192.0.2.1"] as &[&[u8]],
            Some(CLIENT),
        ),
        (&[b"6.6.6.6, 192.0.2.1", b"10.0.0.2"], Some(CLIENT)),
        (&[b"\xff, 192.0.2.1"], Some(CLIENT)),
        (&[b"192.0.2.1, \xff"], None),
        (&[], Some(PROXY)),
    ] {
        let client = client(&proxies, PROXY, "x-forwarded-for", lines);
        assert_eq!(client.as_deref(), expected, "{lines:?}");
    }
}

#[test]
fn the_other_header_counts_only_if_it_is_asked_for() {
    let forwarded = networks(&["10.0.0.0/8"]).with_forwarded_header();
    for (line, expected) in [
        ("for=192.0.2.1", Some(CLIENT)),
        ("proto=https; FOR=192.0.2.1 ;by=10.0.0.1", Some(CLIENT)),
        ("for=6.6.6.6, for=192.0.2.1;proto=http", Some(CLIENT)),
        ("for=\"6.6.6.6, for=192.0.2.1", Some(CLIENT)),
        ("for=\"[2001:db8::1]:4711\"", Some("2001:db8::1")),
        ("for=\"192.0.2.1:4711\"", Some(CLIENT)),
        ("for=unknown", None),
        ("for=_hidden", None),
        ("proto=https", None),
        ("192.0.2.1", None),
    ] {
        let client = client(&forwarded, PROXY, "forwarded", &[line.as_bytes()]);
        assert_eq!(client.as_deref(), expected, "{line}");
    }
    let line: &[&[u8]] = &[b"192.0.2.1"];
    assert_eq!(
        client(&forwarded, PROXY, "x-forwarded-for", line).as_deref(),
        Some(PROXY)
    );
    let line: &[&[u8]] = &[b"for=192.0.2.1"];
    let of_x = networks(&["10.0.0.0/8"]);
    assert_eq!(
        client(&of_x, PROXY, "forwarded", line).as_deref(),
        Some(PROXY)
    );
}

#[test]
fn a_network_holds_the_addresses_with_its_prefix() {
    for (network, address, expected) in [
        ("10.0.0.0/8", "10.255.255.255", true),
        ("10.0.0.0/8", "11.0.0.0", false),
        ("10.1.2.3/8", "10.9.9.9", true),
        ("10.0.0.0/31", "10.0.0.1", true),
        ("10.0.0.0/31", "10.0.0.2", false),
        ("10.0.0.1", "10.0.0.1", true),
        ("10.0.0.1/32", "10.0.0.0", false),
        ("0.0.0.0/0", "203.0.113.1", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "2001:db8::1", true),
        ("::/0", "10.0.0.1", false),
        ("fd00::/8", "fdff::1", true),
        ("fd00::/8", "fe00::1", false),
        ("::1", "::1", true),
        ("::1/128", "::2", false),
    ] {
        let contains = network
            .parse::<Network>()
            .expect(network)
            .contains(address.parse().expect(address));
        assert_eq!(contains, expected, "{network} {address}");
    }
}

#[test]
fn what_is_no_network_is_an_error_with_its_text() {
    for text in [
        "",
        "x",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.0/",
        "10.0.0.0/+8",
        "10.0.0.0/8/8",
        "10.0.0",
        "[::1]",
        "10.0.0.1:80",
    ] {
        let error = TrustedProxies::networks([PROXY, text]).expect_err(text);
        assert_eq!(error, InvalidNetwork(text.to_owned()));
    }
    let odd = ["", "-1", "1,", "one", "10.0.0.1,,10.0.0.2"]
        .map(|text| text.parse::<TrustedProxies>().is_err());
    assert_eq!(odd, [true; 5]);
}

/// The URL of a proxy for outgoing requests may be taken for this setting.
#[test]
fn the_error_of_a_network_hides_its_user() {
    let error = TrustedProxies::networks(["http://user:secret@proxy:3128"]).expect_err("a URL");
    let text = error.to_string();
    assert!(
        text.starts_with("`http://…@proxy:3128` is not a network: "),
        "{text}"
    );
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}
