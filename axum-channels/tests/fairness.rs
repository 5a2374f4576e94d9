//! Fairness: whatever a client or a channel does, the others are served in between.
//!
//! All of these run on one thread, where a task that does not yield blocks all others.

mod support;

use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, HandleInfo, Params, Payload, Reply, Result, Socket,
    SocketHandler, SocketOptions, Topic, websocket,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use support::{Frame, Poll, Ws, eventually, frame, serve};
use tokio::sync::Notify;

struct Anyone;

impl SocketHandler for Anyone {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
        routes.channel::<Censor>("censored:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

/// Number of messages that were handled.
#[derive(Clone, Default)]
struct Handled(Arc<AtomicUsize>);

impl Handled {
    fn count(socket: &Socket) {
        socket.state::<Handled>().0.fetch_add(1, SeqCst);
    }

    fn so_far(&self) -> usize {
        self.0.load(SeqCst)
    }
}

/// Signal to handlers that wait.
#[derive(Clone, Default)]
struct Go(Arc<Notify>);

struct Room;

impl Channel for Room {
    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        Handled::count(socket);
        match event {
            "for ever" => socket.sender::<Self>().send(Next)?,
            "shout" => socket.broadcast(event, payload.clone()),
            "shout at censors" => {
                let endpoint = socket.endpoint();
                endpoint.broadcast("censored:1", "shout", payload.clone());
            }
            "shout at censors often" => {
                for _ in 0..500 {
                    socket
                        .endpoint()
                        .broadcast("censored:1", "shout", payload.clone());
                }
            }
            "slowly" => tokio::time::sleep(Duration::from_millis(1)).await,
            "block" => std::thread::sleep(Duration::from_millis(2)),
            "wait and block" => {
                socket.state::<Go>().0.notified().await;
                std::thread::sleep(Duration::from_millis(2));
                Handled::count(socket);
            }
            _ => {}
        }
        Ok(Reply::ok(payload))
    }
}

/// A channel's message to itself, as Elixir's `send(self(), :next)`.
struct Next;

impl HandleInfo<Next> for Room {
    async fn handle_info(&mut self, _: Next, socket: &Socket) -> Result<()> {
        Handled::count(socket);
        socket.sender::<Self>().send(Next)?;
        Ok(())
    }
}

/// Intercepts shouts, and handles them slowly; broadcasts an echo again.
struct Censor;

impl Channel for Censor {
    const INTERCEPTS: &'static [&'static str] = &["shout", "echo"];

    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        socket.broadcast(event, payload);
        Ok(Reply::none())
    }

    async fn handle_out(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<()> {
        Handled::count(socket);
        match event {
            "echo" => socket.broadcast(event, payload),
            _ => {
                tokio::time::sleep(Duration::from_millis(1)).await;
                socket.push(event, payload);
            }
        }
        Ok(())
    }
}

struct Server {
    addr: SocketAddr,
    endpoint: Endpoint,
    handled: Handled,
    go: Go,
}

impl Server {
    async fn start(options: SocketOptions) -> Server {
        let (handled, go) = (Handled::default(), Go::default());
        let endpoint = Endpoint::builder()
            .socket_with::<Anyone>("/socket", options)
            .state(handled.clone())
            .state(go.clone())
            .build();
        Server {
            addr: serve(&endpoint).await,
            endpoint,
            handled,
            go,
        }
    }

    /// Another client connects, joins, and receives its reply.
    async fn serves_others(&self) {
        let mut ws = Ws::join(self.addr, "room:quiet").await;
        ws.expect_nothing().await;
    }
}

