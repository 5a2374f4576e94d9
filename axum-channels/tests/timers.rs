//! Messages that a channel gets later, once or repeatedly, and that end with it.

use axum_channels::testing::{Client, TestChannel, connect};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, HandleInfo, Params, Payload, Reply, Result, Socket,
    SocketHandler, Timer, Topic, websocket,
};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::sleep;

/// Number of received messages.
#[derive(Clone, Default)]
struct Ticks(Arc<AtomicUsize>);

/// Starts and cancels timers on request.
#[derive(Default)]
struct Clock {
    last: Option<Timer>,
}

#[derive(Clone)]
struct Tick;

impl Channel for Clock {
    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self::default())
    }

    async fn handle_in(&mut self, event: &str, _: Payload, socket: &Socket) -> Result<Reply> {
        let sender = socket.sender::<Self>();
        match event {
            "after" => self.last = Some(sender.send_after(Duration::from_secs(3), Tick)),
            "every" => self.last = Some(sender.send_interval(Duration::from_secs(1), Tick)),
            "without a period" => drop(sender.send_interval(Duration::ZERO, Tick)),
            "forget" => self.last = None,
            "cancel" => self.last.take().expect("there is one").cancel(),
            "sleep" => sleep(Duration::from_millis(60_500)).await,
            _ => {}
        }
        Ok(Reply::ok(Payload::empty()))
    }
}

impl HandleInfo<Tick> for Clock {
    async fn handle_info(&mut self, _: Tick, socket: &Socket) -> Result<()> {
        socket.state::<Ticks>().0.fetch_add(1, SeqCst);
        Ok(())
    }
}

struct Anyone;

impl SocketHandler for Anyone {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Clock>("clock:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

fn endpoint(ticks: &Ticks) -> Endpoint {
    let options = websocket()
        .max_queued_messages(4)
        .drain_timeout(Duration::ZERO);
    Endpoint::builder()
        .socket_with::<Anyone>("/socket", options)
        .state(ticks.clone())
        .build()
}

/// A client on the channel, and the number of messages that timers sent to it.
struct Test {
    client: Client,
    channel: TestChannel,
    ticks: Ticks,
}

impl Test {
    async fn join() -> Self {
        let ticks = Ticks::default();
        Test::join_on(&endpoint(&ticks), ticks).await
    }

    async fn join_on(endpoint: &Endpoint, ticks: Ticks) -> Self {
        let client = connect(endpoint, "/socket").await;
        let channel = client.join("clock:1", json!({})).await;
        Test {
            client,
            channel,
            ticks,
        }
    }

    async fn push(&mut self, event: &str) {
        self.channel.push(event, json!({})).reply().await;
    }

    /// Returns the number of messages so far, after a time.
    async fn ticks_after(&self, millis: u64) -> usize {
        sleep(Duration::from_millis(millis)).await;
        self.ticks.0.load(SeqCst)
    }
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn a_message_is_sent_once_after_its_time() {
    let mut test = Test::join().await;
    test.push("after").await;
    assert_eq!(test.ticks_after(2_900).await, 0);
    assert_eq!(test.ticks_after(200).await, 1);
    assert_eq!(test.ticks_after(20_000).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_repeated_although_its_timer_was_dropped() {
    let mut test = Test::join().await;
    test.push("every").await;
    test.push("forget").await;
    assert_eq!(test.ticks_after(5_500).await, 5);
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_is_cancelled_sends_nothing_more_and_leaves_no_task() {
    let mut test = Test::join().await;
    let before = tasks();
    for event in ["after", "every"] {
        test.push(event).await;
        assert_eq!(tasks(), before + 1, "{event}");
        test.push("cancel").await;
        assert_eq!(
            (test.ticks_after(10_000).await, tasks()),
            (0, before),
            "{event}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_has_fired_leaves_no_task() {
    let mut test = Test::join().await;
    let before = tasks();
    test.push("after").await;
    assert_eq!((test.ticks_after(5_000).await, tasks()), (1, before));
}

#[tokio::test(start_paused = true)]
async fn a_timer_ends_with_its_channel() {
    let mut test = Test::join().await;
    let before = tasks();
    for event in ["after", "every"] {
        test.push(event).await;
        assert_eq!(tasks(), before + 1, "{event}");
        test.channel.leave().await;
        assert_eq!(
            (test.ticks_after(10_000).await, tasks()),
            (0, before),
            "{event}"
        );
        test.channel = test.client.join("clock:1", json!({})).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_timer_ends_with_its_client_although_the_channel_is_busy() {
    let ticks = Ticks::default();
    let endpoint = endpoint(&ticks);
    let mut left = Vec::new();
    for timers in [&[][..], &["after", "every"]] {
        let mut test = Test::join_on(&endpoint, ticks.clone()).await;
        for timer in timers {
            test.push(timer).await;
        }
        test.channel.push("sleep", json!({}));
        test.client.disconnect().await;
        drop(test.channel);
        sleep(Duration::from_secs(10)).await;
        left.push((tasks(), ticks.0.load(SeqCst)));
    }
    assert_eq!(left[0], left[1]);
}

#[tokio::test(start_paused = true)]
async fn a_busy_channel_gets_no_more_repeated_messages_than_may_wait() {
    let mut test = Test::join().await;
    test.push("every").await;
    test.channel.push("sleep", json!({}));
    assert_eq!(test.ticks_after(60_250).await, 0);
    let waiting = 4 + 4; // in the channel's queue, and before the connection takes them
    assert_eq!(test.ticks_after(500).await, waiting);
}

#[tokio::test(start_paused = true)]
async fn a_busy_channel_gets_every_late_message() {
    let mut test = Test::join().await;
    for _ in 0..20 {
        test.push("after").await;
    }
    test.channel.push("sleep", json!({}));
    assert_eq!(test.ticks_after(60_250).await, 0);
    assert_eq!(test.ticks_after(500).await, 20);
}

#[tokio::test]
async fn a_period_of_zero_is_a_mistake_of_the_app() {
    let mut test = Test::join().await;
    test.channel.push("without a period", json!({}));
    test.channel.assert_crashed().await;
}
