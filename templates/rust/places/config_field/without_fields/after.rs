pub struct Config {
    pub redis: pubsub::RedisUrl,
}
