//! Several endpoints as nodes of one app, connected by an adapter. An engine in memory carries their messages.

mod support;

use axum_channels::testing::{Client, TestChannel, connect, connect_with};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Event, HandleInfo, Params, Payload, Reply, Result,
    Socket, SocketHandler, Subscription, Topic, UnknownEvent,
};
use serde_json::json;
use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use support::{Hub, Log, eventually};
use tokio::time::sleep;
use tracing::Level;

struct UserSocket {
    id: Option<String>,
}

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
        routes.channel::<Watcher>("watch:*");
        routes.channel::<Censor>("censored:*");
    }

    async fn connect(params: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self {
            id: params.get("id").map(str::to_owned),
        })
    }

    fn id(&self) -> Option<String> {
        self.id.clone()
    }
}

/// Another node, for a channel that uses both.
type OtherNode = Arc<OnceLock<Endpoint>>;

struct Room;

impl Channel for Room {
    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "shout" => socket.broadcast("shout", payload),
            "whisper" => socket.broadcast_from("whisper", payload),
            "whisper by the other node" => {
                let other = socket.state::<OtherNode>().get().expect("it is set");
                other.broadcast_from(socket, socket.topic(), "whisper", payload);
            }
            _ => return Err(UnknownEvent::new(event).into()),
        }
        Ok(Reply::ok(json!({})))
    }
}

/// Pushes what is broadcast on `orders`, which the channel receives, and has its client receive `news`.
struct Watcher {
    _subscriptions: [Subscription; 2],
}

impl Channel for Watcher {
    async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
        let orders = socket.subscribe::<Self>("orders");
        Ok(Self {
            _subscriptions: [orders, socket.subscribe_client(socket.topic())],
        })
    }
}

impl HandleInfo<Event> for Watcher {
    async fn handle_info(&mut self, event: Event, socket: &Socket) -> Result<()> {
        socket.push(
            "order",
            json!({"event": event.event, "payload": event.payload.to_value()}),
        );
        Ok(())
    }
}

struct Censor;

impl Channel for Censor {
    const INTERCEPTS: &'static [&'static str] = &["shout"];

    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self)
    }

    async fn handle_out(&mut self, _: &str, _: Payload, socket: &Socket) -> Result<()> {
        socket.push("shout", json!({"text": "***"}));
        Ok(())
    }
}

/// Nodes, connected by a hub.
struct Nodes<const N: usize> {
    hub: Hub,
    endpoints: [Endpoint; N],
}

impl<const N: usize> Nodes<N> {
    fn new() -> Self {
        let hub = Hub::new();
        let others: [OtherNode; N] = std::array::from_fn(|_| OtherNode::default());
        let endpoints = std::array::from_fn(|index| {
            Endpoint::builder()
                .socket::<UserSocket>("/socket")
                .state(others[index].clone())
                .pubsub(hub.adapter())
                .build()
        });
        for (index, other) in others.iter().enumerate() {
            let other_endpoint: &Endpoint = &endpoints[(index + 1) % N];
            let _ = other.set(other_endpoint.clone()); // a cycle, which lasts as long as the test
        }
        Nodes { hub, endpoints }
    }

    /// A client of each node that has joined a topic.
    async fn join_all(&self, topic: &str) -> Vec<(Client, TestChannel)> {
        let mut clients = Vec::new();
        for endpoint in &self.endpoints {
            let client = connect(endpoint, "/socket").await;
            let channel = client.join(topic, json!({})).await;
            clients.push((client, channel));
        }
        clients
    }
}

