use super::closing_handshake::{ClosingHandshake, Initiator};
use super::connection::Connection;
use super::frame::{CloseCode, Incoming, Reader};
use super::outbox::End;
use super::read_pause::ReadPause;
use super::registry::{Registration, Registry};
use super::stream::Stream;
use crate::codec::{Frame, Malformed};
use crate::log::Closed;
use crate::metrics::{self, record};
use crate::pubsub::Subscription;
use crate::runner::{Drain, Runner, Turn};
use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The task of one connection.
///
/// An idle driver holds no buffer and no timer: input is read into a buffer that is shared by the thread's connections, and
/// only a partial frame is kept.
pub(super) struct Driver {
    pub(super) stream: Stream,
    pub(super) connection: Arc<Connection>,
    pub(super) registry: Arc<Registry>,
    pub(super) reader: Reader,
    /// Input that could not be processed yet.
    pub(super) backlog: Vec<u8>,
    pub(super) phase: Phase,
    pub(super) read_pause: ReadPause,
    pub(super) _registration: Registration,
}

pub(super) enum Phase {
    Open {
        runner: Runner,
        _id: Option<Subscription>,
    },
    Ending(Box<Ending>),
}

impl Phase {
    /// Counts a frame that is no whole message. Returns whether it is within the rate limit.
    fn receive_frame(&mut self, bytes: usize, turn: &mut Turn<'_, '_>) -> bool {
        match self {
            Self::Open { runner, .. } => runner.receive_frame(bytes, turn),
            Self::Ending(_) => true,
        }
    }
}

/// Remaining work after the last read. The connection is over when both parts are done.
pub(super) struct Ending {
    /// The closing handshake. `None` when the socket is closed or lost.
    closing_handshake: Option<ClosingHandshake>,
    /// Channels that still handle messages received before.
    drain: Option<Drain>,
}

/// Result of processing the client's input.
enum Input {
    /// All input is processed.
    Waiting,
    /// There may be more input, but other tasks are polled first.
    More,
    /// The client has to read its replies first.
    Congested,
    /// A channel has to handle its queued messages first.
    Held,
    Close(CloseCode, Initiator),
    Gone,
}

/// Maximum number of full reads before other tasks are polled.
const READS: usize = 4;

const SCRATCH: usize = 64 * 1024;

thread_local! {
    /// Read buffer, shared by all connections of a thread. Taken while in use, so that no two connections use it at once.
    static READ: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let turn = &mut Turn::new(cx);
        let end = this.connection.outbox.cork(turn.waker());
        if let Phase::Open { runner, .. } = &mut this.phase {
            let input = match end {
                None if runner.is_paused(turn) => Input::Waiting,
                None => {
                    runner.poll(turn);
                    turn.begin_input();
                    this.read(turn)
                }
                Some(end) => {
                    runner.poll(turn);
                    turn.begin_input();
                    this.read_rest(end, turn)
                }
            };
            match input {
                Input::Gone => this.end(None, turn),
                Input::Close(code, initiator) => {
                    let closing_handshake = this.begin_closing(code, initiator);
                    this.end(Some(closing_handshake), turn);
                }
                Input::Waiting | Input::More | Input::Congested | Input::Held => {
                    return this.end_turn(input, turn);
                }
            }
        }
        this.poll_ending(turn)
    }
}

impl Driver {
    fn end_turn(&mut self, input: Input, turn: &mut Turn<'_, '_>) -> Poll<()> {
        let (lost, more) = match (self.flush(turn), input) {
            (Poll::Ready(Err(_)), _) => (true, true),
            (_, Input::More) | (Poll::Ready(Ok(())), Input::Congested) => (false, true),
            _ => (false, false),
        };
        if lost {
            // Input that the client sent before is still read, and then the end of the stream.
            self.connection.outbox.mute();
        }
        match &mut self.phase {
            Phase::Open { runner, .. } if turn.ends() => runner.end_turn(turn),
            _ if more => turn.again(),
            _ => {}
        }
        Poll::Pending
    }

