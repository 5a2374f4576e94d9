use axum::Router;
use axum_channels::Endpoint;

use crate::channels::user_socket::UserSocket;

pub trait Server {
    fn router(&self) -> Router;

    fn sockets(&self) -> Router {
        let endpoint = Endpoint::builder()
            .socket::<UserSocket>("/socket")
            .build();
        let app = self.router().merge(endpoint.router());
        app
    }
}
