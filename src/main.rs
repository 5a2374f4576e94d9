//! The `hello-sockets` command: parse, run, print the error, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    match hello_sockets::run(hello_sockets::Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => hello_sockets::terminal::fail(&error),
    }
}