    fn flush(&mut self, turn: &mut Turn<'_, '_>) -> Poll<io::Result<()>> {
        self.connection
            .outbox
            .flush(&mut self.stream, turn.context())
    }

    /// Handles the messages received before the server closed the connection, and then starts the closing handshake.
    fn read_rest(&mut self, end: End, turn: &mut Turn<'_, '_>) -> Input {
        match self.read_backlog(turn) {
            input @ (Input::More | Input::Held) => input,
            _ => {
                if let Some(why) = end.reason() {
                    self.closed(why);
                }
                match end {
                    End::Close(code) => Input::Close(code, Initiator::Server),
                    End::TooSlow => Input::Gone,
                    End::Gone => self.read(turn),
                }
            }
        }
    }

    fn read(&mut self, turn: &mut Turn<'_, '_>) -> Input {
        match self.read_backlog(turn) {
            Input::Waiting => {}
            input => return input,
        }
        let mut scratch = READ.take().unwrap_or_else(|| vec![0; SCRATCH].into());
        let input = self.read_into(&mut scratch, turn);
        READ.set(Some(scratch));
        input
    }

    fn read_backlog(&mut self, turn: &mut Turn<'_, '_>) -> Input {
        if self.backlog.is_empty() {
            return Input::Waiting;
        }
        let mut backlog = std::mem::take(&mut self.backlog);
        let input = self.consume_kept(&mut backlog, turn);
        self.backlog = backlog;
        input
    }

    fn read_into(&mut self, scratch: &mut [u8], turn: &mut Turn<'_, '_>) -> Input {
        for _ in 0..READS {
            if self.connection.outbox.is_congested() {
                return Input::Congested;
            }
            if self.is_held(turn) {
                return Input::Held;
            }
            if turn.is_over() {
                return Input::More;
            }
            let fresh = match self.stream.poll_read(turn.context(), scratch) {
                Poll::Pending => return Input::Waiting,
                Poll::Ready(Ok(read @ 1..)) => &mut scratch[..read],
                Poll::Ready(_) => return Input::Gone,
            };
            self.connection.touch(self.registry.now());
            let input = if self.backlog.is_empty() {
                let (used, input) = self.consume(fresh, turn);
                Reader::keep(&mut self.backlog, &fresh[used..]);
                input
            } else {
                let mut backlog = std::mem::take(&mut self.backlog);
                Reader::keep(&mut backlog, fresh);
                let input = self.consume_kept(&mut backlog, turn);
                self.backlog = backlog;
                input
            };
            if !matches!(input, Input::Waiting) {
                return input;
            }
        }
        Input::More
    }

    fn consume_kept(&mut self, backlog: &mut Vec<u8>, turn: &mut Turn<'_, '_>) -> Input {
        let (used, input) = self.consume(backlog, turn);
        if used > 0 {
            *backlog = backlog.split_off(used); // a short remainder may stay for long
        }
        input
    }

    /// Processes the complete frames, and returns their length in bytes.
    fn consume(&mut self, data: &mut [u8], turn: &mut Turn<'_, '_>) -> (usize, Input) {
        let total = data.len();
        let mut rest = data;
        let input = loop {
            if self.is_held(turn) {
                break Input::Held;
            }
            let outbox = &self.connection.outbox;
            if outbox.is_congested() {
                break Input::Congested;
            }
            if turn.is_over() {
                break Input::More;
            }
            match self.reader.next(&mut rest) {
                Ok(None) => break Input::Waiting,
                Ok(Some(Incoming::Fragment | Incoming::Pong)) => {
                    self.phase.receive_frame(0, turn);
                }
                Ok(Some(Incoming::Ping(body))) => {
                    if self.phase.receive_frame(body.len(), turn) {
                        outbox.put_pong(body);
                    }
                }
                Ok(Some(Incoming::Close)) => {
                    break Input::Close(CloseCode::NORMAL, Initiator::Client);
                }
                Ok(Some(Incoming::Text(text))) => {
                    let frame = Frame::Text(&text);
                    if let Err(malformed) = self.receive(frame, turn) {
                        break malformed;
                    }
                }
                Ok(Some(Incoming::Binary(bytes))) => {
                    let frame = Frame::Binary(&bytes);
                    if let Err(malformed) = self.receive(frame, turn) {
                        break malformed;
                    }
                }
                Err(code) => {
                    self.closed(cause(code));
                    break Input::Close(code, Initiator::Server);
                }
            }
        };
        (total - rest.len(), input)
    }

