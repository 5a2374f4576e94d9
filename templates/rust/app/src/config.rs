//! Settings of the app, from the environment. An empty variable counts as unset.
//!
//! | Variable          | Meaning                                                                              | Default                             |
//! |-------------------|--------------------------------------------------------------------------------------|-------------------------------------|
//! | `HOST`            | URL of the app in browsers: `https://example.com/chat`, or a host name for `PORT`    | `localhost`                         |
//! | `PORT`            | Port to listen on; 0 selects a free one                                              | 4000                                |
//! | `IP`              | Address to listen on; 0.0.0.0 means all addresses                                    | 127.0.0.1; 0.0.0.0 in a release     |
//! | `ORIGINS`         | Pages that may connect, if not those of `HOST`: `https://a.example, //*.b.example`   | pages of `HOST`                     |
//! | `PROXIES`         | Trusted proxies: `127.0.0.1, 10.0.0.0/8`, or their number                            | none                                |
//! | `SECRET_KEY_BASE` | Secret of 64 bytes or more                                                           | none in a release                   |
//! | `RUST_LOG`        | Levels of the log: `info`, or `warn,my_app=debug,axum_channels=off`                  | app: debug; info in a release       |
//! | `LOG_FORMAT`      | `short`, `text` (with the time) or `json`                                            | short; text in a release            |
//! | `SHUTDOWN_DELAY`  | Seconds after SIGTERM in which `/ready` is 503, and all else goes on                 | 0                                   |
//! | `ASSETS`          | Folder with the page and its scripts                                                 | `assets`; the binary, in a release  |

mod error;
mod secret;

pub use error::InvalidSetting;
pub use secret::Secret;

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum_channels::{CheckOrigin, PublicUrl, TrustedProxies};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

use crate::assets::Assets;
use crate::log::{self, Format, Log};

/// The app's settings.
#[derive(Debug, Clone)]
pub struct Config {
    pub ip: IpAddr,
    pub port: u16,
    host: Host,
    /// Path of `HOST`: `/chat`, or empty.
    pub prefix: String,
    pub check_origin: CheckOrigin,
    pub proxies: TrustedProxies,
    pub secret_key_base: Secret,
    pub log: Log,
    pub shutdown_delay: Duration,
    pub assets: Assets,
}

/// Profile of the build, for defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    Development,
    Release,
}

#[derive(Debug, Clone)]
enum Host {
    Url(PublicUrl),
    /// A host name; the port is that of the listener.
    Name(PublicUrl),
}

impl Config {
    /// Reads the settings from the environment.
    pub fn from_env() -> Result<Self, InvalidSetting> {
        let build = if cfg!(debug_assertions) {
            Build::Development
        } else {
            Build::Release
        };
        Self::read(build, |name| std::env::var_os(name))
    }

    /// Returns the defaults of development, for tests.
    pub fn for_tests() -> Self {
        Self::read(Build::Development, |_| None).expect("development has a default for everything")
    }

    /// Reads the settings from `variable`.
    pub fn read(
        build: Build,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, InvalidSetting> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let text = |name| match set(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text)),
            Some(Err(_)) => Err(InvalidSetting::new(
                name,
                "is not UTF-8: set it to plain text",
            )),
        };
        let (host, prefix) = host(text("HOST")?)?;
        Ok(Self {
            ip: ip(text("IP")?, build)?,
            port: port(text("PORT")?)?,
            host,
            prefix,
            check_origin: check_origin(text("ORIGINS")?)?,
            proxies: proxies(text("PROXIES")?)?,
            secret_key_base: secret_key_base(text("SECRET_KEY_BASE")?, build)?,
            log: Log {
                levels: levels(text("RUST_LOG")?, build)?,
                format: format(text("LOG_FORMAT")?, build)?,
            },
            shutdown_delay: shutdown_delay(text("SHUTDOWN_DELAY")?)?,
            assets: assets(set("ASSETS").map(PathBuf::from))?,
        })
    }

    /// Returns the URL of the app in browsers. Pages of its host may connect.
    pub fn url(&self) -> PublicUrl {
        match &self.host {
            Host::Url(url) => url.clone(),
            Host::Name(url) => url.clone().with_port(self.port),
        }
    }
}

fn ip(value: Option<String>, build: Build) -> Result<IpAddr, InvalidSetting> {
    let default = match build {
        Build::Development => Ipv4Addr::LOCALHOST,
        Build::Release => Ipv4Addr::UNSPECIFIED,
    };
    let Some(value) = value else {
        return Ok(default.into());
    };
    let expected =
        "expected an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them";
    value
        .parse()
        .map_err(|_| InvalidSetting::wrong("IP", &value, expected))
}

fn port(value: Option<String>) -> Result<u16, InvalidSetting> {
    let Some(value) = value else { return Ok(4000) };
    let expected = "expected a number from 0 to 65535, such as 4000";
    number(&value).ok_or_else(|| InvalidSetting::wrong("PORT", &value, expected))
}

