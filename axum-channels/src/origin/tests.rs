use super::*;
use crate::url::Problem;

fn headers(origins: &[&str]) -> HeaderMap {
    let value = |origin: &&str| HeaderValue::from_str(origin).expect(origin);
    HeaderMap::from_iter(origins.iter().map(|origin| (header::ORIGIN, value(origin))))
}

fn allows(check: &CheckOrigin, origin: &str) -> bool {
    check.check(&headers(&[origin])).is_ok()
}

/// Returns the default check of an endpoint with this URL.
fn at(url: &str) -> CheckOrigin {
    CheckOrigin::default().at(Some(&Arc::new(url.parse().expect(url))))
}

fn hosts(hosts: &[&str]) -> CheckOrigin {
    CheckOrigin::hosts(hosts).expect("all are origins")
}

#[test]
fn the_public_host_is_allowed_whatever_its_scheme_and_port() {
    let check = at("https://chat.example.com");
    for (origin, expected) in [
        ("https://chat.example.com", true),
        ("http://chat.example.com", true),
        ("https://chat.example.com:8443", true),
        ("HTTPS://CHAT.Example.com", true),
        ("https://chat.example.com.", true),
        ("https://chat.example.com/", true),
        ("https://chat.example.com/path?a=1", true),
        ("https://example.com", false),
        ("https://a.chat.example.com", false),
        ("https://chat.example.com.evil.example", false),
        ("https://evilchat.example.com", false),
        ("https://chat.example.com@evil.example", false),
        ("https://evil.example/@chat.example.com", false),
        ("https://evil.example#chat.example.com", false),
        ("https://evil.example\\chat.example.com", false),
        ("https://chat.example.com:+443", false),
        ("https://chat.example.com:", false),
        ("https://chat.example.com:0", false),
        ("https://chat.example.com:65536", false),
        ("https://chat.example.com https://evil.example", false),
        ("https:chat.example.com", false),
        ("chat.example.com", false),
        ("//chat.example.com", false),
        ("http://localhost", false),
        ("http://127.0.0.1", false),
        ("https://", false),
        ("null", false),
        ("file://", false),
        ("*", false),
        ("x", false),
        ("", false),
    ] {
        assert_eq!(allows(&check, origin), expected, "{origin}");
    }
}

#[test]
fn without_a_url_only_pages_of_this_machine_are_allowed() {
    let check = CheckOrigin::default().at(None);
    for (origin, expected) in [
        ("http://localhost:4000", true),
        ("http://LOCALHOST.:5173", true),
        ("https://localhost", true),
        ("http://127.0.0.1:4000", true),
        ("http://127.8.9.10", true),
        ("http://[::1]:4000", true),
        ("http://[0:0:0:0:0:0:0:1]", true),
        ("http://0.0.0.0:4000", false),
        ("http://[::]:4000", false),
        ("http://192.168.0.1", false),
        ("http://localhost.evil.example:4000", false),
        ("http://127.0.0.1.evil.example", false),
        ("http://evil.example:4000", false),
        ("null", false),
    ] {
        assert_eq!(allows(&check, origin), expected, "{origin}");
    }
}

#[test]
fn names_of_this_machine_count_as_one_host() {
    let names = ["localhost", "127.0.0.1", "127.0.0.2", "[::1]"];
    for url in names {
        let check = at(&format!("http://{url}:4000"));
        for origin in names {
            assert!(
                allows(&check, &format!("http://{origin}:4000")),
                "{url} {origin}"
            );
        }
        assert!(!allows(&check, "http://localhost.evil.example:4000"));
    }
}

#[test]
fn addresses_and_punycode_are_compared_in_one_spelling() {
    for (url, origin, expected) in [
        (
            "http://[2001:db8::1]",
            "http://[2001:DB8:0:0:0:0:0:1]:4000",
            true,
        ),
        ("http://[2001:db8::1]", "http://[2001:db8::2]", false),
        ("http://192.168.0.1", "http://192.168.0.1:80", true),
        (
            "https://xn--bcher-kva.example",
            "https://XN--bcher-kva.example",
            true,
        ),
        (
            "https://xn--bcher-kva.example",
            "https://bucher.example",
            false,
        ),
    ] {
        assert_eq!(allows(&at(url), origin), expected, "{url} {origin}");
    }
}

