use super::room_channel::RoomChannel;

fn f() {}

mod tests {
    use super::room_channel::RoomChannel;
}
