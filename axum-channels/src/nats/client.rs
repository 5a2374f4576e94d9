use super::NatsError;
use super::addresses::{Address, Addresses};
use super::handshake::{self, Opened, Stream};
use super::jet_stream::JetStreamError;
use super::protocol::{Operation, Operations, Received};
use super::reader::Reader;
use super::violation::Violation;
use crate::engine::LIMIT;
use crate::error::{Error, Result};
use crate::sync::lock;
use crate::task::with_timeout;
use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// A connection to a NATS server. Clones are the same; it is closed when the last is dropped.
///
/// The server processes in order: a `PONG` confirms all that was sent before its `PING`.
#[derive(Clone)]
pub(super) struct Client(Arc<Inner>);

struct Inner {
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    waiting: Arc<Mutex<Waiting>>,
    /// Start of the subjects for answers to this client.
    inbox: String,
    max_payload: usize,
    _tasks: JoinSet<()>,
}

/// Requests without an answer so far.
#[derive(Default)]
struct Waiting {
    pongs: VecDeque<oneshot::Sender<Confirmed>>,
    answers: HashMap<u64, Answer>,
    last_request: u64,
    /// Action that the user may not do, of those that the next `PONG` confirms.
    violation: Option<Violation>,
    is_closed: bool,
}

/// Receiver of the answers to a request.
struct Answer {
    /// Subject of the request.
    subject: String,
    to: To,
}

enum To {
    One(oneshot::Sender<Answered>),
    Many(mpsc::UnboundedSender<Answered>),
}

/// Answer to a request, or the reason why there is none.
pub(super) type Answered = Result<Received, Unanswered>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// The user may not send it.
    Forbidden(Violation),
    /// It did not arrive in time, or the connection was closed.
    Missing(String),
}

type Confirmed = Result<(), Violation>;

/// Answers to a request that has several. No more arrive once it is dropped.
pub(super) struct Answers {
    number: u64,
    client: Client,
    answers: mpsc::UnboundedReceiver<Answered>,
}

impl Answers {
    pub(super) async fn next(&mut self) -> Result<Received> {
        let answer = with_timeout(LIMIT, self.answers.recv()).await?;
        Ok(answer.ok_or_else(closed)?.map_err(JetStreamError::from)?)
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        lock(&*self.client.0.waiting).answers.remove(&self.number);
        let mut operations = Operations::default();
        operations.unsubscribe(self.number);
        let _ = self.client.send(operations); // or the connection is closed
    }
}

/// A request to the server.
pub(super) struct Request {
    pub(super) subject: String,
    pub(super) header: Option<(&'static str, String)>,
    pub(super) payload: Vec<u8>,
}

/// Subscription to the answers, the last part of whose subject is the number of the request. Those of topics have higher numbers.
const INBOX: u64 = 0;

/// First number of requests with several answers, which are subscriptions of their own: the subject of such an answer is that
/// of a message in a stream.
const STREAMS: u64 = 1 << 32;

/// Maximum number of buffers that are written at once.
const AT_ONCE: usize = 64;

impl Client {
    /// Connects to a server. `on_message` receives the messages of subscriptions, `on_end` the reason of its end.
    pub(super) async fn connect(
        address: &Address,
        addresses: &Addresses,
        on_message: impl FnMut(Received) + Send + 'static,
        on_end: impl FnOnce(Error) + Send + 'static,
    ) -> Result<Self, NatsError> {
        let unreachable = |reason: String| NatsError::Unreachable {
            addr: address.to_string(),
            reason,
        };
        let opened = with_timeout(LIMIT, handshake::open(address, addresses)).await;
        let opened = opened.map_err(|error| unreachable(error.to_string()))?;
        let Opened {
            reader,
            writer,
            max_payload,
        } = opened.map_err(|error| unreachable(error.to_string()))?;
        let inbox = format!("_INBOX.{}", random());
        let (outgoing, queue) = mpsc::unbounded_channel();
        let waiting = Arc::new(Mutex::default());
        let mut tasks = JoinSet::new();
        let receiver = Receiver {
            reader,
            outgoing: outgoing.clone(),
            waiting: waiting.clone(),
        };
        tasks.spawn(async move {
            on_end(tokio::select! {
                ended = receiver.run(on_message) => ended,
                ended = write(writer, queue) => ended,
            });
        });
        let client = Client(Arc::new(Inner {
            outgoing,
            waiting,
            inbox,
            max_payload,
            _tasks: tasks,
        }));
        let mut operations = Operations::default();
        operations.subscribe(&format!("{}.*", client.0.inbox), INBOX);
        let confirmed = client.confirm(operations).await;
        confirmed.map_err(|error| unreachable(error.to_string()))?;
        Ok(client)
    }

