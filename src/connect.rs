//! `connect`: shows what goes over the wire between a client and a Phoenix socket, and pushes typed lines.
//!
//! - [`target`]: pure, URLs; [`app`]: the URL of the current app
//! - [`dial`], [`transport`]: TCP and TLS
//! - [`handshake`]: the request and the response; [`refusal`]: what may be wrong
//! - [`frame`], [`json`]: pure, messages of the protocol; [`line`]: pure, typed lines
//! - [`session`]: pure, events and their effects; [`presence`]: pure, lists of presences
//! - [`entry`], [`view`], [`object`], [`clock`], [`close`]: pure, lines of the output
//! - [`run`]: the loop that performs effects

mod app;
mod clock;
mod close;
mod dial;
mod entry;
mod frame;
mod handshake;
mod json;
mod line;
mod object;
mod presence;
mod refusal;
mod run;
mod session;
mod target;
mod transport;
mod trust;
mod view;

use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Result;
use console::style;
use tungstenite::WebSocket;
use tungstenite::protocol::Role;

use crate::args;
use crate::catalogue::Templates;
use crate::error::Failure;
use crate::output::interrupt;
use crate::output::terminal::Terminal;
use crate::printable::printable;
use frame::Format;
use handshake::{Request, Response};
use session::{Ending, Options, Session};
use target::Target;
use transport::Transport;
use view::View;

/// Connects, and runs the session to its end.
///
/// # Errors
/// The server refuses the connection, or the session fails.
pub fn connect(
    args: &args::Connect,
    built_in: &Rc<Templates>,
    terminal: Terminal,
) -> Result<ExitCode> {
    let url = match args.url() {
        Some(url) => url.to_owned(),
        None => app::url(&args.socket, built_in)?,
    };
    let target = Target::parse(&url, args)?;
    let socket = open(&target, args, &terminal)?;
    let options = Options {
        topics: args.topics(),
        time: args.time,
        expected: args.expected.iter().cloned().collect(),
        recover: args.recover.clone(),
    };
    let session = Session::new(Format::of(target.vsn), options);
    match run::run(socket, session, view(args), terminal)? {
        Ending::Done => Ok(ExitCode::SUCCESS),
        Ending::Interrupted => Ok(ExitCode::from(interrupt::EXIT_CODE)),
        Ending::Failed(reason) => Err(Failure::new(printable(&reason)).into()),
    }
}

fn view(args: &args::Connect) -> View {
    match (args.json, args.raw) {
        (true, _) => View::Json,
        (_, true) => View::Raw,
        _ => View::Fields,
    }
}

/// Connects, and prints the handshake.
fn open(
    target: &Target,
    args: &args::Connect,
    terminal: &Terminal,
) -> Result<WebSocket<Transport>> {
    let mut transport = dial::connect(target, args.cacert.as_deref())?;
    let request = Request::new(target, args)?;
    print(&request.text, args, terminal)?;
    let mut response = request.send(&mut transport).map_err(|error| {
        let help = "check that a web server listens there, and whether the URL starts with ws:// or wss://";
        Failure::new(format!("no response from {}: {error}", target.authority)).help(help)
    })?;
    print(&response.head, args, terminal)?;
    if let Err(fault) = response.check(&request) {
        let body = response.body(&mut transport);
        if !body.trim().is_empty() {
            print(&body, args, terminal)?;
        }
        return Err(refusal::refusal(&fault, &response, target, args).into());
    }
    let Response { rest, .. } = response;
    Ok(WebSocket::from_partially_read(
        transport,
        rest,
        Role::Client,
        None,
    ))
}

/// Prints a part of the handshake and an empty line: with `--json`, to standard error.
fn print(part: &str, args: &args::Connect, terminal: &Terminal) -> Result<()> {
    let lines = part.trim_end().lines().enumerate();
    let lines = lines.map(|(at, line)| match at {
        0 => format!("{}\n", style(printable(line)).bold()),
        _ => format!("{}\n", printable(line)),
    });
    let text = lines.collect::<String>();
    match args.json {
        true => terminal.remark(&text),
        false => terminal.print(&format!("{text}\n"))?,
    }
    Ok(())
}
