//! Servers to measure.

use crate::server::Server;
use anyhow::{Context, Error, Result};
use std::str::FromStr;

pub(crate) const FLOOR: &str = "floor";
pub(crate) const OURS: &str = "axum-channels";

#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) name: String,
    origin: Origin,
}

#[derive(Clone)]
enum Origin {
    Binary(String),
    Running { url: String, pid: u32 },
}

impl Peer {
    /// Returns the peers of this package.
    pub(crate) fn own() -> Vec<Peer> {
        let own = [
            (FLOOR, env!("CARGO_BIN_EXE_floor")),
            (OURS, env!("CARGO_BIN_EXE_chat")),
            ("by hand", env!("CARGO_BIN_EXE_by_hand")),
            ("actix", env!("CARGO_BIN_EXE_actix")),
        ];
        own.map(|(name, path)| Peer {
            name: name.to_owned(),
            origin: Origin::Binary(path.to_owned()),
        })
        .into()
    }

    /// Reads another server, which is started with the `PORT` to listen on: `NAME=PATH`.
    pub(crate) fn binary(text: &str) -> Result<Peer> {
        let (name, path) = text
            .split_once('=')
            .context("a binary is added as `mine=target/release/mine`")?;
        Ok(Peer {
            name: name.to_owned(),
            origin: Origin::Binary(path.to_owned()),
        })
    }

    /// Returns the peer's server, started unless it runs already.
    pub(crate) fn serve(&self) -> Result<Server> {
        match &self.origin {
            Origin::Binary(path) => Server::start(path),
            Origin::Running { url, pid } => Ok(Server::running(url, *pid)),
        }
    }
}

impl FromStr for Peer {
    type Err = Error;

    fn from_str(text: &str) -> Result<Peer> {
        let parts = text.split_once('=').and_then(|(name, rest)| {
            let (url, pid) = rest.rsplit_once(',')?;
            Some((name, url, pid.parse().ok()?))
        });
        let (name, url, pid) = parts.context(
            "a server is added as `Phoenix=ws://127.0.0.1:4000/socket/websocket?vsn=2.0.0,4711`",
        )?;
        Ok(Peer {
            name: name.to_owned(),
            origin: Origin::Running {
                url: url.to_owned(),
                pid,
            },
        })
    }
}
