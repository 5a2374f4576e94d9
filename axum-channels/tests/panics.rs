//! Panics during other panics do not abort the process.

mod support;

use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, HandleInfo, Params, Payload, Reason, Reply, Result,
    Socket, SocketHandler, Topic, websocket,
};
use std::sync::Mutex;
use std::time::Duration;
use support::{Frame, Ws, eventually, serve};

struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Fragile>("fragile:*");
        routes.channel::<Solid>("solid");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

struct Solid;

impl Channel for Solid {
    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self)
    }

    async fn handle_in(&mut self, _: &str, payload: Payload, _: &Socket) -> Result<Reply> {
        Ok(Reply::ok(payload))
    }
}

/// Panics when it is dropped.
struct Glass;

impl Drop for Glass {
    fn drop(&mut self) {
        panic!("glass breaks");
    }
}

/// Panics at every end, whatever came before.
struct Fragile {
    lock: Mutex<()>,
}

impl Channel for Fragile {
    const INTERCEPTS: &'static [&'static str] = &["broadcast"];

    async fn join(topic: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        let glass = Glass;
        match topic.as_str() {
            "fragile:slow" => std::future::pending().await,
            _ => std::mem::forget(glass),
        }
        Ok(Self {
            lock: Mutex::new(()),
        })
    }

    async fn handle_in(&mut self, event: &str, _: Payload, socket: &Socket) -> Result<Reply> {
        let _held = self.lock.lock();
        match event {
            "panic" => panic!("with the lock held"),
            "error" => return Err(std::io::Error::other("no database").into()),
            _ => {}
        }
        drop(_held);
        let sender = socket.sender::<Self>();
        for _ in 0..3 {
            let _ = sender.send(Glass);
        }
        let _glass = Glass;
        std::future::pending().await
    }

    async fn handle_out(&mut self, _: &str, _: Payload, _: &Socket) -> Result<()> {
        let _held = self.lock.lock();
        panic!("with the lock held");
    }

    fn terminate(&mut self, _: Reason, _: &Socket) {
        panic!("in terminate");
    }
}

impl HandleInfo<Glass> for Fragile {
    async fn handle_info(&mut self, glass: Glass, _: &Socket) -> Result<()> {
        std::mem::forget(glass);
        Ok(())
    }
}

impl Drop for Fragile {
    fn drop(&mut self) {
        let _held = self.lock.lock().expect("not poisoned");
        panic!("in drop");
    }
}

#[tokio::test]
async fn no_panic_that_meets_another_ends_the_process_or_another_channel() {
    let options = websocket()
        .join_timeout(Duration::from_millis(20))
        .drain_timeout(Duration::from_millis(20));
    let endpoint = Endpoint::builder()
        .socket_with::<UserSocket>("/socket", options)
        .build();
    let addr = serve(&endpoint).await;
    let mut witness = Ws::join(addr, "solid").await;
    for (topic, event) in [
        ("fragile:1", "panic"),
        ("fragile:1", "error"),
        ("fragile:1", "phx_leave"),
        ("fragile:1", "phx_join"),
        ("fragile:1", "stuck"),
        ("fragile:slow", ""),
    ] {
        let mut ws = Ws::join(addr, "solid").await;
        ws.send(&format!(r#"["2","2","{topic}","phx_join",{{}}]"#))
            .await;
        ws.next().await;
        if !event.is_empty() {
            ws.send(&format!(r#"["2","3","{topic}","{event}",{{}}]"#))
                .await;
        }
        if event == "stuck" {
            ws.send(&format!(r#"["4","4","{topic}","phx_join",{{}}]"#))
                .await;
        }
        ws.send(r#"["1","5","solid","ping",{}]"#).await;
        let pong = r#"["1","5","solid","phx_reply",{"response":{},"status":"ok"}]"#;
        while ws.next().await != Frame::Text(pong.to_owned()) {}
        drop(ws);
        eventually("the client is gone", || endpoint.stats().connections == 1).await;
    }
    witness.expect_nothing().await;
}

#[tokio::test]
async fn channels_that_panic_at_their_end_end_with_their_client_and_with_a_broadcast() {
    let options = websocket().drain_timeout(Duration::from_millis(20));
    let endpoint = Endpoint::builder()
        .socket_with::<UserSocket>("/socket", options)
        .build();
    let addr = serve(&endpoint).await;
    let mut gone = Ws::join(addr, "fragile:1").await;
    gone.send(r#"["2","2","fragile:2","phx_join",{}]"#).await;
    gone.next().await;
    gone.send(r#"["2","3","fragile:2","stuck",{}]"#).await;
    drop(gone);
    eventually("the client is gone", || endpoint.stats().connections == 0).await;
    let mut ws = Ws::join(addr, "fragile:1").await;
    eventually("it has joined", || endpoint.stats().subscriptions == 1).await;
    endpoint.broadcast("fragile:1", "broadcast", Payload::empty());
    ws.expect(r#"["1","1","fragile:1","phx_error",{"reason":"channel_crash"}]"#)
        .await;
    ws.expect_nothing().await;
}