#[test]
fn listed_hosts_match_as_far_as_they_say() {
    for (listed, origin, expected) in [
        ("//example.com", "http://example.com:8080", true),
        ("//example.com", "https://app.example.com", false),
        ("//example.com", "capacitor://example.com", true),
        ("//Example.com.", "https://example.com", true),
        ("//example.com:888", "http://example.com:888", true),
        ("//example.com:888", "http://example.com", false),
        ("//example.com:80", "http://example.com", true),
        ("//example.com:80", "https://example.com", false),
        ("https://example.com", "https://example.com", true),
        ("https://example.com/", "https://example.com:443", true),
        ("https://example.com:443", "https://example.com", true),
        ("https://example.com", "http://example.com", false),
        ("https://example.com", "https://example.com:8443", false),
        ("//*.example.com", "https://a.b.example.com", true),
        ("//*.example.com", "https://example.com", true),
        ("//*.example.com", "https://notexample.com", false),
        ("//*.example.com", "https://.example.com", false),
        (
            "https://*.example.com:8443",
            "https://a.example.com:8443",
            true,
        ),
        ("https://*.example.com:8443", "https://a.example.com", false),
        ("//[::1]:4000", "http://[::1]:4000", true),
        ("//127.0.0.1", "http://localhost", false),
        ("capacitor://localhost", "capacitor://localhost", true),
        ("capacitor://localhost", "http://localhost", false),
        ("null", "null", true),
        ("null", "file://", false),
        ("null", "https://null", false),
        ("file://", "file://", true),
        ("file://", "file:///", true),
        ("file://", "null", false),
        ("*", "https://evil.example", true),
        ("*", "null", true),
        ("*", "x", true),
    ] {
        assert_eq!(
            allows(&hosts(&[listed]), origin),
            expected,
            "{listed} {origin}"
        );
    }
}

#[test]
fn any_of_the_listed_hosts_will_do_and_of_none_no_page() {
    let check = hosts(&["https://a.example", "file://"]);
    let allowed = ["https://a.example", "file://", "null"].map(|origin| allows(&check, origin));
    assert_eq!(allowed, [true, true, false]);
    assert!(!allows(&hosts(&[]), "https://a.example"));
}

#[test]
fn what_is_no_origin_is_an_error_with_its_text_and_its_problem() {
    for (value, problem) in [
        ("", Problem::Empty),
        ("example.com", Problem::NoScheme),
        ("localhost:4000", Problem::NoScheme),
        ("http:/example.com", Problem::NoScheme),
        ("a b//example.com", Problem::NoScheme),
        ("NULL", Problem::NoScheme),
        ("//", Problem::NoHost),
        ("https://", Problem::NoHost),
        ("//*", Problem::Host),
        ("//*.", Problem::NoHost),
        ("//a.*.example.com", Problem::Host),
        ("//*example.com", Problem::Host),
        ("https://user@example.com", Problem::User),
        ("//user:secret@example.com", Problem::User),
        ("https://bücher.example", Problem::NotAscii),
        ("//example.com:+80", Problem::Port),
        ("//example.com:*", Problem::Port),
        ("https://example.com/app", Problem::Path),
    ] {
        let error = CheckOrigin::hosts(["//a.example", value]).expect_err(value);
        let value = without_user(value);
        let expected = InvalidOrigin {
            value: value.clone(),
            problem,
        };
        assert_eq!(error, expected);
        let text = format!(
            "`{value}` is not an origin: {problem}; expected one such as `https://example.com`, "
        );
        assert!(error.to_string().starts_with(&text), "{error}");
    }
}

