use axum::Router;
use axum_channels::Endpoint;

pub trait Server {
    fn router(&self) -> Router;

    fn sockets(&self) -> Router {
        let endpoint = Endpoint::builder().build();
        let app = self.router().merge(endpoint.router());
        app
    }
}
