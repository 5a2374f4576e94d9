fn f() {}

mod tests {
    use super::room_channel::RoomChannel;
}
