//! The loop, and its connections.

use crate::connection::{Connection, Phase};
use crate::frame::{self, Frame};
use crate::message::Message;
use crate::topics::Topics;
use crate::upgrade;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SocketFlags};
use std::net::TcpListener;

const AT_ONCE: usize = 512;
const READ: usize = 64 * 1024;
const BACKLOG: i32 = 4096;

pub(crate) struct Server {
    epoll: OwnedFd,
    listener: OwnedFd,
    /// Connections by descriptor: the kernel assigns the lowest free one.
    connections: Vec<Option<Connection>>,
    topics: Topics,
    /// Output for the connection that is being served.
    out: Vec<u8>,
}

impl Server {
    pub(crate) fn new(listener: TcpListener) -> anyhow::Result<Server> {
        listener.set_nonblocking(true)?;
        net::sockopt::set_tcp_nodelay(&listener, true)?; // whom it accepts inherits that
        net::listen(&listener, BACKLOG)?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let listener = OwnedFd::from(listener);
        let data = EventData::new_u64(listener.as_raw_fd() as u64);
        epoll::add(&epoll, &listener, data, EventFlags::IN)?;
        Ok(Server {
            epoll,
            listener,
            connections: Vec::new(),
            topics: Topics::default(),
            out: Vec::new(),
        })
    }

    pub(crate) fn run(mut self) -> anyhow::Result<()> {
        let listener = self.listener.as_raw_fd() as usize;
        let mut events = Vec::with_capacity(AT_ONCE);
        let mut room = vec![0; READ];
        loop {
            match epoll::wait(&self.epoll, spare_capacity(&mut events), None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for epoll::Event { flags, data } in events.drain(..) {
                let at = data.u64() as usize;
                if at == listener {
                    self.accept()?;
                    continue;
                }
                if flags.contains(EventFlags::OUT) {
                    self.send(at, &[]);
                }
                if flags.intersects(!EventFlags::OUT) {
                    self.read(at, &mut room);
                }
            }
        }
    }

    fn accept(&mut self) -> anyhow::Result<()> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        loop {
            let socket = match net::accept_with(&self.listener, flags) {
                Ok(socket) => socket,
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::CONNABORTED | Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            let at = socket.as_raw_fd() as usize;
            let data = EventData::new_u64(at as u64);
            epoll::add(&self.epoll, &socket, data, EventFlags::IN)?;
            if at >= self.connections.len() {
                self.connections.resize_with(at + 1, || None);
            }
            self.connections[at] = Some(Connection::new(socket));
        }
    }

    fn read(&mut self, at: usize, room: &mut [u8]) {
        let Some(connection) = &mut self.connections[at] else {
            return;
        };
        let length = match net::recv(&connection.socket, &mut *room, RecvFlags::empty()) {
            Ok((_, length)) if length > 0 => length,
            Err(Errno::AGAIN | Errno::INTR) => return,
            _ => return self.drop(at),
        };
        let mut begun = connection.take_begun();
        if begun.is_empty() {
            let used = self.serve(at, &mut room[..length]);
            begun.extend_from_slice(&room[used..length]);
        } else {
            begun.extend_from_slice(&room[..length]);
            let used = self.serve(at, &mut begun);
            begun.drain(..used);
        }
        let out = std::mem::take(&mut self.out);
        self.send(at, &out);
        self.out = out;
        self.out.clear();
        match &mut self.connections[at] {
            Some(connection) if connection.phase == Phase::Over => self.drop(at),
            Some(connection) => connection.keep_begun(begun),
            None => {}
        }
    }

    /// Answers the complete messages, and returns their length.
    fn serve(&mut self, at: usize, read: &mut [u8]) -> usize {
        let Some(connection) = &mut self.connections[at] else {
            return read.len();
        };
        let mut used = 0;
        if connection.phase == Phase::Request {
            let Some(end) = upgrade::end(read) else {
                return 0;
            };
            connection.phase = match upgrade::answer(&read[..end], &mut self.out) {
                Ok(()) => Phase::Open,
                Err(upgrade::Refused) => Phase::Over,
            };
            used = end;
        }
        while self.is_open(at) {
            let Some((frame, length)) = Frame::read(&mut read[used..]) else {
                break;
            };
            used += length;
            match frame {
                Frame::Text(text) => self.text(at, text),
                Frame::Ping(payload) => frame::write(&mut self.out, frame::PONG, &[payload]),
                Frame::Pong => {}
                Frame::Close => self.close(at, 1000),
                Frame::Unheard => self.close(at, 1003),
            }
        }
        used
    }

    fn is_open(&self, at: usize) -> bool {
        matches!(&self.connections[at], Some(connection) if connection.phase == Phase::Open)
    }

    fn text(&mut self, at: usize, text: &[u8]) {
        let Some(message) = Message::read(text) else {
            return self.close(at, 1011);
        };
        let Some(connection) = &mut self.connections[at] else {
            return;
        };
        let place = self.topics.place(&connection.places, message.topic);
        let out = &mut self.out;
        match (message.event, place) {
            (br#""heartbeat""#, None) => message.reply(out, "ok", b"{}"),
            (br#""phx_join""#, None) if message.topic.starts_with(br#""room:"#) => {
                self.topics.join(connection, at, message.topic);
                message.reply(out, "ok", b"{}");
            }
            (br#""phx_join""#, Some(_)) => message.reply(out, "ok", b"{}"),
            (br#""ping""#, Some(_)) => message.reply(out, "ok", message.payload),
            (br#""shout""#, Some(place)) => self.broadcast(place.topic, &message),
            (br#""phx_leave""#, Some(place)) => {
                message.reply(out, "ok", b"{}");
                self.topics.leave(&mut self.connections, at, place);
            }
            _ => message.reply(out, "error", br#"{"reason":"unmatched topic"}"#),
        }
    }

    fn broadcast(&mut self, topic: u32, message: &Message<'_>) {
        let mut shout = Vec::new();
        message.broadcast(&mut shout);
        for member in self.topics.members(topic) {
            if let Some(connection) = &mut self.connections[*member as usize] {
                connection.send(&self.epoll, &shout);
            }
        }
    }

    fn send(&mut self, at: usize, bytes: &[u8]) {
        if let Some(connection) = &mut self.connections[at] {
            connection.send(&self.epoll, bytes);
        }
    }

    fn close(&mut self, at: usize, code: u16) {
        frame::write(&mut self.out, frame::CLOSE, &[&code.to_be_bytes()]);
        if let Some(connection) = &mut self.connections[at] {
            connection.phase = Phase::Over;
        }
    }

    fn drop(&mut self, at: usize) {
        while let Some(place) = self.connections[at]
            .as_mut()
            .and_then(|connection| connection.places.last().copied())
        {
            self.topics.leave(&mut self.connections, at, place);
        }
        self.connections[at] = None;
    }
}
