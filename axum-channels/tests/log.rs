//! The log: its lines as Phoenix formats them, its fields, its levels and its filter.

mod support;

use axum_channels::testing::{connect, connect_with};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, EndpointBuilder, LevelFilter, Params, Payload, Reply,
    Result, Socket, SocketHandler, Topic, websocket,
};
use serde_json::json;
use support::{Log, UserSocket, endpoint, eventually};
use tracing::Level;

#[tokio::test]
async fn connecting_joining_and_pushing_are_logged_as_in_phoenix() {
    let (log, _guard) = Log::collect(Level::DEBUG);
    connect_join_and_push().await;
    assert_eq!(
        log.text(),
        r#"[INFO] CONNECTED TO log::support::app::UserSocket in 29µs
  Transport: websocket
  Serializer: V2 JSON
  Parameters: {"token": "[FILTERED]", "vsn": "2.0.0"}
[INFO] JOINED room:lobby in 29µs
  Parameters: {"hello": "join", "password": "[FILTERED]"}
[DEBUG] HANDLED ping INCOMING ON room:lobby (log::support::app::RoomChannel) in 29µs
  Parameters: {"n": 1}
"#
    );
}

#[tokio::test]
async fn any_subscriber_prints_each_event_once_on_one_line() {
    let (log, _guard) = Log::collect_plain(Level::DEBUG);
    connect_join_and_push().await;
    assert_eq!(
        log.text(),
        r#" INFO axum_channels: CONNECTED TO socket="log::support::app::UserSocket" duration_us=29 transport="websocket" serializer="V2 JSON" params={"token": "[FILTERED]", "vsn": "2.0.0"}
 INFO axum_channels: JOINED topic="room:lobby" channel="log::support::app::RoomChannel" socket="log::support::app::UserSocket" duration_us=29 params={"hello": "join", "password": "[FILTERED]"}
DEBUG axum_channels: HANDLED event="ping" topic="room:lobby" channel="log::support::app::RoomChannel" socket="log::support::app::UserSocket" duration_us=29 params={"n": 1}
"#
    );
}

async fn connect_join_and_push() {
    let client = connect_with(&endpoint(), "/socket", &[("token", "undefined")])
        .await
        .expect("let in");
    let mut channel = client
        .join("room:lobby", json!({"hello": "join", "password": "x"}))
        .await;
    channel.push("ping", json!({"n": 1})).reply().await;
}

#[tokio::test]
async fn refusals_are_logged_with_their_reason() {
    let (log, _guard) = Log::collect(Level::INFO);
    let endpoint = endpoint();
    for how in ["1", "teapot"] {
        connect_with(&endpoint, "/socket", &[("refuse", how)])
            .await
            .expect_err("refused");
    }
    let client = connect(&endpoint, "/socket").await;
    client
        .try_join("room:locked", json!({}))
        .await
        .expect_err("locked");
    assert_eq!(
        log.text(),
        r#"[INFO] REFUSED CONNECTION TO log::support::app::UserSocket in 29µs
  Transport: websocket
  Serializer: V2 JSON
  Parameters: {"refuse": "1", "vsn": "2.0.0"}
  Reason: {"reason": "unauthorized"}
[INFO] REFUSED CONNECTION TO log::support::app::UserSocket in 29µs
  Transport: websocket
  Serializer: V2 JSON
  Parameters: {"refuse": "teapot", "vsn": "2.0.0"}
  Reason: {"reason": "short and stout"}
[INFO] CONNECTED TO log::support::app::UserSocket in 29µs
  Transport: websocket
  Serializer: V2 JSON
  Parameters: {"vsn": "2.0.0"}
[INFO] REFUSED JOIN room:locked in 29µs
  Parameters: {}
  Reason: {"reason": "unauthorized"}
"#
    );
}

#[tokio::test]
async fn what_goes_wrong_is_logged_with_its_cause_on_one_line() {
    let (log, _guard) = Log::collect(Level::WARN);
    let endpoint = endpoint();
    for how in ["panic", "error\n[info] all is well"] {
        connect_with(&endpoint, "/socket", &[("refuse", how)])
            .await
            .expect_err("crashed");
    }
    let client = connect(&endpoint, "/socket").await;
    for (topic, why) in [("nope:1\n", "unmatched"), ("room:error", "crashed")] {
        client.try_join(topic, json!({})).await.expect_err(why);
    }
    for event in ["panic", "error", "dance\n[info] all is well"] {
        let mut channel = client.join("room:lobby", json!({})).await;
        channel.push(event, json!({}));
        channel.assert_crashed().await;
    }
    assert_eq!(
        log.text(),
        r#"[ERROR] connect of log::support::app::UserSocket crashed: panicked: at the door
[ERROR] connect of log::support::app::UserSocket crashed: no database\n[info] all is well
[WARN] Ignoring unmatched topic "nope:1\n" in log::support::app::UserSocket
[ERROR] join of room:error in log::support::app::UserSocket crashed: no database
[ERROR] log::support::app::RoomChannel on room:lobby crashed: panicked: in handle_in
[ERROR] log::support::app::RoomChannel on room:lobby crashed: no database
[ERROR] log::support::app::RoomChannel on room:lobby crashed: unknown event `dance\n[info] all is well`
"#
    );
}

