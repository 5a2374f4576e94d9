use std::fmt;
use std::ops::Deref;

/// Secret for development only: it is public.
const FOR_DEVELOPMENT: &str =
    "development-only-secret-that-everybody-can-read-in-src-config-secret-rs-0123456789";

/// Text that is omitted from `Debug` output.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub(super) fn for_development() -> Self {
        Self(FOR_DEVELOPMENT.to_owned())
    }
}

impl Deref for Secret {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[FILTERED]")
    }
}
