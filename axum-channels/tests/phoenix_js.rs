//! Phoenix's own JavaScript client, in node, against a server of ours.
//!
//!     PHOENIX_JS=…/node_modules/phoenix HISTORY_SECONDS=60 cargo test --test phoenix_js -- --ignored --nocapture
//!
//! `HISTORY_SECONDS` is the duration of the tests on a bad line, `HISTORY_SEED` the start of their random moments, which they print.

#![expect(
    clippy::print_stdout,
    reason = "the tests on a bad line report what clients received"
)]

mod support;

use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Params, Payload, Reply, Result, Socket,
    SocketHandler, Topic, websocket,
};
use serde_json::json;
use std::net::SocketAddr;
use support::{
    HistorySocket, Publisher, Restarting, history_seed, recover_js, restart_at_random, serve,
};
use tokio::process::Command;

struct UserSocket {
    token: Option<String>,
}

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
    }

    async fn connect(_: &Params, info: &ConnectInfo) -> Result<Self> {
        let token = info.auth_token();
        Ok(Self { token })
    }

    fn id(&self) -> Option<String> {
        self.token.as_ref().map(|token| format!("user:{token}"))
    }
}

struct Room;

impl Channel for Room {
    async fn join(_: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        if let Some(user) = payload.get("user") {
            socket
                .presence()
                .track(user.as_str().unwrap_or_default(), json!({"n": 1}))?;
            socket.presence().push_state()?;
        }
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "token" => {
                return Ok(Reply::ok(
                    json!({"token": socket.handler::<UserSocket>().token}),
                ));
            }
            "away" => socket.presence().update("alice", json!({"n": 2}))?,
            "shout" => socket.broadcast("shout", payload.clone()),
            "kick" => socket
                .endpoint()
                .disconnect(socket.id().unwrap_or_default()),
            "unchanged" => return Ok(Reply::with_status("unchanged", payload)),
            "stop" => socket.stop(),
            "crash" => panic!("on request"),
            _ => {}
        }
        Ok(Reply::ok(payload))
    }
}

#[tokio::test]
#[ignore = "needs node 20, and in PHOENIX_JS the folder of npm's phoenix"]
async fn phoenix_js_is_at_home() {
    let endpoint = Endpoint::builder()
        .socket_with::<UserSocket>("/socket", websocket().longpoll())
        .build();
    run("phoenix_js.mjs", serve(&endpoint).await).await;
}

/// Returns the endpoint of a server with histories of its own.
fn with_histories() -> Endpoint {
    Endpoint::builder()
        .socket_with::<HistorySocket>("/socket", websocket().longpoll())
        .build()
}

#[tokio::test]
#[ignore = "needs node 20, and in PHOENIX_JS the folder of npm's phoenix"]
async fn phoenix_js_misses_nothing_on_a_bad_line() {
    let endpoint = with_histories();
    let addr = serve(&endpoint).await;
    let _publisher = Publisher::start(endpoint);
    println!("{}", recover_js([addr], history_seed()).await);
}

#[tokio::test]
#[ignore = "needs node 20, and in PHOENIX_JS the folder of npm's phoenix"]
async fn phoenix_js_misses_nothing_or_is_told_while_the_server_restarts() {
    let endpoint = with_histories();
    let publisher = Publisher::start(endpoint.clone());
    let mut server = [Restarting::start(endpoint).await];
    let seed = history_seed();
    let addr = server[0].addr();
    let another = async || {
        let endpoint = with_histories();
        publisher.replace(&endpoint);
        endpoint
    };
    let report = tokio::select! {
        report = recover_js([addr], seed) => report,
        () = restart_at_random(&mut server, seed, another) => unreachable!("it has no end"),
    };
    println!("{report}");
}

/// Runs a script in node, with the address of the server.
async fn run(script: &str, addr: SocketAddr) {
    let mut node = Command::new("node");
    node.arg("--experimental-websocket")
        .arg(format!(
            "{}/tests/support/{script}",
            env!("CARGO_MANIFEST_DIR")
        ))
        .arg(addr.to_string());
    let output = node.output().await.expect("node runs");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
}
