//! The listening socket, which outlives the servers.

use std::io::{Error, ErrorKind};
use std::net::{IpAddr, TcpListener};

use anyhow::{Context as _, Result, anyhow};

use crate::address;

/// Listens at the address of the app; `port` takes precedence. The listener does not block.
///
/// # Errors
/// A variable is invalid, or the address is not available.
pub fn listen(port: Option<u16>) -> Result<TcpListener> {
    let address = address::of_app(port)?;
    let refused = |error| refusal(address.ip(), address.port(), &error);
    let listener = TcpListener::bind(address).map_err(refused)?;
    let context = "the listening socket cannot be set up";
    listener.set_nonblocking(true).context(context)?;
    Ok(listener)
}

fn refusal(ip: IpAddr, port: u16, error: &Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::AddrInUse => {
            let way_out = "stop it, or choose another port with `--port`";
            anyhow!("another program uses port {port} on {ip}: {way_out}")
        }
        ErrorKind::AddrNotAvailable => anyhow!("this machine does not have the address {ip}"),
        _ => anyhow!("cannot listen on port {port} of {ip}: {error}"),
    }
}
