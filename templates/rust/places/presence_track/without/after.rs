pub struct Presence;

pub fn track(socket: &axum_channels::Socket) {}
