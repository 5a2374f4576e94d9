use axum_channels::{Channel, Payload, Refused, Socket, Topic};

pub struct RoomChannel;

impl Channel for RoomChannel {
    async fn join(topic: &Topic, _payload: Payload, socket: &Socket) -> Result<Self, Refused> {
        if socket.id().is_none() && &**topic == "room:lobby" {
            return Ok(Self);
        }
        Ok(Self)
    }
}
