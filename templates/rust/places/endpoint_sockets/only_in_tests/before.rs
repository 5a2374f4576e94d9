use axum_channels::Endpoint;

pub fn endpoint() -> Endpoint {
    Endpoint::builder().build()
}

mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        Endpoint::builder().socket::<UserSocket>("/socket").build()
    }
}
