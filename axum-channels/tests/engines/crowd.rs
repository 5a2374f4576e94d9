//! Clients that come and go while something else happens.

use super::process::Process;
use super::support::{Dice, VALID, frame};
use serde_json::json;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Number of clients at the same time.
const CLIENTS: u64 = 6;

/// Each of its clients visits one node after the other.
#[derive(Default)]
pub(crate) struct Crowd {
    visiting: JoinSet<()>,
    /// Number of clients so far, which are never the same.
    count: u64,
}

impl Crowd {
    pub(crate) fn start(&mut self, nodes: &[Process]) {
        for _ in 0..CLIENTS {
            self.count += 1;
            let name = format!("visitor:{}", self.count);
            let addrs: Vec<SocketAddr> = nodes.iter().map(Process::addr).collect();
            self.visiting
                .spawn(visit(addrs, Dice::new(self.count), name));
        }
    }

    /// Waits until all have left.
    pub(crate) async fn stop(&mut self) {
        self.visiting.shutdown().await;
    }
}

/// Visits nodes until it is aborted, which drops its connection.
async fn visit(addrs: Vec<SocketAddr>, mut dice: Dice, name: String) {
    for number in 0.. {
        let addr = addrs[dice.roll(addrs.len())];
        let user = format!("{name}:{number}");
        let room = match dice.roll(3) {
            0 => format!("room:{user}"),
            _ => "room:1".to_owned(),
        };
        let stay = Duration::from_millis(dice.roll(150) as u64);
        // A node may be paused or gone.
        let _ = timeout(Duration::from_secs(1), stay_at(addr, &room, &user, stay)).await;
        sleep(Duration::from_millis(10)).await;
    }
}

/// Joins a room, sends a message, and leaves after a while.
async fn stay_at(addr: SocketAddr, room: &str, user: &str, stay: Duration) -> io::Result<()> {
    let mut stream = TcpStream::connect(addr).await?;
    let request =
        format!("GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nhost: {addr}\r\n{VALID}\r\n");
    stream.write_all(request.as_bytes()).await?;
    for message in [
        json!(["1", "1", room, "phx_join", {"user": user}]),
        json!(["1", "2", room, "shout", {"from": user}]),
    ] {
        let message = frame(0x81, message.to_string().as_bytes());
        stream.write_all(&message).await?;
    }
    let reading = async {
        let mut bytes = [0; 4096];
        while stream.read(&mut bytes).await? > 0 {}
        Ok(())
    };
    timeout(stay, reading).await.unwrap_or(Ok(()))
}
