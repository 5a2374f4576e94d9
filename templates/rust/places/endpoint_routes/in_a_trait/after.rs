use axum::Router;

use crate::channels::user_socket::UserSocket;

pub trait Server {
    fn router(&self) -> Router;

    fn sockets(&self) -> Router {
        let endpoint = axum_channels::Endpoint::builder()
            .socket::<UserSocket>("/socket")
            .build();
        let app = self.router().merge(endpoint.router());
        let app = app.merge(crate::auth::routes(&endpoint));
        app
    }
}
