use super::mini_room_channel::MiniRoomChannel;
