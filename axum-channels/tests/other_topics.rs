//! Topics besides the one that a channel was joined on, frame by frame over TCP: pushes and broadcasts to a client that has
//! not joined them, broadcasts to all but their sender, and values of routes.

#[macro_use]
mod support;

use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, EndpointBuilder, Event, HandleInfo, Params, Payload,
    Reply, Result, Socket, SocketHandler, Subscription, Topic,
};
use serde_json::json;
use support::{Nodes, Ws, serve};

/// Reaches the topic `other` on request.
#[derive(Default)]
struct Room {
    subscriptions: Vec<Subscription>,
}

impl Channel for Room {
    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self::default())
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "push to" => socket.push_to("other", "pushed", payload),
            "client" => self.subscriptions.push(socket.subscribe_client("other")),
            "channel" => self.subscriptions.push(socket.subscribe::<Self>("other")),
            "drop" => self.subscriptions.clear(),
            "here" => {
                let endpoint = socket.endpoint();
                endpoint.broadcast_from(socket, socket.topic(), "news", payload);
            }
            "there" => {
                let endpoint = socket.endpoint();
                endpoint.broadcast_from(socket, "other", "news", payload);
            }
            "elsewhere" => {
                let other = socket.state::<Endpoint>();
                other.broadcast_from(socket, socket.topic(), "news", payload);
            }
            "limit" => return Ok(Reply::ok(json!({"limit": socket.assigns::<u32>()}))),
            "assigns" => return Ok(Reply::ok(json!({"limit": socket.try_assigns::<u32>()}))),
            _ => {}
        }
        Ok(Reply::none())
    }
}

impl HandleInfo<Event> for Room {
    async fn handle_info(&mut self, event: Event, socket: &Socket) -> Result<()> {
        socket.push("heard", event.payload);
        Ok(())
    }
}

struct Anyone;