async fn join(endpoint: &Endpoint, topic: &str) -> (Client, TestChannel) {
    let client = connect(endpoint, "/socket").await;
    let channel = client.join(topic, json!({})).await;
    (client, channel)
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_reaches_the_clients_of_every_node_once() {
    let nodes = Nodes::<3>::new();
    let mut clients = nodes.join_all("room:1").await;
    let payload = json!({"text": "é", "n": [1, 2.5, null]});
    let reply = clients[0].1.push("shout", payload.clone()).reply().await;
    assert_eq!(reply, Reply::ok(json!({})));
    for (_, channel) in &mut clients {
        channel.assert_broadcast("shout", payload.clone()).await;
        channel.refute_broadcast("shout").await;
    }
    let stats = nodes.endpoints.each_ref().map(|it| it.stats().cluster);
    assert_eq!(stats.map(|it| it.published), [1, 0, 0]);
    assert_eq!(stats.map(|it| it.received), [0, 1, 1]);
    assert_eq!(
        stats.map(|it| (it.lost, it.malformed, it.topics)),
        [(0, 0, 1); 3]
    );
}

#[tokio::test(start_paused = true)]
async fn bytes_cross_unchanged() {
    let nodes = Nodes::<2>::new();
    let mut clients = nodes.join_all("room:1").await;
    let bytes = Payload::binary(vec![0, 255, b'{']);
    nodes.endpoints[0].broadcast("room:1", "image", bytes.clone());
    for (_, channel) in &mut clients {
        assert_eq!(channel.next_broadcast("image").await, bytes);
    }
}

#[tokio::test(start_paused = true)]
async fn broadcasts_of_one_client_arrive_in_order() {
    let nodes = Nodes::<2>::new();
    let mut clients = nodes.join_all("room:1").await;
    for n in 0..100 {
        clients[0].1.push("shout", json!({"n": n}));
    }
    for n in 0..100 {
        let payload = clients[1].1.next_broadcast("shout").await;
        assert_eq!(payload, json!({"n": n}).into());
    }
}

#[tokio::test(start_paused = true)]
async fn the_sender_of_a_broadcast_is_excluded_on_its_own_node_whichever_node_sends_it() {
    let nodes = Nodes::<2>::new();
    let mut clients = nodes.join_all("room:1").await;
    let (_neighbour, mut neighbour) = join(&nodes.endpoints[0], "room:1").await;
    for event in ["whisper", "whisper by the other node"] {
        let payload = json!({"by": event});
        let reply = clients[0].1.push(event, payload.clone()).reply().await;
        assert_eq!(reply, Reply::ok(json!({})));
        clients[1]
            .1
            .assert_broadcast("whisper", payload.clone())
            .await;
        neighbour.assert_broadcast("whisper", payload).await;
        clients[0].1.refute_broadcast("whisper").await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_excluded_client_of_another_node_is_no_client_of_this_one() {
    let nodes = Nodes::<2>::new();
    let mut clients = nodes.join_all("room:1").await;
    let reply = clients[0].1.push("whisper", json!({})).reply().await;
    assert_eq!(reply, Reply::ok(json!({})));
    clients[1].1.assert_broadcast("whisper", json!({})).await;
    let mut message = nodes.hub.last_message().to_vec();
    for client in 0..2000_u64 {
        message[35..43].copy_from_slice(&client.to_be_bytes()); // after version, kind, node, kind, node
        nodes.hub.send(1, &message);
        clients[1].1.assert_broadcast("whisper", json!({})).await;
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_send_and_receive_across_nodes() {
    let nodes = Nodes::<2>::new();
    let [a, b] = &nodes.endpoints;
    let (mut here, mut there) = (a.subscribe("jobs"), b.subscribe("jobs"));
    eventually("both are subscribed", || {
        nodes.hub.topics(0) == ["jobs"] && nodes.hub.topics(1) == ["jobs"]
    })
    .await;
    here.broadcast_from("started", json!({"n": 1}));
    a.broadcast("jobs", "done", json!({"n": 1}));
    let mut received = Vec::new();
    for event in [here.recv().await, there.recv().await, there.recv().await] {
        let event = event.expect("nothing is missed");
        received.push((event.event, event.payload.to_value()));
    }
    let (started, done) = ("started".to_owned(), "done".to_owned());
    let n = json!({"n": 1});
    assert_eq!(
        received,
        [(done.clone(), n.clone()), (started, n.clone()), (done, n)]
    );
}

#[tokio::test(start_paused = true)]
async fn channels_receive_other_topics_and_intercept_across_nodes() {
    let nodes = Nodes::<2>::new();
    let [a, b] = &nodes.endpoints;
    let (_watcher, mut watcher) = join(b, "watch:1").await;
    let (_censored, mut censored) = join(b, "censored:1").await;
    eventually("the channel is subscribed", || {
        nodes.hub.topics(1) == ["censored:1", "orders", "watch:1"]
    })
    .await;
    a.broadcast("orders", "new", json!({"dish": "soup"}));
    let order = json!({"event": "new", "payload": {"dish": "soup"}});
    watcher.assert_push("order", order).await;
    a.broadcast("watch:1", "news", json!({"n": 1}));
    for _ in 0..2 {
        watcher.assert_broadcast("news", json!({"n": 1})).await; // joined and subscribed
    }
    a.broadcast("censored:1", "shout", json!({"text": "!"}));
    censored.assert_push("shout", json!({"text": "***"})).await;
}

#[tokio::test(start_paused = true)]
async fn a_disconnect_closes_the_connections_of_every_node() {
    let nodes = Nodes::<2>::new();
    let mut clients = Vec::new();
    for id in ["user:1", "user:1", "user:2"] {
        let endpoint = &nodes.endpoints[clients.len() % 2];
        let client = connect_with(endpoint, "/socket", &[("id", id)]).await;
        clients.push(client.expect("it is accepted"));
    }
    nodes.endpoints[1].disconnect("user:1");
    for client in &clients[..2] {
        assert_eq!(client.assert_closed().await, 1001);
    }
    clients[2].join("room:1", json!({})).await;
}

#[tokio::test(start_paused = true)]
async fn joins_and_connections_wait_for_the_subscription() {
    let nodes = Nodes::<2>::new();
    let [a, b] = &nodes.endpoints;
    let client = connect(b, "/socket").await.within(Duration::from_secs(4));
    nodes.hub.set_slow(true);
    let answered = Cell::new(0);
    let joining = async {
        let channel = client.join("room:1", json!({})).await;
        answered.set(answered.get() + 1);
        channel
    };
    let connecting = async {
        let connected = connect_with(b, "/socket", &[("id", "user:1")]).await;
        answered.set(answered.get() + 1);
        connected
    };
    let opening = async {
        let topics = [
            "0 subscribe room:1",
            "1 subscribe room:1",
            "1 subscribe user:1",
        ];
        let mut calls = Vec::new();
        eventually("both are asked for", || {
            calls.extend(nodes.hub.take_calls());
            calls.sort_unstable();
            calls == topics[1..]
        })
        .await;
        sleep(Duration::from_secs(1)).await;
        assert_eq!(answered.get(), 0, "neither is answered yet");
        a.broadcast("room:1", "too early", json!({}));
        nodes.hub.set_slow(false);
    };
    let (mut channel, connected, ()) = tokio::join!(joining, connecting, opening);
    a.broadcast("room:1", "in time", json!({}));
    a.disconnect("user:1");
    channel.assert_broadcast("in time", json!({})).await;
    channel.refute_broadcast("too early").await;
    assert_eq!(
        connected.expect("it is accepted").assert_closed().await,
        1001
    );
}

#[tokio::test(start_paused = true)]
async fn a_join_waits_for_the_other_topics_that_its_channel_subscribes_to() {
    let nodes = Nodes::<2>::new();
    let [a, b] = &nodes.endpoints;
    let client = connect(b, "/socket").await.within(Duration::from_secs(4));
    let _task = b.subscribe("watch:1"); // the channel's own topic
    eventually("it is subscribed to", || nodes.hub.topics(1) == ["watch:1"]).await;
    nodes.hub.set_slow(true);
    let is_answered = Cell::new(false);
    let joining = async {
        let channel = client.join("watch:1", json!({})).await;
        is_answered.set(true);
        channel
    };
    let opening = async {
        eventually("the other topic is asked for", || {
            let calls = nodes.hub.take_calls();
            calls.contains(&"1 subscribe orders".to_owned())
        })
        .await;
        sleep(Duration::from_secs(1)).await;
        assert!(!is_answered.get(), "it is not answered yet");
        a.broadcast("orders", "too early", json!({}));
        nodes.hub.set_slow(false);
    };
    let (mut channel, ()) = tokio::join!(joining, opening);
    a.broadcast("orders", "in time", json!({}));
    let order = json!({"event": "in time", "payload": {}});
    channel.assert_push("order", order).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_is_subscribed_to_what_its_clients_have_joined() {
    let nodes = Nodes::<2>::new();
    let (first, channel) = join(&nodes.endpoints[0], "room:1").await;
    let (second, mut other) = join(&nodes.endpoints[0], "room:1").await;
    assert_eq!(nodes.hub.take_calls(), ["0 subscribe room:1"]);
    drop((first, channel));
    other.leave().await;
    sleep(Duration::from_millis(900)).await;
    assert_eq!(nodes.hub.take_calls(), [""; 0], "it lingers");
    sleep(Duration::from_millis(200)).await;
    assert_eq!(nodes.hub.take_calls(), ["0 unsubscribe room:1"]);
    assert_eq!(nodes.endpoints[0].stats().cluster.topics, 0);
    second.join("room:1", json!({})).await;
    assert_eq!(nodes.hub.take_calls(), ["0 subscribe room:1"]);
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_is_left_and_joined_at_a_high_rate_stays_subscribed() {
    let nodes = Nodes::<2>::new();
    let client = connect(&nodes.endpoints[0], "/socket").await;
    for _ in 0..100 {
        client.join("room:1", json!({})).await.leave().await;
        sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(nodes.hub.take_calls(), ["0 subscribe room:1"]);
}

/// Each of them would wait for all others, and none would be in time.
#[tokio::test(start_paused = true)]
async fn of_many_topics_some_are_subscribed_to_at_a_time() {
    let nodes = Nodes::<1>::new();
    let [a] = &nodes.endpoints;
    nodes.hub.set_slow(true);
    let topics = (0..1000).map(|n| a.subscribe(&format!("room:{n}")));
    let _events: Vec<_> = topics.collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(nodes.hub.take_calls().len(), 256);
    nodes.hub.set_slow(false);
    eventually("all are subscribed", || a.stats().cluster.topics == 1000).await;
    assert_eq!(nodes.hub.take_calls().len(), 744);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_published_is_counted_and_logged_and_reaches_its_own_node() {
    let (log, _guard) = Log::collect(Level::WARN);
    let nodes = Nodes::<2>::new();
    let mut clients = nodes.join_all("room:1").await;
    nodes.hub.set_away(true);
    let reply = clients[0].1.push("shout", json!({"n": 1})).reply().await;
    assert_eq!(reply, Reply::ok(json!({})));
    clients[0]
        .1
        .assert_broadcast("shout", json!({"n": 1}))
        .await;
    clients[1].1.refute_broadcast("shout").await;
    let large = Payload::binary(vec![0; 16 * 1024 * 1024]);
    nodes.endpoints[0].broadcast("elsewhere", "large", large);
    nodes
        .hub
        .node(0)
        .expect("it runs")
        .lost(5, "the queue was full");
    let stats = nodes.endpoints[0].stats().cluster;
    assert_eq!((stats.published, stats.lost), (0, 7));
    let lines = "[WARN] A message on room:1 did not reach the other nodes: the engine is away\n\
                 [WARN] A message on elsewhere did not reach the other nodes: the message is larger than 16 MiB\n\
                 [WARN] 5 messages to other nodes were lost: the queue was full\n";
    assert_eq!(log.text(), lines);
}

#[tokio::test(start_paused = true)]
async fn without_the_engine_joins_are_answered_and_it_is_tried_again() {
    let (log, _guard) = Log::collect(Level::WARN);
    let nodes = Nodes::<2>::new();
    nodes.hub.set_away(true);
    let (_client, mut channel) = join(&nodes.endpoints[0], "room:1").await;
    nodes.endpoints[0].broadcast("room:1", "here", json!({}));
    channel.assert_broadcast("here", json!({})).await;
    sleep(Duration::from_millis(7100)).await; // after 0, 1, 3 and 7 seconds
    assert_eq!(nodes.hub.take_calls(), ["0 subscribe room:1"; 4]);
    sleep(Duration::from_secs(120)).await; // after 15, 31, 63, 95 and 127 seconds
    assert_eq!(nodes.hub.take_calls(), ["0 subscribe room:1"; 5]);
    nodes.hub.set_away(false);
    sleep(Duration::from_secs(32)).await;
    nodes.endpoints[1].broadcast("room:1", "there", json!({}));
    channel.assert_broadcast("there", json!({})).await;
    let line =
        "[WARN] Could not subscribe to room:1 on other nodes, trying again: the engine is away\n";
    assert!(log.text().contains(&line.repeat(3)), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_takes_too_long_holds_no_join_up_for_ever() {
    let nodes = Nodes::<2>::new();
    let client = connect(&nodes.endpoints[0], "/socket").await;
    let client = client.within(Duration::from_secs(6));
    nodes.hub.set_slow(true);
    let before = tokio::time::Instant::now();
    client.join("room:1", json!({})).await;
    let took = before.elapsed();
    assert!(
        took >= Duration::from_secs(5) && took < Duration::from_millis(5100),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn malformed_messages_are_counted_and_logged_and_change_nothing() {
    let (log, _guard) = Log::collect(Level::ERROR);
    let nodes = Nodes::<2>::new();
    let (_client, mut channel) = join(&nodes.endpoints[1], "room:1").await;
    for message in [&b""[..], b"\x01\x00", b"\x02", &[255; 1000]] {
        nodes.hub.send(1, message);
    }
    nodes.endpoints[0].broadcast("room:1", "after", json!({}));
    channel.assert_broadcast("after", json!({})).await;
    let stats = nodes.endpoints[1].stats().cluster;
    assert_eq!((stats.malformed, stats.received), (4, 1));
    let line = "[ERROR] A message of another node was dropped, 1 bytes: this release does not know its version\n";
    assert!(log.text().contains(line), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_stops_or_panics_is_run_again() {
    let (log, _guard) = Log::collect(Level::ERROR);
    let nodes = Nodes::<2>::new();
    let (_client, mut channel) = join(&nodes.endpoints[1], "room:1").await;
    for end in [&b"stop"[..], b"panic"] {
        nodes.hub.send(1, end);
        eventually("it stops", || nodes.hub.node(1).is_none()).await;
        nodes.endpoints[0].broadcast("room:1", "meanwhile", json!({}));
        channel.assert_broadcast("meanwhile", json!({})).await;
    }
    let lines = "[ERROR] The pubsub adapter stopped, running it again: the connection is lost\n\
                 [ERROR] The pubsub adapter stopped, running it again: panicked: in the adapter\n";
    assert_eq!(log.text(), lines);
}

#[tokio::test(start_paused = true)]
async fn an_adapter_knows_its_topics_and_passes_on_messages_of_other_systems() {
    let nodes = Nodes::<2>::new();
    let mut clients = nodes.join_all("room:1").await;
    let node = nodes.hub.node(0).expect("it runs");
    assert_eq!(node.topics(), ["room:1"]);
    node.broadcast("room:1", "by Phoenix", &json!({"n": 1}).into());
    clients[0]
        .1
        .assert_broadcast("by Phoenix", json!({"n": 1}))
        .await;
    clients[1].1.refute_broadcast("by Phoenix").await;
    assert_eq!(nodes.endpoints[0].stats().cluster.received, 1);
}

#[tokio::test(start_paused = true)]
async fn failed_subscriptions_are_tried_again_when_the_engine_is_back() {
    let nodes = Nodes::<2>::new();
    nodes.hub.set_away(true);
    let (_client, mut channel) = join(&nodes.endpoints[0], "room:1").await;
    sleep(Duration::from_secs(60)).await;
    nodes.hub.set_away(false);
    nodes.hub.take_calls();
    let node = nodes.hub.node(0).expect("it runs");
    node.set_connected(true);
    eventually("it is subscribed", || nodes.hub.topics(0) == ["room:1"]).await;
    assert_eq!(nodes.hub.take_calls(), ["0 subscribe room:1"]);
    nodes.endpoints[1].broadcast("room:1", "there", json!({}));
    channel.assert_broadcast("there", json!({})).await;
}

#[tokio::test(start_paused = true)]
async fn an_adapter_reports_its_connection() {
    let nodes = Nodes::<1>::new();
    let _client = nodes.join_all("room:1").await;
    let node = nodes.hub.node(0).expect("it runs");
    let mut reported = Vec::new();
    for is_connected in [true, true, false, true] {
        node.set_connected(is_connected);
        let stats = nodes.endpoints[0].stats().cluster;
        reported.push((stats.connected, stats.reconnects));
    }
    assert_eq!(reported, [(true, 0), (true, 0), (false, 0), (true, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_with_the_stop_of_the_adapter() {
    let (log, _guard) = Log::collect(Level::WARN);
    let nodes = Nodes::<2>::new();
    let [(client, _channel), _other] = &nodes.join_all("room:1").await[..] else {
        panic!("there are two")
    };
    nodes.hub.take_calls();
    nodes.endpoints[0].shutdown().await;
    assert_eq!(client.assert_closed().await, 1012);
    assert_eq!(nodes.hub.take_calls(), ["0 stop"]);
    nodes.hub.set_away(true);
    nodes.endpoints[1].shutdown().await;
    let line = "[WARN] The pubsub adapter did not leave the other nodes in good order: the engine is away\n";
    assert!(log.text().ends_with(line), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_two_seconds_for_the_adapter() {
    let (log, _guard) = Log::collect(Level::WARN);
    let nodes = Nodes::<1>::new();
    nodes.hub.set_slow(true);
    let before = tokio::time::Instant::now();
    nodes.endpoints[0].shutdown().await;
    assert_eq!(before.elapsed().as_millis() / 10, 200);
    let line = "[WARN] The pubsub adapter did not leave the other nodes in good order: took longer than 2s\n";
    assert!(log.text().ends_with(line), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn the_adapter_ends_with_its_endpoint() {
    let hub = Hub::new();
    let endpoint = Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .state(OtherNode::default())
        .pubsub(hub.adapter())
        .build();
    let (client, channel) = join(&endpoint, "room:1").await;
    let node = hub.node(0).expect("it runs");
    drop((client, channel, endpoint));
    eventually("it is dropped", || hub.node(0).is_none()).await;
    sleep(Duration::from_secs(2)).await;
    assert_eq!(hub.topics(0), [""; 0]);
    node.broadcast("room:1", "nobody", &Payload::empty());
    assert_eq!(node.presences("room:1"), None);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_without_an_adapter_is_alone() {
    let endpoints = [(); 2].map(|()| {
        let builder = Endpoint::builder().socket::<UserSocket>("/socket");
        builder.state(OtherNode::default()).build()
    });
    let (_client, mut channel) = join(&endpoints[1], "room:1").await;
    endpoints[0].broadcast("room:1", "here", json!({}));
    channel.refute_broadcast("here").await;
    assert_eq!(endpoints[0].stats().cluster, Default::default());
}

#[test]
fn an_adapter_needs_a_runtime() {
    let build = || Endpoint::builder().pubsub(Hub::new().adapter()).build();
    assert!(std::panic::catch_unwind(build).is_err());
}
