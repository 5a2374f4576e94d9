#[cfg(unix)]
pub struct Config {
    pub port: u16,
    pub redis: pubsub::RedisUrl,
}
#[cfg(windows)]
pub struct Config {
    pub port: u16,
    pub redis: pubsub::RedisUrl,
}
