//! A server with sockets of axum-channels, on threads of its own.

use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, History, Params, Payload, Refused, Reply, Result,
    Socket, SocketHandler, Topic, UnknownEvent, serve,
};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Sockets at `/socket`, and at `/device_socket` for clients with the token `secret`.
pub struct Server {
    pub endpoint: Endpoint,
    pub port: u16,
    runtime: Option<Runtime>,
}

impl Server {
    pub fn start() -> Self {
        let runtime = Runtime::new().expect("threads start");
        let endpoint = Endpoint::builder()
            .socket::<UserSocket>("/socket")
            .socket::<DeviceSocket>("/device_socket")
            .build();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let server = serve(listener, endpoint.router());
        runtime.spawn(async move { server.await });
        Self {
            endpoint,
            port,
            runtime: Some(runtime),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("ws://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

struct UserSocket {
    user: String,
}

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
        routes.channel::<RoomChannel>("user:*");
        routes
            .channel::<RoomChannel>("kept:*")
            .history(History::last(3));
    }

    async fn connect(params: &Params, _info: &ConnectInfo) -> Result<Self> {
        let user = params.get("user").unwrap_or("guest").to_owned();
        Ok(Self { user })
    }

    fn id(&self) -> Option<String> {
        Some(format!("user_socket:{}", self.user))
    }
}

struct DeviceSocket;

impl SocketHandler for DeviceSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
    }

    async fn connect(_params: &Params, info: &ConnectInfo) -> Result<Self> {
        match info.auth_token().as_deref() {
            Some("secret") => Ok(Self),
            _ => Err(Refused::new("unauthorized").status(401).into()),
        }
    }
}

/// Tracks its clients in `room:present`.
struct RoomChannel;

impl Channel for RoomChannel {
    async fn join(topic: &Topic, _payload: Payload, socket: &Socket) -> Result<Self> {
        match topic.as_str() {
            "room:closed" => return Err(Refused::new("unauthorized").into()),
            "room:present" => {
                let user = socket.id().unwrap_or("guest").replace("user_socket:", "");
                socket.presence().track(&user, json!({}))?;
                socket.presence().push_state()?;
            }
            _ => {}
        }
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "ping" => Ok(Reply::ok(payload)),
            "bytes" => Ok(Reply::ok(Payload::binary(vec![0, 255]))),
            "shout" => {
                socket.broadcast("shout", payload);
                Ok(Reply::none())
            }
            _ => Err(UnknownEvent::new(event).into()),
        }
    }
}
