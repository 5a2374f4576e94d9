//! Channels and socket handlers.

pub mod inbox_channel;
pub mod presence;
pub mod room_channel;
pub mod user_socket;
