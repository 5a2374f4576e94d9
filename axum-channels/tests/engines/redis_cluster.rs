//! A test's own access to a Redis Cluster: servers with a third of the slots each.

use super::redis_server::{self, ask, try_ask};
use super::server::Stored;
use redis::{FromRedisValue, RedisResult};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

/// Number of servers that have slots.
pub(crate) const PRIMARIES: usize = 3;

/// Connections of a node to each of them.
const CONNECTIONS: usize = 2;

const SLOTS: usize = 16384;

/// Returns the configuration of a server. Clients reach the others by the address at which they reach this one, so that a
/// proxy is used for all.
pub(crate) fn settings([addr, bus]: [SocketAddr; 2], folder: &Path, more: &str) -> String {
    let bus = bus.port();
    let more = format!(
        "cluster-enabled yes\ncluster-port {bus}\ncluster-node-timeout 1000\n\
         cluster-preferred-endpoint-type unknown-endpoint\n{more}"
    );
    redis_server::settings(addr, folder, &more)
}

/// Divides the slots among servers, and waits until they are a cluster.
pub(crate) fn form(addrs: &[SocketAddr]) {
    for (number, addr) in addrs.iter().enumerate() {
        let [first, next] = [number, number + 1].map(|it| it * SLOTS / addrs.len());
        run(
            *addr,
            &["ADDSLOTSRANGE", &first.to_string(), &(next - 1).to_string()],
        );
        run(*addr, &["SET-CONFIG-EPOCH", &(number + 1).to_string()]);
        meet(addrs[0], *addr);
    }
    wait(addrs);
}

/// Has two servers be of the same cluster.
pub(crate) fn meet(addr: SocketAddr, other: SocketAddr) {
    let port: (String, String) = ask(other, &[b"CONFIG", b"GET", b"cluster-port"]);
    let (ip, bus) = (other.ip().to_string(), port.1);
    run(addr, &["MEET", &ip, &other.port().to_string(), &bus]);
}

fn run(addr: SocketAddr, command: &[&str]) {
    let () = ask(addr, &cluster(command));
}

