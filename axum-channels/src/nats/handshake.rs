//! The start of a connection: TCP, TLS if it is asked for, the facts about the server, and the login.

use super::addresses::{Address, Addresses, Login};
use super::protocol::{NotNats, Operation, Operations};
use super::reader::Reader;
use serde_json::{Value, json};
use std::io;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;

/// A connection, encrypted or not.
pub(super) type Stream = Box<dyn Duplex>;

pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Duplex for S {}

/// A connection that is logged in.
pub(super) struct Opened {
    pub(super) reader: Reader<ReadHalf<Stream>>,
    pub(super) writer: WriteHalf<Stream>,
    pub(super) max_payload: usize,
}

/// Connects to a server, and logs in.
pub(super) async fn open(address: &Address, addresses: &Addresses) -> io::Result<Opened> {
    let tcp = TcpStream::connect((address.host.as_str(), address.port)).await?;
    tcp.set_nodelay(true)?;
    let mut stream: Stream = Box::new(tcp);
    let mut reader = Reader::new(&mut stream);
    let Operation::Info(info) = reader.next().await? else {
        return Err(io::Error::other(NotNats));
    };
    let with_tls = addresses.with_tls || info.tls_required;
    if with_tls {
        stream = encrypted(stream, address).await?;
    }
    let mut operations = Operations::default();
    operations.connect(&settings(addresses, with_tls));
    operations.ping();
    stream.write_all(&operations.0).await?;
    stream.flush().await?;
    let (read, writer) = tokio::io::split(stream);
    let mut reader = Reader::new(read);
    loop {
        match reader.next().await? {
            Operation::Pong => break,
            Operation::Error(reason) => return Err(io::Error::other(reason)),
            _ => {}
        }
    }
    Ok(Opened {
        reader,
        writer,
        max_payload: info.max_payload,
    })
}

/// Returns the settings of the connection.
fn settings(addresses: &Addresses, with_tls: bool) -> Value {
    let mut settings = json!({
        "name": env!("CARGO_PKG_NAME"),
        "lang": "rust",
        "version": env!("CARGO_PKG_VERSION"),
        "protocol": 1,
        "verbose": false,
        "pedantic": false,
        "tls_required": with_tls,
        "echo": false, // of the node's own messages
        "headers": true,
        "no_responders": true, // a request that nobody answers is answered with status 503
    });
    match &addresses.login {
        Login::None => {}
        Login::Token(token) => settings["auth_token"] = json!(token),
        Login::Password { user, password } => {
            (settings["user"], settings["pass"]) = (json!(user), json!(password));
        }
    }
    settings
}

/// Encrypts a connection. The certificate has to be that of the host, from an authority that the system trusts.
#[cfg(feature = "nats-tls")]
async fn encrypted(stream: Stream, address: &Address) -> io::Result<Stream> {
    use rustls::pki_types::ServerName;
    use std::sync::Arc;
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(address.host.clone()).map_err(io::Error::other)?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    Ok(Box::new(connector.connect(name, stream).await?))
}

#[cfg(not(feature = "nats-tls"))]
async fn encrypted(_: Stream, _: &Address) -> io::Result<Stream> {
    Err(io::Error::other(super::NatsError::TlsIsOff))
}
