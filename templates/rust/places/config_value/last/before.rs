impl Config {
    pub fn for_tests() -> Self {
        Self::read(Build::Development, |_| None).expect("defaults")
    }

    pub fn read(build: Build, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, InvalidSetting> {
        Ok(Self {
            port: port(text("PORT")?)?,
            assets: assets(set("ASSETS").map(PathBuf::from))?,
        })
    }
}
