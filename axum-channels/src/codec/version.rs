use std::fmt;
use std::str::FromStr;

/// Version of the protocol, as a client requests it with the parameter `vsn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

/// Error of a text that is not three numbers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidVersion;

impl Version {
    pub(crate) const V1: Version = Version::minor(1, 0);
    pub(crate) const V2: Version = Version::minor(2, 0);

    const fn minor(major: u32, minor: u32) -> Self {
        Version {
            major,
            minor,
            patch: 0,
        }
    }

    /// Returns whether this version serves clients that request `other`: it or a later patch release, Elixir's `~>`.
    pub(crate) fn serves(self, other: Version) -> bool {
        (self.major, self.minor) == (other.major, other.minor) && self.patch <= other.patch
    }
}

impl FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let mut parts = text.split('.').map(number);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None) => Ok(Version {
                major,
                minor,
                patch,
            }),
            _ => Err(InvalidVersion),
        }
    }
}

/// Reads digits without a sign or leading zeros.
fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = is_plain && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}

/// Formats as the versions that it serves.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.patch {
            0 => write!(f, "{}.{}.x", self.major, self.minor),
            patch => write!(f, "{}.{}.{patch} or later", self.major, self.minor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_three_numbers() {
        let read = |text: &str| text.parse::<Version>().map(|it| it.to_string());
        assert_eq!(read("1.0.0"), Ok("1.0.x".to_owned()));
        assert_eq!(read("12.0.7"), Ok("12.0.7 or later".to_owned()));
        for text in [
            "1",
            "2",
            "2.0",
            "2.0.",
            "2.0.x",
            "2.0.+1",
            "2.0.01",
            "2.00.1",
            "2.0.0.0",
            "2.0.4294967296",
            "",
        ] {
            assert_eq!(read(text), Err(InvalidVersion), "{text}");
        }
    }

    #[test]
    fn a_version_serves_its_later_patch_releases() {
        let serves = |version: &str, other: &str| {
            let version = version.parse::<Version>().ok();
            let other = other.parse::<Version>().ok();
            version
                .zip(other)
                .map(|(version, other)| version.serves(other))
        };
        assert_eq!(serves("2.0.0", "2.0.7"), Some(true));
        assert_eq!(serves("2.0.8", "2.0.7"), Some(false));
        assert_eq!(serves("2.0.0", "2.1.0"), Some(false));
        assert_eq!(serves("2.0.0", "3.0.0"), Some(false));
    }
}
