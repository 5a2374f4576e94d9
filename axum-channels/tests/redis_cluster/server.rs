use redis::Commands;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A redis-server with a port and a folder of its own.
pub(crate) struct Server {
    process: Child,
    addr: SocketAddr,
    folder: PathBuf,
    arguments: Vec<String>,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Server {
    pub(crate) fn start() -> Server {
        Server::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Server {
        let number = NEXT.fetch_add(1, Relaxed);
        let name = format!("axum-channels-redis-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("a new folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("it is bound");
        drop(listener);
        let arguments: Vec<_> = arguments.iter().map(|&it| it.to_owned()).collect();
        Server {
            process: spawn(addr, &folder, &arguments),
            addr,
            folder,
            arguments,
        }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.addr)
    }

    /// Kills it: its data are lost.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }

    /// Starts it again, without data.
    pub(crate) fn restart(&mut self) {
        self.process = spawn(self.addr, &self.folder, &self.arguments);
    }

    pub(crate) fn signal(&self, signal: &str) {
        super::signal(&self.process, signal);
    }

    pub(crate) fn connection(&self) -> redis::Connection {
        let client = redis::Client::open(self.url()).expect("a URL");
        client.get_connection().expect("it answers")
    }

    pub(crate) fn flush(&self) {
        let flushed: redis::RedisResult<()> = self.connection().flushall();
        flushed.expect("it answers");
    }

    /// Returns the channels that nodes with a prefix are subscribed to, without the one that all are.
    pub(crate) fn topics(&self, prefix: &str) -> Vec<String> {
        let mut query = redis::cmd("PUBSUB");
        query.arg("CHANNELS");
        let channels: Vec<String> = query.query(&mut self.connection()).expect("it answers");
        let start = format!("{prefix}:topic:");
        let topics = channels.iter().filter_map(|it| it.strip_prefix(&start));
        let mut topics: Vec<String> = topics.map(str::to_owned).collect();
        topics.sort_unstable();
        topics
    }

    /// Returns the number of nodes that are subscribed to a topic.
    pub(crate) fn subscribers(&self, prefix: &str, topic: &str) -> u64 {
        let mut query = redis::cmd("PUBSUB");
        query.arg("NUMSUB").arg(format!("{prefix}:topic:{topic}"));
        let (_, count): (String, u64) = query.query(&mut self.connection()).expect("it answers");
        count
    }

    /// Returns the keys, sorted.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.connection().keys("*").expect("it answers");
        keys.sort_unstable();
        keys
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill(); // it may be gone
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Starts a server, and waits until it answers.
fn spawn(addr: SocketAddr, folder: &PathBuf, arguments: &[String]) -> Child {
    let process = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &addr.port().to_string()])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed");
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(addr).is_err() {
        assert!(Instant::now() < deadline, "redis-server does not listen");
        std::thread::sleep(Duration::from_millis(5));
    }
    process
}
