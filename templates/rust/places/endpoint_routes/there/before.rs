use axum::Router;
use axum_channels::Endpoint;

use crate::auth;

fn main() {
    let endpoint = Endpoint::builder().build();
    let app = Router::new()
        .merge(endpoint.router())
        .merge(auth::routes(&endpoint));
    serve(app);
}
