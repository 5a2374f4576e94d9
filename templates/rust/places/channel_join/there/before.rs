use super::presence;

impl Channel for RoomChannel {
    async fn join(_topic: &Topic, _payload: Payload, socket: &Socket) -> Result<Self> {
        crate::channels::presence::track(socket)?;
        Ok(Self)
    }
}
