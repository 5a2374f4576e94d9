pub struct Config {}
