use super::Nodes;
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, EndpointBuilder, Params, Payload, Refused, Reply,
    Result, Socket, SocketHandler, SocketOptions, Topic, UnknownEvent, websocket,
};
use serde_json::json;
use std::time::Duration;

/// Accepts everyone except clients with `refuse=1`; the id is the parameter `id`.
pub(crate) struct UserSocket {
    id: Option<String>,
}

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
    }

    async fn connect(params: &Params, info: &ConnectInfo) -> Result<Self> {
        match params.get("refuse") {
            Some("teapot") => {
                return Err(Refused::with(json!({"reason": "short and stout"}))
                    .status(418)
                    .into());
            }
            Some("panic") => panic!("at the door"),
            Some(error) if error.starts_with("error") => {
                Err(std::io::Error::other(error.replace("error", "no database")))?;
            }
            Some(_) => return Err(Refused::new("unauthorized").into()),
            None => {}
        }
        assert_eq!(
            info.try_state::<u64>(),
            Some(&42),
            "the state is there when connecting"
        );
        Ok(Self {
            id: params.get("id").map(str::to_owned),
        })
    }

    fn id(&self) -> Option<String> {
        self.id.clone()
    }
}

/// Behaves as requested: by its topic when joined, by the event afterwards.
pub(crate) struct RoomChannel;

impl Channel for RoomChannel {
    async fn join(topic: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        match topic.as_str() {
            "room:locked" => return Err(Refused::new("unauthorized").into()),
            "room:panic" => panic!("in join"),
            "room:error" => Err(std::io::Error::other("no database"))?,
            "room:stuck" => std::future::pending().await,
            "room:greeting" => socket.push("greeting", json!({"early": true})),
            _ => {}
        }
        if let Some(response) = payload.get("respond") {
            socket.set_join_response(response);
        }
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "ping" => Ok(Reply::ok(payload)),
            "complain" => Ok(Reply::error(payload)),
            "unchanged" => Ok(Reply::with_status("unchanged", payload)),
            "later" => {
                tokio::task::yield_now().await;
                Ok(Reply::ok(payload))
            }
            "stuck" => std::future::pending().await,
            "slow" => {
                tokio::time::sleep(Duration::from_millis(2)).await;
                Ok(Reply::ok(Payload::empty()))
            }
            "state" => Ok(Reply::ok(json!(socket.state::<u64>()))),
            "id" => {
                assert_eq!(socket.id(), socket.handler::<UserSocket>().id.as_deref());
                Ok(Reply::ok(json!(socket.id())))
            }
            "push" => {
                socket.push("pushed", payload);
                Ok(Reply::none())
            }
            "shout" => {
                socket.broadcast("shout", payload);
                Ok(Reply::none())
            }
            "whisper" => {
                socket.broadcast_from("whisper", payload);
                Ok(Reply::ok(Payload::empty()))
            }
            "panic" => panic!("in handle_in"),
            "panic later" => {
                tokio::task::yield_now().await;
                panic!("in handle_in, later")
            }
            "error" => Err(std::io::Error::other("no database"))?,
            _ => Err(UnknownEvent::new(event).into()),
        }
    }
}

pub(crate) fn endpoint() -> Endpoint {
    endpoint_with(websocket())
}

pub(crate) fn endpoint_with(options: SocketOptions) -> Endpoint {
    builder(options).build()
}

pub(crate) fn nodes(count: usize) -> Nodes {
    nodes_with(count, websocket())
}

pub(crate) fn nodes_with(count: usize, options: SocketOptions) -> Nodes {
    Nodes::new(count, || builder(options.clone()))
}

fn builder(options: SocketOptions) -> EndpointBuilder {
    Endpoint::builder()
        .socket_with::<UserSocket>("/socket", options)
        .state(42_u64)
}
