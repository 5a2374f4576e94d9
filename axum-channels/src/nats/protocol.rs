//! The protocol between NATS and its clients: lines of text, and messages after theirs. No input or output happens here.

use bytes::{Buf, Bytes, BytesMut};
use serde_json::Value;
use std::fmt;

/// Operation of the server.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operation {
    Info(Info),
    Message(Received),
    Ping,
    Pong,
    Ok,
    Error(String),
}

/// A message to one of the client's subscriptions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Received {
    /// Subscription.
    pub(super) sid: u64,
    pub(super) subject: String,
    /// Subject for an answer.
    pub(super) reply: Option<String>,
    /// The message was stored before it was sent.
    pub(super) stored: Option<InStream>,
    /// Status in the headers, such as 404.
    pub(super) status: Option<u16>,
    pub(super) payload: Bytes,
}

/// Place of a message in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InStream {
    pub(super) stream: String,
    pub(super) number: u64,
    /// Number of the message before it on its subject, or 0.
    pub(super) previous: u64,
}

impl InStream {
    /// Reads the headers that the server adds.
    fn read(headers: &[u8]) -> Option<Self> {
        let header = |name| header(headers, name);
        Some(InStream {
            stream: header("Nats-Stream")?.to_owned(),
            number: header("Nats-Sequence")?.parse().ok()?,
            previous: header("Nats-Last-Sequence")?.parse().ok()?,
        })
    }
}

/// Facts about the server, which it states first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Info {
    pub(super) max_payload: usize,
    pub(super) tls_required: bool,
}

impl Info {
    fn parse(text: &str) -> Result<Self, NotNats> {
        let facts: Value = serde_json::from_str(text).map_err(|_| NotNats)?;
        let max_payload = facts["max_payload"].as_u64().ok_or(NotNats)?;
        Ok(Info {
            max_payload: max_payload.try_into().map_err(|_| NotNats)?,
            tls_required: facts["tls_required"] == true,
        })
    }
}

/// Bytes that no server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotNats;

/// Maximum number of bytes of a line: an `INFO` has the addresses of a whole cluster.
const MAX_LINE: usize = 64 * 1024;

/// Maximum number of bytes of a message with its headers. NATS has no larger ones.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;

const LINE_END: &[u8] = b"\r\n";

impl Operation {
    /// Removes an operation from the start of a buffer. `None` if it is not complete yet.
    pub(super) fn decode(buffer: &mut BytesMut) -> Result<Option<Self>, NotNats> {
        let Some(end) = buffer.iter().take(MAX_LINE).position(|byte| *byte == b'\n') else {
            return match buffer.len() < MAX_LINE {
                true => Ok(None),
                false => Err(NotNats),
            };
        };
        let line = std::str::from_utf8(&buffer[..end]).map_err(|_| NotNats)?;
        let line = line.strip_suffix('\r').unwrap_or(line);
        let (name, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let is = |operation: &str| name.eq_ignore_ascii_case(operation);
        let operation = match () {
            () if is("MSG") => return message(rest, end + 1, Headers::Absent)?.take(buffer),
            () if is("HMSG") => return message(rest, end + 1, Headers::Present)?.take(buffer),
            () if is("INFO") => Operation::Info(Info::parse(rest)?),
            () if is("PING") => Operation::Ping,
            () if is("PONG") => Operation::Pong,
            () if is("+OK") => Operation::Ok,
            () if is("-ERR") => Operation::Error(rest.trim_matches([' ', '\'']).to_owned()),
            () => return Err(NotNats),
        };
        buffer.advance(end + 1);
        Ok(Some(operation))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Headers {
    Absent,
    Present,
}

/// The line of a message.
struct Line {
    sid: u64,
    subject: String,
    reply: Option<String>,
    /// Numbers of bytes: of the line, of the headers, and of headers and payload.
    line: usize,
    headers: usize,
    total: usize,
}

/// Reads the line of a message: subject, subscription, sometimes a reply subject, and numbers of bytes.
fn message(rest: &str, line: usize, headers: Headers) -> Result<Line, NotNats> {
    let mut words = rest.split_ascii_whitespace();
    let mut word = || words.next().ok_or(NotNats);
    let (subject, sid) = (word()?.to_owned(), number(word()?)? as u64);
    let rest = [words.next(), words.next(), words.next(), words.next()];
    let (reply, headers, total) = match (headers, rest) {
        (Headers::Absent, [Some(total), None, ..]) => (None, 0, number(total)?),
        (Headers::Absent, [reply, Some(total), None, _]) => (reply, 0, number(total)?),
        (Headers::Present, [Some(headers), Some(total), None, _]) => {
            (None, number(headers)?, number(total)?)
        }
        (Headers::Present, [reply, Some(headers), Some(total), None]) => {
            (reply, number(headers)?, number(total)?)
        }
        _ => return Err(NotNats),
    };
    let reply = reply.map(str::to_owned);
    if headers > total || total > MAX_MESSAGE {
        return Err(NotNats);
    }
    Ok(Line {
        sid,
        subject,
        reply,
        line,
        headers,
        total,
    })
}

fn number(word: &str) -> Result<usize, NotNats> {
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| word.parse().ok()).flatten();
    number.ok_or(NotNats)
}

impl Line {
    /// Removes the message from the buffer, if it is complete.
    fn take(self, buffer: &mut BytesMut) -> Result<Option<Operation>, NotNats> {
        let end = self.line + self.total;
        if buffer.len() < end + LINE_END.len() {
            buffer.reserve(end + LINE_END.len() - buffer.len());
            return Ok(None);
        }
        if !buffer[end..].starts_with(LINE_END) {
            return Err(NotNats);
        }
        buffer.advance(self.line);
        let headers = buffer.split_to(self.headers);
        let payload = buffer.split_to(self.total - self.headers).freeze();
        buffer.advance(LINE_END.len());
        Ok(Some(Operation::Message(Received {
            sid: self.sid,
            subject: self.subject,
            reply: self.reply,
            stored: InStream::read(&headers),
            status: status(&headers),
            payload,
        })))
    }
}

/// Returns the status in the first line of headers, such as `NATS/1.0 404 Message Not Found`.
fn status(headers: &[u8]) -> Option<u16> {
    let line = headers.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    line.split(' ').nth(1)?.parse().ok()
}

/// Returns the value of a header.
fn header<'a>(headers: &'a [u8], name: &str) -> Option<&'a str> {
    let lines = std::str::from_utf8(headers).ok()?.split("\r\n");
    let mut values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    Some(values.next()?.trim())
}

