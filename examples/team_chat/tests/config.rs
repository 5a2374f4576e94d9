//! Tests of all settings: unset, empty, unusual and invalid values.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use axum_channels::TrustedProxies;
use tracing::Level;

use team_chat::config::{Build, Config};
use team_chat::endpoint::endpoint;
use team_chat::log::Format;
use team_chat::state::App;

/// Reads the settings with one variable set; in a release, also with a secret.
fn read(build: Build, variable: &str, value: &str) -> Result<Config, String> {
    let secret = "s".repeat(64);
    let read = Config::read(build, |name| match name {
        _ if name == variable => Some(OsString::from(value)),
        "SECRET_KEY_BASE" if build == Build::Release => Some(OsString::from(&secret)),
        _ => None,
    });
    read.map_err(|error| error.to_string())
}

fn addresses(config: &Config) -> String {
    let Config {
        prefix, ip, port, ..
    } = config;
    format!("{}{prefix} on {ip}:{port}", config.url())
}

async fn allows(config: &Config, origin: &str) -> bool {
    let origin = origin.parse().expect("it is a header's value");
    let headers = HeaderMap::from_iter([(ORIGIN, origin)]);
    let mut app = App::for_tests().await;
    app.config = Arc::new(config.clone());
    endpoint(&app).check_origin(&headers).is_ok()
}

#[tokio::test]
async fn an_empty_variable_is_an_unset_one() {
    let everything = |config: &Config| {
        let secret = config.secret_key_base.to_string();
        let (proxies, log) = (config.proxies.clone(), config.log.clone());
        (
            addresses(config),
            proxies,
            secret,
            log,
            config.shutdown_delay,
            config.assets.clone(),
        )
    };
    let unset = everything(&Config::for_tests());
    assert_eq!(unset.0, "http://localhost:4000 on 127.0.0.1:4000");

    for variable in [
        "HOST",
        "PORT",
        "IP",
        "ORIGINS",
        "PROXIES",
        "SECRET_KEY_BASE",
        "RUST_LOG",
        "LOG_FORMAT",
        "SHUTDOWN_DELAY",
        "ASSETS",
    ] {
        let empty = read(Build::Development, variable, "").expect(variable);
        assert_eq!(everything(&empty), unset, "{variable}");
        let own = allows(&empty, "http://localhost:4000").await;
        assert!(own, "{variable}");
    }
}

#[test]
fn levels_and_format_of_the_log_are_read() {
    let format = |build, variable, value| read(build, variable, value).map(|it| it.log.format);
    let (development, release) = (Build::Development, Build::Release);
    assert_eq!(format(development, "PORT", "1"), Ok(Format::Short));
    assert_eq!(format(release, "PORT", "1"), Ok(Format::Text));
    assert_eq!(format(release, "LOG_FORMAT", "short"), Ok(Format::Short));
    assert_eq!(format(development, "LOG_FORMAT", "json"), Ok(Format::Json));
    let wrong = "LOG_FORMAT is `xml`: expected `short`, `text` or `json`";
    assert_eq!(format(release, "LOG_FORMAT", "xml"), Err(wrong.to_owned()));

    let enabled = |build, value, target, level| {
        let config = read(build, "RUST_LOG", value).expect(value);
        config.log.levels.would_enable(target, &level)
    };
    let own = "team_chat";
    assert!(enabled(development, "", own, Level::DEBUG));
    assert!(enabled(development, "", "axum_channels", Level::DEBUG));
    assert!(enabled(development, "", "a_dependency", Level::INFO));
    assert!(!enabled(development, "", "a_dependency", Level::DEBUG));
    assert!(enabled(release, "", own, Level::INFO));
    assert!(!enabled(release, "", own, Level::DEBUG));
    let levels = "warn,chat=debug";
    assert!(enabled(release, levels, "chat", Level::DEBUG));
    assert!(!enabled(release, levels, "any", Level::INFO));
    for levels in ["chat=loud", "inof", "warn,chat"] {
        let wrong = read(release, "RUST_LOG", levels).expect_err(levels);
        let expected = format!("RUST_LOG is `{levels}`: expected a level");
        assert!(wrong.starts_with(&expected), "{wrong}");
    }
}

