//! Engines by TLS, with a certificate of the test.

use super::app::PREFIX;
use super::process::Process;
use super::server::{Kind, Server};
use super::support::{TIMEOUT, eventually};
use axum_channels::cluster::{Nats, Redis};
use serde_json::json;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tokio::time::{sleep, timeout};

on_each_engine! {
    a_connection_is_encrypted_if_the_certificate_is_trusted,
}

on_a_cluster! {
    a_connection_is_encrypted_if_the_certificate_is_trusted,
}

/// A certificate for this machine that signs itself, and its key.
struct Certificate {
    folder: PathBuf,
}

impl Certificate {
    fn new(kind: Kind) -> Certificate {
        let name = format!("axum-channels-tls-{kind:?}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("a new folder");
        let certificate = Certificate { folder };
        let [path, key] = [certificate.path(), certificate.key()];
        let made = Command::new("openssl")
            .args("req -x509 -nodes -days 1 -subj /CN=localhost".split(' '))
            .args("-newkey ec -pkeyopt ec_paramgen_curve:prime256v1".split(' '))
            .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-keyout", &key, "-out", &path])
            .output();
        assert!(made.expect("openssl is installed").status.success());
        certificate
    }

    fn path(&self) -> String {
        self.folder.join("certificate").display().to_string()
    }

    fn key(&self) -> String {
        self.folder.join("key").display().to_string()
    }

    /// Returns settings of an engine that encrypts: Redis at a port of its own, NATS at its only one.
    fn settings(&self, kind: Kind) -> String {
        let [path, key] = [self.path(), self.key()];
        let redis = format!(
            "tls-port {{tls}}\ntls-cert-file {path}\ntls-key-file {key}\ntls-ca-cert-file {path}\ntls-auth-clients no"
        );
        match kind {
            Kind::Redis => redis,
            Kind::RedisCluster => format!("{redis}\ntls-cluster yes"),
            Kind::Nats => format!("tls {{ cert_file: {path:?}, key_file: {key:?} }}"),
        }
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Connects to an engine whose certificate this process does not trust, and returns the error.
async fn refused(kind: Kind, url: String) -> String {
    match kind {
        Kind::Nats => {
            let nats = Nats::new(url).expect("a URL");
            nats.check().await.expect_err("not trusted").to_string()
        }
        _ => {
            let redis = Redis::new(url).expect("a URL");
            redis.check().await.expect_err("not trusted").to_string()
        }
    }
}

async fn a_connection_is_encrypted_if_the_certificate_is_trusted(kind: Kind) {
    if !cfg!(all(feature = "nats-tls", feature = "redis-tls")) {
        return; // run with all features
    }
    let certificate = Certificate::new(kind);
    let server = Server::start_with(kind, &certificate.settings(kind));
    let trusted = certificate.path();
    let trusting = [("SSL_CERT_FILE", trusted.as_str())];
    let urls = match kind {
        Kind::Nats => [server.tls_url(), server.url()], // the server asks for it
        _ => [server.tls_url(), server.tls_url()],
    };
    let [a, b] = urls.map(|url| Process::start_with(url, &trusting));
    let [mut alice, mut bob] = [a.join("alice").await, b.join("bob").await];
    let both = async {
        for node in [&a, &b] {
            while node.state().await["users"] != json!(["alice", "bob"]) {
                sleep(Duration::from_millis(10)).await;
            }
        }
    };
    timeout(TIMEOUT, both).await.expect("both know both");
    eventually("both are subscribed", || {
        server.subscribers(PREFIX, "room:1") == 2
    })
    .await;
    let shout = json!(["1", "2", "room:1", "shout", {"text": "hello"}]);
    alice.send(&shout.to_string()).await;
    for client in [&mut alice, &mut bob] {
        while client.event().await != "shout" {} // after presences
    }
    eventually("all are encrypted", || server.plain_clients() == 0).await;
    let error = refused(kind, server.tls_url()).await;
    assert!(error.contains("invalid peer certificate"), "{error}");
}
