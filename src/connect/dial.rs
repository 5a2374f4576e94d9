//! Opens the connection: addresses of the host, TCP, TLS.

use std::io::ErrorKind;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::target::{Scheme, Target};
use super::transport::{Transport, Wire};
use super::trust::Trust;
use crate::error::{Failure, Misuse};

/// Maximum time for the connection to one address, and then for the handshakes.
pub const TIME: Duration = Duration::from_secs(10);

/// Connects to the server, up to the handshake of TLS.
///
/// # Errors
/// The host has no address, nothing listens there, or TLS fails.
pub fn connect(target: &Target, cacert: Option<&Path>) -> Result<Transport> {
    let tcp = tcp(target)?;
    let wire = Wire::new(tcp, Instant::now() + TIME)?;
    if target.scheme == Scheme::Ws {
        return Ok(Transport::Plain(wire));
    }
    let invalid = |_| {
        Misuse::new(format!(
            "`{}` cannot be the name of a TLS server",
            target.host
        ))
    };
    let name = ServerName::try_from(target.host.clone()).map_err(invalid)?;
    let connection = ClientConnection::new(Arc::new(config(cacert)?), name)?;
    let mut stream = StreamOwned::new(connection, wire);
    while stream.conn.is_handshaking() {
        let done = stream.conn.complete_io(&mut stream.sock);
        done.map_err(|error| tls_failure(target, cacert, &error))?;
    }
    Ok(Transport::Tls(Box::new(stream)))
}

/// Tries all addresses of the host.
fn tcp(target: &Target) -> Result<TcpStream> {
    let (host, port) = (target.host.as_str(), target.port);
    let addresses = (host, port).to_socket_addrs();
    let addresses = addresses.map_err(|error| {
        let help = "check the name of the host in the URL";
        Failure::new(format!("`{host}` has no address: {error}")).help(help)
    })?;
    let mut last = None;
    for address in addresses {
        match TcpStream::connect_timeout(&address, TIME) {
            Ok(tcp) => return Ok(tcp),
            Err(error) => last = Some(error),
        }
    }
    let error = last.unwrap_or_else(|| ErrorKind::AddrNotAvailable.into());
    let help = match error.kind() {
        ErrorKind::ConnectionRefused => {
            "start the server: `hello-sockets dev` in the folder of an app; for another port, set PORT or add a URL"
        }
        _ => "check host and port, and the firewall between",
    };
    let message = format!("cannot connect to {host} at port {port}: {error}");
    Err(Failure::new(message).help(help).into())
}

fn config(cacert: Option<&Path>) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trust = Trust::read(cacert, Arc::clone(&provider))?;
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config
        .dangerous() // as the builder names every verifier that is not its own
        .with_custom_certificate_verifier(Arc::new(trust));
    Ok(config.with_no_client_auth())
}

fn tls_failure(target: &Target, cacert: Option<&Path>, error: &std::io::Error) -> Failure {
    let tls = error.get_ref().and_then(|error| error.downcast_ref());
    let help = match tls {
        Some(rustls::Error::InvalidCertificate(_)) if cacert.is_none() => {
            "to trust a certificate that the system does not know: --cacert FILE"
        }
        Some(rustls::Error::InvalidCertificate(_)) => {
            "the file for --cacert has to hold the server's certificate, or that of its issuer, for this host"
        }
        _ => "without TLS, the URL starts with ws://",
    };
    let host = &target.authority;
    Failure::new(format!("no TLS connection to {host}: {error}")).help(help)
}
