//! nginx before the app.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Sandbox;

/// nginx with the generated configuration, on a free port of loopback.
pub struct Nginx {
    process: Child,
    pub port: u16,
    _folder: tempfile::TempDir,
}

impl Nginx {
    pub fn before(app: u16) -> Self {
        Self::with(app, str::to_owned)
    }

    /// Starts it before the app at this port, after a change to its configuration.
    pub fn with(app: u16, change: impl FnOnce(&str) -> String) -> Self {
        let sandbox = Sandbox::with_app();
        sandbox.ok(&["gen", "release", "--host", "chat.example.com"]);
        let site = change(&sandbox.read("my_app/deploy/nginx.conf"));
        Self::of(&site, app)
    }

    /// Starts it with a generated configuration before the app at this port.
    pub fn of(site: &str, app: u16) -> Self {
        // nginx cannot listen on port 0, and another process may take a free port before it does.
        for _ in 0..10 {
            if let Some(nginx) = Self::start(site, app, free_port()) {
                return nginx;
            }
        }
        panic!("nginx does not listen");
    }

    fn start(site: &str, app: u16, port: u16) -> Option<Self> {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().display();
        let site = site
            .replace("listen 80;", &format!("listen 127.0.0.1:{port};"))
            .replace("server app:4000", "server 127.0.0.1:4000")
            .replace("127.0.0.1:4000", &format!("127.0.0.1:{app}"));
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {path}/{kind};\n"))
            .concat();
        let config = folder.path().join("nginx.conf");
        let text = format!(
            "daemon off;\npid {path}/pid;\nerror_log stderr;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}{site}}}\n"
        );
        fs::write(&config, text).expect("it is written");
        // Debian has it in a folder that only some have in their PATH.
        let debian = Path::new("/usr/sbin/nginx");
        let nginx = if debian.exists() {
            debian
        } else {
            Path::new("nginx")
        };
        let process = Command::new(nginx)
            .arg("-e")
            .arg("stderr")
            .arg("-c")
            .arg(&config)
            .stderr(Stdio::inherit())
            .spawn()
            .expect("nginx is installed");
        let mut nginx = Nginx {
            process,
            port,
            _folder: folder,
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let is_over = nginx.process.try_wait().expect("it is ours").is_some();
            if is_over || Instant::now() > deadline {
                return None;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(nginx)
    }

    /// Returns the response to `GET`.
    pub fn get(&self, path: &str) -> String {
        self.response(&format!(
            "GET {path} HTTP/1.1\r\nHost: chat.example.com\r\nConnection: close\r\n\r\n"
        ))
    }

    /// Returns the response to a request that closes its connection.
    pub fn response(&self, request: &str) -> String {
        let mut response = String::new();
        let read = self.request(request).read_to_string(&mut response);
        read.expect("it answers");
        response
    }

    fn request(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).expect("it is set");
        stream.write_all(request.as_bytes()).expect("it reads");
        stream
    }

    /// Returns the status of a handshake by a page of `origin`, and the connection after its headers.
    pub fn upgrade(&self, path: &str, origin: &str) -> (String, TcpStream) {
        let mut stream = self.request(&format!(
            "GET {path}?vsn=2.0.0 HTTP/1.1\r\nHost: chat.example.com\r\nOrigin: {origin}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ));
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("it answers");
            head.push(byte[0]);
        }
        (String::from_utf8_lossy(&head[9..12]).into_owned(), stream)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let terminate = format!("kill -TERM {}", self.process.id());
        let _ = Command::new("sh").args(["-c", &terminate]).status();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has one").port()
}
