//! An app that is built and started again after each change. Pages reload, or their stylesheets are swapped.
//!
//! The command holds the listening socket. A new server takes it over from the one before, so that no connection is
//! refused; without a server, the command itself answers, with the problems of the build.
//!
//! - [`state`]: pure, events and their effects; [`supervisor`]: the loop that performs them
//! - [`change`]: pure, changed paths and their meaning; [`watch`]: their source
//! - [`build`]: a build; [`cargo`]: pure, its messages; [`problem`]: an error
//! - [`server`]: a running app; [`message`]: pure, messages to it
//! - [`page`]: the answer without an app; [`group`]: processes and their children

mod build;
mod cargo;
mod change;
mod group;
mod message;
mod page;
mod problem;
mod server;
mod state;
mod supervisor;
mod watch;

pub use supervisor::Supervisor;
