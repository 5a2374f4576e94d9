pub mod room_channel;
#[cfg(test)]
pub mod zebra_channel;
