//! Signals end a server in a process of its own: this program, started again as a test that is a server.
#![cfg(unix)]
#![expect(
    clippy::print_stdout,
    reason = "the server of the tests reports its address"
)]

use axum::Router;
use axum::routing::get;
use axum_channels::serve;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const IS_SERVER: &str = "SIGNALS_TEST_IS_SERVER";
const ADDRESS: &str = "listening at ";
const STUCK: &str = "a request is under way";

#[tokio::test]
#[ignore = "a server, started by the tests"]
async fn server() {
    if std::env::var_os(IS_SERVER).is_none() {
        return; // with `--ignored` it would run alone
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let stick = async || {
        println!("{STUCK}");
        tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_secs(3600)))
            .await
            .expect("no panic");
    };
    let app = Router::new()
        .route("/", get(async || "hello"))
        .route("/stuck", get(stick));
    let server = serve(listener, app)
        .shutdown_timeout(Duration::from_secs(3600))
        .with_signals();
    println!("{ADDRESS}{}", server.local_addr().expect("it is bound"));
    server.await.expect("no error");
}

struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    addr: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill(); // it may be gone
        let _ = self.process.wait();
    }
}

impl Server {
    fn start() -> Server {
        let program = std::env::current_exe().expect("this program");
        let arguments = ["--exact", "server", "--ignored", "--nocapture"];
        let mut process = Command::new(program)
            .args(arguments)
            .env(IS_SERVER, "1")
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut output = BufReader::new(process.stdout.take().expect("it is piped"));
        let line = line_with(&mut output, ADDRESS);
        let addr = line
            .rsplit(' ')
            .next()
            .expect("an address")
            .parse()
            .expect("an address");
        Server {
            process,
            output,
            addr,
        }
    }

    fn get(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.addr).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("sent");
        stream
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let status = Command::new("kill")
            .args([name, &id])
            .status()
            .expect("kill runs");
        assert!(status.success());
    }

    fn exit_code(&mut self) -> Option<i32> {
        self.process.wait().expect("it ends").code()
    }
}

/// Returns the next line that contains a text.
fn line_with(output: &mut BufReader<ChildStdout>, text: &str) -> String {
    let mut lines = output.lines().map(|line| line.expect("text"));
    lines
        .find(|line| line.contains(text))
        .unwrap_or_else(|| panic!("it ended without `{text}`"))
}

#[test]
fn a_signal_shuts_a_server_down() {
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start();
        let mut answer = [0; 15];
        server.get("/").read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        server.signal(signal);
        assert_eq!(server.exit_code(), Some(0), "{signal}");
    }
}

#[test]
fn a_second_signal_ends_the_process_whatever_is_under_way() {
    for (first, second, code) in [("-TERM", "-INT", 130), ("-INT", "-TERM", 143)] {
        let mut server = Server::start();
        let _stream = server.get("/stuck");
        line_with(&mut server.output, STUCK);
        server.signal(first);
        while TcpStream::connect(server.addr).is_ok() {
            std::thread::yield_now();
        }
        assert_eq!(
            server.process.try_wait().expect("its state"),
            None,
            "{first}"
        );
        server.signal(second);
        assert_eq!(server.exit_code(), Some(code), "{first} {second}");
    }
}
