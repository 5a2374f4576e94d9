//! Presences: all clients on a topic receive every change, for any end of a connection.

#[macro_use]
mod support;

use axum_channels::testing::{Client, TestChannel, connect};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, EndpointBuilder, HandleInfo, Params, Payload,
    PresenceError, Refused, Reply, Result, Socket, SocketHandler, Topic,
};
use serde_json::{Value, json};
use support::{Nodes, Ws, eventually, plain, serve};

struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
        routes.channel::<Busy>("busy");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

struct Room {
    user: String,
}

impl Channel for Room {
    async fn join(_: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        let user: String = payload.parse()?;
        socket
            .presence()
            .track(&user, json!({"status": "online"}))?;
        socket.presence().push_state()?;
        match user.as_str() {
            "mallory" => Err(Refused::new("unauthorized").into()),
            _ => Ok(Self { user }),
        }
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        let presence = socket.presence();
        match event {
            "update" => return Ok(answer(presence.update(&self.user, payload))),
            "track" => return Ok(answer(presence.track(&self.user, payload))),
            "track from a task" => {
                let (socket, user) = (socket.clone(), self.user.clone());
                let tracked = tokio::spawn(async move { socket.presence().track(&user, payload) });
                return Ok(answer(tracked.await?));
            }
            "hide" => presence.untrack(&self.user)?,
            "list" => return Ok(Reply::ok(presence.list())),
            "panic" => panic!("on request"),
            _ => Err(std::io::Error::other("on request"))?,
        }
        Ok(Reply::none())
    }
}

fn answer(result: Result<(), PresenceError>) -> Reply {
    match result {
        Ok(()) => Reply::ok(json!({})),
        Err(error) => Reply::error(json!({"reason": error.to_string()})),
    }
}

/// Has a message queued before it has joined, and is busy with it forever.
struct Busy;

impl Channel for Busy {
    async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
        socket.sender::<Self>().send(())?;
        socket.presence().track("me", json!({"is": "idle"}))?;
        tokio::task::yield_now().await; // the connection's task takes both meanwhile
        Ok(Self)
    }
}

impl HandleInfo<()> for Busy {
    async fn handle_info(&mut self, (): (), socket: &Socket) -> Result<()> {
        socket.presence().update("me", json!({"is": "busy"}))?;
        std::future::pending().await
    }
}

on_one_node_and_on_two! {
    who_comes_is_told_who_is_there_and_the_others_are_told_of_it,
    what_changes_is_told_with_the_ref_that_it_replaces,
    whoever_goes_is_missed_however_that_happens,
    a_user_with_two_connections_is_there_until_both_are_gone,
    who_is_refused_was_never_there,
    what_cannot_be_done_is_an_error_to_whoever_asked_for_it,
}

fn builder() -> EndpointBuilder {
    Endpoint::builder().socket::<UserSocket>("/socket")
}

fn endpoint() -> Endpoint {
    builder().build()
}

async fn join(nodes: &Nodes, user: &str) -> (Client, TestChannel) {
    let client = connect(nodes, "/socket").await;
    let channel = client.join("room:1", json!(user)).await;
    (client, channel)
}

async fn diff(channel: &mut TestChannel) -> Value {
    plain(channel.next_broadcast("presence_diff").await.to_value())
}

fn joined(user: &str) -> Value {
    json!({"joins": {user: {"metas": [{"status": "online"}]}}, "leaves": {}})
}

fn left(user: &str) -> Value {
    json!({"joins": {}, "leaves": {user: {"metas": [{"status": "online"}]}}})
}

async fn who_comes_is_told_who_is_there_and_the_others_are_told_of_it(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (_alice, mut alice) = join(&nodes, "alice").await;
    let online = json!({"metas": [{"status": "online"}]});
    assert_eq!(
        plain(alice.next_push("presence_state").await.to_value()),
        json!({"alice": online})
    );
    assert_eq!(diff(&mut alice).await, joined("alice"));
    let (_bob, mut bob) = join(&nodes, "bob").await;
    let state = bob.next_push("presence_state").await;
    assert_eq!(
        plain(state.to_value()),
        json!({"alice": online, "bob": online})
    );
    assert_eq!(diff(&mut alice).await, joined("bob"));
    let reply = bob.push("list", json!({})).reply().await;
    assert_eq!(reply.payload(), Some(&state));
    for endpoint in nodes.all() {
        assert_eq!(Payload::from(endpoint.presences("room:1")), state);
    }
}

async fn what_changes_is_told_with_the_ref_that_it_replaces(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (_client, mut alice) = join(&nodes, "alice").await;
    let _watching = nodes.next().subscribe("room:1");
    let before = alice.next_push("presence_state").await.to_value();
    diff(&mut alice).await;
    alice.push("update", json!({"status": "away"}));
    let diff = alice.next_broadcast("presence_diff").await;
    let (new, old) = (
        json!({"metas": [{"status": "away"}]}),
        json!({"metas": [{"status": "online"}]}),
    );
    assert_eq!(
        plain(diff.to_value()),
        json!({"joins": {"alice": new}, "leaves": {"alice": old}})
    );
    let meta = &diff.to_value()["joins"]["alice"]["metas"][0];
    assert_eq!(meta["phx_ref_prev"], before["alice"]["metas"][0]["phx_ref"]);
    nodes.settled().await;
    for endpoint in nodes.all() {
        assert_eq!(
            endpoint.presences("room:1").get("alice"),
            std::slice::from_ref(meta)
        );
    }
}

