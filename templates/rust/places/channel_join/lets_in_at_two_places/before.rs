use axum_channels::*;

impl Channel for RoomChannel {
    async fn join(_topic: &Topic, _payload: Payload, socket: &Socket) -> Result<Self> {
        if open() {
            return Ok(Self);
        }
        Ok(Self)
    }
}
