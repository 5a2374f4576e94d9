use axum::Router;
use axum_channels::Endpoint;

use crate::auth;

fn main() {
    let secret_key_base = std::env::var("SECRET_KEY_BASE").expect("it is set");
    let endpoint = Endpoint::builder()
        .state(auth::signer(&secret_key_base))
        .build();
    let app = Router::new()
        .merge(endpoint.router())
        .merge(auth::routes(&endpoint));
    serve(app);
}
