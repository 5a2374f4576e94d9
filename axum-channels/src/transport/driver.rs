use super::connection::Connection;
use super::frame::{CloseCode, Incoming, Reader};
use super::outbox::End;
use super::pause::Pause;
use super::registry::{Registration, Registry};
use super::stream::Stream;
use crate::codec::Malformed;
use crate::log::TARGET;
use crate::message::Message;
use crate::metrics::{self, told};
use crate::pubsub::Subscription;
use crate::runner::Runner;
use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

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
    pub(super) pause: Pause,
    pub(super) _registration: Registration,
}

pub(super) enum Phase {
    Open {
        runner: Runner,
        _id: Option<Subscription>,
    },
    /// The last frame is on its way out.
    Closing(Box<Closing>),
}

pub(super) struct Closing {
    by: By,
    patience: Pin<Box<Sleep>>,
    /// Our side is shut.
    shut: bool,
}

/// Who wants it closed.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Client,
    Us,
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
    Paused,
    Close(CloseCode, By),
    Gone,
}

/// So long a client may take to read the last frame and to close its side.
const PATIENCE: Duration = Duration::from_secs(5);

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
        if let Phase::Open { runner, .. } = &mut this.phase {
            let input = match this.connection.outbox.cork(cx.waker()) {
                None => {
                    runner.poll(cx);
                    this.read(cx)
                }
                Some(End::Close(code)) => Input::Close(code, By::Us),
                Some(End::TooSlow) => {
                    tracing::warn!(target: TARGET, "a client that does not read what it is sent was disconnected");
                    Input::Gone
                }
                Some(End::Gone) => Input::Gone,
            };
            match input {
                Input::Gone => return Poll::Ready(()),
                Input::Close(code, by) => this.begin_closing(code, by),
                Input::Waiting | Input::More | Input::Congested | Input::Paused => {
                    return this.end_turn(input, cx);
                }
            }
        }
        this.poll_closing(cx)
    }
}

impl Driver {
    fn end_turn(&mut self, input: Input, cx: &mut Context<'_>) -> Poll<()> {
        let flushed = self.connection.outbox.flush(&mut self.stream, cx);
        match (flushed, input) {
            (Poll::Ready(Err(_)), _) => return Poll::Ready(()),
            (_, Input::More) | (Poll::Ready(Ok(())), Input::Congested) => cx.waker().wake_by_ref(),
            _ => {}
        }
        Poll::Pending
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Input {
        if !self.backlog.is_empty() {
            let mut backlog = std::mem::take(&mut self.backlog);
            let input = self.consume_kept(&mut backlog, cx);
            self.backlog = backlog;
            if !matches!(input, Input::Waiting) {
                return input;
            }
        }
        let mut scratch = READ.take().unwrap_or_else(|| vec![0; SCRATCH].into());
        let input = self.read_into(&mut scratch, cx);
        READ.set(Some(scratch));
        input
    }

    fn read_into(&mut self, scratch: &mut [u8], cx: &mut Context<'_>) -> Input {
        for _ in 0..READS {
            if self.connection.outbox.is_congested() {
                return Input::Congested;
            }
            if self.is_paused(cx) {
                return Input::Paused;
            }
            let fresh = match self.stream.poll_read(cx, scratch) {
                Poll::Pending => return Input::Waiting,
                Poll::Ready(Ok(read @ 1..)) => &mut scratch[..read],
                Poll::Ready(_) => return Input::Gone,
            };
            self.connection.hear(self.registry.now());
            let input = if self.backlog.is_empty() {
                let (used, input) = self.consume(fresh, cx);
                self.reader.keep(&mut self.backlog, &fresh[used..]);
                input
            } else {
                let mut backlog = std::mem::take(&mut self.backlog);
                self.reader.keep(&mut backlog, fresh);
                let input = self.consume_kept(&mut backlog, cx);
                self.backlog = backlog;
                input
            };
            if !matches!(input, Input::Waiting) {
                return input;
            }
        }
        Input::More
    }

    fn consume_kept(&mut self, backlog: &mut Vec<u8>, cx: &mut Context<'_>) -> Input {
        let (used, input) = self.consume(backlog, cx);
        if used > 0 {
            *backlog = backlog.split_off(used); // what is left may be little, and stay for long
        }
        input
    }

    /// Uses what whole frames there are, and says how many bytes that was.
    fn consume(&mut self, data: &mut [u8], cx: &mut Context<'_>) -> (usize, Input) {
        let total = data.len();
        let mut rest = data;
        let input = loop {
            if self.is_paused(cx) {
                break Input::Paused;
            }
            let outbox = &self.connection.outbox;
            if outbox.is_congested() {
                break Input::Congested;
            }
            match self.reader.next(&mut rest) {
                Ok(None) => break Input::Waiting,
                Ok(Some(Incoming::Fragment | Incoming::Pong)) => {}
                Ok(Some(Incoming::Ping(body))) => outbox.put_pong(body),
                Ok(Some(Incoming::Close)) => {
                    break Input::Close(CloseCode::NORMAL, By::Client);
                }
                Ok(Some(Incoming::Text(text))) => {
                    let message = self.connection.format.serializer.decode_text(&text);
                    if let Err(Malformed) = receive(&mut self.phase, message, cx) {
                        break Input::Close(CloseCode::INTERNAL_ERROR, By::Us);
                    }
                }
                Ok(Some(Incoming::Binary(bytes))) => {
                    let message = self.connection.format.serializer.decode_binary(&bytes);
                    if let Err(Malformed) = receive(&mut self.phase, message, cx) {
                        break Input::Close(CloseCode::INTERNAL_ERROR, By::Us);
                    }
                }
                Err(code) => break Input::Close(code, By::Us),
            }
        };
        (total - rest.len(), input)
    }

    /// Whether nothing is to be read, as too much waits for a channel.
    fn is_paused(&mut self, cx: &mut Context<'_>) -> bool {
        let Phase::Open { runner, .. } = &mut self.phase else {
            return false;
        };
        self.pause.holds(runner.load(), self.registry.timeout(), cx)
    }

    fn begin_closing(&mut self, code: CloseCode, by: By) {
        told!("close", metrics::started(), code = code.0);
        self.connection.outbox.close(code);
        self.backlog = Vec::new();
        self.phase = Phase::Closing(Box::new(Closing {
            by,
            patience: Box::pin(sleep(PATIENCE)),
            shut: false,
        }));
    }

    fn poll_closing(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Phase::Closing(closing) = &mut self.phase else {
            return Poll::Ready(());
        };
        if closing.patience.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if ready!(self.connection.outbox.flush(&mut self.stream, cx)).is_err() {
            return Poll::Ready(());
        }
        if !closing.shut {
            // What ends with unread input is reset by the kernel, and the last frame lost: so our side first.
            if ready!(self.stream.poll_shutdown(cx)).is_err() || closing.by == By::Client {
                return Poll::Ready(());
            }
            closing.shut = true;
        }
        self.poll_discard(cx)
    }

    /// Reads until the client has closed its side.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [0; 1024];
        for _ in 0..READS {
            match ready!(self.stream.poll_read(cx, &mut scratch)) {
                Ok(1..) => {}
                _ => return Poll::Ready(()),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Hands a message to the channels.
fn receive(
    phase: &mut Phase,
    message: Result<Message<'_>, Malformed>,
    cx: &mut Context<'_>,
) -> Result<(), Malformed> {
    let message = message?;
    if let Phase::Open { runner, .. } = phase {
        runner.receive(message, cx);
    }
    Ok(())
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.connection.outbox.shut();
    }
}