    pub(super) fn max_payload(&self) -> usize {
        self.0.max_payload
    }

    /// Sends operations, and waits until the server has processed them.
    ///
    /// # Errors
    /// A [`Violation`] if the user may not do some of that.
    pub(super) async fn confirm(&self, mut operations: Operations) -> Result<()> {
        let (pong, answer) = oneshot::channel();
        operations.ping();
        {
            let mut waiting = lock(&*self.0.waiting); // until it is sent, for the order
            if waiting.is_closed {
                return Err(closed());
            }
            waiting.pongs.push_back(pong);
            self.send(operations)?;
        }
        Ok(answered(answer).await??)
    }

    /// Sends requests together, and returns their answers in the same order.
    pub(super) async fn requests(&self, requests: Vec<Request>) -> Result<Vec<Answered>> {
        let mut answers = Vec::with_capacity(requests.len());
        let mut operations = Operations::default();
        {
            let mut waiting = lock(&*self.0.waiting);
            if waiting.is_closed {
                return Err(closed());
            }
            for request in requests {
                let (answer, answered) = oneshot::channel();
                waiting.last_request += 1;
                let number = waiting.last_request;
                waiting.insert(number, &request, To::One(answer));
                answers.push(answered);
                self.add(&mut operations, number, &request);
            }
            self.send(operations)?;
        }
        let deadline = Instant::now() + LIMIT;
        let mut received = Vec::with_capacity(answers.len());
        for answer in answers {
            let rest = deadline.saturating_duration_since(Instant::now());
            let answer = with_timeout(rest, answer)
                .await
                .map(|it| it.map_err(|_| closed()));
            let answer = answer.and_then(|answer| answer);
            received
                .push(answer.unwrap_or_else(|error| Err(Unanswered::Missing(error.to_string()))));
        }
        Ok(received)
    }

    pub(super) async fn request(&self, request: Request) -> Result<Answered> {
        let answers = self.requests(vec![request]).await?;
        answers.into_iter().next().ok_or_else(closed)
    }

    /// Sends a request that has several answers.
    pub(super) fn stream(&self, request: Request) -> Result<Answers> {
        let (answer, answers) = mpsc::unbounded_channel();
        let mut waiting = lock(&*self.0.waiting);
        if waiting.is_closed {
            return Err(closed());
        }
        waiting.last_request += 1;
        let number = STREAMS + waiting.last_request;
        waiting.insert(number, &request, To::Many(answer));
        let mut operations = Operations::default();
        operations.subscribe(&self.reply(number), number);
        self.add(&mut operations, number, &request);
        self.send(operations)?;
        drop(waiting);
        Ok(Answers {
            number,
            client: self.clone(),
            answers,
        })
    }

    /// Returns the subject for the answers to a request.
    fn reply(&self, number: u64) -> String {
        let inbox = &self.0.inbox;
        match number >= STREAMS {
            true => format!("{inbox}.stream.{number}"),
            false => format!("{inbox}.{number}"),
        }
    }

    fn add(&self, operations: &mut Operations, number: u64, request: &Request) {
        let reply = self.reply(number);
        let Request {
            subject,
            header,
            payload,
        } = request;
        let header = header.as_ref().map(|(name, value)| (*name, &**value));
        operations.request(subject, &reply, header, payload);
    }

