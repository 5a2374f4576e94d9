use axum_channels::*;

impl Channel for RoomChannel {
    async fn join(_topic: &Topic, _payload: Payload, s: &Socket) -> Result<Self> {
        check()?;
        Ok(Self)
    }
}
