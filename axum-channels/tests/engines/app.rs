use axum_channels::cluster::{Nats, Redis};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Params, Payload, Reply, Result, Socket,
    SocketHandler, Topic, UnknownEvent,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Prefix of the app's names in the engine.
pub(crate) const PREFIX: &str = "my_app";

/// Lease of the tests. It is renewed each 150 ms.
pub(crate) const LEASE: Duration = Duration::from_millis(1500);

pub(crate) struct UserSocket {
    id: Option<String>,
}

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("*");
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

/// Tracks the user that the payload names, if any.
pub(crate) struct Room;

impl Channel for Room {
    async fn join(_: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        if let Value::String(user) = payload.to_value()["user"].take() {
            socket.presence().track(&user, json!({"user": user}))?;
        }
        socket.presence().push_state()?;
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "shout" => socket.broadcast("shout", payload),
            "whisper" => socket.broadcast_from("whisper", payload),
            _ => return Err(UnknownEvent::new(event).into()),
        }
        Ok(Reply::ok(json!({})))
    }
}

/// Settings of a node's adapter.
pub(crate) struct Settings {
    pub(crate) url: String,
    pub(crate) prefix: &'static str,
    pub(crate) lease: Duration,
    pub(crate) max_queued_bytes: usize,
}

impl Settings {
    /// Returns those of most nodes, with short leases.
    pub(crate) fn new(url: String) -> Settings {
        Settings {
            url,
            prefix: PREFIX,
            lease: LEASE,
            max_queued_bytes: 16 * 1024 * 1024,
        }
    }

    /// Returns a node, by the adapter for the URL's scheme.
    pub(crate) fn node(self) -> Endpoint {
        let Settings {
            url,
            prefix,
            lease,
            max_queued_bytes,
        } = self;
        let builder = Endpoint::builder().socket::<UserSocket>("/socket");
        if url.starts_with("nats:") || url.starts_with("tls:") {
            let nats = Nats::new(url).expect("a URL").prefix(prefix).lease(lease);
            let nats = nats.max_queued_bytes(max_queued_bytes);
            builder.pubsub(nats).build()
        } else {
            let redis = Redis::new(url).expect("a URL").prefix(prefix).lease(lease);
            let redis = redis.max_queued_bytes(max_queued_bytes);
            builder.pubsub(redis).build()
        }
    }
}

/// Returns a node that is not connected yet.
pub(crate) fn starting(url: String) -> Endpoint {
    Settings::new(url).node()
}

/// Returns a node, once it is connected.
pub(crate) async fn node(url: String) -> Endpoint {
    let endpoint = starting(url);
    connected(&endpoint, true).await;
    endpoint
}

pub(crate) async fn connected(endpoint: &Endpoint, is_connected: bool) {
    super::support::eventually("the connection changes", || {
        endpoint.stats().cluster.connected == is_connected
    })
    .await;
}

/// Returns the users that are present, sorted, as a node has them.
pub(crate) fn users(endpoint: &Endpoint, topic: &str) -> Vec<String> {
    let presences = endpoint.presences(topic);
    let metas = presences.iter().flat_map(|(_, metas)| metas.to_vec());
    let mut users: Vec<String> = metas
        .filter_map(|meta| meta["user"].as_str().map(str::to_owned))
        .collect();
    users.sort_unstable();
    users
}
