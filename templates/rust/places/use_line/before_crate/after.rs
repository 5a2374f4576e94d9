use super::room_channel::RoomChannel;
use crate::config::Config;

fn f() {}