#[test]
fn the_error_of_an_origin_hides_its_user() {
    let error = CheckOrigin::hosts(["//user:secret@example.com"]).expect_err("a user");
    let text = error.to_string();
    assert!(
        text.starts_with("`//…@example.com` is not an origin: "),
        "{text}"
    );
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

#[test]
fn a_list_with_commas_is_read_as_one() {
    let check: CheckOrigin = " https://a.example,//*.b.example , null"
        .parse()
        .expect("a list");
    let listed = "CheckOrigin(`https://a.example`, `//*.b.example`, `null`)";
    assert_eq!(format!("{check:?}"), listed);
    for (list, value) in [
        ("", ""),
        (" , ", ""),
        ("https://a.example,", ""),
        ("null example.com", "null example.com"),
    ] {
        let error = list.parse::<CheckOrigin>().expect_err(list);
        assert_eq!(error.value, value, "{list}");
    }
}

#[test]
fn a_program_sends_no_origin_and_is_let_in() {
    for check in [
        CheckOrigin::default(),
        hosts(&["//example.com"]),
        CheckOrigin::predicate(|_| false),
    ] {
        assert_eq!(check.check(&HeaderMap::new()), Ok(()));
    }
}

#[test]
fn each_of_several_origins_has_to_be_allowed() {
    let (check, own, evil) = (
        at("https://a.example"),
        "https://a.example",
        "https://evil.example",
    );
    let allowed =
        [[own, own], [own, evil], [evil, own]].map(|both| check.check(&headers(&both)).is_ok());
    assert_eq!(allowed, [true, false, false]);
}

#[test]
fn off_lets_everyone_in() {
    for origin in ["https://evil.example", "null", "x", ""] {
        assert!(allows(&CheckOrigin::off(), origin), "{origin}");
    }
}

#[test]
fn a_function_is_given_the_header_as_it_came() {
    let check = CheckOrigin::predicate(|origin| origin == "https://a.example:8443");
    assert!(allows(&check, "https://a.example:8443"));
    for origin in ["https://a.example", "null", "https://A.example:8443"] {
        assert!(!allows(&check, origin), "{origin}");
    }
}

#[test]
fn a_header_that_is_no_text_is_refused() {
    let value = HeaderValue::from_bytes(b"https://\xff.example").expect("opaque bytes");
    let headers = HeaderMap::from_iter([(header::ORIGIN, value)]);
    let ask = |check: CheckOrigin| check.check(&headers).is_ok();
    assert!(!ask(CheckOrigin::default()));
    assert!(!ask(CheckOrigin::predicate(|_| true)));
    assert!(ask(CheckOrigin::off()));
}

#[test]
fn a_refusal_names_the_origin_what_it_was_compared_with_and_the_setting() {
    let of_setting = hosts(&["https://a.example", "//b.example"]).named("the variable `ORIGINS`");
    for (check, rest) in [
        (
            CheckOrigin::default().at(None),
            "allowed are pages of this machine (`localhost`, 127.0.0.0/8, `[::1]`), because the endpoint has no URL; \
             to allow it, give the endpoint its `.url(…)`, or a `.check_origin(CheckOrigin::hosts([…])?)`",
        ),
        (
            at("https://a.example:8443"),
            "allowed are pages of `a.example`; \
             to allow it, change the endpoint's `.url(…)`, or give it a `.check_origin(CheckOrigin::hosts([…])?)`",
        ),
        (
            at("https://a.example").named("`HOST`"),
            "allowed are pages of `a.example`; to allow it, change `HOST`",
        ),
        (
            of_setting,
            "allowed are `https://a.example`, `//b.example`; to allow it, change the variable `ORIGINS`",
        ),
        (
            CheckOrigin::predicate(|_| false),
            "allowed are pages that the app's own function accepts; \
             to allow it, change the `.check_origin(…)` of the endpoint or the socket",
        ),
    ] {
        let refused = check
            .check(&headers(&["https://evil.example"]))
            .expect_err("refused");
        let expected = format!("the origin `https://evil.example` is not allowed: {rest}");
        assert_eq!(refused.to_string(), expected);
    }
}

#[test]
fn a_refusal_shows_a_long_origin_in_part_and_on_one_line() {
    let long = "x".repeat(10_000);
    let refused = CheckOrigin::default()
        .check(&headers(&[&long, "a\tb"]))
        .expect_err("refused");
    assert!(refused.to_string().len() < 600, "{refused}");
    let refused = CheckOrigin::default()
        .check(&headers(&["a\tb"]))
        .expect_err("refused");
    assert!(
        refused
            .to_string()
            .starts_with("the origin `a\\tb` is not allowed"),
        "{refused}"
    );
}
