//! Possible reasons of a refused handshake.

use super::handshake::{Fault, Response};
use super::target::Target;
use crate::args::{Connect, Vsn};
use crate::error::Failure;

/// Returns the error for a refused handshake, with what may be wrong.
pub fn refusal(fault: &Fault, response: &Response, target: &Target, args: &Connect) -> Failure {
    let reason = reason_phrase(&response.head);
    let message = match fault {
        Fault::Status(200..=299) => format!(
            "the server answered as plain HTTP, with {}, and not as a WebSocket",
            [&response.status.to_string(), reason].join(" ").trim_end()
        ),
        Fault::Status(_) if !reason.is_empty() => format!("{fault} {reason}"),
        _ => fault.to_string(),
    };
    Failure::new(message).help(help(fault, response, target, args))
}

/// Returns the words behind the status.
fn reason_phrase(head: &str) -> &str {
    let line = head.lines().next().unwrap_or_default();
    line.splitn(3, ' ').nth(2).unwrap_or_default()
}

fn help(fault: &Fault, response: &Response, target: &Target, args: &Connect) -> String {
    let path = target.bare_path();
    let status = match fault {
        Fault::Status(status) => *status,
        Fault::NoSubprotocol => {
            return "connect without --token, or pass it as --param token=…".to_owned();
        }
        Fault::Header(_) => return "a proxy may answer in place of the server".to_owned(),
    };
    match status {
        200..=299 => {
            format!("no socket is at {path}: check the path; --exact-path does not add /websocket")
        }
        300..=399 => match response.header("location") {
            Some(location) => format!("the server redirects: connect to {location}"),
            None => "the server redirects: check the URL".to_owned(),
        },
        401 => format!("the server may refuse {}", token(args)),
        403 => forbidden(target, args),
        404 => format!(
            "the server has no socket at {path}: in the folder of the app, `hello-sockets routes` prints where they are; --exact-path does not add /websocket"
        ),
        400 | 426 => format!(
            "the server did not see a WebSocket request at {path}: a proxy may have removed the header `Upgrade`"
        ),
        503 => "the server has too many connections, or is stopping: try again later".to_owned(),
        500..=599 => "the server failed: see its log".to_owned(),
        _ => format!("{path} may not be the path of a socket"),
    }
}

/// Lists what a socket checks, with what was sent.
fn forbidden(target: &Target, args: &Connect) -> String {
    let origin = match &args.origin {
        Some(origin) => {
            format!("the origin {origin}: the settings of the server list those it allows")
        }
        None => format!("a missing origin: --origin {}", target.origin()),
    };
    let (sent, other) = match target.vsn {
        Vsn::V1 => (Vsn::V1, Vsn::V2),
        Vsn::V2 => (Vsn::V2, Vsn::V1),
    };
    let version = format!(
        "the version {} of the wire format: --vsn {}",
        sent.as_str(),
        other.as_str()
    );
    let checked = [origin, token(args).to_owned(), version];
    let checked = checked.map(|what| format!("\n      - {what}"));
    format!("the server may refuse{}", checked.concat())
}

fn token(args: &Connect) -> &'static str {
    match (&args.token, args.params.is_empty()) {
        (Some(_), _) => "the token: it may be invalid or too old",
        (None, true) => "a missing token: --token, or --param token=…, as the page sends it",
        (None, false) => "the parameters: a token in them may be invalid or too old",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbidden_with(url: &str, args: &Connect) -> String {
        forbidden(&Target::parse(url, args).expect("it is a URL"), args)
    }

    #[test]
    fn a_forbidden_connection_lists_what_was_sent_and_what_was_not() {
        let nothing = forbidden_with("ws://localhost:4000/socket", &Connect::default());
        let expected = "the server may refuse\n      - a missing origin: --origin http://localhost:4000\n      \
                        - a missing token: --token, or --param token=…, as the page sends it\n      \
                        - the version 2.0.0 of the wire format: --vsn 1.0.0";
        assert_eq!(nothing, expected);
        let args = Connect {
            origin: Some("https://evil.example".to_owned()),
            token: Some("old".to_owned()),
            ..Connect::default()
        };
        let all = forbidden_with("ws://localhost:4000/socket?vsn=1.0.0", &args);
        let expected = "the server may refuse\n      - the origin https://evil.example: the settings of the server list those it allows\n      \
                        - the token: it may be invalid or too old\n      \
                        - the version 1.0.0 of the wire format: --vsn 2.0.0";
        assert_eq!(all, expected);
    }
}
