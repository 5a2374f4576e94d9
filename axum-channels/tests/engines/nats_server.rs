//! A test's own access to a nats-server, by its protocol and its reports.

use super::server::Stored;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

/// Returns the program, which Debian installs among those of administrators.
pub(crate) fn program() -> &'static str {
    let installed = "/usr/sbin/nats-server";
    match Path::new(installed).exists() {
        true => installed,
        false => "nats-server",
    }
}

/// Returns the configuration. JetStream is on, unless `more` has a line about it.
pub(crate) fn settings([addr, monitor]: [SocketAddr; 2], folder: &Path, more: &str) -> String {
    let jet_stream = match more.contains("no jetstream") {
        true => String::new(),
        false => format!("jetstream {{ store_dir: {:?} }}\n", folder.display()),
    };
    format!("listen: {addr}\nhttp: {monitor}\n{jet_stream}{more}\n")
}

/// Sends a message, and returns the answer, if one is asked for.
fn send(addr: SocketAddr, subject: &str, message: &[u8], answer: Answer) -> Vec<u8> {
    let mut stream = TcpStream::connect(addr).expect("it listens");
    let reply = match answer {
        Answer::None => "",
        Answer::One => "_INBOX.test",
    };
    write!(
        stream,
        "CONNECT {{\"verbose\":false}}\r\nSUB _INBOX.test 1\r\n"
    )
    .expect("it reads");
    let bytes = message.len();
    write!(stream, "PUB {subject} {reply} {bytes}\r\n").expect("it reads");
    stream.write_all(message).expect("it reads");
    write!(stream, "\r\nPING\r\n").expect("it reads");
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).expect("a line");
        let words: Vec<&str> = line.split_whitespace().collect();
        match (words.first(), answer) {
            (Some(&"MSG"), Answer::One) => {
                let bytes = words.last().and_then(|bytes| bytes.parse().ok());
                let mut message = vec![0; bytes.expect("a number")];
                stream.read_exact(&mut message).expect("a message");
                return message;
            }
            (Some(&"PONG"), Answer::None) => return Vec::new(),
            (Some(&"INFO" | &"PONG"), _) => {}
            _ => panic!("{line}"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    None,
    One,
}

/// Asks JetStream.
fn ask(addr: SocketAddr, what: &str, question: Value) -> Value {
    let subject = format!("$JS.API.{what}");
    let answer = send(addr, &subject, question.to_string().as_bytes(), Answer::One);
    serde_json::from_slice(&answer).expect("JSON")
}

/// Returns what the server reports about itself.
fn report(monitor: SocketAddr, path: &str) -> Value {
    let mut stream = TcpStream::connect(monitor).expect("it listens");
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").expect("it reads");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("text");
    let (_, body) = response.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).expect("JSON")
}

/// Returns the time at which the server has read its configuration.
pub(crate) fn configured_at(monitor: SocketAddr) -> String {
    report(monitor, "/varz")["config_load_time"].to_string()
}

pub(crate) fn flush(addr: SocketAddr, prefix: &str) {
    for bucket in ["presences", "nodes"] {
        ask(
            addr,
            &format!("STREAM.PURGE.KV_{prefix}_{bucket}"),
            json!({}),
        );
    }
}

/// Returns the subjects of topics that nodes are subscribed to: one for each subscription.
fn subscriptions(monitor: SocketAddr, prefix: &str) -> Vec<String> {
    let report = report(monitor, "/connz?subs=1");
    let connections = report["connections"].as_array().expect("a list");
    let start = format!("{prefix}.topic.");
    let subjects = connections.iter().flat_map(|connection| {
        let subjects = connection["subscriptions_list"].as_array();
        subjects.into_iter().flatten().filter_map(Value::as_str)
    });
    let topics = subjects.filter_map(|it| it.strip_prefix(&start));
    topics.map(str::to_owned).collect()
}

pub(crate) fn topics(monitor: SocketAddr, prefix: &str) -> Vec<String> {
    let mut tokens = subscriptions(monitor, prefix);
    tokens.sort_unstable();
    tokens.dedup();
    tokens.iter().map(|token| text(token)).collect()
}

pub(crate) fn subscribers(monitor: SocketAddr, prefix: &str, topic: &str) -> u64 {
    let subscriptions = subscriptions(monitor, prefix);
    let of_topic = subscriptions.iter().filter(|it| text(it) == topic);
    of_topic.count() as u64
}

/// Returns the text of a token, which has `=3A` for a colon.
fn text(token: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), token.as_bytes());
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'=' && rest.len() >= 2 {
            let digits = std::str::from_utf8(&rest[..2]).expect("text");
            bytes.push(u8::from_str_radix(digits, 16).expect("digits"));
            rest = &rest[2..];
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).expect("text")
}

