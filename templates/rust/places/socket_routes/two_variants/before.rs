#[cfg(a)]
impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {}
}

#[cfg(b)]
impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {}
}
