use super::NatsError;
use super::addresses::{Address, Addresses};
use super::handshake::{self, Opened, Stream};
use super::protocol::{Operation, Operations, Received};
use super::reader::Reader;
use crate::engine::LIMIT;
use crate::error::{Error, Result};
use crate::sync::lock;
use crate::with_timeout::with_timeout;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

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
    pongs: VecDeque<oneshot::Sender<()>>,
    answers: HashMap<u64, oneshot::Sender<Received>>,
    last_request: u64,
    is_closed: bool,
}

/// A request to the server.
pub(super) struct Request {
    pub(super) subject: String,
    pub(super) header: Option<(&'static str, u64)>,
    pub(super) payload: Vec<u8>,
}

/// Subscription to the answers. Those of topics have higher numbers.
const INBOX: u64 = 0;

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
        answered(answer).await
    }

    /// Sends requests together, and returns their answers in the same order.
    pub(super) async fn requests(&self, requests: Vec<Request>) -> Result<Vec<Received>> {
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
                waiting.answers.insert(number, answer);
                answers.push(answered);
                let reply = format!("{}.{number}", self.0.inbox);
                let Request {
                    subject,
                    header,
                    payload,
                } = request;
                operations.request(&subject, &reply, header, &payload);
            }
            self.send(operations)?;
        }
        let mut received = Vec::with_capacity(answers.len());
        for answer in answers {
            received.push(answered(answer).await?);
        }
        Ok(received)
    }

    pub(super) async fn request(&self, request: Request) -> Result<Received> {
        let answers = self.requests(vec![request]).await?;
        answers.into_iter().next().ok_or_else(closed)
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
                Ok(Operation::Message(message)) if message.sid == INBOX => self.answer(message),
                Ok(Operation::Message(message)) => on_message(message),
                Ok(Operation::Ping) => {
                    let mut operations = Operations::default();
                    operations.pong();
                    let _ = self.outgoing.send(operations.0); // or the writing half has ended
                }
                Ok(Operation::Pong) => {
                    let pong = lock(&*self.waiting).pongs.pop_front();
                    pong.map(|pong| pong.send(()));
                }
                Ok(Operation::Info(_) | Operation::Ok) => {}
                Ok(Operation::Error(reason)) => return Error::msg(reason),
                Err(error) => return error.into(),
            }
        }
    }

    /// Passes an answer on. The last part of its subject is the number of the request.
    fn answer(&self, message: Received) {
        let number = message.subject.rsplit('.').next();
        let number: Option<u64> = number.and_then(|number| number.parse().ok());
        let answer = number.and_then(|number| lock(&*self.waiting).answers.remove(&number));
        answer.map(|answer| answer.send(message));
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
