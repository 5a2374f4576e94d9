use super::connection::Connection;
use super::outbox::End;
use super::poll_sessions::{Inbound, OpenSession, PollResult, Request};
use super::read_pause::ReadPause;
use super::registry::{Registration, Registry};
use crate::codec::{Frame, Malformed};
use crate::log::Closed;
use crate::pubsub::Subscription;
use crate::runner::{Drain, Runner, Turn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Sleep, sleep};

/// Maximum duration of a poll, as Phoenix's `window_ms`.
const WINDOW: Duration = Duration::from_secs(10);

/// Time after the last response until a client that does not poll again is considered gone.
///
/// One and a half windows, as in Phoenix, which counts from the arrival of the poll but checks once a window: after 15 to
/// 30 seconds. A slow response must not end the session.
const ABSENCE: Duration = Duration::from_secs(15);

/// Maximum number of message bytes in a response, unless the first message has more. The next poll is answered at once.
const PART: usize = 1024 * 1024;

/// Number of bytes in a response besides its messages.
const ROOM: usize = 128;

/// The task of one long-poll session, the counterpart of a WebSocket's [`Driver`](super::driver::Driver).
pub(super) struct Poller {
    phase: Phase,
    connection: Arc<Connection>,
    registry: Arc<Registry>,
    requests: mpsc::Receiver<Request>,
    /// The pending poll, and its deadline.
    waiting: Option<(oneshot::Sender<PollResult>, Instant)>,
    /// A POST whose response is delayed until the client has received its messages. Only one: clients before phoenix.js 1.7
    /// send each message in a request of its own, and delaying all of them would leave a browser no connection to poll
    /// with.
    held_back: Option<oneshot::Sender<bool>>,
    read_pause: ReadPause,
    /// Fires when the client is considered gone, or when a poll times out.
    timer: Pin<Box<Sleep>>,
    gone_at: Instant,
    _registration: Registration,
}

enum Phase {
    Open {
        runner: Runner,
        _session: OpenSession,
        _id: Option<Subscription>,
    },
    /// The client is gone, and channels handle the messages received from it.
    Draining(Option<Drain>),
}

impl Poller {
    pub(super) fn new(
        (runner, _id): (Runner, Option<Subscription>),
        (connection, registry, registration): (Arc<Connection>, Arc<Registry>, Registration),
        (_session, requests): (OpenSession, mpsc::Receiver<Request>),
    ) -> Self {
        Poller {
            phase: Phase::Open {
                runner,
                _session,
                _id,
            },
            registry,
            requests,
            waiting: None,
            held_back: None,
            read_pause: ReadPause::default(),
            timer: Box::pin(sleep(ABSENCE)),
            gone_at: Instant::now() + ABSENCE,
            _registration: registration,
            connection,
        }
    }

    /// Handles the client's requests. `Err` if one had a malformed message, which ends the session.
    fn take(&mut self, turn: &mut Turn<'_, '_>) -> Result<(), ()> {
        while !turn.is_over()
            && let Poll::Ready(Some(request)) = self.requests.poll_recv(turn.context())
        {
            self.connection.touch(self.registry.now());
            match request {
                Request::Poll(answer) => {
                    // A new poll replaces the pending one.
                    self.answer_waiting(PollResult::Empty);
                    let now = Instant::now();
                    (self.waiting, self.gone_at) = (Some((answer, now + WINDOW)), now + ABSENCE);
                    self.flush();
                }
                Request::Send(inbound, taken) => {
                    let understood = self.receive(&inbound, turn).is_ok();
                    if understood && self.held_back.is_none() && self.is_full(turn) {
                        self.held_back = Some(taken);
                        continue;
                    }
                    let _ = taken.send(understood); // the receiver may be gone
                    if !understood {
                        let codec = &self.connection.format.codec;
                        let frame = frame(&inbound).unwrap_or(Frame::Text(""));
                        self.closed(Closed::Malformed(codec, frame));
                        return Err(());
                    }
                }
            }
        }
        Ok(())
    }

    fn receive(&mut self, inbound: &Inbound, turn: &mut Turn<'_, '_>) -> Result<(), Malformed> {
        let message = self.connection.format.decode(frame(inbound)?)?;
        if let Phase::Open { runner, .. } = &mut self.phase {
            runner.receive(message, turn);
        }
        Ok(())
    }