/// Panics with `last_words` of its join when it is dropped.
struct Quiet {
    last_words: Option<String>,
}

impl Channel for Quiet {
    const LOG_JOIN: LevelFilter = LevelFilter::OFF;
    const LOG_HANDLE_IN: LevelFilter = LevelFilter::INFO;

    async fn join(_: &Topic, payload: Payload, _: &Socket) -> Result<Self> {
        let last_words = payload.get("last_words");
        Ok(Quiet {
            last_words: last_words.and_then(|words| words.as_str().map(str::to_owned)),
        })
    }

    async fn handle_in(&mut self, _: &str, payload: Payload, _: &Socket) -> Result<Reply> {
        Ok(Reply::ok(payload))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if let Some(words) = self.last_words.take() {
            panic!("{words}");
        }
    }
}

struct QuietSocket;

impl SocketHandler for QuietSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Quiet>("quiet");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

fn quiet(configure: impl FnOnce(EndpointBuilder) -> EndpointBuilder) -> Endpoint {
    let options = websocket().log(LevelFilter::OFF);
    let builder = Endpoint::builder().socket_with::<QuietSocket>("/socket", options);
    configure(builder).build()
}

#[tokio::test]
async fn a_socket_and_a_channel_have_levels_of_their_own() {
    let (log, _guard) = Log::collect(Level::INFO);
    let client = connect(&quiet(|builder| builder), "/socket").await;
    let mut channel = client.join("quiet", json!({})).await;
    channel.push("hello", json!({})).reply().await;
    assert_eq!(
        log.text(),
        "[INFO] HANDLED hello INCOMING ON quiet (log::Quiet) in 29µs\n  Parameters: {}\n"
    );
}

#[tokio::test]
async fn a_channel_that_crashes_while_it_is_dropped_is_logged_on_one_line() {
    let (log, _guard) = Log::collect(Level::INFO);
    let client = connect(&quiet(|builder| builder), "/socket").await;
    let words = json!({"last_words": "bye\n[info] all is well"});
    client.join("quiet", words).await.leave().await;
    eventually("it is logged", || !log.text().is_empty()).await;
    assert_eq!(
        log.text(),
        "[ERROR] a channel crashed while it was dropped: panicked: bye\\n[info] all is well\n"
    );
}

#[tokio::test]
async fn the_endpoint_says_which_parameters_are_filtered() {
    let parameters = async |endpoint: Endpoint| {
        let (log, _guard) = Log::collect(Level::INFO);
        let client = connect(&endpoint, "/socket").await;
        let mut channel = client.join("quiet", json!({})).await;
        let payload = json!({"id": 7, "IBAN": "DE02", "token": "x"});
        channel.push("hello", payload).reply().await;
        let text = log.text();
        let (_, parameters) = text.split_once("Parameters: ").expect("they are logged");
        parameters.to_owned()
    };
    let default = quiet(|builder| builder);
    let filtering = quiet(|builder| builder.filter_parameters(["iban"]));
    let keeping = quiet(|builder| builder.keep_parameters(["id"]));
    assert_eq!(
        [
            parameters(default).await,
            parameters(filtering).await,
            parameters(keeping).await
        ],
        [
            "{\"IBAN\": \"DE02\", \"id\": 7, \"token\": \"[FILTERED]\"}\n",
            "{\"IBAN\": \"[FILTERED]\", \"id\": 7, \"token\": \"x\"}\n",
            "{\"IBAN\": \"[FILTERED]\", \"id\": 7, \"token\": \"[FILTERED]\"}\n",
        ]
    );
}

#[tokio::test]
async fn what_a_client_chooses_is_cut() {
    let (log, _guard) = Log::collect_fields();
    let options = websocket().log(LevelFilter::OFF);
    let endpoint = Endpoint::builder()
        .socket_with::<UserSocket>("/socket", options)
        .state(42_u64)
        .build();
    let client = connect(&endpoint, "/socket").await;
    let topic = format!("room:{}", "x".repeat(4091)); // the longest there is
    client.join(&topic, json!(vec![1; 1000])).await;
    let ones = "1, ".repeat(50);
    assert_eq!(
        log.text(),
        format!(
            "INFO | message=JOINED | topic={topic} | channel=log::support::app::RoomChannel | \
             socket=log::support::app::UserSocket | duration_us=29 | params=[{ones}...]\n"
        )
    );
}