#[test]
fn the_delay_of_a_shutdown_is_read() {
    let delay = |value| read(Build::Release, "SHUTDOWN_DELAY", value).map(|it| it.shutdown_delay);
    assert_eq!(delay(""), Ok(Duration::ZERO));
    assert_eq!(delay("10"), Ok(Duration::from_secs(10)));
}

#[test]
fn addresses_are_read() {
    for (variable, value, expected) in [
        (
            "HOST",
            "chat.example.com",
            "http://chat.example.com:4000 on 127.0.0.1:4000",
        ),
        (
            "HOST",
            "https://chat.example.com",
            "https://chat.example.com on 127.0.0.1:4000",
        ),
        (
            "HOST",
            "HTTPS://Chat.example.com:8443/",
            "https://chat.example.com:8443 on 127.0.0.1:4000",
        ),
        (
            "HOST",
            "https://example.com/apps/chat_2/",
            "https://example.com/apps/chat_2 on 127.0.0.1:4000",
        ),
        ("HOST", "[::1]", "http://[::1]:4000 on 127.0.0.1:4000"),
        ("PORT", "65535", "http://localhost:65535 on 127.0.0.1:65535"),
        ("IP", "::1", "http://localhost:4000 on ::1:4000"),
    ] {
        let config = read(Build::Development, variable, value).expect(value);
        assert_eq!(addresses(&config), expected, "{variable}={value}");
    }
    let release = read(Build::Release, "PORT", "80").expect("it has a secret");
    assert_eq!(addresses(&release), "http://localhost on 0.0.0.0:80");
}

#[tokio::test]
async fn pages_of_the_host_may_connect_unless_origins_are_listed() {
    for (variable, value, origin, expected) in [
        ("HOST", "chat.example.com", "https://chat.example.com", true),
        (
            "HOST",
            "https://chat.example.com:8443",
            "https://chat.example.com",
            true,
        ),
        ("HOST", "chat.example.com", "http://localhost:4000", false),
        ("HOST", "", "http://127.0.0.1:4000", true),
        ("HOST", "", "http://evil.example:4000", false),
        (
            "ORIGINS",
            "https://a.example, //*.b.example",
            "https://a.example",
            true,
        ),
        (
            "ORIGINS",
            "https://a.example, //*.b.example",
            "http://www.b.example:81",
            true,
        ),
        (
            "ORIGINS",
            "https://a.example, //*.b.example",
            "http://localhost:4000",
            false,
        ),
        ("ORIGINS", "null", "null", true),
        ("ORIGINS", "file://", "file://", true),
        ("ORIGINS", "*", "https://evil.example", true),
    ] {
        let config = read(Build::Development, variable, value).expect(value);
        assert_eq!(
            allows(&config, origin).await,
            expected,
            "{variable}={value}: {origin}"
        );
    }
}

