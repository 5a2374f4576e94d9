//! Messages that were received before the end of a connection are handled.

mod support;

use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, HandleInfo, Params, Payload, Reason, Reply, Result,
    Socket, SocketHandler, SocketOptions, Topic, websocket,
};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Poll, Ws, eventually, frame, serve};
use tokio::sync::Semaphore;

struct Anyone;

impl SocketHandler for Anyone {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Journal>("journal:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }

    fn id(&self) -> Option<String> {
        Some("anyone".to_owned())
    }
}

/// Actions of the channels, in order, and the permits by which the test lets them continue.
#[derive(Clone)]
struct Log {
    entries: Arc<Mutex<Vec<String>>>,
    gate: Arc<Semaphore>,
}

impl Log {
    fn new() -> Self {
        Log {
            entries: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        }
    }

    fn add(&self, entry: impl Into<String>) {
        self.entries.lock().expect("no panic").push(entry.into());
    }

    fn entries(&self) -> Vec<String> {
        self.entries.lock().expect("no panic").clone()
    }

    async fn pass(&self) {
        self.gate.acquire().await.expect("it stays open").forget();
    }
}

/// Records the messages that it handles, each with a permit of the test.
struct Journal(Log);

impl Channel for Journal {
    async fn join(topic: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
        let log = socket.state::<Log>().clone();
        if topic == "journal:slow" {
            log.pass().await;
        }
        Ok(Self(log))
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        self.0.add(format!("begin {event}"));
        match event {
            "tell" => socket.sender::<Self>().send("told")?,
            "track" => {
                self.0.pass().await;
                socket.presence().track("someone", json!({}))?;
            }
            "stuck" => std::future::pending().await,
            "large" => {
                self.0.add("end large");
                return Ok(Reply::ok(Payload::binary(vec![0; 100_000])));
            }
            _ => self.0.pass().await,
        }
        self.0.add(format!("end {event}"));
        Ok(Reply::ok(payload))
    }

    fn terminate(&mut self, reason: Reason, _: &Socket) {
        self.0.add(format!("terminate {reason:?}"));
    }
}

impl HandleInfo<&'static str> for Journal {
    async fn handle_info(&mut self, message: &'static str, _: &Socket) -> Result<()> {
        self.0.pass().await;
        self.0.add(message);
        Ok(())
    }
}

struct Server {
    log: Log,
    endpoint: Endpoint,
    addr: SocketAddr,
}

impl Server {
    async fn start(options: SocketOptions) -> Server {
        let log = Log::new();
        let endpoint = Endpoint::builder()
            .socket_with::<Anyone>("/socket", options.clone())
            .socket_with::<Anyone>("/other", options)
            .state(log.clone())
            .build();
        let addr = serve(&endpoint).await;
        Server {
            log,
            endpoint,
            addr,
        }
    }

    /// Waits until the channels have recorded exactly these actions.
    async fn expect(&self, entries: &[&str]) {
        eventually(&format!("{entries:?}"), || {
            self.log.entries().len() >= entries.len()
        })
        .await;
        assert_eq!(self.log.entries(), entries);
    }

    /// Waits until the server has noticed that the client is gone.
    async fn expect_unsubscribed(&self) {
        eventually("it is unsubscribed", || {
            self.endpoint.stats().subscriptions == 0
        })
        .await;
    }

    async fn expect_gone(&self) {
        eventually("nothing is left", || {
            self.endpoint.stats() == Default::default()
        })
        .await;
    }
}

/// Two messages that are handled to their end, one after the other, by a channel whose client is gone.
const BOTH: [&str; 5] = [
    "begin one",
    "end one",
    "begin two",
    "end two",
    "terminate Disconnected",
];

