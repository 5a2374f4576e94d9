//! A pseudo-terminal with typed answers.

use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

/// Maximum time that a command may take, in milliseconds: a limit for tests that hang.
const TIMEOUT: u64 = 20_000;

/// Starts `command` in a pseudo-terminal.
pub fn start(command: Command) -> PtySession {
    start_with_timeout(command, TIMEOUT)
}

/// Starts `command` in a pseudo-terminal, with a limit in milliseconds for each step.
pub fn start_with_timeout(command: Command, timeout: u64) -> PtySession {
    let mut session = spawn_command(command, Some(timeout)).expect("the command starts");
    session.process_mut().set_kill_timeout(Some(1_000));
    session
}

/// Runs `command` in a pseudo-terminal, types `answer` when `question` is asked, and returns what the terminal shows.
pub fn transcript(command: Command, question: &str, answer: &str) -> String {
    let mut session = start(command);
    let before = session.exp_string(question).expect("it asks");
    session.send_line(answer).expect("it reads");
    let after = session.exp_eof().expect("it ends");
    // The terminal does not echo what is typed.
    format!("{before}{question}{answer}\n{after}").replace("\r\n", "\n")
}

/// Waits for the end of the command, and returns the rest of the output, and the exit code.
pub fn end(mut session: PtySession) -> (String, i32) {
    let rest = session.exp_eof().expect("it ends");
    let status = format!(
        "{:?}",
        session.process().wait().expect("it can be waited for")
    );
    // `Exited(Pid(1234), 0)`: the type itself is not exported.
    let code = status
        .strip_prefix("Exited(")
        .and_then(|s| s.strip_suffix(')')?.rsplit(", ").next()?.parse().ok());
    (
        rest.replace("\r\n", "\n"),
        code.unwrap_or_else(|| panic!("{status}")),
    )
}
