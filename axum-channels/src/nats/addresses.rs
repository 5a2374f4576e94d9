use super::NatsError;
use crate::url::wrong_scheme;
use std::fmt;

/// The servers of a URL, and the user for them.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Addresses {
    pub(super) servers: Vec<Address>,
    pub(super) with_tls: bool,
    pub(super) login: Login,
}

/// Host and port of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Login {
    None,
    Token(String),
    Password { user: String, password: String },
}

const PORT: u16 = 4222;

impl Addresses {
    /// Reads `nats://user:password@host:port`, or several separated by commas. The scheme and the user of the first count.
    pub(super) fn parse(url: &str) -> Result<Self, NatsError> {
        let mut parts = url.split(',').map(Part::parse);
        let first = parts.next().unwrap_or_else(|| Part::parse(""))?;
        let with_tls = match first.scheme {
            Some("nats") => false,
            Some("tls") if cfg!(feature = "nats-tls") => true,
            Some("tls") => return Err(NatsError::TlsIsOff),
            _ => return Err(invalid(wrong_scheme(url))),
        };
        let login = first.login()?;
        let mut servers = vec![first.address];
        for part in parts {
            servers.push(part?.address);
        }
        Ok(Addresses {
            servers,
            with_tls,
            login,
        })
    }
}

/// A part of a URL.
struct Part<'a> {
    scheme: Option<&'a str>,
    user: Option<&'a str>,
    address: Address,
}

impl<'a> Part<'a> {
    fn parse(text: &'a str) -> Result<Self, NatsError> {
        let (scheme, rest) = match text.trim().split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, text.trim()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, host) = match rest.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, rest),
        };
        let address = address(host)?;
        Ok(Part {
            scheme,
            user,
            address,
        })
    }

    fn login(&self) -> Result<Login, NatsError> {
        let Some(user) = self.user else {
            return Ok(Login::None);
        };
        let decoded = |text| decoded(text).ok_or_else(|| invalid("its user cannot be decoded"));
        Ok(match user.split_once(':') {
            None => Login::Token(decoded(user)?),
            Some((user, password)) => Login::Password {
                user: decoded(user)?,
                password: decoded(password)?,
            },
        })
    }
}

fn address(text: &str) -> Result<Address, NatsError> {
    let is_in_brackets = text.ends_with(']');
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !is_in_brackets => {
            let port = port.parse().map_err(|_| invalid("its port is no number"))?;
            (host, port)
        }
        _ => (text, PORT),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:%".contains(&byte);
    if bare.is_empty() || !bare.bytes().all(is_legal) {
        return Err(invalid("it has no host"));
    }
    Ok(Address {
        host: bare.to_owned(),
        port,
    })
}

/// Decodes `%40` and the like.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'%' => {
                let (digits, after) = rest.split_first_chunk::<2>()?;
                let digits = std::str::from_utf8(digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = after;
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}

fn invalid(reason: impl Into<String>) -> NatsError {
    NatsError::InvalidUrl {
        reason: reason.into(),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// The servers, without the user.
impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, server) in self.servers.iter().enumerate() {
            let comma = if n > 0 { "," } else { "" };
            write!(f, "{comma}{server}")?;
        }
        Ok(())
    }
}
