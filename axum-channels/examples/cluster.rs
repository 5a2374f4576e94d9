//! A chat of several processes, connected by Redis or by NATS: start it twice, with two ports.
//!
//!     PORT=4000 REDIS_URL=redis://127.0.0.1:6379 cargo run --example cluster
//!     PORT=4000 NATS_URL=nats://127.0.0.1:4222 cargo run --example cluster

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum_channels::cluster::{Nats, Redis};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Params, Payload, Reply, Result, Socket,
    SocketHandler, Topic, UnknownEvent, serve,
};
use serde_json::json;
use std::error::Error;
use tokio::net::TcpListener;

struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

struct RoomChannel;

impl Channel for RoomChannel {
    async fn join(_: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        let name = payload.get("name").unwrap_or(json!("somebody"));
        let name = name.as_str().unwrap_or("somebody");
        socket.presence().track(name, json!({}))?; // on every node
        socket.presence().push_state()?;
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "shout" => {
                socket.broadcast("shout", payload); // to the clients of all nodes
                Ok(Reply::none())
            }
            _ => Err(UnknownEvent::new(event).into()),
        }
    }
}

/// Fails while the engine is away or refuses to keep something: clients of this node do not reach the others.
async fn health(State(endpoint): State<Endpoint>) -> (StatusCode, String) {
    let stats = endpoint.stats().cluster;
    let status = match stats.connected && !stats.refusing {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, format!("{stats:?}\n"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let builder = Endpoint::builder().socket::<UserSocket>("/socket");
    let endpoint = match std::env::var("NATS_URL") {
        Ok(url) => {
            let nats = Nats::new(url)?.prefix("chat");
            nats.check().await?; // or go on alone until the engine comes
            builder.pubsub(nats).build()
        }
        Err(_) => {
            let url = std::env::var("REDIS_URL").unwrap_or("redis://127.0.0.1:6379".into());
            let redis = Redis::new(url)?.prefix("chat");
            redis.check().await?;
            builder.pubsub(redis).build()
        }
    };
    let app = Router::new()
        .route("/health", get(health))
        .with_state(endpoint.clone())
        .merge(endpoint.router());

    let port = std::env::var("PORT").unwrap_or("4000".into());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    serve(listener, app)
        .drain(&endpoint) // the presences of this node leave at once
        .with_signals()
        .await?;
    Ok(())
}
