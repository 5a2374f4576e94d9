//! Callbacks besides `handle_in`: messages from the app, later replies, intercepted broadcasts, the end.

#[macro_use]
mod support;

use axum_channels::testing::{Client, TestChannel, connect};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, HandleInfo, Params, Payload, Reason, Reply, Result,
    SendError, Sender, Socket, SocketHandler, Topic,
};
use serde_json::json;
use std::sync::{Arc, Mutex};
use support::{Frame, Nodes, Ws, eventually, serve};
use tokio::sync::Notify;

/// State that a test shares with a channel.
#[derive(Clone, Default)]
struct Kept {
    sender: Arc<Mutex<Option<Sender<Desk>>>>,
    ended: Arc<Mutex<Vec<Reason>>>,
    go: Arc<Notify>,
}

impl Kept {
    fn sender(&self) -> Sender<Desk> {
        let sender = self.sender.lock().expect("not poisoned");
        sender.clone().expect("it was joined")
    }
}

struct Desk {
    kept: Kept,
}

impl Channel for Desk {
    const INTERCEPTS: &'static [&'static str] = &["news"];

    async fn join(_: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        let kept = socket.state::<Kept>().clone();
        *kept.sender.lock().expect("not poisoned") = Some(socket.sender());
        if payload.get("stop").is_some() {
            socket.stop();
        }
        Ok(Self { kept })
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "later" => {
                let ((reply, later), go) = (Reply::later(), self.kept.go.clone());
                tokio::spawn(async move {
                    go.notified().await;
                    later.reply(Reply::ok(payload));
                });
                Ok(reply)
            }
            "already" => {
                let (reply, later) = Reply::later();
                later.reply(Reply::error(payload));
                Ok(reply)
            }
            "bytes already" => {
                let (reply, later) = Reply::later();
                later.reply(Reply::ok(Payload::binary(vec![1])));
                Ok(reply)
            }
            "bytes later" => {
                let (reply, later) = Reply::later();
                tokio::spawn(async { later.reply(Reply::ok(Payload::binary(vec![1]))) });
                Ok(reply)
            }
            "never" => Ok(Reply::later().0),
            "wait" => {
                self.kept.go.notified().await;
                Ok(Reply::ok(payload))
            }
            "bye" => {
                socket.stop();
                Ok(Reply::ok(payload))
            }
            "news" | "other" => {
                socket.broadcast_from(event, payload);
                Ok(Reply::none())
            }
            "panic" => panic!("on request"),
            _ => Err(std::io::Error::other("no"))?,
        }
    }

    async fn handle_out(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<()> {
        match payload.get("secret") {
            Some(_) => Ok(()),
            None => {
                socket.push(event, json!({"told": payload.to_value()}));
                Ok(())
            }
        }
    }

    fn terminate(&mut self, reason: Reason, socket: &Socket) {
        socket.push("over", json!({}));
        self.kept.ended.lock().expect("not poisoned").push(reason);
    }
}

struct Anyone;

