//! Signals end a server: in a process of their own, since they are the whole process's.
#![cfg(unix)]

use axum::Router;
use axum::routing::get;
use axum_channels::serve;
use std::process::Command;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

fn signal(name: &str) {
    let id = std::process::id().to_string();
    let status = Command::new("kill")
        .args([name, &id])
        .status()
        .expect("kill runs");
    assert!(status.success());
}

#[tokio::test]
async fn the_first_signal_drains_the_server_and_the_second_ends_it() {
    for (first, second) in [("-TERM", "-INT"), ("-INT", "-TERM")] {
        let (begun, mut stuck) = mpsc::unbounded_channel();
        let stick = async move || {
            begun.send(()).expect("the test waits");
            std::future::pending::<()>().await;
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("it is bound");
        let app = Router::new().route("/", get(stick));
        let server = serve(listener, app)
            .shutdown_timeout(Duration::from_secs(3600))
            .with_signals();
        let server = tokio::spawn(server.into_future());
        let mut stream = TcpStream::connect(addr).await.expect("it listens");
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .expect("sent");
        stuck.recv().await;

        signal(first);
        while TcpStream::connect(addr).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!server.is_finished(), "a request is under way");

        signal(second);
        server.await.expect("no panic").expect("no error");
    }
}
