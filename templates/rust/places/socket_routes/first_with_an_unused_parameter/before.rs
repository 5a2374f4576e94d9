impl SocketHandler for UserSocket {
    fn channels(_routes: &mut Channels<Self>) {}
}
