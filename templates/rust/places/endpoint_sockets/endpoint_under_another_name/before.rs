use axum_channels::Endpoint as Sockets;

pub fn endpoint() -> Sockets {
    Sockets::builder().build()
}
