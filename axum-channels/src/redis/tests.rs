use super::*;

#[test]
fn urls_are_those_of_redis_and_valkey() {
    for url in [
        "redis://localhost",
        "redis://user:secret@127.0.0.1:6380/3",
        "redis://:secret@[::1]",
        "valkey://localhost",
    ] {
        assert!(Redis::new(url).is_ok(), "{url}");
    }
    let socket = Redis::new("redis+unix:///run/redis.sock");
    assert_eq!(socket.is_ok(), cfg!(unix));
    for url in ["rediss://localhost", "rediss-cluster://localhost"] {
        let tls = Redis::new(url).err();
        let expected = (!cfg!(feature = "redis-tls")).then_some(RedisError::TlsIsOff);
        assert_eq!(tls, expected, "{url}");
    }
}

#[test]
fn urls_of_clusters_have_several_servers() {
    for (url, addr) in [
        ("redis-cluster://localhost", "localhost:6379"),
        (
            "valkey-cluster://:secret@a:1,b,[::1]:3/0",
            "a:1,b:6379,::1:3",
        ),
        (
            "redis-cluster://user:se@cret@a,b?protocol=resp3",
            "a:6379,b:6379",
        ),
    ] {
        assert_eq!(Redis::new(url).expect(url).core.engine.addr(), addr);
    }
}

#[test]
fn a_cluster_has_one_database_and_nodes_of_phoenix_have_one_server() {
    let error = Redis::new("redis-cluster://a,b/3").expect_err("another database");
    let reason = "a cluster has the database 0 alone".to_owned();
    assert_eq!(error, RedisError::InvalidUrl { reason });
    let error = Redis::phoenix("redis-cluster://a", "MyApp.PubSub", "rust-1");
    let error = error.expect_err("it is a cluster").to_string();
    let text = "nodes of Phoenix share one server: its URL starts with `redis:`, also if it is part of a cluster";
    assert_eq!(error, text);
}

#[test]
fn a_prefix_has_no_braces_in_a_cluster() {
    for (url, channel) in [
        ("redis://localhost", "{a}:leaving"),
        ("redis-cluster://localhost", "%7Ba}:leaving"),
    ] {
        let redis = Redis::new(url).expect("a URL").prefix("{a}");
        assert_eq!(redis.core.engine.format.shared_channel(), channel);
    }
}

#[test]
fn another_url_is_refused_without_its_password() {
    for url in [
        "",
        "localhost:6379",
        "http://user:secret@localhost",
        "secret@localhost:6379",
        "user:secret@localhost:6379",
        "secret:6379",
        "user:secret@redis://localhost",
        "redis://user:secret@localhost/seven",
        "redis://user:secret@localhost:6379:1",
        "redis://user:secret@[::1",
        "redis://user:secret@local host",
        "redis://user:secret%zz@local host",
        "redis://user:secret@localhost?protocol=none",
        "redis://user:secret@:port",
        "redis:secret",
        "redis-cluster:secret",
        "redis-cluster://user:secret@",
        "redis-cluster://user:secret@a,,b",
        "redis-cluster://user:secret@a:port",
        "redis-cluster+unix:///secret",
    ] {
        let error = Redis::new(url).expect_err(url);
        let text = error.to_string();
        assert!(matches!(error, RedisError::InvalidUrl { .. }), "{text}");
        assert!(!text.contains("secret"), "{text}");
        assert!(!text.contains("InvalidClientConfig"), "{text}");
    }
}

#[test]
fn the_error_of_another_url_is_about_its_scheme() {
    for (url, expected) in [
        ("http://localhost", "its scheme is `http`"),
        ("localhost:6379", "it has no scheme"),
    ] {
        let error = Redis::new(url).expect_err(url).to_string();
        assert!(error.ends_with(&format!(": {expected}")), "{error}");
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
    let refusal = std::net::TcpStream::connect(addr).expect_err("nobody listens");
    let text = format!("Redis at {addr} does not answer: {refusal}");
    assert_eq!(error.to_string(), text);
}
