use std::sync::LazyLock;

use axum_channels::Endpoint;

use crate::channels::user_socket::UserSocket;

pub static ENDPOINT: LazyLock<Endpoint> = LazyLock::new(|| Endpoint::builder()
    .socket::<UserSocket>("/socket")
    .build());
