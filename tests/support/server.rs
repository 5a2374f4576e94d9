//! A running generated app.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Maximum time for each step.
const PATIENCE: Duration = Duration::from_secs(20);

/// The process of an app called `my_app`, killed at the end of the test.
pub struct Server {
    process: Child,
    /// Address for browsers, from its log.
    pub url: String,
    /// Port of its listener.
    pub port: u16,
    log: Receiver<String>,
}

impl Server {
    /// Starts an app on a free port, and waits for its address in the log.
    pub fn start(binary: &Path, folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary);
        command.envs(variables.iter().copied()).current_dir(folder);
        Self::of(command)
    }

    /// Starts an app by `command`, as `start` does.
    pub fn of(mut command: Command) -> Self {
        let mut process = command
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the app starts");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        let (sender, log) = channel();
        // Read to the end, or the app blocks on a full pipe.
        std::thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            lines.for_each(|line| drop(sender.send(line)));
        });
        let mut server = Self {
            process,
            url: String::new(),
            port: 0,
            log,
        };
        let running = server.log_line(" (http)");
        let port = running
            .split(" (http)")
            .next()
            .and_then(|line| line.rsplit(':').next());
        server.port = port.and_then(|port| port.parse().ok()).expect("a port");
        let access = server.log_line("Access ");
        let url = access.split_once(" at ").expect("it is there").1;
        // The line may be JSON.
        server.url = url.split('"').next().unwrap_or(url).to_owned();
        server
    }

    /// Returns the next line of the log that contains `part`.
    #[track_caller]
    pub fn log_line(&self, part: &str) -> String {
        loop {
            let line = self.log.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("the log has no line with `{part}`"));
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Sends a whole or partial request, and returns the connection.
    pub fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("it is set");
        stream.write_all(request.as_bytes()).expect("it reads");
        stream
    }

    /// Returns the response to `GET`.
    pub fn get(&self, path: &str) -> String {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let mut response = String::new();
        let read = self.send(&request).read_to_string(&mut response);
        read.expect("it answers");
        response
    }

    /// Returns the status of the response to `GET`.
    pub fn status(&self, path: &str) -> String {
        self.get(path)[9..12].to_owned()
    }

    /// Requests a WebSocket as a page of `origin`, and returns the status and the connection.
    pub fn upgrade(&self, host: &str, origin: &str) -> (String, TcpStream) {
        let mut stream = self.send(&format!(
            "GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ));
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("it answers");
        let status = String::from_utf8_lossy(&status[9..]).into_owned();
        (status, stream)
    }

    /// Sends SIGTERM, as service managers do.
    pub fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.process.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.expect("there is a shell").success());
    }

    /// Waits until its port is closed.
    pub fn stops_listening(&self) {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            assert!(Instant::now() < deadline, "it still listens");
            std::thread::yield_now();
        }
    }

    /// Waits for its end, for at most `limit`, and returns the exit status.
    #[track_caller]
    pub fn ends_within(&mut self, limit: Duration) -> ExitStatus {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.process.try_wait().expect("it is ours") {
                return status;
            }
            assert!(Instant::now() < deadline, "it runs after {limit:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
