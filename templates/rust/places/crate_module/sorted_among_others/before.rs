//! The app.

pub mod auth;
pub mod config;
mod inline {}
