use crate::comparison::differences;
use crate::sequence::{Sent, Sequence, Step};
use crate::support::{Frame, TIMEOUT, Ws, serve};
use axum_channels::Endpoint;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The two clients of a sequence.
pub(crate) struct Clients {
    clients: [Client; 2],
}

struct Client {
    ws: Ws,
    vsn: String,
    /// Number of markers that were sent.
    markers: u32,
    is_open: bool,
    heard: Vec<Value>,
}

impl Clients {
    /// Connects both clients to a server of their own.
    pub(crate) async fn connect(endpoint: &Endpoint, sequence: &Sequence) -> Clients {
        let addr = serve(endpoint).await;
        let connect = async |client| Client {
            ws: Ws::open_at(
                addr,
                &format!(
                    "/socket/websocket?vsn={}&user={}",
                    sequence.vsn,
                    sequence.user(client)
                ),
            )
            .await,
            vsn: sequence.vsn.clone(),
            markers: 0,
            is_open: true,
            heard: Vec::new(),
        };
        Clients {
            clients: [connect(0).await, connect(1).await],
        }
    }

    /// Sends a step's message, and returns the frames that both clients receive.
    ///
    /// No time has to pass for that. The reply to a heartbeat shows that the server has handled what this client sent
    /// before; the reply to a second one, that it has handled what channels sent themselves meanwhile. By then the other
    /// client's frames are on their way, before the reply to a heartbeat of its own.
    ///
    /// Frames that Phoenix sent and that are missing are waited for, so that a slow machine makes no difference.
    pub(crate) async fn take(&mut self, sequence: &Sequence, step: &Step) -> [Vec<Value>; 2] {
        let sender = step.client;
        self.clients[sender].send(&step.sent).await;
        for client in [sender, sender, 1 - sender] {
            self.clients[client].settle().await;
        }
        let end = Instant::now() + TIMEOUT / 5;
        loop {
            let heard = [0, 1].map(|client: usize| self.clients[client].heard.clone());
            if differences(sequence, step, &heard).is_none() || Instant::now() > end {
                self.clients
                    .iter_mut()
                    .for_each(|client| client.heard.clear());
                return heard;
            }
            sleep(Duration::from_millis(5)).await;
            for client in &mut self.clients {
                client.settle().await;
            }
        }
    }
}

impl Client {
    async fn send(&mut self, sent: &Sent) {
        match sent {
            _ if !self.is_open => {}
            Sent::Text(text) => self.ws.send(text).await,
            Sent::Binary(bytes) => {
                let bytes = BASE64_STANDARD.decode(bytes).expect("base64");
                self.ws.send_binary(&bytes).await;
            }
        }
    }

    /// Sends a heartbeat, and keeps the frames before its reply.
    async fn settle(&mut self) {
        if !self.is_open {
            return;
        }
        self.markers += 1;
        let marker = format!("marker {}", self.markers);
        let heartbeat = match self.vsn.starts_with('1') {
            true => json!({"topic": "phoenix", "event": "heartbeat", "payload": {}, "ref": marker}),
            false => json!([null, marker, "phoenix", "heartbeat", {}]),
        };
        self.ws.send(&heartbeat.to_string()).await;
        while self.is_open {
            let frame = match self.ws.next().await {
                Frame::Text(text) => serde_json::from_str(&text).expect("JSON"),
                Frame::Binary(bytes) => json!({"binary": BASE64_STANDARD.encode(bytes)}),
                Frame::Close(code) => {
                    self.is_open = false;
                    json!({"closed": code})
                }
                other => panic!("{other:?}"),
            };
            if frame[1] == marker.as_str() || frame["ref"] == marker.as_str() {
                return;
            }
            self.heard.push(frame);
        }
    }
}
