use axum::Router;
use axum_channels::Endpoint;

use crate::channels::admin_socket::AdminSocket;
use crate::channels::user_socket::UserSocket;
use crate::config::Config;

macro_rules! served {
    ($($socket:ty),*) => {
        println!("{:?}", [$(std::any::type_name::<$socket>()),*])
    };
}

pub fn endpoint(config: &Config) -> Endpoint {
    served![AdminSocket, UserSocket];
    Endpoint::builder()
        .state(config.clone())
        .build()
}

pub fn router(endpoint: &Endpoint, _config: &Config) -> Router {
    Router::new().merge(endpoint.router())
}
