use super::{lobby, room_channel::{Other, RoomChannel as Room}};
