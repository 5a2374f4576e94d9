use axum::Router;
use axum_channels::Endpoint;

use crate::channels::admin_socket::AdminSocket;
use crate::channels::user_socket::UserSocket;
use crate::state::App;

macro_rules! served {
    ($($socket:ty),*) => {
        println!("{:?}", [$(std::any::type_name::<$socket>()),*])
    };
}

pub fn endpoint(app: &App) -> Endpoint {
    served![AdminSocket, UserSocket];
    Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .state(app.clone())
        .build()
}

pub fn router(endpoint: &Endpoint, _app: &App) -> Router {
    Router::new().merge(endpoint.router())
}
