//! What was typed.

use crate::Failed;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;
use std::time::Duration;

pub(crate) struct Options {
    pub(crate) kind: Kind,
    pub(crate) url: Url,
    pub(crate) connections: usize,
    /// So many requests of a connection are on their way.
    pub(crate) inflight: usize,
    pub(crate) duration: Duration,
    pub(crate) topics: Topics,
    pub(crate) pid: Option<u32>,
    pub(crate) output: Output,
}

pub(crate) enum Kind {
    Idle,
    Echo,
    Fanout,
    Flood,
}

/// What the connections join.
#[derive(Clone, Copy)]
pub(crate) enum Topics {
    /// All the same.
    Shared,
    /// Each its own.
    Unique,
}

#[derive(Clone, Copy)]
pub(crate) enum Output {
    Text,
    Json,
}

impl Options {
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, Failed> {
        let kind = args
            .next()
            .ok_or("what to measure? idle, echo, fanout or flood")?;
        let mut options = Options {
            kind: kind.parse()?,
            url: args.next().ok_or("of which URL?")?.parse()?,
            connections: 100,
            inflight: 1,
            duration: Duration::from_secs(8),
            topics: Topics::Shared,
            pid: None,
            output: Output::Text,
        };
        while let Some(name) = args.next() {
            let mut number = || number_after(&name, args.next());
            match name.as_str() {
                "--connections" => options.connections = number()?.max(1),
                "--inflight" => options.inflight = number()?.max(1),
                "--seconds" => options.duration = Duration::from_secs(number()? as u64),
                "--pid" => options.pid = Some(u32::try_from(number()?)?),
                "--unique" => options.topics = Topics::Unique,
                "--json" => options.output = Output::Json,
                other => return Err(format!("`{other}` is no option").into()),
            }
        }
        // Servers close who says nothing for 60 s, and a heartbeat would spoil what is measured before it.
        if options.duration > Duration::from_secs(50) {
            return Err("`--seconds` can be 50 at most".into());
        }
        Ok(options)
    }
}

fn number_after(name: &str, value: Option<String>) -> Result<usize, Failed> {
    let number = value.and_then(|value| value.parse().ok());
    number.ok_or_else(|| format!("`{name}` is followed by a number").into())
}

impl FromStr for Kind {
    type Err = Failed;

    fn from_str(kind: &str) -> Result<Kind, Failed> {
        match kind {
            "idle" => Ok(Kind::Idle),
            "echo" => Ok(Kind::Echo),
            "fanout" => Ok(Kind::Fanout),
            "flood" => Ok(Kind::Flood),
            other => Err(format!("`{other}` is none of idle, echo, fanout and flood").into()),
        }
    }
}

impl Topics {
    pub(crate) fn of(self, number: usize) -> String {
        match self {
            Topics::Shared => "room:lobby".to_owned(),
            Topics::Unique => format!("room:{number}"),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Url {
    pub(crate) address: SocketAddr,
    pub(crate) host: String,
    pub(crate) target: String,
}

impl FromStr for Url {
    type Err = Failed;

    fn from_str(url: &str) -> Result<Url, Failed> {
        let no_url =
            || format!("`{url}` is no URL as in ws://127.0.0.1:4000/socket/websocket?vsn=2.0.0");
        let rest = url.strip_prefix("ws://").ok_or_else(no_url)?;
        let (host, target) = rest.split_at(rest.find('/').ok_or_else(no_url)?);
        let addresses = host.to_socket_addrs().map_err(|_| no_url())?;
        Ok(Url {
            address: addresses.into_iter().next().ok_or_else(no_url)?,
            host: host.to_owned(),
            target: target.to_owned(),
        })
    }
}
