use axum_channels::*;

use super::presence;

impl Channel for RoomChannel {
    async fn join(_topic: &Topic, _payload: Payload, socket: &Socket) -> Result<Self> {
        presence::track(socket)?;
        Ok(Self)
    }
}
