use axum_channels::{Channel, Payload, Result, Socket, Topic};

use super::presence;

pub struct RoomChannel;

impl Channel for RoomChannel {
    async fn join(topic: &Topic, _payload: Payload, socket: &Socket) -> Result<Self> {
        if socket.id().is_none() && &**topic == "room:lobby" {
            presence::track(socket)?;
            return Ok(Self);
        }
        presence::track(socket)?;
        Ok(Self)
    }
}
