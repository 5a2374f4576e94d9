//! A test's own access to a redis-server.

use super::server::Stored;
use redis::{Commands, FromRedisValue, RedisResult};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

/// Returns the configuration.
pub(crate) fn settings(addr: SocketAddr, folder: &Path, more: &str) -> String {
    let (port, folder) = (addr.port(), folder.display());
    format!("bind 127.0.0.1\nport {port}\nsave \"\"\nappendonly no\ndir {folder}\n{more}\n")
}

pub(crate) fn connection(addr: SocketAddr) -> redis::Connection {
    let client = redis::Client::open(format!("redis://{addr}")).expect("a URL");
    client.get_connection().expect("it answers")
}

/// Returns whether a server answers, be it that it wants a password.
pub(crate) fn answers(addr: SocketAddr) -> bool {
    let asked = TcpStream::connect(addr).and_then(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 3];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    });
    asked.is_ok_and(|answer| [b"+PO", b"-NO"].contains(&&answer))
}

pub(crate) fn ask<T: FromRedisValue>(addr: SocketAddr, command: &[&[u8]]) -> T {
    try_ask(addr, command).expect("it answers")
}

pub(crate) fn try_ask<T: FromRedisValue>(addr: SocketAddr, command: &[&[u8]]) -> RedisResult<T> {
    let mut query = redis::Cmd::new();
    for argument in command {
        query.arg(*argument);
    }
    query.query(&mut connection(addr))
}

/// Carries out a command whose arguments have no spaces.
pub(crate) fn command(addr: SocketAddr, command: &str) {
    let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
    let _: redis::Value = ask(addr, &words);
}

pub(crate) fn flush(addr: SocketAddr) {
    let () = ask(addr, &[b"FLUSHALL"]);
}

pub(crate) fn topics(addr: SocketAddr, prefix: &str) -> Vec<String> {
    let channels: Vec<String> = ask(addr, &[b"PUBSUB", b"CHANNELS"]);
    let start = format!("{prefix}:topic:");
    let topics = channels.iter().filter_map(|it| it.strip_prefix(&start));
    topics.map(str::to_owned).collect()
}

pub(crate) fn subscribers(addr: SocketAddr, prefix: &str, topic: &str) -> u64 {
    let channel = format!("{prefix}:topic:{topic}");
    let (_, count): (String, u64) = ask(addr, &[b"PUBSUB", b"NUMSUB", channel.as_bytes()]);
    count
}

pub(crate) fn stored(addr: SocketAddr, prefix: &str, topic: &str) -> Stored {
    let leases: Vec<String> = ask(addr, &[b"KEYS", format!("{prefix}:node:*").as_bytes()]);
    let start = format!("{prefix}:node:");
    let leases = leases.iter().filter_map(|it| it.strip_prefix(&start));
    let fields = fields(addr, prefix, topic);
    let journals = fields.iter().filter_map(|it| it.split(':').next());
    Stored {
        leases: leases.map(str::to_owned).collect(),
        journals: journals.map(str::to_owned).collect(),
    }
}

pub(crate) fn kept(addr: SocketAddr, prefix: &str, topic: &str) -> usize {
    let key = format!("{prefix}:history:{topic}");
    ask(addr, &[b"XLEN", key.as_bytes()])
}

fn presences(prefix: &str, topic: &str) -> String {
    format!("{prefix}:presences:{topic}")
}

pub(crate) fn end_leases(addr: SocketAddr, prefix: &str) {
    for node in stored(addr, prefix, "").leases {
        let () = ask(addr, &[b"DEL", format!("{prefix}:node:{node}").as_bytes()]);
    }
}

pub(crate) fn fields(addr: SocketAddr, prefix: &str, topic: &str) -> Vec<String> {
    ask(addr, &[b"HKEYS", presences(prefix, topic).as_bytes()])
}

pub(crate) fn expiry(addr: SocketAddr, prefix: &str, topic: &str) -> i64 {
    let key = presences(prefix, topic);
    connection(addr).ttl(key).expect("it answers")
}

pub(crate) fn publish(addr: SocketAddr, channel: &str, message: &[u8]) {
    let () = ask(addr, &[b"PUBLISH", channel.as_bytes(), message]);
}

pub(crate) fn clients(addr: SocketAddr) -> usize {
    let list: String = ask(addr, &[b"CLIENT", b"LIST"]);
    list.lines().count() - 1
}

/// Returns the number of connections to this address, not to one for TLS.
pub(crate) fn clients_at(addr: SocketAddr) -> usize {
    let list: String = ask(addr, &[b"CLIENT", b"LIST"]);
    let here = format!(" laddr={addr} ");
    list.lines().filter(|line| line.contains(&here)).count() - 1
}
