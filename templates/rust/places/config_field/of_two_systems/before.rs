#[cfg(unix)]
pub struct Config {
    pub port: u16,
}
#[cfg(windows)]
pub struct Config {
    pub port: u16,
}
