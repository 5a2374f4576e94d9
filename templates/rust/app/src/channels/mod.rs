//! The channels, and the socket handlers that route to them.
