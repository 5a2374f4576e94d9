pub struct Config { pub port: u16, pub assets: PathBuf, pub redis: pubsub::RedisUrl }