impl SocketHandler for Anyone {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel_with::<Room>("room:small", 8_u32);
        routes.channel_with::<Room>("room:text", "eight");
        routes.channel::<Room>("room:*");
        routes.channel::<Room>("other");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

on_one_node_and_on_two! {
    a_client_gets_the_broadcasts_of_a_topic_that_it_has_not_joined_until_its_channel_ends,
    a_broadcast_from_a_channel_on_its_topic_reaches_all_but_its_client,
    a_broadcast_from_a_channel_on_another_topic_reaches_all_but_that_channel,
    a_broadcast_from_a_task_reaches_all_but_that_task,
}

fn builder() -> EndpointBuilder {
    Endpoint::builder().socket::<Anyone>("/socket")
}

fn endpoint() -> Endpoint {
    builder().build()
}

/// Sends an event to the channel of `room:1`.
async fn ask(ws: &mut Ws, event: &str) {
    ws.send(&format!(r#"["1","9","room:1","{event}",{{"n":1}}]"#))
        .await;
}

#[tokio::test]
async fn a_client_gets_a_push_on_a_topic_that_it_has_not_joined() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:1").await;
    ask(&mut ws, "push to").await;
    ws.expect(r#"[null,null,"other","pushed",{"n":1}]"#).await;
}

async fn a_client_gets_the_broadcasts_of_a_topic_that_it_has_not_joined_until_its_channel_ends(
    count: usize,
) {
    let nodes = Nodes::new(count, builder);
    let mut ws = Ws::join(serve(nodes.next()).await, "room:1").await;
    let publisher = nodes.next();
    let news = async |n: u32| {
        publisher.broadcast("other", "news", json!({"n": n}));
        nodes.settled().await;
    };
    ask(&mut ws, "client").await;
    ws.expect_nothing().await;
    news(1).await;
    ws.expect(r#"[null,null,"other","news",{"n":1}]"#).await;
    ask(&mut ws, "drop").await;
    ws.expect_nothing().await;
    news(2).await;
    ws.expect_nothing().await;
    ask(&mut ws, "client").await;
    ws.send(r#"["1","2","room:1","phx_leave",{}]"#).await;
    ws.expect(r#"["1","2","room:1","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    ws.expect(r#"["1","1","room:1","phx_close",{}]"#).await;
    news(3).await;
    ws.expect_nothing().await;
    assert_eq!(nodes.subscriptions(), 0);
}

async fn a_broadcast_from_a_channel_on_its_topic_reaches_all_but_its_client(count: usize) {
    let nodes = Nodes::new(count, builder);
    let addr = nodes.serve().await;
    let (mut a, mut b) = (
        Ws::join(addr(), "room:1").await,
        Ws::join(addr(), "room:1").await,
    );
    ask(&mut a, "here").await;
    b.expect(r#"[null,null,"room:1","news",{"n":1}]"#).await;
    nodes.settled().await;
    a.expect_nothing().await;
}

async fn a_broadcast_from_a_channel_on_another_topic_reaches_all_but_that_channel(count: usize) {
    let nodes = Nodes::new(count, builder);
    let addr = nodes.serve().await;
    let mut b = Ws::join(addr(), "room:1").await;
    ask(&mut b, "channel").await;
    b.expect_nothing().await;
    let mut a = Ws::join(addr(), "room:1").await;
    ask(&mut a, "channel").await;
    a.send(r#"["2","2","other","phx_join",{}]"#).await;
    a.expect(r#"["2","2","other","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    ask(&mut a, "there").await;
    b.expect(r#"["1",null,"room:1","heard",{"n":1}]"#).await;
    a.expect(r#"[null,null,"other","news",{"n":1}]"#).await;
    nodes.settled().await;
    a.expect_nothing().await;
}

#[tokio::test]
async fn a_broadcast_through_another_endpoint_reaches_the_topic_there() {
    let other = endpoint();
    let mut events = other.subscribe("room:1");
    let addr = serve(&builder().state(other).build()).await;
    let (mut a, mut b) = (
        Ws::join(addr, "room:1").await,
        Ws::join(addr, "room:1").await,
    );
    ask(&mut a, "elsewhere").await;
    let event = events.recv().await.map(|it| (it.event, it.payload));
    assert_eq!(event, Ok(("news".to_owned(), json!({"n": 1}).into())));
    b.expect_nothing().await;
}

async fn a_broadcast_from_a_task_reaches_all_but_that_task(count: usize) {
    let nodes = Nodes::new(count, builder);
    let addr = nodes.serve().await;
    let mut clients = [
        Ws::join(addr(), "room:1").await,
        Ws::join(addr(), "room:1").await,
    ];
    let (mut task, mut other) = (
        nodes.next().subscribe("room:1"),
        nodes.next().subscribe("room:1"),
    );
    task.broadcast_from("news", json!({"n": 1}));
    nodes.first().broadcast("room:1", "last", json!({}));
    for ws in &mut clients {
        ws.expect(r#"[null,null,"room:1","news",{"n":1}]"#).await;
    }
    let names = async |events: &mut axum_channels::Events| events.recv().await.map(|it| it.event);
    assert_eq!(names(&mut other).await, Ok("news".to_owned()));
    assert_eq!(names(&mut task).await, Ok("last".to_owned()));
}

#[tokio::test]
async fn a_channel_reads_the_assigns_of_its_route() {
    let addr = serve(&endpoint()).await;
    for (topic, limit) in [
        ("room:small", "8"),
        ("room:text", "null"),
        ("room:1", "null"),
    ] {
        let mut ws = Ws::join(addr, topic).await;
        ws.send(&format!(r#"["1","2","{topic}","assigns",{{}}]"#))
            .await;
        let reply = format!(
            r#"["1","2","{topic}","phx_reply",{{"response":{{"limit":{limit}}},"status":"ok"}}]"#
        );
        ws.expect(&reply).await;
    }
}

#[tokio::test]
async fn a_channel_that_requires_the_assigns_of_its_route_ends_without_them() {
    let addr = serve(&endpoint()).await;
    let mut ws = Ws::join(addr, "room:small").await;
    ws.send(r#"["1","2","room:small","limit",{}]"#).await;
    ws.expect(r#"["1","2","room:small","phx_reply",{"response":{"limit":8},"status":"ok"}]"#)
        .await;
    let mut ws = Ws::join(addr, "room:1").await;
    ask(&mut ws, "limit").await;
    assert_eq!(ws.event().await, "phx_error");
}
