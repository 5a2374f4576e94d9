pub mod room_channel;
