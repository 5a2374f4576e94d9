use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, HandleInfo, Params, Payload, Refused, Reply, Result,
    Socket, SocketHandler, Topic, UnknownEvent,
};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

/// The endpoint that the recordings were made with.
pub(crate) fn endpoint() -> Endpoint {
    Endpoint::builder().socket::<UserSocket>("/socket").build()
}

struct UserSocket {
    user: String,
}

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
    }

    async fn connect(params: &Params, _: &ConnectInfo) -> Result<Self> {
        let user = params
            .get("user")
            .ok_or_else(|| Refused::new("unauthorized"))?;
        Ok(Self {
            user: user.to_owned(),
        })
    }

    fn id(&self) -> Option<String> {
        Some(format!("user_socket:{}", self.user))
    }
}

struct RoomChannel {
    joined_with: Payload,
}

struct AfterJoin;

impl Channel for RoomChannel {
    async fn join(_: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        let has = |key| payload.get(key).is_some();
        if has("refuse") {
            return Err(Refused::new("unauthorized").into());
        }
        if has("crash") || !payload.to_value().is_object() {
            Err(std::io::Error::other(
                "no map, or a crash that the client asked for",
            ))?;
        }
        if !has("nopresence") {
            socket.sender::<Self>().send(AfterJoin)?;
        }
        if has("tell") {
            socket.set_join_response(json!({"joined_with": payload.to_value()}));
        }
        Ok(Self {
            joined_with: payload,
        })
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        Ok(match event {
            "ping" => Reply::ok(payload),
            "shout" => {
                socket.broadcast("shout", payload);
                Reply::none()
            }
            "shout_from" => {
                socket.broadcast_from("shout", payload);
                Reply::none()
            }
            "fail" => Reply::error(json!({"reason": "no way"})),
            "status" => Reply::with_status("maybe", json!({})),
            "push_me" => {
                socket.push("pushed", payload);
                Reply::ok(json!({}))
            }
            "joined_with" => Reply::ok(self.joined_with.clone()),
            "silent" => Reply::none(),
            "stop" => {
                socket.stop();
                Reply::ok(json!({"said": "bye"}))
            }
            "bin" => match payload.as_binary() {
                Some(bytes) => Reply::ok(Payload::binary(
                    bytes.iter().rev().copied().collect::<Vec<_>>(),
                )),
                None => Reply::error(json!({"reason": "not bytes"})),
            },
            "bin_push" => {
                socket.push("bytes", Payload::binary(vec![0, 1, 254, 255]));
                Reply::none()
            }
            "bin_shout" => {
                socket.broadcast("bytes", Payload::binary(vec![9, 8, 7]));
                Reply::none()
            }
            _ => return Err(UnknownEvent::new(event).into()), // "crash" as well
        })
    }
}

impl HandleInfo<AfterJoin> for RoomChannel {
    async fn handle_info(&mut self, _: AfterJoin, socket: &Socket) -> Result<()> {
        let user = &socket.handler::<UserSocket>().user;
        let since = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        socket.presence().track(user, json!({"since": since}))?;
        socket.presence().push_state()?;
        Ok(())
    }
}
