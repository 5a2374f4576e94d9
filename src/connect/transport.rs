//! The connection to a server: TCP, and TLS for wss.
//!
//! During the handshake it blocks until a deadline. After that a thread reads, and passes on what it read, so that one loop
//! waits for frames, typed lines and times at once; reads return `WouldBlock` when nothing is left.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use rustls::{ClientConnection, StreamOwned};

/// Maximum time for a write: after that, the server does not read any more.
const WRITE_TIME: Duration = Duration::from_secs(10);

/// Size of a read.
const CHUNK: usize = 16 * 1024;

/// A connection, with TLS or without.
pub enum Transport {
    Plain(Wire),
    Tls(Box<StreamOwned<ClientConnection, Wire>>),
}

/// A TCP connection.
pub struct Wire {
    tcp: TcpStream,
    source: Source,
}

/// Source of the bytes that are read.
enum Source {
    /// The connection itself, until this time.
    Connection(Instant),
    /// Bytes that were passed on; then, perhaps, the end.
    Passed { bytes: Vec<u8>, is_end: bool },
}

impl Wire {
    /// # Errors
    /// The connection has ended.
    pub fn new(tcp: TcpStream, until: Instant) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        tcp.set_write_timeout(Some(WRITE_TIME))?;
        Ok(Self {
            tcp,
            source: Source::Connection(until),
        })
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Source::Connection(until) => {
                let rest = until.saturating_duration_since(Instant::now());
                if rest.is_zero() {
                    return Err(ErrorKind::TimedOut.into());
                }
                self.tcp.set_read_timeout(Some(rest))?;
                self.tcp.read(buffer).map_err(|error| match error.kind() {
                    // The name of this error depends on the system.
                    ErrorKind::WouldBlock => ErrorKind::TimedOut.into(),
                    _ => error,
                })
            }
            Source::Passed { bytes, is_end } => {
                if bytes.is_empty() && !*is_end {
                    return Err(ErrorKind::WouldBlock.into());
                }
                let count = bytes.len().min(buffer.len());
                buffer[..count].copy_from_slice(&bytes[..count]);
                bytes.drain(..count);
                Ok(count)
            }
        }
    }
}

impl Write for Wire {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.tcp.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

impl Transport {
    /// Starts a thread that passes on what it reads, until `pass` returns false. An empty read is the end.
    ///
    /// # Errors
    /// The connection has ended.
    pub fn pass_on(
        &mut self,
        pass: impl Fn(io::Result<Vec<u8>>) -> bool + Send + 'static,
    ) -> io::Result<()> {
        let wire = self.wire();
        wire.tcp.set_read_timeout(None)?;
        wire.source = Source::Passed {
            bytes: Vec::new(),
            is_end: false,
        };
        let mut tcp = wire.tcp.try_clone()?;
        std::thread::spawn(move || {
            let mut buffer = vec![0; CHUNK];
            loop {
                let read = tcp.read(&mut buffer).map(|count| buffer[..count].to_vec());
                let is_last = !matches!(&read, Ok(bytes) if !bytes.is_empty());
                if !pass(read) || is_last {
                    return;
                }
            }
        });
        Ok(())
    }

    /// Takes bytes that were passed on; an empty slice is the end.
    pub fn feed(&mut self, read: &[u8]) {
        if let Source::Passed { bytes, is_end } = &mut self.wire().source {
            bytes.extend_from_slice(read);
            *is_end |= read.is_empty();
        }
    }

    /// Sets the time until which reads block during the handshake.
    pub fn set_deadline(&mut self, until: Instant) {
        if let Source::Connection(deadline) = &mut self.wire().source {
            *deadline = until;
        }
    }

    pub fn shut_down(&mut self) {
        // Fails if the server was first.
        let _ = self.wire().tcp.shutdown(Shutdown::Both);
    }

    fn wire(&mut self) -> &mut Wire {
        match self {
            Self::Plain(wire) => wire,
            Self::Tls(stream) => &mut stream.sock,
        }
    }
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(wire) => wire.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Transport {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(wire) => wire.write(buffer),
            Self::Tls(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(wire) => wire.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// Returns a connection, and its other end.
    fn wire(time: Duration) -> (Wire, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has one");
        let tcp = TcpStream::connect(address).expect("it listens");
        let (other, _) = listener.accept().expect("a client comes");
        let wire = Wire::new(tcp, Instant::now() + time).expect("it is set up");
        (wire, other)
    }

    #[test]
    fn a_handshake_without_an_answer_is_out_of_time() {
        let (mut wire, _other) = wire(Duration::from_millis(20));
        for _ in 0..2 {
            let error = wire.read(&mut [0]).expect_err("nothing comes");
            assert_eq!(error.kind(), ErrorKind::TimedOut);
        }
    }

    #[test]
    fn after_the_handshake_reads_take_what_was_passed_on() {
        let (wire, _other) = wire(Duration::from_secs(20));
        let mut transport = Transport::Plain(wire);
        transport.pass_on(|_| true).expect("it is connected");
        let mut buffer = [0; 2];
        let error = transport
            .read(&mut buffer)
            .expect_err("nothing was passed on");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        transport.feed(b"abc");
        transport.feed(b"");
        let mut read = Vec::new();
        transport.read_to_end(&mut read).expect("it ends");
        assert_eq!(read, b"abc");
    }
}
