//! Endpoints as nodes of one app, connected by a real redis-server or nats-server, which each test starts.
#![cfg(all(unix, feature = "nats", feature = "redis"))]
#![expect(
    clippy::print_stdout,
    reason = "a node in a process of its own reports its address, and chaos what it has done"
)]

/// Makes a test for each engine of functions that take one.
macro_rules! on_each_engine {
    ($($name:ident,)+) => {
        mod redis {$(
            #[tokio::test]
            #[ignore = "needs redis-server"]
            async fn $name() {
                super::$name(crate::server::Kind::redis()).await;
            }
        )+}

        mod nats {$(
            #[tokio::test]
            #[ignore = "needs nats-server"]
            async fn $name() {
                super::$name(crate::server::Kind::Nats).await;
            }
        )+}
    };
}

/// Makes a test on a Redis Cluster of functions that take an engine. The others run on one by hand: `REDIS_CLUSTER=1`.
macro_rules! on_a_cluster {
    ($($name:ident,)+) => {
        mod cluster {$(
            #[tokio::test]
            #[ignore = "needs redis-server"]
            async fn $name() {
                super::$name(crate::server::Kind::RedisCluster).await;
            }
        )+}
    };
}

mod app;
mod chaos;
mod cluster;
mod crowd;
mod engine_away;
mod histories;
mod messages;
mod nats;
mod nats_server;
mod phoenix;
mod phoenix_js;
mod presences;
mod process;
mod proxy;
mod redis;
mod redis_cluster;
mod redis_server;
mod refusals;
mod rights;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod users;

use std::process::{Child, Command};

/// Sends a signal to a process of the tests.
fn signal(process: &Child, signal: &str) {
    let id = process.id().to_string();
    let status = Command::new("kill").args([signal, &id]).status();
    assert!(status.expect("kill runs").success());
}
