use std::sync::LazyLock;

use axum_channels::Endpoint;

pub static ENDPOINT: LazyLock<Endpoint> = LazyLock::new(|| Endpoint::builder().build());
