use super::connection::Connection;
use super::frame::CloseCode;
use super::hold::Hold;
use super::outbox::End;
use super::polls::{Polled, Request, Said, Seat};
use super::registry::{Registration, Registry};
use crate::codec::Malformed;
use crate::log::{self, Closed};
use crate::pubsub::Subscription;
use crate::runner::{Drain, Runner, Turn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Sleep, sleep};

/// As Phoenix's `window_ms`: so long a poll waits for something to answer.
const WINDOW: Duration = Duration::from_secs(10);

/// A client that has not polled again this long after its last poll was answered is gone.
///
/// One and a half windows, as in Phoenix. There they count from when the poll came, but are looked at only as often: 15 to 30
/// seconds. An answer that takes long to arrive must not cost the session.
const ABSENCE: Duration = Duration::from_secs(15);

/// Bytes of messages with which a poll is answered, unless the first has more. The next poll is answered at once.
const PART: usize = 1024 * 1024;

/// Bytes that an answer has besides its messages.
const ROOM: usize = 128;

/// The task of one long-poll session: what a [`Driver`](super::driver::Driver) is to a WebSocket.
pub(super) struct Poller {
    phase: Phase,
    connection: Arc<Connection>,
    registry: Arc<Registry>,
    requests: mpsc::Receiver<Request>,
    /// The poll that waits, and until when.
    waiting: Option<(oneshot::Sender<Polled>, Instant)>,
    /// A request that may not go on before the client has heard what there is. One: clients before phoenix.js 1.7 send each
    /// message in a request of its own, and were all of these held up, a browser had no connection left to poll with.
    held_up: Option<oneshot::Sender<bool>>,
    hold: Hold,
    /// Fires when the client is gone, or when a poll has waited long enough.
    timer: Pin<Box<Sleep>>,
    gone_at: Instant,
    _registration: Registration,
}

enum Phase {
    Open {
        runner: Runner,
        _seat: Seat,
        _id: Option<Subscription>,
    },
    /// The client is gone, and channels handle what was received from it.
    Draining(Option<Drain>),
}

impl Poller {
    pub(super) fn new(
        (runner, _id): (Runner, Option<Subscription>),
        (connection, registry, registration): (Arc<Connection>, Arc<Registry>, Registration),
        (_seat, requests): (Seat, mpsc::Receiver<Request>),
    ) -> Self {
        Poller {
            phase: Phase::Open { runner, _seat, _id },
            registry,
            requests,
            waiting: None,
            held_up: None,
            hold: Hold::default(),
            timer: Box::pin(sleep(ABSENCE)),
            gone_at: Instant::now() + ABSENCE,
            _registration: registration,
            connection,
        }
    }

    /// Takes what the client asks. `Err` if it said something that is no message: then the session is over.
    fn take(&mut self, turn: &mut Turn<'_, '_>) -> Result<(), ()> {
        while !turn.is_over()
            && let Poll::Ready(Some(request)) = self.requests.poll_recv(turn.context())
        {
            self.connection.hear(self.registry.now());
            match request {
                Request::Poll(answer) => {
                    // A poll that comes while another waits comes in its place.
                    self.answer_waiting(Polled::Nothing);
                    let now = Instant::now();
                    (self.waiting, self.gone_at) = (Some((answer, now + WINDOW)), now + ABSENCE);
                    self.tell();
                }
                Request::Say(said, taken) => {
                    let understood = self.receive(&said, turn).is_ok();
                    if understood && self.held_up.is_none() && self.is_full(turn) {
                        self.held_up = Some(taken);
                        continue;
                    }
                    let _ = taken.send(understood); // who does not wait for it any more need not know
                    if !understood {
                        let frame = match &said {
                            Said::Text(text) => {
                                log::Frame::Text(std::str::from_utf8(text).unwrap_or_default())
                            }
                            Said::Binary(bytes) => {
                                log::Frame::Binary(self.connection.format.serializer, bytes)
                            }
                        };
                        self.closed(Closed::Malformed(frame));
                        return Err(());
                    }
                }
            }
        }
        Ok(())
    }

    fn receive(&mut self, said: &Said, turn: &mut Turn<'_, '_>) -> Result<(), Malformed> {
        let serializer = self.connection.format.serializer;
        let message = match said {
            Said::Text(text) => {
                serializer.decode_text(std::str::from_utf8(text).map_err(|_| Malformed)?)?
            }
            Said::Binary(bytes) => serializer.decode_binary(bytes)?,
        };
        if let Phase::Open { runner, .. } = &mut self.phase {
            runner.receive(message, turn);
        }
        Ok(())
    }

    /// Whether the client is not to say more: it has to hear what there is first, or a channel has to work off what waits.
    fn is_full(&mut self, turn: &mut Turn<'_, '_>) -> bool {
        let Phase::Open { runner, .. } = &mut self.phase else {
            return false;
        };
        let (load, timeout) = (runner.load(), self.registry.timeout());
        !self.connection.outbox.has_room() || self.hold.lasts(load, timeout, turn.context())
    }

    fn answer_waiting(&mut self, polled: Polled) {
        let Some((answer, _)) = self.waiting.take() else {
            return;
        };
        match answer.send(polled) {
            Ok(()) => self.gone_at = Instant::now() + ABSENCE,
            Err(Polled::Messages(messages)) => self.connection.outbox.put_back(messages),
            Err(Polled::Nothing) => {}
        }
    }

    /// Answers the poll that waits, if there is something to say.
    fn answer(&mut self) {
        if self
            .waiting
            .as_ref()
            .is_some_and(|(answer, _)| answer.is_closed())
        {
            self.waiting = None; // it was given up: the next one gets what there is
        }
        if self.waiting.is_some() {
            self.tell();
        }
    }

    /// Tells the poll that waits what there is, if there is anything.
    fn tell(&mut self) {
        if let Some(messages) = self.connection.outbox.take(PART, ROOM) {
            self.answer_waiting(Polled::Messages(messages));
        }
    }

    /// Lets the client say more.
    fn release(&mut self, turn: &mut Turn<'_, '_>) {
        if self.held_up.is_some()
            && !self.is_full(turn)
            && let Some(taken) = self.held_up.take()
        {
            let _ = taken.send(true);
        }
    }

    /// Forgets the client, and has its channels end.
    fn end(&mut self, turn: &mut Turn<'_, '_>) {
        self.connection.outbox.mute();
        self.requests.close();
        (self.waiting, self.held_up) = (None, None);
        let phase = std::mem::replace(&mut self.phase, Phase::Draining(None));
        if let Phase::Open { runner, .. } = phase {
            self.phase = Phase::Draining(Drain::start(runner, turn));
        }
    }

    fn closed(&self, why: Closed<'_>) {
        self.registry.log.closed(self.connection.transport(), why);
    }

    /// Answers the poll that waits. `Ready` if the client is gone.
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
                self.answer_waiting(Polled::Nothing);
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
            match end {
                Some(End::TooSlow) => this.closed(Closed::TooSlow),
                Some(End::Close(CloseCode::POLICY)) => this.closed(Closed::TooMuch),
                _ => {}
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
        if turn.is_over() {
            turn.again();
        }
        Poll::Pending
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.connection.outbox.shut();
    }
}
