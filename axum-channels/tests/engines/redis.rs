//! Features of Redis alone.

use super::app::{LEASE, PREFIX, connected, starting};
use super::messages::join;
use super::server::{Kind, Server};
use axum_channels::cluster::{Redis, RedisError};
use serde_json::json;

#[tokio::test]
#[ignore = "needs redis-server"]
async fn users_passwords_and_databases_are_those_of_the_url() {
    let acl = "user app on >secret ~* &* +@all\nuser default off";
    let server = Server::start_with(Kind::Redis, acl);
    let addr = server.addr();
    let redis = |url: String| {
        let redis = Redis::new(url).expect("a URL");
        redis.prefix(PREFIX).lease(LEASE)
    };
    let good = || format!("redis://app:secret@{addr}/3");
    redis(good()).check().await.expect("it is let in");
    let (a, b) = (starting(good()), starting(good()));
    connected(&a, true).await;
    let (_client, mut channel) = join(&a, "room:1").await;
    connected(&b, true).await;
    b.broadcast("room:1", "to", json!({}));
    channel.assert_broadcast("to", json!({})).await;

    for (url, reason) in [
        (format!("redis://app:wrong@{addr}"), "WRONGPASS"),
        (format!("redis://{addr}"), "NOAUTH"),
        (format!("redis://app:secret@{addr}/99"), "DB index"),
    ] {
        let error = redis(url).check().await.expect_err("it is refused");
        assert!(matches!(&error, RedisError::Unreachable { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
