use axum_channels::{Channel, Payload, Refused, Socket, Topic};

use super::presence;

pub struct RoomChannel;

impl Channel for RoomChannel {
    async fn join(topic: &Topic, _payload: Payload, socket: &Socket) -> Result<Self, Refused> {
        if socket.id().is_none() && &**topic == "room:lobby" {
            presence::track(socket)?;
            return Ok(Self);
        }
        presence::track(socket)?;
        Ok(Self)
    }
}
