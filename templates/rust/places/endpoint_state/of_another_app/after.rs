use axum_channels::Endpoint;

use crate::channels::user_socket::UserSocket;

impl App {
    fn serve(self) {
        let sockets = Endpoint::builder()
            .socket::<UserSocket>("/socket")
            .state(crate::auth::signer(&secret))
            .build();
        serve(self.router.merge(sockets.router()));
    }
}

mod tests {
    fn endpoint() -> Endpoint {
        Endpoint::builder().build()
    }
}
