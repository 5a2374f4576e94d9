use super::*;

#[test]
fn urls_are_those_of_redis_and_valkey() {
    for url in [
        "redis://localhost",
        "redis://user:secret@127.0.0.1:6380/3",
        "redis://:secret@[::1]",
        "valkey://localhost",
        "redis+unix:///run/redis.sock",
    ] {
        assert!(Redis::new(url).is_ok(), "{url}");
    }
    let tls = Redis::new("rediss://localhost").err();
    let expected = (!cfg!(feature = "redis-tls")).then_some(RedisError::TlsIsOff);
    assert_eq!(tls, expected);
}

#[test]
fn another_url_is_refused_without_its_password() {
    for url in [
        "",
        "localhost:6379",
        "http://user:secret@localhost",
        "redis://user:secret@localhost/seven",
        "redis://user:secret@:port",
        "redis:secret",
    ] {
        let error = Redis::new(url).expect_err(url);
        let text = error.to_string();
        assert!(matches!(error, RedisError::InvalidUrl { .. }), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn the_password_is_not_shown() {
    let redis = Redis::new("redis://user:secret@localhost/3").expect("a URL");
    let shown = format!("{redis:?}");
    assert_eq!(
        shown,
        r#"Redis { addr: "localhost:6379", channel: "axum_channels:leaving", lease: 15s, .. }"#
    );
}

#[tokio::test]
async fn an_engine_that_does_not_answer_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    drop(listener);
    let redis = Redis::new(format!("redis://user:secret@{addr}")).expect("a URL");
    let error = redis.check().await.expect_err("nobody listens");
    let text = format!("Redis at {addr} does not answer: Connection refused (os error 111)");
    assert_eq!(error.to_string(), text);
}