/// Operations of the client, one after the other.
#[derive(Debug, Default)]
pub(super) struct Operations(pub(super) Vec<u8>);

impl Operations {
    pub(super) fn connect(&mut self, settings: &Value) {
        self.line(format_args!("CONNECT {settings}"));
    }

    pub(super) fn ping(&mut self) {
        self.line(format_args!("PING"));
    }

    pub(super) fn pong(&mut self) {
        self.line(format_args!("PONG"));
    }

    pub(super) fn subscribe(&mut self, subject: &str, sid: u64) {
        self.line(format_args!("SUB {subject} {sid}"));
    }

    pub(super) fn unsubscribe(&mut self, sid: u64) {
        self.line(format_args!("UNSUB {sid}"));
    }

    pub(super) fn publish(&mut self, subject: &str, payload: &[u8]) {
        self.0.reserve(subject.len() + payload.len() + 32); // with the rest of the line
        self.0.extend_from_slice(b"PUB ");
        self.0.extend_from_slice(subject.as_bytes());
        self.line(format_args!(" {}", payload.len()));
        self.payload(payload);
    }

    /// Publishes with a subject for the answer, and with a header, if there is one.
    pub(super) fn request(
        &mut self,
        subject: &str,
        reply: &str,
        header: Option<(&str, &str)>,
        payload: &[u8],
    ) {
        let bytes = payload.len();
        let Some((name, value)) = header else {
            self.line(format_args!("PUB {subject} {reply} {bytes}"));
            return self.payload(payload);
        };
        let headers = format!("NATS/1.0\r\n{name}: {value}\r\n\r\n");
        let (head, total) = (headers.len(), headers.len() + bytes);
        self.line(format_args!("HPUB {subject} {reply} {head} {total}"));
        self.0.extend_from_slice(headers.as_bytes());
        self.payload(payload);
    }

    fn line(&mut self, line: fmt::Arguments<'_>) {
        use std::io::Write;
        let _ = self.0.write_fmt(line); // never fails
        self.0.extend_from_slice(LINE_END);
    }

    fn payload(&mut self, payload: &[u8]) {
        self.0.extend_from_slice(payload);
        self.0.extend_from_slice(LINE_END);
    }
}

impl fmt::Display for NotNats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it does not speak the protocol of NATS")
    }
}

impl std::error::Error for NotNats {}

#[cfg(any(test, fuzzing))]
pub(super) mod fuzz;
#[cfg(test)]
mod tests;