    /// Returns whether the client must not send more: it has messages to receive first, or a channel's queue is full.
    fn is_full(&mut self, turn: &mut Turn<'_, '_>) -> bool {
        let Phase::Open { runner, .. } = &mut self.phase else {
            return false;
        };
        let (load, timeout) = (runner.load(), self.registry.timeout());
        !self.connection.outbox.has_room() || self.read_pause.lasts(load, timeout, turn.context())
    }

    fn answer_waiting(&mut self, result: PollResult) {
        let Some((answer, _)) = self.waiting.take() else {
            return;
        };
        match answer.send(result) {
            Ok(()) => self.gone_at = Instant::now() + ABSENCE,
            Err(PollResult::Messages(messages)) => self.connection.outbox.put_back(messages),
            Err(PollResult::Empty) => {}
        }
    }

    /// Answers the pending poll, if there are messages.
    fn answer(&mut self) {
        if self
            .waiting
            .as_ref()
            .is_some_and(|(answer, _)| answer.is_closed())
        {
            self.waiting = None; // the poll was aborted: the next one gets the messages
        }
        if self.waiting.is_some() {
            self.flush();
        }
    }

    /// Sends the queued messages as the answer to the pending poll, if there are any.
    fn flush(&mut self) {
        if let Some(messages) = self.connection.outbox.take(PART, ROOM) {
            self.answer_waiting(PollResult::Messages(messages));
        }
    }

    /// Answers the delayed POST once the client may send more.
    fn release(&mut self, turn: &mut Turn<'_, '_>) {
        if self.held_back.is_some()
            && !self.is_full(turn)
            && let Some(taken) = self.held_back.take()
        {
            let _ = taken.send(true);
        }
    }

    /// Drops the client's requests, and ends its channels.
    fn end(&mut self, turn: &mut Turn<'_, '_>) {
        self.connection.outbox.mute();
        self.requests.close();
        (self.waiting, self.held_back) = (None, None);
        let phase = std::mem::replace(&mut self.phase, Phase::Draining(None));
        if let Phase::Open { runner, .. } = phase {
            self.phase = Phase::Draining(Drain::start(runner, turn));
        }
    }

    fn closed(&self, why: Closed<'_>) {
        self.registry.log.closed(self.connection.transport(), why);
    }

    /// Answers the pending poll in time. `Ready` if the client is gone.
    fn poll_time(&mut self, turn: &mut Turn<'_, '_>) -> Poll<()> {
        self.connection.outbox.uncork();
        self.answer();
        self.release(turn);
        loop {
            let now = Instant::now();
            if self
                .waiting
                .as_ref()
                .is_some_and(|(_, until)| *until <= now)
            {
                self.answer_waiting(PollResult::Empty);
            }
            if self.gone_at <= now {
                self.closed(Closed::Idle);
                return Poll::Ready(());
            }
            let next = self
                .waiting
                .as_ref()
                .map_or(self.gone_at, |(_, until)| *until);
            if self.timer.deadline() != next {
                self.timer.as_mut().reset(next);
            }
            if self.timer.as_mut().poll(turn.context()).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

fn frame(inbound: &Inbound) -> Result<Frame<'_>, Malformed> {
    Ok(match inbound {
        Inbound::Text(text) => Frame::Text(std::str::from_utf8(text).map_err(|_| Malformed)?),
        Inbound::Binary(bytes) => Frame::Binary(bytes),
    })
}

impl Future for Poller {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let turn = &mut Turn::new(cx);
        let end = this.connection.outbox.cork(turn.waker());
        if let Phase::Open { runner, .. } = &mut this.phase {
            let paused = end.is_none() && runner.is_paused(turn);
            if !paused {
                runner.poll(turn);
                turn.begin_input();
            }
            if let Some(why) = end.and_then(End::reason) {
                this.closed(why);
            }
            let over = end.is_some() || !paused && this.take(turn).is_err();
            if over || this.poll_time(turn).is_ready() {
                this.end(turn);
            }
        }
        if let Phase::Draining(drain) = &mut this.phase {
            return drain
                .as_mut()
                .map_or(Poll::Ready(()), |drain| drain.poll(turn));
        }
        if let Phase::Open { runner, .. } = &mut this.phase
            && turn.ends()
        {
            runner.end_turn(turn);
        }
        Poll::Pending
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.connection.outbox.abandon();
    }
}
