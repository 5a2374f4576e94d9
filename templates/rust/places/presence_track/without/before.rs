pub struct Presence;
