//! Clients at their worst, and nothing is left of them. The same every time but for the order of things.

mod support;

use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Params, Payload, Refused, Reply, Result, Socket,
    SocketHandler, Topic, websocket,
};
use serde_json::json;
use socket2::SockRef;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};
use support::{Frame, VALID, Ws, eventually, frame, http, serve};

struct Anyone;

impl SocketHandler for Anyone {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
    }

    async fn connect(params: &Params, _: &ConnectInfo) -> Result<Self, Refused> {
        match params.get("panic") {
            Some(_) => panic!("at the door"),
            None => Ok(Self),
        }
    }

    fn id(&self) -> Option<String> {
        Some("everyone".to_owned())
    }
}

/// Channels that are there.
#[derive(Clone, Default)]
struct Alive(Arc<AtomicUsize>);

struct Room(Alive);

impl Channel for Room {
    const INTERCEPTS: &'static [&'static str] = &["intercepted"];

    async fn join(topic: &Topic, _: Payload, socket: &Socket) -> Result<Self, Refused> {
        match topic.as_str() {
            "room:refused" => return Err(Refused::new("no")),
            "room:panic" => panic!("in join"),
            "room:slow" => tokio::time::sleep(Duration::from_millis(5)).await,
            _ => {}
        }
        socket.presence().track("someone", json!({}))?;
        let alive = socket.state::<Alive>().clone();
        alive.0.fetch_add(1, SeqCst);
        Ok(Self(alive))
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "shout" | "intercepted" => socket.broadcast(event, payload),
            "slow" => tokio::time::sleep(Duration::from_millis(2)).await,
            "stuck" => std::future::pending().await,
            "stop" => socket.stop(),
            "panic" => panic!("in handle_in"),
            "error" => Err(std::io::Error::other("in handle_in"))?,
            "later" => {
                let (reply, later) = Reply::later();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    later.reply(Reply::ok(payload));
                });
                return Ok(reply);
            }
            _ => {}
        }
        Ok(Reply::ok(Payload::empty()))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
    }
}

/// xorshift64*.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides as usize
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len() as u64)]
    }
}

const TOPICS: [&str; 6] = [
    "room:1",
    "room:2",
    "room:slow",
    "room:refused",
    "room:panic",
    "nope",
];

const EVENTS: [&str; 12] = [
    "phx_join",
    "phx_join",
    "phx_join",
    "phx_leave",
    "shout",
    "intercepted",
    "slow",
    "stuck",
    "stop",
    "panic",
    "error",
    "later",
];