#[test]
fn a_wrong_value_is_named_with_a_way_out() {
    use Build::{Development, Release};
    let ip = "expected an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them";
    let port = "expected a number from 0 to 65535, such as 4000";
    let path = "expected a path of letters, digits and `-._~`, such as `/chat`";
    let seconds = "expected a number of seconds, such as 10";
    let secret = "`openssl rand -hex 64` makes one for it";
    let assets = "which has no index.html: set it to the app's folder `assets`";
    for (build, variable, value, expected) in [
        (
            Development,
            "IP",
            "localhost",
            format!("IP is `localhost`: {ip}"),
        ),
        (
            Development,
            "IP",
            "127.0.0.1:80",
            format!("IP is `127.0.0.1:80`: {ip}"),
        ),
        (
            Development,
            "PORT",
            "http",
            format!("PORT is `http`: {port}"),
        ),
        (
            Development,
            "PORT",
            "65536",
            format!("PORT is `65536`: {port}"),
        ),
        (Development, "PORT", "-1", format!("PORT is `-1`: {port}")),
        (Development, "PORT", "+80", format!("PORT is `+80`: {port}")),
        (Development, "PORT", " ", format!("PORT is ` `: {port}")),
        (
            Development,
            "PORT",
            "80\n",
            format!("PORT is `80\\n`: {port}"),
        ),
        (
            Development,
            "HOST",
            "https://example.com/a b",
            format!("HOST is `https://example.com/a b`: {path}"),
        ),
        (
            Development,
            "HOST",
            "https://example.com/a/../b",
            format!("HOST is `https://example.com/a/../b`: {path}"),
        ),
        (
            Development,
            "HOST",
            "https://example.com//chat",
            format!("HOST is `https://example.com//chat`: {path}"),
        ),
        (
            Development,
            "SHUTDOWN_DELAY",
            "1.5",
            format!("SHUTDOWN_DELAY is `1.5`: {seconds}"),
        ),
        (
            Development,
            "SECRET_KEY_BASE",
            "short",
            format!("SECRET_KEY_BASE has 5 bytes and needs 64 or more: {secret}"),
        ),
        (
            Release,
            "SECRET_KEY_BASE",
            "short",
            format!("SECRET_KEY_BASE has 5 bytes and needs 64 or more: {secret}"),
        ),
        (
            Release,
            "SECRET_KEY_BASE",
            "",
            format!("SECRET_KEY_BASE is not set, and a release needs a value: {secret}"),
        ),
        (
            Development,
            "ASSETS",
            "/nowhere",
            format!("ASSETS is `/nowhere`, {assets}"),
        ),
        (
            Development,
            "ASSETS",
            "src",
            format!("ASSETS is `src`, {assets}"),
        ),
    ] {
        assert_eq!(
            read(build, variable, value).err(),
            Some(expected),
            "{variable}={value}"
        );
    }
}

#[test]
fn a_wrong_host_origin_or_proxy_is_named_in_one_line() {
    for (variable, value, part) in [
        ("HOST", "example.com:8443", "`example.com:8443`"),
        ("HOST", "*", "`http://*`"),
        ("HOST", "ftp://example.com", "`ftp://example.com`"),
        (
            "HOST",
            "https://example.com?a=1",
            "`https://example.com?a=1`",
        ),
        ("ORIGINS", "example.com", "`example.com`"),
        ("PROXIES", "proxy.example", "`proxy.example`"),
        ("PROXIES", "10.0.0.0/33", "`10.0.0.0/33`"),
        ("PROXIES", "-1", "`-1`"),
        ("ORIGINS", "https://a.example,", "``"),
        (
            "ORIGINS",
            "https://a.example b.example",
            "`https://a.example b.example`",
        ),
    ] {
        let error = read(Build::Development, variable, value).expect_err(value);
        let starts = format!("{variable} is invalid: {part} is not a");
        assert!(
            error.starts_with(&starts) && !error.contains('\n'),
            "{error}"
        );
    }
}

#[test]
fn a_password_in_a_url_is_not_shown() {
    for variable in ["HOST", "ORIGINS", "PROXIES"] {
        for value in [
            "https://user:pass-word@example.com",
            "https://user:pass-word@example.com/chat",
            "user:pass-word@example.com",
            "pass-word@example.com",
        ] {
            let error = read(Build::Development, variable, value).expect_err(value);
            let starts = format!("{variable} is invalid: `");
            assert!(error.starts_with(&starts), "{error}");
            assert!(!error.contains("pass-word"), "{error}");
        }
    }
}

#[test]
fn proxies_are_listed_or_counted() {
    let proxies = |value| read(Build::Development, "PROXIES", value).map(|config| config.proxies);

    let listed = TrustedProxies::networks(["127.0.0.1", "10.0.0.0/8"]).expect("networks");
    assert_eq!(proxies("127.0.0.1, 10.0.0.0/8"), Ok(listed));
    assert_eq!(proxies("2"), Ok(TrustedProxies::hops(2)));
    assert_eq!(proxies(""), Ok(TrustedProxies::hops(0)));
}

#[test]
fn secrets_are_not_in_debug_output() {
    let config = read(Build::Release, "HOST", "").expect("it has a secret");

    let shown = format!("{config:?}");

    assert_eq!(config.secret_key_base.len(), 64);
    assert!(!shown.contains(&*config.secret_key_base), "{shown}");
}
