//! TeamChat: a page and its sockets.
//!
//! - [`channels`]: channels and socket handlers
//! - [`endpoint`]: sockets and routes
//! - [`assets`]: the page and its files
//! - [`config`]: settings from the environment
//! - [`state`]: what all parts share: settings, and for example a database pool
//! - [`store`] and [`files`]: messages and their files, in SQLite
//! - `dev`: live reload, in development
//! - [`log`]: the format of the log
//! - [`prefix`]: the app below a path of its site

pub mod assets;
pub mod auth;
pub mod channels;
pub mod config;
#[cfg(all(debug_assertions, unix))]
mod dev;
pub mod endpoint;
pub mod files;
pub mod log;
pub mod prefix;
pub mod sessions;
pub mod sign_in;
pub mod state;
pub mod store;

use std::io;
use std::sync::Arc;

use axum::Router;
use axum_channels::Serve;
use tokio::net::TcpListener;

use config::{Config, InvalidSetting};
use state::App;

/// Name of the app in the log.
const NAME: &str = "TeamChat";

/// Listens on the configured address.
pub async fn listen(config: &Config) -> Result<TcpListener, InvalidSetting> {
    #[cfg(all(debug_assertions, unix))]
    if let Ok(Some(listener)) = dev::listener() {
        return Ok(listener);
    }
    let Config { ip, port, .. } = *config;
    let listener = TcpListener::bind((ip, port)).await;
    listener.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            let problem =
                format!("another program uses this port on {ip}: stop it, or choose another port");
            InvalidSetting::wrong("PORT", port, problem)
        }
        io::ErrorKind::AddrNotAvailable => {
            let problem =
                "this machine does not have this address: use 127.0.0.1, or 0.0.0.0 for all of its addresses";
            InvalidSetting::wrong("IP", ip, problem)
        }
        _ => {
            let problem = format!("cannot listen on this port of {ip} ({error}): choose another port");
            InvalidSetting::wrong("PORT", port, problem)
        }
    })
}

/// Returns a server on `listener`, to be awaited. On shutdown it asks all clients to reconnect.
pub fn serve(listener: TcpListener, mut app: App) -> io::Result<Serve<Router>> {
    let address = listener.local_addr()?;
    // Port 0 selects a free port.
    Arc::make_mut(&mut app.config).port = address.port();
    let endpoint = endpoint::endpoint(&app);
    let router = endpoint::router(&endpoint, &app);
    #[cfg(all(debug_assertions, unix))]
    let router = dev::live_reload(router, &app.config)?;
    let router = prefix::below(&app.config.prefix, router);
    tracing::info!("Running {NAME} with axum at {address} (http)");
    let Config { prefix, .. } = &*app.config;
    tracing::info!("Access {NAME} at {}{prefix}", app.config.url());
    Ok(axum_channels::serve(listener, router)
        .drain(&endpoint)
        .shutdown_delay(app.config.shutdown_delay))
}
