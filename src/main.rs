//! The `hello-sockets` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    hello_sockets::main()
}
