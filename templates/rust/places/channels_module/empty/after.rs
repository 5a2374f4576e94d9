//! Channels and sockets.

pub mod room_channel;
