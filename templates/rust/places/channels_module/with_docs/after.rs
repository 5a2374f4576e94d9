//! Ours.

pub mod room_channel;
