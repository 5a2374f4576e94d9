impl Config {
    pub fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, InvalidSetting> {
        let text = |name| variable(name).map(OsString::into_string);
        Ok(Self {
            port: port(text("PORT")?)?,
            ..Self::default()
        })
    }
}
