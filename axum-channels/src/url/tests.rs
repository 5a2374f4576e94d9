use super::*;

#[test]
fn urls_are_read_into_one_spelling() {
    for (value, expected) in [
        ("http://localhost:4000", "http://localhost:4000"),
        (
            "https://chat.example.com:8443",
            "https://chat.example.com:8443",
        ),
        ("HTTPS://Chat.Example.COM", "https://chat.example.com"),
        ("https://example.com.", "https://example.com"),
        ("https://example.com:443/", "https://example.com"),
        ("http://example.com:80", "http://example.com"),
        ("https://example.com:80", "https://example.com:80"),
        ("http://127.0.0.1:4000", "http://127.0.0.1:4000"),
        ("http://[0:0:0:0:0:0:0:1]:4000", "http://[::1]:4000"),
        (
            "https://xn--bcher-kva.example",
            "https://xn--bcher-kva.example",
        ),
        ("http://my_host", "http://my_host"),
    ] {
        let url = value.parse::<PublicUrl>().map(|url| url.to_string());
        assert_eq!(url, Ok(expected.to_owned()), "{value}");
    }
}

#[test]
fn what_is_no_url_is_an_error_with_its_problem() {
    for (value, problem) in [
        ("", Problem::NoScheme),
        ("example.com", Problem::NoScheme),
        ("example.com:4000", Problem::NoScheme),
        ("//example.com", Problem::NoScheme),
        ("1http://example.com", Problem::NoScheme),
        ("*", Problem::NoScheme),
        ("null", Problem::NoScheme),
        ("file://", Problem::NotHttp),
        ("ftp://example.com", Problem::NotHttp),
        ("https://", Problem::NoHost),
        ("https://:443", Problem::NoHost),
        ("https:///path", Problem::Path),
        ("https://example.com/path", Problem::Path),
        ("https://example.com?a=1", Problem::Path),
        ("https://*.example.com", Problem::Host),
        ("https://user@example.com", Problem::User),
        ("https://user:secret@example.com", Problem::User),
        ("https://user:secret@example.com:443", Problem::User),
        ("https://exa mple.com", Problem::Host),
        ("https://example..com", Problem::Host),
        ("https://.", Problem::Host),
        ("http://127.1", Problem::Host),
        ("http://::1", Problem::Host),
        ("http://[::1", Problem::Host),
        ("http://[example.com]", Problem::Host),
        ("https://bücher.example", Problem::NotAscii),
        ("http://example.com:", Problem::Port),
        ("http://example.com:+80", Problem::Port),
        ("http://example.com:0", Problem::Port),
        ("http://example.com:65536", Problem::Port),
        ("http://example.com:http", Problem::Port),
    ] {
        let error = value.parse::<PublicUrl>().expect_err(value);
        let value = without_user(value);
        let expected = InvalidUrl {
            value: value.clone(),
            problem,
        };
        assert_eq!(error, expected);
        assert!(
            error
                .to_string()
                .starts_with(&format!("`{value}` is not a public URL: {problem}; "))
        );
    }
}

/// A setting may be copied from another one, which has a password.
#[test]
fn the_error_of_a_url_hides_its_user() {
    for (value, shown) in [
        ("https://user:secret@example.com", "https://…@example.com"),
        (
            "https://secret@example.com:443/",
            "https://…@example.com:443/",
        ),
        ("//user:secret@example.com", "//…@example.com"),
        ("https://user:sec@ret@example.com", "https://…@example.com"),
        ("https://user:sec//ret@example.com", "https://…@example.com"),
        ("user:secret@example.com", "…@example.com"),
        ("user:sec//ret@example.com", "…@example.com"),
        ("user:secret://@example.com", "…@example.com"),
    ] {
        let error = value.parse::<PublicUrl>().expect_err(value);
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("`{shown}` is not a public URL: ")),
            "{text}"
        );
        assert!(!format!("{error:?}").contains("ret"), "{error:?}");
    }
}

#[test]
fn an_error_is_one_line() {
    let error = "https://a\nb".parse::<PublicUrl>().expect_err("two lines");
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[test]
fn names_of_this_machine_are_known_and_no_others() {
    for (host, expected) in [
        ("localhost", true),
        ("LOCALHOST.", true),
        ("127.0.0.1", true),
        ("127.255.255.254", true),
        ("[::1]", true),
        ("128.0.0.1", false),
        ("0.0.0.0", false),
        ("[::]", false),
        ("localhost.evil.example", false),
        ("evil.localhost", false),
        ("127.0.0.1.evil.example", false),
    ] {
        let host: Host = host.parse().expect(host);
        assert_eq!(host.is_loopback(), expected, "{host}");
    }
}