impl SocketHandler for Anyone {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Desk>("desk:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

struct Tick(u64);
struct Fail;
struct Errand(Arc<()>);

impl HandleInfo<Tick> for Desk {
    async fn handle_info(&mut self, Tick(n): Tick, socket: &Socket) -> Result<()> {
        socket.push("tick", json!({"n": n}));
        Ok(())
    }
}

impl HandleInfo<Fail> for Desk {
    async fn handle_info(&mut self, _: Fail, _: &Socket) -> Result<()> {
        Err(std::io::Error::other("as told"))?
    }
}

impl HandleInfo<Errand> for Desk {
    async fn handle_info(&mut self, Errand(done): Errand, _: &Socket) -> Result<()> {
        drop(done);
        Ok(())
    }
}

on_one_node_and_on_two! {
    an_intercepted_broadcast_goes_to_the_channel_and_others_to_the_client,
    who_broadcasts_to_others_hears_nothing_of_it_intercepted_or_not,
    a_channel_that_falls_behind_with_its_broadcasts_is_ended,
    a_message_that_was_sent_just_before_the_client_went_is_dropped_also_if_its_sender_is_kept,
    whoever_sends_to_a_client_that_was_disconnected_is_told_also_if_its_line_is_still_open,
    a_task_of_the_app_hears_broadcasts_and_is_told_what_it_missed,
}

struct Test {
    kept: Kept,
    nodes: Nodes,
    client: Client,
    channel: TestChannel,
}

impl Test {
    async fn join() -> Test {
        Test::join_on_one_of(1).await
    }

    async fn join_on_one_of(count: usize) -> Test {
        let kept = Kept::default();
        let nodes = Nodes::new(count, || {
            let builder = Endpoint::builder().socket::<Anyone>("/socket");
            builder.state(kept.clone())
        });
        let client = connect(&nodes, "/socket").await;
        let channel = client.join("desk:1", json!({})).await;
        Test {
            kept,
            nodes,
            client,
            channel,
        }
    }

    fn sender(&self) -> Sender<Desk> {
        self.kept.sender()
    }

    async fn ended(&self, reason: Reason) {
        let ended = || self.kept.ended.lock().expect("not poisoned").clone();
        eventually("the channel ends", || !ended().is_empty()).await;
        assert_eq!(ended(), [reason]);
    }
}

#[tokio::test]
async fn messages_from_the_app_reach_the_channel_in_order() {
    let mut test = Test::join().await;
    for n in 0..3 {
        assert_eq!(test.sender().send(Tick(n)), Ok(()));
    }
    for n in 0..3 {
        test.channel.assert_push("tick", json!({"n": n})).await;
    }
}

#[tokio::test]
async fn an_error_in_handle_info_ends_the_channel_alone() {
    let mut test = Test::join().await;
    let mut other = test.client.join("desk:2", json!({})).await;
    test.sender().send(Tick(1)).expect("the client is there");
    other.assert_push("tick", json!({"n": 1})).await;
    test.sender().send(Fail).expect("the client is there");
    other.assert_crashed().await;
    test.ended(Reason::Crashed).await;
    test.channel.push("already", json!({})).reply().await;
}

#[tokio::test]
async fn more_messages_than_may_wait_are_refused() {
    let mut test = Test::join().await;
    let push = test.channel.push("wait", json!({}));
    test.channel.push("already", json!({}));
    let sender = test.sender();
    let taken = (0..1000)
        .take_while(|n| sender.send(Tick(*n)).is_ok())
        .count();
    assert_eq!(sender.send(Tick(0)), Err(SendError::Full));
    assert!((128..=256).contains(&taken), "{taken}");
    test.kept.go.notify_one();
    push.reply().await;
    test.channel
        .assert_push("tick", json!({"n": taken - 1}))
        .await;
}

#[tokio::test]
async fn a_channel_with_too_many_app_messages_leaves_room_for_those_of_its_siblings() {
    let mut test = Test::join().await;
    let busy = test.sender();
    test.channel.push("wait", json!({}));
    test.channel.push("already", json!({}));
    let mut sibling = test.client.join("desk:2", json!({})).await;
    while busy.send(Tick(0)).is_ok() {}

    assert_eq!(test.sender().send(Tick(1)), Ok(()));
    sibling.assert_push("tick", json!({"n": 1})).await;
    test.nodes.last().broadcast("desk:2", "news", json!({}));
    sibling.assert_push("news", json!({"told": {}})).await;
}

#[tokio::test]
async fn who_sends_to_a_client_that_is_gone_is_told() {
    let Test {
        kept,
        client,
        channel,
        ..
    } = Test::join().await;
    let sender = kept
        .sender
        .lock()
        .expect("not poisoned")
        .clone()
        .expect("joined");
    client.disconnect().await;
    drop(channel);
    eventually("the client is gone", || {
        sender.send(Tick(1)) == Err(SendError::Gone)
    })
    .await;
}

#[tokio::test]
async fn a_reply_may_come_from_another_task_while_the_channel_goes_on() {
    let mut test = Test::join().await;
    let later = test.channel.push("later", json!({"n": 1}));
    let reply = test.channel.push("already", json!({"n": 2})).reply().await;
    assert_eq!(reply, Reply::error(json!({"n": 2})));
    test.kept.go.notify_one();
    assert_eq!(later.reply().await, Reply::ok(json!({"n": 1})));
}

#[tokio::test]
async fn a_promise_that_is_dropped_leaves_the_message_without_an_answer() {
    let mut test = Test::join().await;
    test.channel.push("never", json!({}));
    assert!(
        !test
            .channel
            .push("already", json!({}))
            .reply()
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_channel_stops_after_its_reply() {
    let mut test = Test::join().await;
    let reply = test.channel.push("bye", json!({"n": 1})).reply().await;
    assert_eq!(reply, Reply::ok(json!({"n": 1})));
    test.channel.assert_closed().await;
    test.ended(Reason::Stopped).await;
    assert_eq!(test.nodes.subscriptions(), 0);
}

#[tokio::test]
async fn a_channel_may_stop_as_soon_as_it_is_joined() {
    let test = Test::join().await;
    let mut channel = test.client.join("desk:2", json!({"stop": true})).await;
    channel.assert_closed().await;
}

async fn an_intercepted_broadcast_goes_to_the_channel_and_others_to_the_client(count: usize) {
    let mut test = Test::join_on_one_of(count).await;
    test.nodes
        .last()
        .broadcast("desk:1", "news", json!({"n": 1}));
    test.nodes
        .last()
        .broadcast("desk:1", "news", json!({"secret": 2}));
    test.nodes
        .last()
        .broadcast("desk:1", "other", json!({"n": 3}));
    test.channel
        .assert_push("news", json!({"told": {"n": 1}}))
        .await;
    test.channel
        .assert_broadcast("other", json!({"n": 3}))
        .await;
    test.channel.refute_push("news").await;
}

async fn who_broadcasts_to_others_hears_nothing_of_it_intercepted_or_not(count: usize) {
    let mut test = Test::join_on_one_of(count).await;
    let bob = connect(&test.nodes, "/socket").await;
    let mut bob = bob.join("desk:1", json!({})).await;
    test.channel.push("news", json!({}));
    test.channel.push("other", json!({}));
    bob.assert_push("news", json!({"told": {}})).await;
    bob.assert_broadcast("other", json!({})).await;
    test.nodes.settled().await;
    test.channel.refute_push("news").await;
    test.channel.refute_broadcast("other").await;
}

async fn a_channel_that_falls_behind_with_its_broadcasts_is_ended(count: usize) {
    let mut test = Test::join_on_one_of(count).await;
    test.channel.push("wait", json!({}));
    test.channel.push("already", json!({}));
    let news = json!({"text": "x".repeat(2_000)});
    for _ in 0..100 {
        for _ in 0..10 {
            test.nodes.last().broadcast("desk:1", "news", news.clone());
        }
        tokio::task::yield_now().await;
    }
    test.channel.assert_crashed().await;
    test.ended(Reason::Crashed).await;
}

#[tokio::test]
async fn leaving_is_a_reason_to_end() {
    let mut test = Test::join().await;
    test.channel.leave().await;
    test.ended(Reason::Left).await;
}

#[tokio::test]
async fn joining_again_is_a_reason_to_end() {
    let test = Test::join().await;
    let _again = test.client.join("desk:1", json!({})).await;
    test.ended(Reason::Rejoined).await;
}

#[tokio::test]
async fn an_error_is_a_reason_to_end() {
    let mut test = Test::join().await;
    test.channel.push("error", json!({}));
    test.ended(Reason::Crashed).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_ends_a_channel_even_in_the_middle_of_something() {
    let mut test = Test::join().await;
    test.channel.push("wait", json!({}));
    let Test {
        kept,
        nodes,
        client,
        channel,
    } = test;
    drop((client, channel));
    let test = Test::join().await;
    eventually("it ends", || {
        !kept.ended.lock().expect("not poisoned").is_empty()
    })
    .await;
    assert_eq!(
        *kept.ended.lock().expect("not poisoned"),
        [Reason::Disconnected]
    );
    drop((test, nodes));
}

#[tokio::test]
async fn a_channel_that_panicked_is_dropped_without_a_word() {
    let mut test = Test::join().await;
    test.channel.push("panic", json!({}));
    test.channel.assert_crashed().await;
    assert_eq!(*test.kept.ended.lock().expect("not poisoned"), []);
}

#[tokio::test]
async fn a_message_from_the_app_is_handled_as_soon_as_there_is_room_also_if_what_waited_was_for_nobody()
 {
    let mut test = Test::join().await;
    let mut channel = test.client.join("desk:1", json!({})).await;
    let sender = test.sender();
    let waiting = channel.push("wait", json!({}));
    for _ in 0..127 {
        test.channel.push("other", json!({})); // to the channel that was joined before
    }
    test.client.join("desk:2", json!({})).await; // all of them have arrived
    test.channel.push("other", json!({})); // the last one in the queue: nothing more is read now
    for _ in 0..10 {
        tokio::task::yield_now().await; // the tasks of both ends of the connection run
    }
    sender.send(Tick(1)).expect("the client is there");
    test.kept.go.notify_one();
    waiting.reply().await;
    channel.assert_push("tick", json!({"n": 1})).await;
}

/// A socket whose clients can be disconnected.
struct Known;

impl SocketHandler for Known {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Desk>("desk:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }

    fn id(&self) -> Option<String> {
        Some("known".to_owned())
    }
}

fn known(count: usize) -> (Nodes, Kept) {
    let kept = Kept::default();
    let nodes = Nodes::new(count, || {
        let builder = Endpoint::builder().socket::<Known>("/socket");
        builder.state(kept.clone())
    });
    (nodes, kept)
}

async fn a_message_that_was_sent_just_before_the_client_went_is_dropped_also_if_its_sender_is_kept(
    count: usize,
) {
    let (nodes, kept) = known(count);
    let client = connect(&nodes, "/socket").await;
    let _channel = client.join("desk:1", json!({})).await;
    let (sender, errand) = (kept.sender(), Arc::new(()));
    let sent = sender.send(Errand(errand.clone()));
    nodes.first().disconnect("known");
    assert_eq!((sent, client.assert_closed().await), (Ok(()), 1001));
    eventually("it is gone", || nodes.connections() == 0).await;
    assert_eq!(Arc::strong_count(&errand), 1);
}

async fn whoever_sends_to_a_client_that_was_disconnected_is_told_also_if_its_line_is_still_open(
    count: usize,
) {
    let (nodes, kept) = known(count);
    let mut ws = Ws::join(serve(nodes.next()).await, "desk:1").await;
    nodes.next().disconnect("known");
    assert_eq!(ws.next().await, Frame::Close(1001));
    assert_eq!(kept.sender().send(Tick(1)), Err(SendError::Gone));
    assert_eq!(nodes.connections(), 1);
}

async fn a_task_of_the_app_hears_broadcasts_and_is_told_what_it_missed(count: usize) {
    let test = Test::join_on_one_of(count).await;
    let mut events = test.nodes.first().subscribe("news:1");
    test.nodes.settled().await;
    for n in 0..1030 {
        test.nodes
            .last()
            .broadcast("news:1", "news", json!({"n": n}));
    }
    test.nodes.settled().await;
    for n in 0..1024 {
        let event = events.recv().await.expect("it waited");
        assert_eq!((&*event.topic, &*event.event), ("news:1", "news"));
        assert_eq!(event.payload, Payload::from(json!({"n": n})));
    }
    assert_eq!(events.recv().await.map_err(|missed| missed.count), Err(6));
    test.nodes
        .last()
        .broadcast("news:1", "news", json!({"n": "next"}));
    assert_eq!(
        events.recv().await.map(|event| event.event),
        Ok("news".to_owned())
    );
    drop(events);
    assert_eq!(test.nodes.subscriptions(), 1);
}

#[tokio::test]
async fn a_task_that_receives_many_broadcasts_lets_others_have_their_turn() {
    let endpoint = Endpoint::builder().build();
    let mut events = endpoint.subscribe("news:1");
    for n in 0..1024 {
        endpoint.broadcast("news:1", "news", json!({"n": n}));
    }
    let other = tokio::spawn(async {});
    for _ in 0..1024 {
        events.recv().await.expect("it waited");
    }
    assert!(other.is_finished());
}

#[tokio::test]
async fn what_terminate_pushes_comes_before_phx_error_and_after_phx_close() {
    let test = Test::join().await;
    let mut ws = Ws::open(serve(test.nodes.first()).await).await;
    let join = r#"["1","1","desk:1","phx_join",{}]"#;
    let joined = r#"["1","1","desk:1","phx_reply",{"response":{},"status":"ok"}]"#;
    let over = r#"["1",null,"desk:1","over",{}]"#;
    ws.send(join).await;
    ws.expect(joined).await;
    ws.send(r#"["1","2","desk:1","error",{}]"#).await;
    ws.expect(over).await;
    ws.expect(r#"["1","1","desk:1","phx_error",{"reason":"channel_crash"}]"#)
        .await;
    ws.send(join).await;
    ws.expect(joined).await;
    ws.send(r#"["1","2","desk:1","phx_leave",{}]"#).await;
    ws.expect(r#"["1","2","desk:1","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    ws.expect(r#"["1","1","desk:1","phx_close",{}]"#).await;
    ws.expect(over).await;
}

#[tokio::test]
async fn a_later_reply_that_cannot_be_sent_ends_its_channel_as_any_other_reply_does() {
    let test = Test::join().await;
    let mut ws = Ws::open(serve(test.nodes.first()).await).await;
    let too_long = "x".repeat(256);
    for event in ["bytes already", "bytes later"] {
        ws.send(r#"["1","1","desk:1","phx_join",{}]"#).await;
        ws.expect(r#"["1","1","desk:1","phx_reply",{"response":{},"status":"ok"}]"#)
            .await;
        let message = json!(["1", too_long, "desk:1", event, {}]);
        ws.send(&message.to_string()).await;
        ws.expect(r#"["1",null,"desk:1","over",{}]"#).await;
        ws.expect(r#"["1","1","desk:1","phx_error",{"reason":"channel_crash"}]"#)
            .await;
    }
}