fn push(topic: &str, event: &str) -> Vec<u8> {
    let text = format!(r#"["1","2","{topic}","{event}",{{}}]"#);
    frame(0x81, text.as_bytes())
}

#[tokio::test]
async fn a_channel_that_always_sends_itself_another_message_leaves_others_their_turn() {
    let server = Server::start(websocket()).await;
    let mut ws = Ws::join(server.addr, "room:1").await;
    ws.raw(&push("room:1", "for ever")).await;
    server.serves_others().await;
    let before = server.handled.so_far();
    eventually("it goes on", || server.handled.so_far() > before).await;
}

#[tokio::test]
async fn a_channel_that_always_sends_itself_another_message_leaves_its_client_its_turn() {
    let server = Server::start(websocket()).await;
    let mut ws = Ws::join(server.addr, "room:1").await;
    ws.raw(&push("room:1", "for ever")).await;
    ws.next().await;
    ws.expect_nothing().await;
    ws.send(r#"["1","3","room:1","phx_leave",{}]"#).await;
    ws.expect(r#"["1","3","room:1","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    let mut other = Ws::join(server.addr, "room:1").await;
    other.raw(&push("room:1", "for ever")).await;
    other.next().await;
    drop(other);
    eventually("its end is noticed", || {
        server.endpoint.stats().connections == 1
    })
    .await;
}

#[tokio::test]
async fn a_channel_that_broadcasts_what_it_intercepts_leaves_others_their_turn() {
    let server = Server::start(websocket()).await;
    let mut ws = Ws::join(server.addr, "censored:1").await;
    ws.raw(&push("censored:1", "echo")).await;
    server.serves_others().await;
    let before = server.handled.so_far();
    eventually("it goes on", || server.handled.so_far() > before).await;
}

#[tokio::test]
async fn a_client_with_thousands_of_messages_leaves_others_their_turn() {
    let server = Server::start(websocket()).await;
    let mut flooder = Ws::join(server.addr, "room:1").await;
    let all = 4 * 2_000;
    let (mut read, mut write) = flooder.stream().split();
    let flood = push("room:1", "ping").repeat(2_000);
    let flooding = async {
        for _ in 0..4 {
            tokio::io::AsyncWriteExt::write_all(&mut write, &flood)
                .await
                .expect("it is read in the end");
        }
    };
    let reading = async {
        let mut scratch = vec![0; 65_536];
        while server.handled.so_far() < all {
            tokio::io::AsyncReadExt::read(&mut read, &mut scratch)
                .await
                .expect("replies");
        }
    };
    let waiting = async {
        eventually("it begins", || server.handled.so_far() > 0).await;
        server.serves_others().await;
        server.handled.so_far()
    };
    let (handled, ..) = tokio::join!(waiting, flooding, reading);
    assert!(handled < all, "others were served after all of it");
}

/// Uses the real clock, as its handlers block: 200 of them take 400 ms together.
#[tokio::test]
async fn a_client_whose_handlers_block_leaves_others_their_turn_between_two_of_them() {
    let server = Server::start(websocket()).await;
    let mut flooder = Ws::join(server.addr, "room:1").await;
    flooder.raw(&push("room:1", "block").repeat(200)).await;
    eventually("it begins", || server.handled.so_far() > 0).await;
    server.serves_others().await;
    assert!(
        server.handled.so_far() < 200,
        "others were served after all of it"
    );
}

#[tokio::test]
async fn a_hundred_waiting_channels_of_a_connection_all_go_on() {
    let server = Server::start(websocket()).await;
    let mut ws = Ws::open(server.addr).await;
    for n in 0..100 {
        let topic = format!("room:{n}");
        ws.send(&format!(r#"["1","1","{topic}","phx_join",{{}}]"#))
            .await;
        ws.next().await;
    }
    let pushes: Vec<u8> = (0..100)
        .flat_map(|n| push(&format!("room:{n}"), "slowly"))
        .collect();
    ws.raw(&pushes).await;
    for _ in 0..100 {
        assert!(matches!(ws.next().await, Frame::Text(_)));
    }
}

/// The client sends nothing meanwhile, and does not poll.
#[tokio::test]
async fn the_channels_of_a_polling_client_all_go_on_when_one_of_them_blocks() {
    let server = Server::start(websocket().longpoll()).await;
    let poll = Poll::join(server.addr, "room:1").await;
    for n in [2, 3] {
        poll.send(&format!(r#"["1","1","room:{n}","phx_join",{{}}]"#))
            .await;
        poll.receive().await;
    }
    for n in 1..=3 {
        poll.send(&format!(r#"["1","2","room:{n}","wait and block",{{}}]"#))
            .await;
    }
    let Go(go) = &server.go;
    go.notify_waiters();
    eventually("all have gone on", || server.handled.so_far() == 6).await;
}

/// Sends `burst`, of which each of five intercepting channels has to push `shouts`.
async fn intercepting_channels_push(burst: &[u8], shouts: usize) {
    let server = Server::start(websocket()).await;
    let mut readers = Vec::new();
    for _ in 0..5 {
        readers.push(Ws::join(server.addr, "censored:1").await);
    }
    let mut sender = Ws::join(server.addr, "room:1").await;
    sender.raw(burst).await;
    for reader in &mut readers {
        for n in 0..shouts {
            match reader.next().await {
                Frame::Text(text) if text.contains(r#""shout""#) => {}
                other => panic!("after {n} shouts: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_burst_of_one_client_does_not_end_the_intercepting_channels_of_others() {
    let burst = push("room:1", "shout at censors").repeat(200);
    intercepting_channels_push(&burst, 200).await;
}

#[tokio::test]
async fn a_handler_that_broadcasts_hundreds_of_times_does_not_end_intercepting_channels() {
    intercepting_channels_push(&push("room:1", "shout at censors often"), 500).await;
}

/// The publisher sends 60 MB to a topic with a slow reader, whose queue is limited to 512 KiB.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_waits_for_a_reader_that_falls_behind() {
    let server = Server::start(websocket().max_queued_bytes(8 * 1024 * 1024)).await;
    let mut reader = Ws::join(server.addr, "room:1").await;
    let publisher = Ws::join(server.addr, "room:1").await;
    let text = format!(
        r#"["1","2","room:1","shout",{{"":"{}"}}]"#,
        "x".repeat(100_000)
    );
    let (mut read, mut write) = publisher.into_stream().into_split();
    let shouts = 600;
    let publishing = tokio::spawn(async move {
        let shout = frame(0x81, text.as_bytes());
        for _ in 0..shouts {
            tokio::io::AsyncWriteExt::write_all(&mut write, &shout)
                .await
                .expect("it is read in the end");
        }
        write
    });
    let replies = tokio::spawn(async move {
        let mut scratch = vec![0; 1_000_000];
        while tokio::io::AsyncReadExt::read(&mut read, &mut scratch)
            .await
            .is_ok_and(|read| read > 0)
        {}
    });
    for _ in 0..shouts {
        assert!(matches!(reader.next().await, Frame::Text(_)));
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    drop(publishing.await.expect("no panic"));
    replies.abort();
    reader.expect_nothing().await;
}
