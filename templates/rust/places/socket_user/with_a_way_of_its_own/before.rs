use axum_channels::{ConnectInfo, Params, Refused, Result, SocketHandler};

pub struct UserSocket;

impl SocketHandler for UserSocket {
    async fn connect(params: &Params, _info: &ConnectInfo) -> Result<Self> {
        match params.get("version") {
            Some(_) => Ok(Self),
            None => Err(Refused::new("outdated").into()),
        }
    }

    fn id(&self) -> Option<String> {
        None
    }
}