/// Returns the keys of a bucket, without its name.
fn keys(addr: SocketAddr, prefix: &str, bucket: &str) -> Vec<String> {
    let filter = json!({"subjects_filter": ">"});
    let what = format!("STREAM.INFO.KV_{prefix}_{bucket}");
    let answer = ask(addr, &what, filter);
    let subjects = answer["state"]["subjects"].as_object();
    let start = format!("$KV.{prefix}_{bucket}.");
    let keys = subjects.into_iter().flat_map(|it| it.keys());
    keys.filter_map(|it| Some(it.strip_prefix(&start)?.to_owned()))
        .collect()
}

pub(crate) fn stored(addr: SocketAddr, prefix: &str, topic: &str) -> Stored {
    let leases = keys(addr, prefix, "nodes").into_iter();
    let leases: Vec<String> = leases
        .filter_map(|key| Some(key.split_once('.')?.0.to_owned()))
        .collect();
    let journals = keys(addr, prefix, "presences").into_iter();
    let node = |key: String| -> Option<String> {
        let mut parts = key.split('.');
        let is_head = text(parts.next()?) == topic && parts.clone().count() == 1;
        let node = is_head.then(|| parts.next().map(str::to_owned))??;
        leases.contains(&node).then_some(node) // others expire later
    };
    let journals = journals.filter_map(node).collect();
    Stored { leases, journals }
}

pub(crate) fn end_leases(addr: SocketAddr, prefix: &str) {
    ask(addr, &format!("STREAM.PURGE.KV_{prefix}_nodes"), json!({}));
}

pub(crate) fn fields(addr: SocketAddr, prefix: &str, topic: &str) -> Vec<String> {
    let mut keys = keys(addr, prefix, "presences");
    keys.retain(|key| {
        let parts: Vec<&str> = key.split('.').collect();
        text(parts[0]) == topic && parts.len() == 4 // the head of a node has two
    });
    keys
}

pub(crate) fn expiry(addr: SocketAddr, prefix: &str) -> i64 {
    let what = format!("STREAM.INFO.KV_{prefix}_presences");
    let age = &ask(addr, &what, json!({}))["config"]["max_age"];
    age.as_i64().expect("a number") / 1_000_000_000
}

/// Returns the streams of histories.
fn histories(addr: SocketAddr, prefix: &str) -> Vec<String> {
    let names = &ask(addr, "STREAM.NAMES", json!({}))["streams"];
    let names = names.as_array().into_iter().flatten();
    let start = format!("{prefix}_history_");
    let names = names
        .filter_map(Value::as_str)
        .filter(|it| it.starts_with(&start));
    names.map(str::to_owned).collect()
}

pub(crate) fn remove_histories(addr: SocketAddr, prefix: &str) {
    for stream in histories(addr, prefix) {
        ask(addr, &format!("STREAM.DELETE.{stream}"), json!({}));
    }
}

pub(crate) fn kept(addr: SocketAddr, prefix: &str, topic: &str) -> usize {
    let token = topic.replace(':', "=3A");
    let subjects = json!({"subjects_filter": format!("{prefix}.history.*.{token}")});
    let kept = histories(addr, prefix).into_iter().map(|stream| {
        let info = ask(addr, &format!("STREAM.INFO.{stream}"), subjects.clone());
        let subjects = info["state"]["subjects"].as_object().cloned();
        let counts = subjects.into_iter().flatten();
        counts.filter_map(|(_, count)| count.as_u64()).sum::<u64>()
    });
    kept.sum::<u64>() as usize
}

pub(crate) fn topic(prefix: &str, topic: &str) -> String {
    format!("{prefix}.topic.{}", topic.replace(':', "=3A"))
}

pub(crate) fn publish(addr: SocketAddr, subject: &str, message: &[u8]) {
    send(addr, subject, message, Answer::None);
}

pub(crate) fn clients(monitor: SocketAddr) -> usize {
    let connections = &report(monitor, "/connz")["num_connections"];
    connections.as_u64().expect("a number") as usize
}

pub(crate) fn plain_clients(monitor: SocketAddr) -> usize {
    let report = report(monitor, "/connz");
    let connections = report["connections"].as_array().expect("a list");
    let plain = |it: &&Value| it["tls_version"].as_str().is_none_or(str::is_empty);
    connections.iter().filter(plain).count()
}

/// Removes the buckets.
pub(crate) fn remove(addr: SocketAddr, prefix: &str) {
    for bucket in ["nodes", "presences"] {
        ask(
            addr,
            &format!("STREAM.DELETE.KV_{prefix}_{bucket}"),
            json!({}),
        );
    }
}