fn shutdown_delay(value: Option<String>) -> Result<Duration, InvalidSetting> {
    let value = value.unwrap_or_else(|| "0".to_owned());
    let expected = "expected a number of seconds, such as 10";
    match number(&value) {
        Some(seconds) => Ok(Duration::from_secs(seconds.into())),
        None => Err(InvalidSetting::wrong("SHUTDOWN_DELAY", &value, expected)),
    }
}

/// Only digits: `parse` would accept `+80` as well.
fn number(value: &str) -> Option<u16> {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| value.parse().ok()).flatten()
}

/// Returns the host, and the path of its URL.
fn host(value: Option<String>) -> Result<(Host, String), InvalidSetting> {
    let value = value.unwrap_or_else(|| "localhost".to_owned());
    let is_name = !value.contains('/') && (!value.contains(':') || value.ends_with(']'));
    let (url, path) = match value.split_once("://") {
        Some((_, rest)) => {
            value.split_at(value.len() - rest.len() + rest.find('/').unwrap_or(rest.len()))
        }
        None => (&*value, ""),
    };
    let host = match is_name {
        true => format!("http://{value}").parse().map(Host::Name),
        false => url.parse().map(Host::Url),
    };
    let host = host.map_err(|error| InvalidSetting::invalid("HOST", error))?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_part = |part: &str| !["", ".", ".."].contains(&part) && part.bytes().all(is_plain);
    if !path.split('/').skip(1).all(is_part) {
        let expected = "expected a path of letters, digits and `-._~`, such as `/chat`";
        return Err(InvalidSetting::wrong("HOST", &value, expected));
    }
    Ok((host, path.to_owned()))
}

fn check_origin(value: Option<String>) -> Result<CheckOrigin, InvalidSetting> {
    let Some(value) = value else {
        return Ok(CheckOrigin::public_host().named("the variable `HOST`"));
    };
    match value.parse::<CheckOrigin>() {
        Ok(check) => Ok(check.named("the variable `ORIGINS`")),
        Err(error) => Err(InvalidSetting::invalid("ORIGINS", error)),
    }
}

fn proxies(value: Option<String>) -> Result<TrustedProxies, InvalidSetting> {
    let value = value.unwrap_or_else(|| "0".to_owned());
    let proxies = value.parse();
    proxies.map_err(|error| InvalidSetting::invalid("PROXIES", error))
}

fn secret_key_base(value: Option<String>, build: Build) -> Result<Secret, InvalidSetting> {
    let way_out = "`openssl rand -hex 64` makes one for it";
    let problem = match (value, build) {
        (Some(value), _) if value.len() >= 64 => return Ok(Secret::new(value)),
        (Some(value), _) => format!("has {} bytes and needs 64 or more: {way_out}", value.len()),
        (None, Build::Release) => format!("is not set, and a release needs a value: {way_out}"),
        (None, Build::Development) => return Ok(Secret::for_development()),
    };
    Err(InvalidSetting::new("SECRET_KEY_BASE", problem))
}

fn levels(value: Option<String>, build: Build) -> Result<Targets, InvalidSetting> {
    let Some(value) = value else {
        let own = match build {
            Build::Development => LevelFilter::DEBUG,
            Build::Release => LevelFilter::INFO,
        };
        let own = log::OWN.map(|module| (module, own));
        return Ok(Targets::new()
            .with_default(LevelFilter::INFO)
            .with_targets(own));
    };
    let expected = "expected a level (error, warn, info, debug, trace or off), or one for each module: `warn,my_app=debug`";
    // `parse` would take a mistyped level for a module of that name, and turn all others off.
    let is_clear = |part: &str| part.contains('=') || part.parse::<LevelFilter>().is_ok();
    match value.parse() {
        Ok(levels) if value.split(',').all(is_clear) => Ok(levels),
        _ => Err(InvalidSetting::wrong("RUST_LOG", &value, expected)),
    }
}

fn format(value: Option<String>, build: Build) -> Result<Format, InvalidSetting> {
    match (value.as_deref(), build) {
        (Some("short"), _) | (None, Build::Development) => Ok(Format::Short),
        (Some("text"), _) | (None, Build::Release) => Ok(Format::Text),
        (Some("json"), _) => Ok(Format::Json),
        (Some(value), _) => {
            let expected = "expected `short`, `text` or `json`";
            Err(InvalidSetting::wrong("LOG_FORMAT", value, expected))
        }
    }
}

fn assets(value: Option<PathBuf>) -> Result<Assets, InvalidSetting> {
    let (is, folder) = match (value, Assets::embedded()) {
        (Some(folder), _) => ("is", folder),
        (None, Some(embedded)) => return Ok(embedded),
        (None, None) => (
            "is not set, and stands for",
            Path::new(env!("CARGO_MANIFEST_DIR")).join("assets"),
        ),
    };
    match folder.canonicalize() {
        Ok(folder) if folder.join("index.html").is_file() => Ok(Assets::Folder(folder)),
        _ => {
            let folder = folder.display().to_string();
            let folder = folder.escape_debug();
            let problem = format!(
                "{is} `{folder}`, which has no index.html: set it to the app's folder `assets`"
            );
            Err(InvalidSetting::new("ASSETS", problem))
        }
    }
}
