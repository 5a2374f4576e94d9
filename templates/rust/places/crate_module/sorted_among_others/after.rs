//! The app.

pub mod auth;
pub mod channels;
pub mod config;
mod inline {}
