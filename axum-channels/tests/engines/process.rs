//! Nodes as processes of their own: this program, started again as a test that is a server.

use super::app::{starting, users};
use super::support::{VALID, Ws, http};
use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// URL of the engine, for a node.
const ENGINE: &str = "AXUM_CHANNELS_TEST_ENGINE";
const ADDRESS: &str = "listening at ";

#[tokio::test]
#[ignore = "a node, started by the tests"]
async fn server() {
    let Ok(url) = std::env::var(ENGINE) else {
        return; // with `--ignored` it would run alone
    };
    let endpoint = starting(url);
    let state = endpoint.clone();
    let state = async move || {
        let stats = state.stats();
        let cluster = stats.cluster;
        json!({
            "users": users(&state, "room:1"),
            "connections": stats.connections,
            "subscriptions": stats.subscriptions,
            "topics": cluster.topics,
            "counts": (cluster.connected, cluster.reconnects, cluster.lost, cluster.malformed),
        })
        .to_string()
    };
    let app = Router::new()
        .route("/state", get(state))
        .merge(endpoint.router());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let server = axum_channels::serve(listener.expect("a free port"), app)
        .drain(&endpoint)
        .with_signals();
    println!("{ADDRESS}{}", server.local_addr().expect("it is bound"));
    server.await.expect("no error");
}

/// A node.
pub(crate) struct Process {
    child: Child,
    addr: SocketAddr,
    /// Kept open: the process prints until its end.
    _output: BufReader<ChildStdout>,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Process {
    pub(crate) fn start(url: String) -> Process {
        Process::start_with(url, &[])
    }

    /// Starts a node with further variables of the environment.
    pub(crate) fn start_with(url: String, variables: &[(&str, &str)]) -> Process {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args(["--exact", "process::server", "--ignored", "--nocapture"])
            .env(ENGINE, url)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut lines = output.by_ref().lines().map(|line| line.expect("text"));
        let line = lines.find(|line| line.contains(ADDRESS));
        let line = line.expect("it reports its address");
        let addr = line.rsplit(' ').next().and_then(|addr| addr.parse().ok());
        let addr = addr.expect("an address");
        Process {
            child,
            addr,
            _output: output,
        }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the number of bytes of its resident memory.
    pub(crate) fn memory(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).expect("it runs, on Linux");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        kilobytes.map_or(0, |kilobytes: u64| 1024 * kilobytes)
    }

    pub(crate) fn signal(&self, signal: &str) {
        super::signal(&self.child, signal);
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill(); // it may be gone
        let _ = self.child.wait();
    }

    /// Waits until it ends by itself, and returns its status.
    pub(crate) async fn wait(&mut self) -> Option<i32> {
        loop {
            match self.child.try_wait().expect("it is a child") {
                Some(status) => return status.code(),
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }

    /// Connects a client that joins the room as a user, or as nobody.
    pub(crate) async fn join(&self, user: impl Into<Value>) -> Ws {
        let (stream, status, _) =
            http(self.addr, "GET", "/socket/websocket?vsn=2.0.0", VALID).await;
        assert_eq!(status, 101);
        let mut ws = Ws::over(stream).await;
        let join = json!(["1", "1", "room:1", "phx_join", {"user": user.into()}]);
        ws.send(&join.to_string()).await;
        assert_eq!(ws.event().await, "phx_reply");
        ws
    }

    /// Returns the users that are present, as this node has them, and its counts.
    pub(crate) async fn state(&self) -> Value {
        let (mut stream, ..) = http(self.addr, "GET", "/state", "connection: close\r\n").await;
        let mut body = String::new();
        stream.read_to_string(&mut body).await.expect("a body");
        serde_json::from_str(&body).expect("JSON")
    }
}
