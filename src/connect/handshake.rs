//! The WebSocket handshake, with its request and its response as they went over the wire.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use anyhow::Result;
use data_encoding::{BASE64, BASE64_NOPAD};
use ring::digest::{self, SHA1_FOR_LEGACY_USE_ONLY as SHA1};

use super::target::Target;
use super::transport::Transport;
use crate::args::Connect;
use crate::secrets;

/// Maximum size of a response's head, and of a refusal's body.
const MAX: usize = 64 * 1024;

/// Maximum number of a response's headers.
const MAX_HEADERS: usize = 128;

/// Time for a body without a length.
const BODY_TIME: Duration = Duration::from_millis(500);

/// The subprotocol that phoenix.js offers beside a token, and that Phoenix chooses.
const SUBPROTOCOL: &str = "phoenix";

/// Number of bytes of a key (RFC 6455, section 4.1).
const KEY_BYTES: usize = 16;

/// Text after a key in the hash that the server answers with (RFC 6455, section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The request of a handshake.
pub struct Request {
    /// As it is sent.
    pub text: String,
    key: String,
    /// A token was sent as a subprotocol.
    has_token: bool,
}

/// The response to it.
#[derive(Debug)]
pub struct Response {
    /// Status line and headers, as they were received, without the empty line.
    pub head: String,
    pub status: u16,
    headers: Vec<(String, String)>,
    /// Bytes after the head: frames, or the body of a refusal.
    pub rest: Vec<u8>,
}

/// The reason why a response is not that of a WebSocket.
#[derive(Debug)]
pub enum Fault {
    Status(u16),
    /// The header that is missing or has another value.
    Header(&'static str),
    /// A token was sent, and the subprotocol not chosen.
    NoSubprotocol,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "the server refused the connection with {status}"),
            Self::Header(name) => {
                write!(
                    f,
                    "the response is not that of a WebSocket: its header `{name}` is wrong"
                )
            }
            Self::NoSubprotocol => write!(
                f,
                "the server did not choose the subprotocol `{SUBPROTOCOL}`: it does not read tokens, and a browser would close this connection"
            ),
        }
    }
}

impl Request {
    /// # Errors
    /// The system gave no random bytes for its key.
    pub fn new(target: &Target, args: &Connect) -> Result<Self> {
        let key = BASE64.encode(secrets::draw(KEY_BYTES)?.as_bytes());
        let text = text(target, args, &key);
        Ok(Self {
            text,
            key,
            has_token: args.token.is_some(),
        })
    }

    /// Sends the request, and reads the response.
    ///
    /// # Errors
    /// The connection ends, the time is over, or the response is not HTTP.
    pub fn send(&self, transport: &mut Transport) -> io::Result<Response> {
        transport.write_all(self.text.as_bytes())?;
        transport.flush()?;
        let mut received = Vec::new();
        loop {
            if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
                let rest = received.split_off(end + 4);
                return Response::parse(&received, rest);
            }
            if received.len() > MAX {
                return Err(io::Error::other("the response's head is too long"));
            }
            if read(transport, &mut received)? == 0 {
                return Err(match received.is_empty() {
                    true => ErrorKind::UnexpectedEof.into(),
                    false => not_http(&received),
                });
            }
        }
    }
}

/// Returns the value of `Sec-WebSocket-Accept` that proves that the server has read the key.
fn accept_of(key: &str) -> String {
    let hash = digest::digest(&SHA1, format!("{key}{GUID}").as_bytes());
    BASE64.encode(hash.as_ref())
}

/// Returns the request: first the headers that browsers send, then the others.
fn text(target: &Target, args: &Connect, key: &str) -> String {
    let agent = concat!("hello-sockets/", env!("CARGO_PKG_VERSION"));
    let protocols = args.token.as_ref().map(|token| {
        let token = BASE64_NOPAD.encode(token.as_bytes());
        format!("{SUBPROTOCOL}, base64url.bearer.phx.{token}")
    });
    let own = [
        ("Host", Some(target.authority.as_str())),
        ("Connection", Some("Upgrade")),
        ("Upgrade", Some("websocket")),
        ("Origin", args.origin.as_deref()),
        ("Sec-WebSocket-Version", Some("13")),
        ("User-Agent", Some(agent)),
        ("Sec-WebSocket-Key", Some(key)),
        ("Sec-WebSocket-Protocol", protocols.as_deref()),
    ];
    let is_replaced = |name: &str| {
        args.headers
            .iter()
            .any(|(n, _)| n.eq_ignore_ascii_case(name))
    };
    let own = own.iter().filter(|(name, _)| !is_replaced(name));
    let own = own.filter_map(|(name, value)| Some((*name, (*value)?)));
    let given = args.headers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    let lines = own
        .chain(given)
        .map(|(name, value)| format!("{name}: {value}\r\n"));
    format!(
        "GET {} HTTP/1.1\r\n{}\r\n",
        target.path,
        lines.collect::<String>()
    )
}

impl Response {
    /// # Errors
    /// The head is not that of a response.
    fn parse(head: &[u8], rest: Vec<u8>) -> io::Result<Self> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(head).map_err(|_| not_http(head))?;
        let (true, Some(status)) = (parsed.is_complete(), response.code) else {
            return Err(not_http(head));
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = response.headers.iter();
        Ok(Self {
            head: text(head.trim_ascii_end()),
            status,
            headers: headers
                .map(|h| (h.name.to_ascii_lowercase(), text(h.value)))
                .collect(),
            rest,
        })
    }