    fn send(&self, Operations(bytes): Operations) -> Result<()> {
        self.0.outgoing.send(bytes).map_err(|_| closed())
    }
}

/// The receiving half of a connection. When it is dropped, everything that waits fails.
struct Receiver {
    reader: Reader<ReadHalf<Stream>>,
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    waiting: Arc<Mutex<Waiting>>,
}

impl Receiver {
    /// Receives until an error: there is no other end.
    async fn run(mut self, mut on_message: impl FnMut(Received)) -> Error {
        loop {
            match self.reader.next().await {
                Ok(Operation::Message(message)) if message.sid == INBOX => {
                    let number = message.subject.rsplit('.').next();
                    let number = number.and_then(|number| number.parse().ok());
                    self.answer(number.unwrap_or_default(), message);
                }
                Ok(Operation::Message(message)) if message.sid >= STREAMS => {
                    self.answer(message.sid, message);
                }
                Ok(Operation::Message(message)) => on_message(message),
                Ok(Operation::Ping) => {
                    let mut operations = Operations::default();
                    operations.pong();
                    let _ = self.outgoing.send(operations.0); // or the writing half has ended
                }
                Ok(Operation::Pong) => {
                    let mut waiting = lock(&*self.waiting);
                    let confirmed = waiting.violation.take().map_or(Ok(()), Err);
                    let pong = waiting.pongs.pop_front();
                    pong.map(|pong| pong.send(confirmed));
                }
                Ok(Operation::Info(_) | Operation::Ok) => {}
                Ok(Operation::Error(reason)) => match Violation::parse(&reason) {
                    Some(violation) => lock(&*self.waiting).violated(violation),
                    None => return Error::msg(reason),
                },
                Err(error) => return error.into(),
            }
        }
    }

    /// Passes an answer on.
    fn answer(&self, number: u64, message: Received) {
        let mut waiting = lock(&*self.waiting);
        let Entry::Occupied(answer) = waiting.answers.entry(number) else {
            return;
        };
        match &answer.get().to {
            To::Many(answers) => drop(answers.send(Ok(message))), // or nobody waits any more
            To::One(_) => answer.remove().send(Ok(message)),
        }
    }
}

impl Waiting {
    fn insert(&mut self, number: u64, request: &Request, to: To) {
        let subject = request.subject.clone();
        self.answers.insert(number, Answer { subject, to });
    }

    /// Answers the requests that the user may not send. Without one, it concerns what the next `PONG` confirms.
    fn violated(&mut self, violation: Violation) {
        let of = |answer: &Answer| violation.subject.as_ref() == Some(&answer.subject);
        let requests: Vec<Answer> = self
            .answers
            .extract_if(|_, answer| of(answer))
            .map(|(_, answer)| answer)
            .collect();
        if requests.is_empty() {
            self.violation = Some(violation);
            return;
        }
        for answer in requests {
            answer.send(Err(Unanswered::Forbidden(violation.clone())));
        }
    }
}

impl Answer {
    fn send(self, answered: Answered) {
        match self.to {
            To::One(answer) => drop(answer.send(answered)), // or nobody waits any more
            To::Many(answers) => drop(answers.send(answered)),
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut waiting = lock(&*self.waiting);
        *waiting = Waiting {
            is_closed: true,
            ..Waiting::default()
        };
    }
}

/// Writes what is queued, until an error.
async fn write(
    mut stream: WriteHalf<Stream>,
    mut queue: mpsc::UnboundedReceiver<Vec<u8>>,
) -> Error {
    let mut buffers = Vec::new();
    while queue.recv_many(&mut buffers, AT_ONCE).await > 0 {
        for buffer in buffers.drain(..) {
            if let Err(error) = stream.write_all(&buffer).await {
                return error.into();
            }
        }
        if let Err(error) = stream.flush().await {
            return error.into();
        }
    }
    closed()
}

async fn answered<T>(answer: oneshot::Receiver<T>) -> Result<T> {
    with_timeout(LIMIT, answer).await?.map_err(|_| closed())
}

fn closed() -> Error {
    Error::msg("the connection was closed")
}

fn random() -> String {
    let random = getrandom::u64().unwrap_or_default(); // answers of others are not for this client's requests
    format!("{random:016x}")
}
