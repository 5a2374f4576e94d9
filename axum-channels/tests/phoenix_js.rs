//! Phoenix's own JavaScript client, in node, against a server of ours.
//!
//!     PHOENIX_JS=…/node_modules/phoenix cargo test --test phoenix_js -- --ignored

mod support;

use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Params, Payload, Reply, Result, Socket,
    SocketHandler, Topic, websocket,
};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use support::{HistorySocket, serve};
use tokio::process::Command;
use tokio::time::interval;

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

/// `HISTORY_SECONDS` is the duration.
#[tokio::test]
#[ignore = "needs node 20, and in PHOENIX_JS the folder of npm's phoenix"]
async fn phoenix_js_misses_nothing_on_a_bad_line() {
    let endpoint = Endpoint::builder()
        .socket_with::<HistorySocket>("/socket", websocket().longpoll())
        .build();
    let addr = serve(&endpoint).await;
    let broadcasts = tokio::spawn(async move {
        let mut every = interval(Duration::from_millis(10));
        for n in 1_u64.. {
            every.tick().await;
            endpoint.broadcast("room:1", "count", json!({ "n": n }));
        }
    });
    run("recover_js.mjs", addr).await;
    broadcasts.abort();
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
