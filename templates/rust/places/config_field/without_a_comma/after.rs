pub struct Config {
    pub port: u16,
    pub redis: pubsub::RedisUrl
}
