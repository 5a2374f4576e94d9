use axum_channels::{Channel, Payload, Result, Socket, Topic};

pub struct RoomChannel;

impl Channel for RoomChannel {
    async fn join(topic: &Topic, _payload: Payload, socket: &Socket) -> Result<Self> {
        if socket.id().is_none() && &**topic == "room:lobby" {
            return Ok(Self);
        }
        Ok(Self)
    }
}
