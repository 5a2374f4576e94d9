//! One connection.

use crate::topics::Place;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{self, SendFlags, Shutdown};

/// Maximum number of unread bytes; a client with more is disconnected.
const MOST_UNSENT: usize = 1024 * 1024;

pub(crate) struct Connection {
    pub(crate) socket: OwnedFd,
    pub(crate) phase: Phase,
    pub(crate) places: Vec<Place>,
    /// An idle connection has none.
    unfinished: Option<Box<Unfinished>>,
}

#[derive(PartialEq)]
pub(crate) enum Phase {
    Request,
    Open,
    /// No more is sent to it.
    Over,
}

#[derive(Default)]
struct Unfinished {
    /// Received part of an incomplete frame.
    begun: Vec<u8>,
    unsent: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(socket: OwnedFd) -> Connection {
        Connection {
            socket,
            phase: Phase::Request,
            places: Vec::new(),
            unfinished: None,
        }
    }

    pub(crate) fn take_begun(&mut self) -> Vec<u8> {
        let unfinished = self.unfinished.as_mut();
        unfinished.map_or_else(Vec::new, |unfinished| std::mem::take(&mut unfinished.begun))
    }

    pub(crate) fn keep_begun(&mut self, begun: Vec<u8>) {
        if !begun.is_empty() {
            self.unfinished.get_or_insert_default().begun = begun;
        } else if self
            .unfinished
            .as_ref()
            .is_some_and(|it| it.unsent.is_empty())
        {
            self.unfinished = None;
        }
    }

    /// Sends as much as the socket accepts, after earlier bytes; the rest is sent when it accepts more.
    pub(crate) fn send(&mut self, epoll: &OwnedFd, bytes: &[u8]) {
        let mut unsent = match &mut self.unfinished {
            Some(unfinished) => std::mem::take(&mut unfinished.unsent),
            None => Vec::new(),
        };
        let waited = !unsent.is_empty();
        if waited {
            unsent.extend_from_slice(bytes);
        }
        let due = if waited { &unsent } else { bytes };
        if due.is_empty() {
            return;
        }
        let sent = match net::send(&self.socket, due, SendFlags::NOSIGNAL) {
            Ok(sent) => sent,
            Err(Errno::AGAIN) => 0,
            Err(_) => return, // epoll reports that it hung up
        };
        if !waited && sent == due.len() {
            return;
        }
        let rest = due[sent..].to_vec();
        if rest.len() > MOST_UNSENT {
            let _ = net::shutdown(&self.socket, Shutdown::Both);
            return;
        }
        let flags = match rest.is_empty() {
            true => EventFlags::IN,
            false => EventFlags::IN | EventFlags::OUT,
        };
        let data = EventData::new_u64(self.socket.as_raw_fd() as u64);
        let _ = epoll::modify(epoll, &self.socket, data, flags);
        self.unfinished.get_or_insert_default().unsent = rest;
    }
}