    /// Checks that the server speaks WebSocket from now on.
    ///
    /// # Errors
    /// It does not.
    pub fn check(&self, request: &Request) -> Result<(), Fault> {
        let has = |name: &str, value: &str| {
            self.header(name)
                .is_some_and(|v| v.eq_ignore_ascii_case(value))
        };
        let accept = accept_of(&request.key);
        match self.status {
            101 if !has("upgrade", "websocket") => Err(Fault::Header("Upgrade")),
            101 if self.header("sec-websocket-accept") != Some(&accept) => {
                Err(Fault::Header("Sec-WebSocket-Accept"))
            }
            101 if request.has_token && !has("sec-websocket-protocol", SUBPROTOCOL) => {
                Err(Fault::NoSubprotocol)
            }
            101 => Ok(()),
            status => Err(Fault::Status(status)),
        }
    }

    /// Returns the value of a header, whose name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Reads the body of a refusal, as far as it comes.
    pub fn body(&mut self, transport: &mut Transport) -> String {
        let length = self
            .header("content-length")
            .and_then(|length| length.parse().ok());
        let wanted = length.unwrap_or(MAX).min(MAX);
        transport.set_deadline(Instant::now() + BODY_TIME);
        while self.rest.len() < wanted
            && read(transport, &mut self.rest).is_ok_and(|count| count > 0)
        {}
        self.rest.truncate(wanted);
        String::from_utf8_lossy(&self.rest).into_owned()
    }
}

fn read(transport: &mut Transport, received: &mut Vec<u8>) -> io::Result<usize> {
    let mut buffer = [0; 4096];
    let count = transport.read(&mut buffer)?;
    received.extend_from_slice(&buffer[..count]);
    Ok(count)
}

fn not_http(received: &[u8]) -> io::Error {
    let start = String::from_utf8_lossy(&received[..received.len().min(40)]).into_owned();
    let text = format!("the server does not answer with HTTP, but with {start:?}");
    io::Error::new(ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(args: &Connect) -> Request {
        let target = Target::parse("ws://localhost:4000/socket", args).expect("it is a URL");
        Request::new(&target, args).expect("the system has random bytes")
    }

    #[test]
    fn the_request_has_the_headers_of_a_browser_and_those_given() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let args = Connect {
            headers: vec![pair("Cookie", "a=b"), pair("user-agent", "me")],
            token: Some("ab?".to_owned()),
            origin: Some("http://localhost:4000".to_owned()),
            ..Connect::default()
        };
        let request = request(&args);
        let expected = format!(
            "GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: localhost:4000\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Origin: http://localhost:4000\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n\
             Sec-WebSocket-Protocol: phoenix, base64url.bearer.phx.YWI/\r\nCookie: a=b\r\nuser-agent: me\r\n\r\n",
            request.key
        );
        assert_eq!(request.text, expected);
    }

    #[test]
    fn the_hash_of_a_key_is_that_of_the_rfc_s_example() {
        let accept = accept_of("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn each_request_has_a_key_of_16_bytes_of_its_own() {
        let [one, other] = [(); 2].map(|()| request(&Connect::default()).key);
        assert_ne!(one, other);
        assert_eq!(BASE64.decode(one.as_bytes()).map(|key| key.len()), Ok(16));
    }

    fn checked(request: &Request, status: &str, headers: &str) -> Option<String> {
        let head = format!("HTTP/1.1 {status}\r\n{headers}\r\n\r\n");
        let response = Response::parse(head.as_bytes(), Vec::new()).expect("it is HTTP");
        assert_eq!(response.head, head.trim_end());
        response.check(request).err().map(|fault| fault.to_string())
    }

    #[test]
    fn a_response_has_to_upgrade_with_the_key_s_hash() {
        let request = request(&Connect::default());
        let accept = accept_of(&request.key);
        let upgrade = format!("Upgrade: WebSocket\r\nSec-WebSocket-Accept: {accept}");
        assert_eq!(checked(&request, "101 Switching Protocols", &upgrade), None);
        let other = "Upgrade: websocket\r\nSec-WebSocket-Accept: AAAA";
        let fault =
            "the response is not that of a WebSocket: its header `Sec-WebSocket-Accept` is wrong";
        assert_eq!(
            checked(&request, "101 Switching Protocols", other).as_deref(),
            Some(fault)
        );
        let refused = "the server refused the connection with 403";
        assert_eq!(
            checked(&request, "403 Forbidden", "a: b").as_deref(),
            Some(refused)
        );
    }

    #[test]
    fn with_a_token_the_subprotocol_has_to_be_chosen() {
        let token = Some("secret".to_owned());
        let request = request(&Connect {
            token,
            ..Connect::default()
        });
        let accept = accept_of(&request.key);
        let upgrade = format!("Upgrade: websocket\r\nSec-WebSocket-Accept: {accept}");
        assert!(checked(&request, "101 Switching Protocols", &upgrade).is_some());
        let chosen = format!("{upgrade}\r\nSec-WebSocket-Protocol: phoenix");
        assert_eq!(checked(&request, "101 Switching Protocols", &chosen), None);
    }

    #[test]
    fn other_protocols_are_named_by_their_start() {
        let error =
            Response::parse(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", Vec::new()).expect_err("it is SSH");
        let text =
            r#"the server does not answer with HTTP, but with "SSH-2.0-OpenSSH_9.6\r\n\r\n""#;
        assert_eq!(error.to_string(), text);
    }
}
