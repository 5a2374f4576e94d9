use axum_channels::{ConnectInfo, Params, Refused, SocketHandler};

pub struct UserSocket;

impl SocketHandler for UserSocket {
    async fn connect(params: &Params, _info: &ConnectInfo) -> Result<Self, Refused> {
        match params.get("version") {
            Some(_) => Ok(Self),
            None => Err(Refused::new("outdated")),
        }
    }

    fn id(&self) -> Option<String> {
        None
    }
}
