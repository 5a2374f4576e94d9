use axum_channels::*;

use super::presence;

impl Channel for RoomChannel {
    async fn join(_topic: &Topic, _payload: Payload, s: &Socket) -> Result<Self> {
        check()?;
        presence::track(s)?;
        Ok(Self)
    }
}
