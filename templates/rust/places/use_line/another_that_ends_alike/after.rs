use super::mini_room_channel::MiniRoomChannel;
use super::room_channel::RoomChannel;
