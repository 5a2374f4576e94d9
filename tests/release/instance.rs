//! An instance of an app, for proxies: it answers every request with its port, until it is dropped.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

pub struct Instance {
    pub port: u16,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Instance {
    /// Starts it on this port; 0 selects a free one.
    pub fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
        let port = listener.local_addr().expect("it has one").port();
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                answer(stream, port);
            }
        });
        Instance {
            port,
            is_over,
            thread: Some(thread),
        }
    }
}

fn answer(mut stream: TcpStream, port: u16) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request);
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close";
    let _ = write!(stream, "{head}\r\n\r\n{port:5}");
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
