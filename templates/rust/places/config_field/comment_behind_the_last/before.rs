pub struct Config {
    pub port: u16, // of the listener
    pub assets: PathBuf // of the page
}
