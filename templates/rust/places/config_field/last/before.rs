#[derive(Debug, Clone)]
pub struct Config {
    pub port: u16,
    /// The page.
    pub assets: PathBuf,
}

struct Other {
    redis: u8,
}
