//! What the environment says.
//!
//! | Variable          | Meaning                                        | Default                             |
//! |-------------------|------------------------------------------------|-------------------------------------|
//! | `PORT`            | The port to listen on                          | 4000                                |
//! | `IP`              | The address to listen on                       | 127.0.0.1; all of them in a release |
//! | `HOST`            | The name that browsers know the app by         | localhost                           |
//! | `SECRET_KEY_BASE` | 64 bytes or more that nobody else knows        | none in a release                   |
//! | `ORIGINS`         | Pages that may connect: `https://a.example, …` | pages of the app's own host         |
//! | `ASSETS`          | The folder with the page and its scripts       | the `assets` that it was built from |

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::str::FromStr;

use axum_channels::CheckOrigin;

/// Good enough on your own machine, and nowhere else: everybody can read it.
const DEVELOPMENT_SECRET: &str =
    "development-only-secret-that-everybody-can-read-in-src-config-rs-0123456789";

/// The app's settings.
#[derive(Debug, Clone)]
pub struct Config {
    pub ip: IpAddr,
    pub port: u16,
    pub host: String,
    pub secret_key_base: String,
    pub check_origin: CheckOrigin,
    pub assets: PathBuf,
}

impl Config {
    /// Reads the environment; the error names the variable to mend.
    pub fn from_env() -> Result<Self, String> {
        Self::read(|name| std::env::var(name).ok(), cfg!(not(debug_assertions)))
    }

    /// What the tests run with: the defaults of development.
    pub fn for_tests() -> Self {
        Self::read(|_| None, false).expect("development has a default for everything")
    }

    fn read(var: impl Fn(&str) -> Option<String>, release: bool) -> Result<Self, String> {
        let ip = if release {
            Ipv4Addr::UNSPECIFIED
        } else {
            Ipv4Addr::LOCALHOST
        };
        Ok(Self {
            ip: parse("IP", var("IP"), ip.into())?,
            port: parse("PORT", var("PORT"), 4000)?,
            host: var("HOST").unwrap_or_else(|| "localhost".into()),
            secret_key_base: secret(var("SECRET_KEY_BASE"), release)?,
            check_origin: var("ORIGINS").map_or_else(CheckOrigin::same_host, |origins| {
                CheckOrigin::hosts(origins.split(',').map(str::trim))
            }),
            assets: var("ASSETS").map_or_else(
                || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/assets")),
                PathBuf::from,
            ),
        })
    }
}

fn parse<T: FromStr<Err: Display>>(
    name: &str,
    value: Option<String>,
    default: T,
) -> Result<T, String> {
    match value {
        Some(value) => value
            .parse()
            .map_err(|error| format!("{name} is `{value}`: {error}")),
        None => Ok(default),
    }
}

fn secret(value: Option<String>, release: bool) -> Result<String, String> {
    match value {
        Some(secret) if secret.len() >= 64 => Ok(secret),
        Some(_) => Err("SECRET_KEY_BASE is shorter than 64 bytes".into()),
        None if release => {
            Err("SECRET_KEY_BASE is missing: `openssl rand -hex 64` makes one".into())
        }
        None => Ok(DEVELOPMENT_SECRET.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_needs_a_secret_of_its_own() {
        let secret = "s".repeat(64);
        let with = |value: Option<&str>| {
            let value = value.map(str::to_owned);
            Config::read(
                |name| value.clone().filter(|_| name == "SECRET_KEY_BASE"),
                true,
            )
        };

        assert_eq!(
            with(Some(&secret)).map(|c| c.secret_key_base),
            Ok(secret.clone())
        );
        assert!(with(Some("short")).is_err());
        assert!(with(None).is_err());
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let config = Config::read(|name| (name == "PORT").then(|| "http".into()), false);

        assert_eq!(
            config.err(),
            Some("PORT is `http`: invalid digit found in string".into())
        );
    }
}
