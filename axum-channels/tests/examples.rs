//! The tests of examples.
#![expect(dead_code, reason = "nothing calls the `main` of an example")]

#[path = "../examples/rooms.rs"]
mod rooms;