fn cluster<'a>(command: &'a [&'a str]) -> Vec<&'a [u8]> {
    let command = command.iter().map(|it| it.as_bytes());
    std::iter::once(&b"CLUSTER"[..]).chain(command).collect()
}

/// Waits until servers know each other, and take writes: two seconds after their start at least.
pub(crate) fn wait(addrs: &[SocketAddr]) {
    let known = format!("cluster_known_nodes:{}\r", addrs.len());
    let deadline = Instant::now() + Duration::from_secs(20);
    for addr in addrs {
        let is_ready = || {
            let info: String = ask(*addr, &cluster(&["INFO"]));
            info.contains("cluster_state:ok") && info.contains(&known)
        };
        while !is_ready() {
            assert!(Instant::now() < deadline, "the cluster is not complete");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Makes a server the replica of another one, and waits until it has its data.
pub(crate) fn replicate(replica: SocketAddr, primary: SocketAddr) {
    meet(primary, replica);
    let id = id(primary);
    eventually(|| try_ask::<()>(replica, &cluster(&["REPLICATE", &id])).is_ok());
    eventually(|| {
        let info: String = ask(replica, &[b"INFO", b"replication"]);
        info.contains("master_link_status:up")
    });
}

fn id(addr: SocketAddr) -> String {
    ask(addr, &cluster(&["MYID"]))
}

fn eventually(is_done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_done() {
        assert!(Instant::now() < deadline, "it does not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Returns the slot of a name.
pub(crate) fn slot(addr: SocketAddr, name: &str) -> u16 {
    ask(addr, &cluster(&["KEYSLOT", name]))
}

/// Moves a slot and its keys to another server, as `redis-cli --cluster reshard` does.
pub(crate) fn move_slot(addrs: &[SocketAddr], slot: u16, [from, to]: [SocketAddr; 2]) {
    begin_move(slot, [from, to]);
    end_move(addrs, slot, [from, to]);
}

pub(crate) fn begin_move(slot: u16, [from, to]: [SocketAddr; 2]) {
    let slot = slot.to_string();
    run(to, &["SETSLOT", &slot, "IMPORTING", &id(from)]);
    run(from, &["SETSLOT", &slot, "MIGRATING", &id(to)]);
}

/// Moves the keys of a slot.
pub(crate) fn move_keys(slot: u16, [from, to]: [SocketAddr; 2]) {
    let slot = slot.to_string();
    let keys: Vec<String> = ask(from, &cluster(&["GETKEYSINSLOT", &slot, "1000"]));
    let (ip, port) = (to.ip().to_string(), to.port().to_string());
    for key in keys {
        let migrate = ["MIGRATE", &ip, &port, &key, "0", "5000"];
        let () = ask(from, &migrate.map(str::as_bytes));
    }
}

pub(crate) fn end_move(addrs: &[SocketAddr], slot: u16, [from, to]: [SocketAddr; 2]) {
    move_keys(slot, [from, to]);
    let id = id(to);
    let others = addrs.iter().filter(|it| ![from, to].contains(it));
    for addr in [&to, &from].into_iter().chain(others) {
        run(*addr, &["SETSLOT", &slot.to_string(), "NODE", &id]);
    }
}

/// Returns the primary that has the slot of a name.
pub(crate) fn owner(addrs: &[SocketAddr], name: &str) -> SocketAddr {
    let mut addrs = addrs.iter();
    let owner = addrs.find(|addr| try_ask::<()>(**addr, &[b"GET", name.as_bytes()]).is_ok());
    *owner.expect("a server has it")
}

/// Asks the server that has the slot of the command's name: while it moves, the one that has the key.
fn ask_owner<T: FromRedisValue>(addrs: &[SocketAddr], command: &[&[u8]]) -> T {
    let mut query = redis::Cmd::new();
    for argument in command {
        query.arg(*argument);
    }
    let answers = addrs.iter().map(|addr| {
        let mut connection = redis_server::connection(*addr);
        let () = redis::cmd("ASKING").query(&mut connection)?;
        query.query(&mut connection)
    });
    let answer = answers.into_iter().find_map(RedisResult::ok);
    answer.expect("a server has it")
}

fn ask_all<T: FromRedisValue>(addrs: &[SocketAddr], command: &[&[u8]]) -> Vec<T> {
    addrs.iter().map(|addr| ask(*addr, command)).collect()
}

pub(crate) fn flush(addrs: &[SocketAddr]) {
    ask_all::<()>(addrs, &[b"FLUSHALL"]);
}

pub(crate) fn topic(prefix: &str, topic: &str) -> String {
    format!("{prefix}:topic{{:{topic}}}")
}

pub(crate) fn topics(addrs: &[SocketAddr], prefix: &str) -> Vec<String> {
    let channels: Vec<Vec<String>> = ask_all(addrs, &[b"PUBSUB", b"SHARDCHANNELS"]);
    let start = format!("{prefix}:topic{{:");
    let topics = channels.iter().flatten();
    let topics = topics.filter_map(|it| it.strip_prefix(&start)?.strip_suffix('}'));
    topics.map(str::to_owned).collect()
}

pub(crate) fn subscribers(addrs: &[SocketAddr], prefix: &str, name: &str) -> u64 {
    let channel = topic(prefix, name);
    let counts: Vec<(String, u64)> =
        ask_all(addrs, &[b"PUBSUB", b"SHARDNUMSUB", channel.as_bytes()]);
    counts.iter().map(|(_, count)| count).sum()
}

pub(crate) fn stored(addrs: &[SocketAddr], prefix: &str, topic: &str) -> Stored {
    let leases: Vec<Vec<String>> =
        ask_all(addrs, &[b"KEYS", format!("{prefix}:node:*").as_bytes()]);
    let start = format!("{prefix}:node:");
    let leases = leases.iter().flatten();
    let leases = leases.filter_map(|it| it.strip_prefix(&start));
    let fields = fields(addrs, prefix, topic);
    let journals = fields.iter().filter_map(|it| it.split(':').next());
    Stored {
        leases: leases.map(str::to_owned).collect(),
        journals: journals.map(str::to_owned).collect(),
    }
}

pub(crate) fn end_leases(addrs: &[SocketAddr], prefix: &str) {
    for node in stored(addrs, prefix, "").leases {
        let () = ask_owner(addrs, &[b"DEL", format!("{prefix}:node:{node}").as_bytes()]);
    }
}

fn presences(prefix: &str, topic: &str) -> String {
    format!("{prefix}:presences{{:{topic}}}")
}

pub(crate) fn fields(addrs: &[SocketAddr], prefix: &str, topic: &str) -> Vec<String> {
    ask_owner(addrs, &[b"HKEYS", presences(prefix, topic).as_bytes()])
}

pub(crate) fn expiry(addrs: &[SocketAddr], prefix: &str, topic: &str) -> i64 {
    ask_owner(addrs, &[b"TTL", presences(prefix, topic).as_bytes()])
}

pub(crate) fn kept(addrs: &[SocketAddr], prefix: &str, topic: &str) -> usize {
    let key = format!("{prefix}:history{{:{topic}}}");
    ask_owner(addrs, &[b"XLEN", key.as_bytes()])
}

/// Publishes on the channel of a topic, or on that of nodes that leave.
pub(crate) fn publish(addrs: &[SocketAddr], channel: &str, message: &[u8]) {
    let command: &[u8] = if channel.ends_with('}') {
        b"SPUBLISH"
    } else {
        b"PUBLISH"
    };
    let () = ask_owner(addrs, &[command, channel.as_bytes(), message]);
}

/// Returns the number of nodes that are connected.
pub(crate) fn clients(addrs: &[SocketAddr]) -> usize {
    let connections: usize = addrs.iter().map(|it| redis_server::clients(*it)).sum();
    connections.div_ceil(CONNECTIONS * addrs.len())
}
