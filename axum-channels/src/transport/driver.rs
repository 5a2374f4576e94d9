use super::connection::Connection;
use super::farewell::{Farewell, Initiator};
use super::frame::{CloseCode, Incoming, Reader};
use super::hold::Hold;
use super::outbox::End;
use super::registry::{Registration, Registry};
use super::stream::Stream;
use crate::codec::Malformed;
use crate::log::{self, Closed};
use crate::message::Message;
use crate::metrics::{self, told};
use crate::pubsub::Subscription;
use crate::runner::{Drain, Runner, Turn};
use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The task of one connection.
///
/// Idle, it holds no buffer and no timer: what is read goes through a buffer that the connections of a thread share, and
/// only what is left of a partial frame is kept.
pub(super) struct Driver {
    pub(super) stream: Stream,
    pub(super) connection: Arc<Connection>,
    pub(super) registry: Arc<Registry>,
    pub(super) reader: Reader,
    /// What was read and could not be used yet.
    pub(super) backlog: Vec<u8>,
    pub(super) phase: Phase,
    pub(super) hold: Hold,
    pub(super) _registration: Registration,
}

pub(super) enum Phase {
    Open {
        runner: Runner,
        _id: Option<Subscription>,
    },
    Ending(Box<Ending>),
}

/// What is left to do once nothing more is received. The connection is over when both are done.
pub(super) struct Ending {
    /// The last frame is on its way out. `None` when the socket is closed, or was lost.
    farewell: Option<Farewell>,
    /// Channels handle what was received before.
    drain: Option<Drain>,
}

/// How a look at the client's input ended.
enum Input {
    /// It is used up.
    Waiting,
    /// There may be more, but others want their turn.
    More,
    /// The client has to read what it was sent first.
    Congested,
    /// A channel has to work off what waits for it first.
    Held,
    Close(CloseCode, Initiator),
    Gone,
}

/// So many full reads are used before other tasks get their turn.
const READS: usize = 4;

const SCRATCH: usize = 64 * 1024;

thread_local! {
    /// What all connections of a thread read into. Taken while in use, so that nothing can find it in use.
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
                    let farewell = this.begin_closing(code, initiator);
                    this.end(Some(farewell), turn);
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
            // What the client sent before is still there to be read, and its end after that.
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

    /// Handles what was received before the server ended the connection, and then says how it ends.
    fn read_rest(&mut self, end: End, turn: &mut Turn<'_, '_>) -> Input {
        match self.read_backlog(turn) {
            input @ (Input::More | Input::Held) => input,
            _ => match end {
                End::Close(code) => {
                    if code == CloseCode::POLICY {
                        self.closed(Closed::TooMuch);
                    }
                    Input::Close(code, Initiator::Server)
                }
                End::TooSlow => {
                    self.closed(Closed::TooSlow);
                    Input::Gone
                }
                End::Gone => self.read(turn),
            },
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
            self.connection.hear(self.registry.now());
            let input = if self.backlog.is_empty() {
                let (used, input) = self.consume(fresh, turn);
                self.reader.keep(&mut self.backlog, &fresh[used..]);
                input
            } else {
                let mut backlog = std::mem::take(&mut self.backlog);
                self.reader.keep(&mut backlog, fresh);
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
            *backlog = backlog.split_off(used); // what is left may be little, and stay for long
        }
        input
    }

    /// Uses what whole frames there are, and says how many bytes that was.
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
                Ok(Some(Incoming::Fragment | Incoming::Pong)) => {}
                Ok(Some(Incoming::Ping(body))) => outbox.put_pong(body),
                Ok(Some(Incoming::Close)) => {
                    break Input::Close(CloseCode::NORMAL, Initiator::Client);
                }
                Ok(Some(Incoming::Text(text))) => {
                    let message = self.connection.format.serializer.decode_text(&text);
                    if let Err(Malformed) = receive(&mut self.phase, message, turn) {
                        self.closed(Closed::Malformed(log::Frame::Text(&text)));
                        break Input::Close(CloseCode::INTERNAL_ERROR, Initiator::Server);
                    }
                }
                Ok(Some(Incoming::Binary(bytes))) => {
                    let serializer = self.connection.format.serializer;
                    let message = serializer.decode_binary(&bytes);
                    if let Err(Malformed) = receive(&mut self.phase, message, turn) {
                        let frame = log::Frame::Binary(serializer, &bytes);
                        self.closed(Closed::Malformed(frame));
                        break Input::Close(CloseCode::INTERNAL_ERROR, Initiator::Server);
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

    fn closed(&self, why: Closed<'_>) {
        self.registry.log.closed(self.connection.transport(), why);
    }

    /// Whether nothing is to be read, as too much waits for a channel.
    fn is_held(&mut self, turn: &mut Turn<'_, '_>) -> bool {
        let Phase::Open { runner, .. } = &mut self.phase else {
            return false;
        };
        let timeout = self.registry.timeout();
        self.hold.lasts(runner.load(), timeout, turn.context())
    }

    fn begin_closing(&mut self, code: CloseCode, initiator: Initiator) -> Farewell {
        told!("close", metrics::started(), code = code.0);
        self.connection.outbox.close(code);
        Farewell::new(initiator)
    }

    /// Receives nothing from here on. What was received is handled, also when the socket is gone.
    fn end(&mut self, farewell: Option<Farewell>, turn: &mut Turn<'_, '_>) {
        self.backlog = Vec::new();
        if farewell.is_none() {
            self.close_socket();
        }
        let ending = Box::new(Ending {
            farewell,
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
        if let Some(farewell) = &mut ending.farewell {
            let outbox = &self.connection.outbox;
            if farewell
                .poll(outbox, &mut self.stream, turn.context())
                .is_pending()
            {
                return Poll::Pending;
            }
            ending.farewell = None;
            self.close_socket();
        }
        if is_drained {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// What a code of the reader stands for.
fn cause(code: CloseCode) -> Closed<'static> {
    match code {
        CloseCode::TOO_BIG => Closed::TooLarge,
        CloseCode::NOT_UTF8 => Closed::NotUtf8,
        _ => Closed::BrokenFrame,
    }
}

/// Hands a message to the channels.
fn receive(
    phase: &mut Phase,
    message: Result<Message<'_>, Malformed>,
    turn: &mut Turn<'_, '_>,
) -> Result<(), Malformed> {
    let message = message?;
    if let Phase::Open { runner, .. } = phase {
        runner.receive(message, turn);
    }
    Ok(())
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.connection.outbox.shut();
    }
}
