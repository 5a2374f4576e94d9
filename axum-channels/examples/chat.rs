//! A chat: everyone who has joined a `room:` receives its shouts.
//!
//!     PORT=4000 cargo run --example chat

use axum::Router;
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Params, Payload, Reply, Result, Socket,
    SocketHandler, Topic, UnknownEvent, serve,
};
use tokio::net::TcpListener;

struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
    }

    async fn connect(_params: &Params, _info: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

struct RoomChannel;

impl Channel for RoomChannel {
    async fn join(_topic: &Topic, _payload: Payload, _socket: &Socket) -> Result<Self> {
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "ping" => Ok(Reply::ok(payload)),
            "shout" => {
                socket.broadcast("shout", payload);
                Ok(Reply::none())
            }
            _ => Err(UnknownEvent::new(event).into()),
        }
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    if std::env::var_os("LOG").is_some() {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .init();
    }
    let port = std::env::var("PORT")
        .ok()
        .and_then(|port| port.parse().ok())
        .unwrap_or(4000);
    let endpoint = Endpoint::builder().socket::<UserSocket>("/socket").build();
    let app = Router::new().merge(endpoint.router());
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    serve(listener, app).drain(&endpoint).with_signals().await
}
