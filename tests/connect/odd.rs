//! Servers that are not Phoenix's: one connection each, on a thread of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tungstenite::{Message, WebSocket};

/// Certificate of `localhost`, signed with its own key, and valid until 2126.
pub const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/connect/localhost.pem");
/// The same as a certificate of an issuer, which `openssl req -x509` makes unless it is told otherwise.
pub const CERTIFICATE_OF_AN_ISSUER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/connect/localhost-ca.pem"
);

/// The same, until the end of 2020.
pub const EXPIRED_CERTIFICATE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/connect/localhost-expired.pem"
);
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/connect/localhost.key");

/// A server of one connection.
pub struct Odd {
    pub port: u16,
    thread: JoinHandle<()>,
}

impl Odd {
    /// Lets `serve` answer the first connection.
    pub fn start(serve: impl FnOnce(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let accept = move || serve(listener.accept().expect("a client comes").0);
        Self {
            port,
            thread: std::thread::spawn(accept),
        }
    }

    /// The same after the handshake of a WebSocket.
    pub fn websocket(serve: impl FnOnce(&mut WebSocket<TcpStream>) + Send + 'static) -> Self {
        Self::start(|tcp| {
            let mut socket = tungstenite::accept(tcp).expect("a client shakes hands");
            serve(&mut socket);
        })
    }

    /// Answers a join by TLS, and closes.
    pub fn tls(certificate: &'static str) -> Self {
        Self::start(move |tcp| {
            let connection = ServerConnection::new(tls_config(certificate)).expect("it is set up");
            // The handshake fails for a client that does not trust the certificate.
            if let Ok(mut socket) = tungstenite::accept(StreamOwned::new(connection, tcp)) {
                answer_join(&mut socket);
                drain(&mut socket);
            }
        })
    }

    /// Answers a request with this text, whatever it is.
    pub fn text(text: &'static str) -> Self {
        Self::start(move |mut tcp| {
            read_request(&mut tcp);
            tcp.write_all(text.as_bytes()).expect("the client reads");
        })
    }

    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/socket", self.port)
    }

    /// Waits until the server has done its part.
    pub fn end(self) {
        self.thread.join().expect("the server has not failed");
    }
}

fn tls_config(certificate: &str) -> Arc<ServerConfig> {
    let certificates = CertificateDer::pem_file_iter(certificate).expect("it is there");
    let certificates = certificates.map(|certificate| certificate.expect("it is one"));
    let key = PrivateKeyDer::from_pem_file(KEY).expect("it is a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("there are versions")
        .with_no_client_auth()
        .with_single_cert(certificates.collect(), key)
        .expect("the key is that of the certificate");
    Arc::new(config)
}

/// Answers the first message, a join with the ref 1, with ok.
pub fn answer_join<S: Read + Write>(socket: &mut WebSocket<S>) {
    socket.read().expect("the client joins");
    let reply = r#"["1","1","room:1","phx_reply",{"response":{},"status":"ok"}]"#;
    let _ = socket.send(Message::text(reply));
}

/// Reads until the client has gone.
pub fn drain<S: Read + Write>(socket: &mut WebSocket<S>) {
    while socket.read().is_ok() {}
}

fn read_request(tcp: &mut TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        tcp.read_exact(&mut byte)
            .expect("the client sends a request");
        request.push(byte[0]);
    }
}
