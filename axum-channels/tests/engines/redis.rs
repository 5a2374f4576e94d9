//! Features of Redis alone.

use super::app::{LEASE, PREFIX, connected, starting};
use super::messages::join;
use super::server::{Kind, Server};
use super::users::{Node, User};
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

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_redis_that_was_restored_from_its_disk_begins_other_histories() {
    let mut server = Server::start(Kind::Redis);
    let a = Node::start(server.url()).await;
    let mut user = User::join(a.addr, "room:1").await;
    a.say("room:1", 1);
    user.hear("said", [1]).await;
    server.redis("SAVE");
    a.say("room:1", 2);
    user.hear("said", [2]).await;
    let position = user.position.clone();
    a.endpoint.shutdown().await;
    server.kill();
    server.restart();
    assert_eq!(server.kept(PREFIX, "room:1"), 1, "it has older data");
    let b = Node::start(server.url()).await;
    let mut user = User::come_back(b.addr, "room:1", &position).await;
    user.lost();
    b.say("room:1", 3);
    user.hear("said", [3]).await;
}