async fn whoever_goes_is_missed_however_that_happens(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (_alice, mut alice) = join(&nodes, "alice").await;
    diff(&mut alice).await;
    for how in ["hide", "leave", "error", "panic", "disconnect", "vanish"] {
        let (client, mut bob) = join(&nodes, "bob").await;
        assert_eq!(diff(&mut alice).await, joined("bob"), "{how}");
        match how {
            "leave" => bob.leave().await,
            "disconnect" => client.disconnect().await,
            "vanish" => drop((client, bob)),
            how => drop(bob.push(how, json!({}))),
        }
        assert_eq!(diff(&mut alice).await, left("bob"), "{how}");
    }
    assert_eq!(nodes.first().presences("room:1").len(), 1);
}

async fn a_user_with_two_connections_is_there_until_both_are_gone(count: usize) {
    let nodes = Nodes::new(count, builder);
    let _watching = nodes.first().subscribe("room:1"); // or it has no list, once nobody is on it
    let (phone, _phone) = join(&nodes, "alice").await;
    let (laptop, _laptop) = join(&nodes, "alice").await;
    let count = || nodes.first().presences("room:1").get("alice").len();
    eventually("both are there", || count() == 2).await;
    phone.disconnect().await;
    eventually("one is there", || count() == 1).await;
    laptop.disconnect().await;
    eventually("nobody is there", || {
        nodes.first().presences("room:1").is_empty()
    })
    .await;
}

async fn who_is_refused_was_never_there(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (client, mut alice) = join(&nodes, "alice").await;
    diff(&mut alice).await;
    assert!(
        connect(&nodes, "/socket")
            .await
            .try_join("room:1", json!("mallory"))
            .await
            .is_err()
    );
    nodes.settled().await;
    alice.refute_broadcast("presence_diff").await;
    drop(client);
}

async fn what_cannot_be_done_is_an_error_to_whoever_asked_for_it(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (_client, mut alice) = join(&nodes, "alice").await;
    let _watching = nodes.next().subscribe("room:1");
    let already = Reply::error(json!({"reason": "`alice` is tracked on room:1 already"}));
    let not_tracked = Reply::error(json!({"reason": "`alice` is not tracked on room:1"}));
    let no_object = Reply::error(json!({"reason": "the metadata of a presence is a JSON object"}));
    let ok = Reply::ok(json!({}));
    for (event, payload, answer) in [
        ("track", json!({}), &already),
        ("track from a task", json!({}), &already),
        ("update", json!("away"), &no_object),
        ("update", json!({"status": "away"}), &ok),
        ("hide", json!({}), &Reply::none()),
        ("update", json!({}), &not_tracked),
        ("track", json!([]), &no_object),
        ("track", json!({"status": "back"}), &ok),
        ("hide", json!({}), &Reply::none()),
        ("track from a task", json!({"status": "online"}), &ok),
        ("track", json!({}), &already),
    ] {
        let push = alice.push(event, payload);
        if answer.status().is_some() {
            assert_eq!(&push.reply().await, answer, "{event}");
        }
    }
    let online = json!([{"status": "online"}]);
    for endpoint in nodes.all() {
        eventually("she is back", || {
            let there = endpoint.presences("room:1");
            plain(there.into())["alice"]["metas"] == online
        })
        .await;
    }
}

/// A handler of axum answers with it, a channel replies with it beside other data.
#[tokio::test]
async fn a_list_is_serialised_as_clients_receive_it() {
    let endpoint = endpoint();
    let _bot = endpoint
        .track("room:1", "bot", json!({"status": "online"}))
        .expect("tracked");

    let serialised = json!({"users": endpoint.presences("room:1")});

    let list = Value::from(endpoint.presences("room:1"));
    assert_eq!(list["bot"]["metas"][0]["status"], "online");
    assert_eq!(serialised, json!({"users": list}));
}

#[tokio::test]
async fn a_channel_that_ended_tracks_nothing_that_could_be_tracked_twice() {
    let endpoint = endpoint();
    let client = connect(&endpoint, "/socket").await;
    for _ in 0..3 {
        let mut alice = client.join("room:1", json!("alice")).await;
        alice.push("error", json!({}));
        alice.assert_crashed().await;
    }
    assert!(endpoint.presences("room:1").is_empty());
}

#[tokio::test]
async fn changes_take_effect_in_the_order_in_which_they_were_made() {
    let endpoint = endpoint();
    let client = connect(&endpoint, "/socket").await;
    let _busy = client.join("busy", json!({})).await;
    let busy = json!({"me": {"metas": [{"is": "busy"}]}});
    eventually("it is busy", || {
        plain(endpoint.presences("busy").into()) == busy
    })
    .await;
}

#[tokio::test]
async fn the_reply_to_a_message_comes_before_the_changes_that_it_made() {
    let endpoint = endpoint();
    let mut ws = Ws::open(serve(&endpoint).await).await;
    ws.send(r#"["1","1","room:1","phx_join","alice"]"#).await;
    for event in ["phx_reply", "presence_diff", "presence_state"] {
        assert_eq!(ws.event().await, event, "after the join");
    }
    ws.send(r#"["1","2","room:1","update",{"status":"away"}]"#)
        .await;
    ws.expect(r#"["1","2","room:1","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    assert_eq!(ws.event().await, "presence_diff");
}
