//! The list of users in a topic. Clients in the topic receive it and its changes.
//!
//! A channel tracks its client with one line in its `join`:
//!
//! ```text
//! presence::track(socket)?;
//! ```
//!
//! Clients that leave or disconnect are removed automatically. `endpoint.presences("room:lobby")` returns the list on the
//! server. In the browser, the `Presence` of the "phoenix" package keeps it.

use std::time::{SystemTime, UNIX_EPOCH};

use axum_channels::{PresenceError, Socket};
use serde_json::json;

/// Tracks the client and pushes the list to it.
pub fn track(socket: &Socket) -> Result<(), PresenceError> {
    let presence = socket.presence();
    // Metadata of this client, visible to the other clients.
    presence.track(name(socket), json!({"since": now()}))?;
    presence.push_state()
}

/// Name of the client in the list: `42` for the socket id `user_socket:42`. A user with two windows has one name and two
/// entries.
fn name(socket: &Socket) -> &str {
    let id = socket.id().unwrap_or("guest");
    id.split_once(':').map_or(id, |(_, name)| name)
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}
