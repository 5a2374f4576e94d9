//! Channels and socket handlers.
