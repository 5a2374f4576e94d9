#[cfg(test)]
pub mod zebra_channel;
