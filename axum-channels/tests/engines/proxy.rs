use super::server::{Kind, Server};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

/// A TCP proxy that disturbs its connections.
pub(crate) struct Proxy {
    addr: SocketAddr,
    scheme: &'static str,
    mode: watch::Sender<Mode>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Pass,
    /// Connections are closed, new ones at once.
    Cut,
    /// Nothing passes, and nothing is closed.
    Stall,
    /// Only bytes of the client pass.
    Mute,
    /// The client receives the end of the stream; what it sends passes.
    HalfClose,
    /// Everything takes a while longer.
    Slow,
}

impl Proxy {
    pub(crate) async fn start(server: &Server) -> Proxy {
        let mode = watch::Sender::new(Mode::Pass);
        let mut addrs = Vec::new();
        for to in server.addrs() {
            let listener = TcpListener::bind(own_addr(server, to)).await;
            let listener = listener.expect("a free port");
            addrs.push(listener.local_addr().expect("it is bound"));
            tokio::spawn(serve(listener, to, mode.subscribe()));
        }
        Proxy {
            addr: addrs[0],
            scheme: server.kind().scheme(),
            mode,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.addr)
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

/// Returns the address of a proxy for a server. The servers of a cluster have the same ports at another address: see
/// [`redis_cluster::settings`](super::redis_cluster::settings).
fn own_addr(server: &Server, to: SocketAddr) -> SocketAddr {
    match server.kind() {
        Kind::RedisCluster => SocketAddr::from(([127, 0, 0, 2], to.port())),
        Kind::Redis | Kind::Nats => SocketAddr::from(([127, 0, 0, 1], 0)),
    }
}

async fn serve(listener: TcpListener, to: SocketAddr, modes: watch::Receiver<Mode>) {
    while let Ok((client, _)) = listener.accept().await {
        if *modes.borrow() == Mode::Cut {
            continue;
        }
        let Ok(server) = TcpStream::connect(to).await else {
            continue;
        };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::spawn(pass(from_client, to_server, modes.clone(), Way::Up));
        tokio::spawn(pass(from_server, to_client, modes.clone(), Way::Down));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut modes: watch::Receiver<Mode>,
    way: Way,
) {
    let mut bytes = [0; 16 * 1024];
    loop {
        let mode = *modes.borrow_and_update();
        match mode {
            Mode::Cut => return,
            Mode::HalfClose if way == Way::Down => return,
            Mode::Mute if way == Way::Up => {}
            Mode::Stall | Mode::Mute => {
                if modes.changed().await.is_err() {
                    return;
                }
                continue;
            }
            Mode::Slow => sleep(Duration::from_millis(20)).await,
            _ => {}
        }
        let read = tokio::select! {
            read = from.read(&mut bytes) => read.unwrap_or(0),
            changed = modes.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        if read == 0 || to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