/// What one client says, good and bad.
fn say(dice: &mut Dice) -> Vec<u8> {
    match dice.roll(40) {
        0 => frame(0x81, b"no message"),
        1 => frame(0x83, b"no frame"),
        2 => (0..50).map(|_| dice.roll(256) as u8).collect(),
        3 => frame(0x82, b"\x00\x00\x00\x06\x05room:1shoutbytes"),
        4 => frame(0x01, br#"[null,null,"room:1","#),
        5 => frame(0x88, &1000_u16.to_be_bytes()),
        6 => frame(0x89, b"ping"),
        _ => {
            let (topic, event) = (dice.pick(&TOPICS), dice.pick(&EVENTS));
            frame(
                0x81,
                format!(r#"["1","2","{topic}","{event}",{{"a":1}}]"#).as_bytes(),
            )
        }
    }
}

/// Talks, listens now and then, and goes: with a word, without one, or with a bang.
async fn misbehave(addr: SocketAddr, seed: u64) {
    let mut dice = Dice(seed * 0x9E37_79B9 + 1);
    let target = if dice.roll(20) == 0 {
        "/socket/websocket?panic=1"
    } else {
        "/socket/websocket?vsn=2.0.0"
    };
    let (mut stream, status, _) = http(addr, "GET", target, VALID).await;
    if status != 101 {
        return;
    }
    for _ in 0..dice.roll(60) {
        let said = say(&mut dice);
        // Sometimes only half of it; who is closed by the server goes.
        let cut = if dice.roll(20) == 0 {
            said.len() / 2
        } else {
            said.len()
        };
        if tokio::io::AsyncWriteExt::write_all(&mut stream, &said[..cut])
            .await
            .is_err()
        {
            return;
        }
        match dice.roll(6) {
            0 => tokio::task::yield_now().await,
            1 => drop(stream.try_read(&mut [0; 512])),
            _ => {}
        }
    }
    if dice.roll(2) == 0 {
        let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO)); // reset, not closed
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_clients_at_their_worst() {
    let alive = Alive::default();
    let endpoint = Endpoint::builder()
        .socket_with::<Anyone>(
            "/socket",
            websocket().max_queued_bytes(20_000).max_channels(3),
        )
        .state(alive.clone())
        .build();
    let addr = serve(&endpoint).await;
    let mut witness = Ws::open(addr).await;
    for round in 0..6 {
        let clients = (0..100).map(|n| tokio::spawn(misbehave(addr, 100 * round + n)));
        let clients: Vec<_> = clients.collect();
        for client in clients {
            client.await.expect("a client that does not panic itself");
        }
        witness.expect_nothing().await;
    }
    let left = || {
        let stats = endpoint.stats();
        (stats.connections, stats.subscriptions, alive.0.load(SeqCst))
    };
    eventually("only the witness is left, and its id", || {
        left() == (1, 1, 0)
    })
    .await;
    assert!(endpoint.presences("room:1").is_empty());
    endpoint.disconnect("everyone");
    witness.expect_close(1001).await;
    drop(witness);
    eventually("nobody is left", || left() == (0, 0, 0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_stalled_reader_among_a_thousand_delays_nobody_and_is_dropped() {
    let endpoint = Endpoint::builder()
        .socket_with::<Anyone>("/socket", websocket().max_queued_bytes(50_000))
        .state(Alive::default())
        .build();
    let addr = serve(&endpoint).await;
    let mut stalled = Ws::join(addr, "room:1").await;
    stalled.send(r#"["2","2","room:2","phx_join",{}]"#).await; // where it is alone, to have more to stall on
    let mut readers = Vec::new();
    for _ in 0..999 {
        let mut ws = Ws::open(addr).await;
        ws.send(r#"["1","1","room:1","phx_join",{}]"#).await;
        readers.push(ws);
    }
    let joined = || endpoint.presences("room:1").get("someone").len();
    eventually("all have joined", || joined() == 1000).await;
    let heard = Arc::new(AtomicUsize::new(0));
    let listeners: Vec<_> = readers
        .into_iter()
        .map(|ws| tokio::spawn(listen(ws, heard.clone())))
        .collect();
    let (much, mut slowest, mut sent) = ("x".repeat(200_000), Duration::ZERO, 0);
    while endpoint.stats().connections == 1000 {
        endpoint.broadcast("room:2", "news", json!({"text": much}));
        let begun = Instant::now();
        endpoint.broadcast("room:1", "news", json!({"n": sent}));
        sent += 1;
        eventually("all others hear it", || heard.load(SeqCst) == 999 * sent).await;
        slowest = slowest.max(begun.elapsed());
        assert!(sent < 1000, "the stalled reader is dropped");
    }
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    assert_eq!(endpoint.stats().connections, 999);
    drop(stalled);
    listeners.into_iter().for_each(|listener| listener.abort());
    eventually("nobody is left", || endpoint.stats().subscriptions == 0).await;
}

async fn listen(mut ws: Ws, heard: Arc<AtomicUsize>) {
    loop {
        match ws.next().await {
            Frame::Text(text) if text.contains(r#""news""#) => drop(heard.fetch_add(1, SeqCst)),
            Frame::Text(_) => {}
            other => panic!("{other:?}"),
        }
    }
}
