//! The address of the current app, from the variables that are its settings, and the listening socket there.

use std::env;
use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Context as _, Result, anyhow};

/// Port of new apps.
const PORT: u16 = 4000;

/// Returns the address in the variables `IP` and `PORT`; `port` takes precedence. Without them, the port is `default`, that of the
/// app's settings.
///
/// # Errors
/// A variable is invalid.
pub fn of_app(port: Option<u16>, default: Option<u16>) -> Result<SocketAddr> {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let ip = match variable("IP") {
        None => IpAddr::from(Ipv4Addr::LOCALHOST),
        Some(value) => {
            let ip = value.parse();
            ip.map_err(|_| anyhow!("IP is `{value}`: expected an address such as 127.0.0.1"))?
        }
    };
    let port = match (port, variable("PORT")) {
        (Some(port), _) => port,
        (None, None) => default.unwrap_or(PORT),
        (None, Some(value)) => {
            let port = value.parse();
            port.map_err(|_| anyhow!("PORT is `{value}`: expected a number from 0 to 65535"))?
        }
    };
    Ok(SocketAddr::new(ip, port))
}

/// Returns the URL of the app on this machine.
pub fn url(address: SocketAddr) -> String {
    let is_local = address.ip().is_loopback() || address.ip().is_unspecified();
    match is_local {
        true => format!("http://localhost:{}", address.port()),
        false => format!("http://{address}"),
    }
}

/// Listens at the address of the app, as [`of_app`] has it. The listener does not block. `way_out` ends the error if another program
/// listens there.
///
/// # Errors
/// A variable is invalid, or the address is not available.
pub fn listen(port: Option<u16>, default: Option<u16>, way_out: &str) -> Result<TcpListener> {
    let address = of_app(port, default)?;
    let refused = |error| refusal(address, &error, way_out);
    let listener = TcpListener::bind(address).map_err(refused)?;
    let context = "the listening socket cannot be set up";
    listener.set_nonblocking(true).context(context)?;
    Ok(listener)
}

fn refusal(address: SocketAddr, error: &Error, way_out: &str) -> anyhow::Error {
    let (ip, port) = (address.ip(), address.port());
    match error.kind() {
        ErrorKind::AddrInUse => anyhow!("another program uses port {port} on {ip}{way_out}"),
        ErrorKind::AddrNotAvailable => anyhow!("this machine does not have the address {ip}"),
        _ => anyhow!("cannot listen on port {port} of {ip}: {error}"),
    }
}
