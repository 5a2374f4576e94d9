pub struct Config {
    pub port: u16
}