    /// Passes a message to the channels. `Err` closes the connection, since it is malformed.
    fn receive(&mut self, frame: Frame<'_>, turn: &mut Turn<'_, '_>) -> Result<(), Input> {
        let format = &self.connection.format;
        match (format.decode(frame), &mut self.phase) {
            (Ok(message), Phase::Open { runner, .. }) => runner.receive(message, turn),
            (Ok(_), Phase::Ending(_)) => {}
            (Err(Malformed), _) => {
                self.closed(Closed::Malformed(&format.codec, frame));
                return Err(Input::Close(CloseCode::INTERNAL_ERROR, Initiator::Server));
            }
        }
        Ok(())
    }

    fn closed(&self, why: Closed<'_>) {
        self.registry.log.closed(self.connection.transport(), why);
    }

    /// Returns whether reading is paused because a channel's queue is full.
    fn is_held(&mut self, turn: &mut Turn<'_, '_>) -> bool {
        let Phase::Open { runner, .. } = &mut self.phase else {
            return false;
        };
        let timeout = self.registry.timeout();
        self.read_pause
            .lasts(runner.load(), timeout, turn.context())
    }

    fn begin_closing(&mut self, code: CloseCode, initiator: Initiator) -> ClosingHandshake {
        record!("close", metrics::started(), code = code.0);
        self.connection.outbox.close(code);
        ClosingHandshake::new(initiator)
    }

    /// Stops receiving. Messages received before are handled, even if the socket is lost.
    fn end(&mut self, closing_handshake: Option<ClosingHandshake>, turn: &mut Turn<'_, '_>) {
        self.backlog = Vec::new();
        if closing_handshake.is_none() {
            self.close_socket();
        }
        let ending = Box::new(Ending {
            closing_handshake,
            drain: None,
        });
        let phase = std::mem::replace(&mut self.phase, Phase::Ending(ending));
        if let (Phase::Open { runner, .. }, Phase::Ending(ending)) = (phase, &mut self.phase) {
            ending.drain = Drain::start(runner, turn);
        }
    }

    fn close_socket(&mut self) {
        self.connection.outbox.mute();
        self.stream = Stream::Closed;
    }

    fn poll_ending(&mut self, turn: &mut Turn<'_, '_>) -> Poll<()> {
        let Phase::Ending(ending) = &mut self.phase else {
            return Poll::Ready(());
        };
        if ending
            .drain
            .as_mut()
            .is_some_and(|drain| drain.poll(turn).is_ready())
        {
            ending.drain = None;
        }
        let is_drained = ending.drain.is_none();
        if let Some(closing_handshake) = &mut ending.closing_handshake {
            let outbox = &self.connection.outbox;
            if closing_handshake
                .poll(outbox, &mut self.stream, turn.context())
                .is_pending()
            {
                return Poll::Pending;
            }
            ending.closing_handshake = None;
            self.close_socket();
        }
        if is_drained {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// Reason to log for a close code of the reader.
fn cause(code: CloseCode) -> Closed<'static> {
    match code {
        CloseCode::TOO_BIG => Closed::TooLarge,
        CloseCode::NOT_UTF8 => Closed::NotUtf8,
        _ => Closed::BrokenFrame,
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.connection.outbox.abandon();
    }
}