fn push(event: &str) -> Vec<u8> {
    let text = format!(r#"["1","2","journal:1","{event}",{{}}]"#);
    frame(0x81, text.as_bytes())
}

/// For every kind of end: a close frame, a lost or reset connection, a malformed message, or a disconnect by the server.
#[tokio::test]
async fn messages_received_before_a_close_are_handled_in_order_to_their_end() {
    for way in ["close", "drop", "reset", "disconnect", "malformed"] {
        let server = Server::start(websocket()).await;
        let mut ws = Ws::join(server.addr, "journal:1").await;
        ws.raw(&[push("one"), push("two")].concat()).await;
        server.expect(&["begin one"]).await;
        match way {
            "close" => ws.raw(&frame(0x88, &1000_u16.to_be_bytes())).await,
            "drop" => {}
            "reset" => {
                let _ = socket2::SockRef::from(&*ws.stream()).set_linger(Some(Duration::ZERO));
            }
            "malformed" => {
                ws.send("no message").await;
                ws.expect_close(1011).await;
            }
            _ => {
                server.endpoint.disconnect("anyone");
                ws.expect_close(1001).await;
            }
        }
        drop(ws);
        server.expect_unsubscribed().await;
        server.log.gate.add_permits(2);
        server.expect(&BOTH).await;
        server.expect_gone().await;
    }
}

#[tokio::test]
async fn forty_saves_of_twenty_clients_that_leave_at_once_are_forty_saves() {
    let server = Server::start(websocket()).await;
    server.log.gate.add_permits(40);
    for _ in 0..20 {
        let mut ws = Ws::join(server.addr, "journal:1").await;
        ws.raw(&[push("save"), push("save")].concat()).await;
    }
    server.expect_gone().await;
    let entries = server.log.entries();
    let done = entries.iter().filter(|entry| *entry == "end save").count();
    assert_eq!(done, 40, "{entries:?}");
}

/// Replies fill the queue, so that the server stops reading; messages read before are handled all the same.
#[tokio::test]
async fn messages_of_a_client_that_reads_no_replies_and_goes_are_handled() {
    let server = Server::start(websocket()).await;
    let mut ws = Ws::join(server.addr, "journal:1").await;
    ws.raw(&push("large").repeat(300)).await;
    eventually("the server waits", || server.log.entries().len() > 2).await;
    drop(ws);
    server.expect_gone().await;
    let entries = server.log.entries();
    let done = entries.iter().filter(|entry| *entry == "end large").count();
    assert_eq!(done, 300);
}

#[tokio::test]
async fn a_join_and_the_apps_messages_under_way_are_finished_too() {
    let server = Server::start(websocket()).await;
    let mut ws = Ws::open(server.addr).await;
    ws.send(r#"["1","1","journal:slow","phx_join",{}]"#).await;
    ws.send(r#"["1","2","journal:slow","tell",{}]"#).await;
    ws.expect_nothing().await;
    drop(ws);
    server.expect_unsubscribed().await;
    server.log.gate.add_permits(1);
    // A message that the channel sends to itself after its client's end comes after that end.
    let whole = ["begin tell", "end tell", "terminate Disconnected"];
    server.expect(&whole).await;

    let server = Server::start(websocket()).await;
    let mut ws = Ws::join(server.addr, "journal:1").await;
    ws.raw(&push("tell")).await;
    ws.next().await;
    drop(ws);
    server.log.gate.add_permits(1);
    let whole = ["begin tell", "end tell", "told", "terminate Disconnected"];
    server.expect(&whole).await;
}

#[tokio::test]
async fn a_presence_tracked_while_the_client_is_gone_is_gone_with_its_channel() {
    let server = Server::start(websocket()).await;
    let mut ws = Ws::join(server.addr, "journal:1").await;
    ws.raw(&push("track")).await;
    server.expect(&["begin track"]).await;
    drop(ws);
    server.expect_unsubscribed().await;
    server.log.gate.add_permits(1);
    let whole = ["begin track", "end track", "terminate Disconnected"];
    server.expect(&whole).await;
    server.expect_gone().await;
    assert!(server.endpoint.presences("journal:1").is_empty());
}

#[tokio::test]
async fn a_handler_that_does_not_end_in_time_is_aborted_and_the_connection_is_gone() {
    let limit = Duration::from_millis(20);
    let server = Server::start(websocket().drain_timeout(limit)).await;
    let mut ws = Ws::join(server.addr, "journal:1").await;
    ws.raw(&[push("stuck"), push("never")].concat()).await;
    server.expect(&["begin stuck"]).await;
    drop(ws);
    server
        .expect(&["begin stuck", "terminate Disconnected"])
        .await;
    server.expect_gone().await;
}

#[tokio::test]
async fn shutdown_waits_for_handlers() {
    let server = Server::start(websocket()).await;
    let mut ws = Ws::join(server.addr, "journal:1").await;
    ws.raw(&[push("one"), push("two")].concat()).await;
    server.expect(&["begin one"]).await;
    let endpoint = server.endpoint.clone();
    let down = tokio::spawn(async move { endpoint.shutdown().await });
    ws.expect_close(1012).await;
    drop(ws);
    assert!(!down.is_finished(), "a handler is still running");
    server.log.gate.add_permits(2);
    down.await.expect("no panic");
    assert_eq!(server.log.entries(), BOTH);
}

#[tokio::test]
async fn shutdown_closes_the_clients_of_every_socket_at_once() {
    let server = Server::start(websocket().drain_timeout(Duration::from_secs(60))).await;
    let mut ws = Ws::join(server.addr, "journal:1").await;
    ws.raw(&push("one")).await;
    server.expect(&["begin one"]).await;
    let mut other = Ws::open_at(server.addr, "/other/websocket?vsn=2.0.0").await;
    let endpoint = server.endpoint.clone();
    let down = tokio::spawn(async move { endpoint.shutdown().await });
    other.expect_close(1012).await;
    assert!(
        !down.is_finished(),
        "a handler of the first socket is still running"
    );
    server.log.gate.add_permits(1);
    down.await.expect("no panic");
}

#[tokio::test]
async fn messages_of_a_client_that_polls_are_handled_after_its_end_too() {
    let server = Server::start(websocket().longpoll()).await;
    let polling = Poll::join(server.addr, "journal:1").await;
    let pushes = ["one", "two"].map(|event| format!(r#"["1","2","journal:1","{event}",{{}}]"#));
    polling.send(&pushes.join("\n")).await;
    server.expect(&["begin one"]).await;
    server.endpoint.disconnect("anyone");
    server.expect_unsubscribed().await;
    server.log.gate.add_permits(2);
    server.expect(&BOTH).await;
    server.expect_gone().await;
}
