use super::{nats_server, redis_cluster, redis_server};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// An engine with ports and a folder of its own.
pub(crate) struct Server {
    kind: Kind,
    /// One, or the servers of a cluster.
    members: Vec<Member>,
    folder: PathBuf,
}

/// A server, with a folder of its own.
struct Member {
    process: Child,
    addr: SocketAddr,
    /// Address at which NATS reports its state, or that for the other servers of a cluster.
    second: SocketAddr,
    /// Address for `{tls}` in its settings.
    tls: SocketAddr,
    folder: PathBuf,
    settings: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Redis,
    RedisCluster,
    Nats,
}

impl Kind {
    /// Returns Redis, or with `REDIS_CLUSTER=1` a cluster of it, for all tests.
    pub(crate) fn redis() -> Kind {
        match std::env::var_os("REDIS_CLUSTER") {
            Some(_) => Kind::RedisCluster,
            None => Kind::Redis,
        }
    }

    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Kind::Redis => "redis",
            Kind::RedisCluster => "redis-cluster",
            Kind::Nats => "nats",
        }
    }
}

/// Nodes that the engine has, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Those with a lease.
    pub(crate) leases: Vec<String>,
    /// Those with presences on the topic.
    pub(crate) journals: Vec<String>,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Server {
    pub(crate) fn start(kind: Kind) -> Server {
        Server::start_with(kind, "")
    }

    /// Starts an engine with lines for its configuration.
    pub(crate) fn start_with(kind: Kind, settings: &str) -> Server {
        let number = NEXT.fetch_add(1, Relaxed);
        let name = format!("axum-channels-engine-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("a new folder");
        let mut server = Server {
            kind,
            members: Vec::new(),
            folder,
        };
        let count = match kind {
            Kind::RedisCluster => redis_cluster::PRIMARIES,
            Kind::Redis | Kind::Nats => 1,
        };
        for _ in 0..count {
            server.add(settings);
        }
        if kind == Kind::RedisCluster {
            redis_cluster::form(&server.addrs());
        }
        server
    }

    /// Starts a server. Its ports were free, but another program may take one before it does: then it has others.
    fn add(&mut self, settings: &str) {
        let folder = self.folder.join(self.members.len().to_string());
        std::fs::create_dir(&folder).expect("a new folder");
        let started = (0..10).find_map(|_| self.try_add(&folder, settings));
        self.members.push(started.expect("free ports"));
    }

    fn try_add(&self, folder: &Path, settings: &str) -> Option<Member> {
        let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
        let [addr, second, tls] = listeners.map(|it| it.local_addr().expect("it is bound"));
        let settings = settings.replace("{tls}", &tls.port().to_string());
        let settings = match self.kind {
            Kind::Redis => redis_server::settings(addr, folder, &settings),
            Kind::RedisCluster => redis_cluster::settings([addr, second], folder, &settings),
            Kind::Nats => nats_server::settings([addr, second], folder, &settings),
        };
        Some(Member {
            process: spawn(self.kind, addr, folder, &settings)?,
            addr,
            second,
            tls,
            folder: folder.to_owned(),
            settings,
        })
    }

    /// Adds a server without slots to a cluster, and returns its address.
    pub(crate) fn add_empty(&mut self) -> SocketAddr {
        let first = self.addr();
        self.add("");
        let addrs = self.addrs();
        let added = addrs[addrs.len() - 1];
        redis_cluster::meet(first, added);
        redis_cluster::wait(&addrs);
        added
    }

    /// Adds a replica for each server of a cluster. They follow in the same order.
    pub(crate) fn add_replicas(&mut self) {
        let primaries = self.addrs();
        for primary in &primaries {
            self.add("");
            let replica = self.members.last().expect("it was added").addr;
            redis_cluster::replicate(replica, *primary);
        }
        redis_cluster::wait(&self.addrs());
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the address of the first server.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.members[0].addr
    }

    fn monitor(&self) -> SocketAddr {
        self.members[0].second
    }

    /// Returns the addresses of all servers.
    pub(crate) fn addrs(&self) -> Vec<SocketAddr> {
        self.members.iter().map(|member| member.addr).collect()
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.kind.scheme(), self.addr())
    }

    /// Returns the URL for connections by TLS, with the name that certificates have.
    pub(crate) fn tls_url(&self) -> String {
        let member = &self.members[0];
        let (scheme, port) = match self.kind {
            Kind::Redis => ("rediss", member.tls.port()),
            Kind::RedisCluster => ("rediss-cluster", member.tls.port()),
            Kind::Nats => ("tls", member.addr.port()),
        };
        format!("{scheme}://localhost:{port}")
    }

    /// Kills it: its data are lost.
    pub(crate) fn kill(&mut self) {
        for index in 0..self.members.len() {
            self.kill_member(index);
        }
    }

    /// Kills a server of a cluster.
    pub(crate) fn kill_member(&mut self, index: usize) {
        let process = &mut self.members[index].process;
        process.kill().expect("it runs");
        process.wait().expect("it ends");
    }

    /// Starts it again, without data.
    pub(crate) fn restart(&mut self) {
        for member in &mut self.members {
            let again = || spawn(self.kind, member.addr, &member.folder, &member.settings);
            let started = (0..10).find_map(|_| again());
            member.process = started.expect("its ports are free again");
        }
        if self.kind == Kind::RedisCluster {
            redis_cluster::wait(&self.addrs());
        }
    }

    /// Has NATS read other lines of its configuration.
    pub(crate) fn reload(&self, settings: &str) {
        let addrs = [self.addr(), self.monitor()];
        let folder = &self.members[0].folder;
        let settings = nats_server::settings(addrs, folder, settings);
        std::fs::write(folder.join("settings"), settings).expect("a file");
        let before = nats_server::configured_at(self.monitor());
        self.signal("-HUP");
        let deadline = Instant::now() + Duration::from_secs(10);
        while nats_server::configured_at(self.monitor()) == before {
            assert!(Instant::now() < deadline, "it does not read its settings");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn signal(&self, signal: &str) {
        for member in &self.members {
            super::signal(&member.process, signal);
        }
    }

    pub(crate) fn flush(&self, prefix: &str) {
        match self.kind {
            Kind::Redis => redis_server::flush(self.addr()),
            Kind::RedisCluster => redis_cluster::flush(&self.addrs()),
            Kind::Nats => nats_server::flush(self.addr(), prefix),
        }
    }

    /// Returns the topics that nodes with a prefix are subscribed to, sorted.
    pub(crate) fn topics(&self, prefix: &str) -> Vec<String> {
        let mut topics = match self.kind {
            Kind::Redis => redis_server::topics(self.addr(), prefix),
            Kind::RedisCluster => redis_cluster::topics(&self.addrs(), prefix),
            Kind::Nats => nats_server::topics(self.monitor(), prefix),
        };
        topics.sort_unstable();
        topics
    }

    /// Returns the number of nodes that are subscribed to a topic.
    pub(crate) fn subscribers(&self, prefix: &str, topic: &str) -> u64 {
        match self.kind {
            Kind::Redis => redis_server::subscribers(self.addr(), prefix, topic),
            Kind::RedisCluster => redis_cluster::subscribers(&self.addrs(), prefix, topic),
            Kind::Nats => nats_server::subscribers(self.monitor(), prefix, topic),
        }
    }

    /// Returns the nodes that the engine has.
    pub(crate) fn stored(&self, prefix: &str, topic: &str) -> Stored {
        let mut stored = match self.kind {
            Kind::Redis => redis_server::stored(self.addr(), prefix, topic),
            Kind::RedisCluster => redis_cluster::stored(&self.addrs(), prefix, topic),
            Kind::Nats => nats_server::stored(self.addr(), prefix, topic),
        };
        for nodes in [&mut stored.leases, &mut stored.journals] {
            nodes.sort_unstable();
            nodes.dedup();
        }
        stored
    }

    /// Deletes the leases of all nodes.
    pub(crate) fn end_leases(&self, prefix: &str) {
        match self.kind {
            Kind::Redis => redis_server::end_leases(self.addr(), prefix),
            Kind::RedisCluster => redis_cluster::end_leases(&self.addrs(), prefix),
            Kind::Nats => nats_server::end_leases(self.addr(), prefix),
        }
    }

    /// Returns the names of fields with a topic's presences, sorted.
    pub(crate) fn fields(&self, prefix: &str, topic: &str) -> Vec<String> {
        let mut fields = match self.kind {
            Kind::Redis => redis_server::fields(self.addr(), prefix, topic),
            Kind::RedisCluster => redis_cluster::fields(&self.addrs(), prefix, topic),
            Kind::Nats => nats_server::fields(self.addr(), prefix, topic),
        };
        fields.sort_unstable();
        fields
    }

    /// Returns the number of seconds after which they expire.
    pub(crate) fn expiry(&self, prefix: &str, topic: &str) -> i64 {
        match self.kind {
            Kind::Redis => redis_server::expiry(self.addr(), prefix, topic),
            Kind::RedisCluster => redis_cluster::expiry(&self.addrs(), prefix, topic),
            Kind::Nats => nats_server::expiry(self.addr(), prefix),
        }
    }

    /// Drops all histories.
    pub(crate) fn flush_histories(&self, prefix: &str) {
        match self.kind {
            Kind::Redis => redis_server::flush(self.addr()),
            Kind::RedisCluster => redis_cluster::flush(&self.addrs()),
            Kind::Nats => nats_server::remove_histories(self.addr(), prefix),
        }
    }

    /// Returns the number of broadcasts that are kept for a topic.
    pub(crate) fn kept(&self, prefix: &str, topic: &str) -> usize {
        match self.kind {
            Kind::Redis => redis_server::kept(self.addr(), prefix, topic),
            Kind::RedisCluster => redis_cluster::kept(&self.addrs(), prefix, topic),
            Kind::Nats => nats_server::kept(self.addr(), prefix, topic),
        }
    }

    /// Returns the name that carries the messages of a topic.
    pub(crate) fn topic(&self, prefix: &str, topic: &str) -> String {
        match self.kind {
            Kind::Redis => format!("{prefix}:topic:{topic}"),
            Kind::RedisCluster => redis_cluster::topic(prefix, topic),
            Kind::Nats => nats_server::topic(prefix, topic),
        }
    }

    /// Returns the name that carries the ids of nodes that leave.
    pub(crate) fn leaving(&self, prefix: &str) -> String {
        match self.kind {
            Kind::Redis | Kind::RedisCluster => format!("{prefix}:leaving"),
            Kind::Nats => format!("{prefix}.leaving"),
        }
    }

    /// Changes a setting of Redis, or asks it for something.
    pub(crate) fn redis(&self, command: &str) {
        redis_server::command(self.addr(), command);
    }

    pub(crate) fn publish(&self, name: &str, message: &[u8]) {
        match self.kind {
            Kind::Redis => redis_server::publish(self.addr(), name, message),
            Kind::RedisCluster => redis_cluster::publish(&self.addrs(), name, message),
            Kind::Nats => nats_server::publish(self.addr(), name, message),
        }
    }

    /// Returns the number of connections, without that of the test.
    pub(crate) fn clients(&self) -> usize {
        match self.kind {
            Kind::Redis => redis_server::clients(self.addr()),
            Kind::RedisCluster => redis_cluster::clients(&self.addrs()),
            Kind::Nats => nats_server::clients(self.monitor()),
        }
    }

    /// Returns the number of connections without TLS, without that of the test.
    pub(crate) fn plain_clients(&self) -> usize {
        match self.kind {
            Kind::Redis | Kind::RedisCluster => {
                let counts = self.addrs().into_iter().map(redis_server::clients_at);
                counts.sum()
            }
            Kind::Nats => nats_server::plain_clients(self.monitor()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for member in &mut self.members {
            let _ = member.process.kill(); // it may be gone
            let _ = member.process.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Starts an engine, and waits until it answers; returns `None` if it ends before, as without one of its ports.
fn spawn(kind: Kind, addr: SocketAddr, folder: &Path, settings: &str) -> Option<Child> {
    let file = folder.join("settings");
    std::fs::write(&file, settings).expect("a file");
    let mut command = match kind {
        Kind::Redis | Kind::RedisCluster => Command::new("redis-server"),
        Kind::Nats => {
            let mut command = Command::new(nats_server::program());
            command.arg("-c");
            command
        }
    };
    let (out, err) = (Stdio::null(), Stdio::null());
    let process = command.arg(file).stdout(out).stderr(err).spawn();
    let mut process = process.expect("the engine is installed");
    let deadline = Instant::now() + Duration::from_secs(10);
    let is_ready = || match kind {
        Kind::Redis | Kind::RedisCluster => redis_server::answers(addr),
        // It listens to clients last.
        Kind::Nats => TcpStream::connect(addr).is_ok(),
    };
    while !is_ready() {
        if process.try_wait().expect("it was started").is_some() {
            return None;
        }
        assert!(Instant::now() < deadline, "{kind:?} does not answer");
        std::thread::sleep(Duration::from_millis(5));
    }
    Some(process)
}
