use axum::Router;
use axum_channels::Endpoint;

use crate::channels::user_socket::UserSocket;

fn main() {
    let app = Router::new().route("/", get(page));
    let sockets = Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .build();
    let app = app.merge(sockets.router()); // `app` is the router
    let app = app.merge(crate::auth::routes(&sockets));
    serve(app);
}
