use super::batch::{Batch, Head, Store};
use super::client::{Answered, Client, Request};
use super::history::Streams;
use super::jet_stream::{self, JetStreamError};
use super::names::{Bucket, Names};
use super::protocol::Operations;
use crate::engine::{self, Field, Lease, Refusals, Refused, Write};
use crate::error::{Error, Result};
use crate::message::Topic;
use crate::pubsub::History;
use crate::pubsub::cluster::{NodeId, Stored};
use crate::sync::lock;
use bytes::Bytes;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use tokio::time::Instant;

/// A connection of a node to NATS.
///
/// A node's journal of a topic is a key for each field, and one for their range, the *head*: a key-value store has no
/// hashes, and listing keys takes it time in proportion to all that there are. A node's lease is a key in a bucket whose
/// values expire.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) state: Arc<State>,
}

pub(super) struct State {
    pub(super) names: Arc<Names>,
    pub(super) presences: Bucket,
    nodes: Bucket,
    pub(super) node: NodeId,
    /// Numbers of the subscriptions.
    topics: Mutex<HashMap<Topic, u64>>,
    last_subscription: AtomicU64,
    pub(super) streams: Streams,
    /// Number of the lease's last value.
    lease: AtomicU64,
    /// Nodes that were alive after a certain time.
    alive: tokio::sync::Mutex<Option<(Instant, Arc<Generations>)>>,
}

type Generations = HashMap<NodeId, u64>;

/// Number of times that a list is read while it changes.
const ATTEMPTS: usize = 5;

/// Subscription to nodes that leave. Those of topics have higher numbers.
pub(super) const LEAVING: u64 = 1;

impl engine::Connection for Connection {
    async fn subscribe(&self, topics: &[Topic]) -> Result<()> {
        let (mut operations, mut added) = (Operations::default(), Vec::new());
        for topic in topics {
            if let Entry::Vacant(entry) = lock(&self.state.topics).entry(topic.clone()) {
                let sid = self.state.last_subscription.fetch_add(1, Relaxed) + 1;
                entry.insert(sid);
                added.push(topic);
                operations.subscribe(&self.state.names.topic(topic), sid);
            } // or each message would arrive twice
        }
        let confirmed = self.client.confirm(operations).await;
        if confirmed.is_err() {
            let mut known = lock(&self.state.topics);
            known.retain(|topic, _| !added.contains(&topic));
        }
        confirmed
    }

    async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        let Some(sid) = lock(&self.state.topics).remove(topic) else {
            return Ok(());
        };
        let mut operations = Operations::default();
        operations.unsubscribe(sid);
        self.client.confirm(operations).await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Refusals> {
        let mut refusals = Refusals::default();
        let batch = Batch::new(&self.state, writes);
        let heads = batch.heads.iter();
        let heads = heads.map(|(head, value)| jet_stream::put(head.clone(), value.as_bytes()));
        let puts: Vec<_> = batch.puts.into_iter().chain(heads).collect();
        let stored = |answer| jet_stream::stored(answer).map(drop);
        self.journal(puts, stored, &mut refusals).await?;
        if !batch.stores.is_empty() {
            self.store(batch.stores, &mut refusals).await?;
        }
        if !refusals.has_journal {
            let delete = |key: &String| jet_stream::delete(&self.state.presences, key);
            let deletes = batch.gone.iter().map(delete).collect();
            self.journal(deletes, jet_stream::deleted, &mut refusals)
                .await?;
        }
        if let Err(error) = self.client.confirm(batch.messages).await {
            refusals.reason = Some(jet_stream::refusal(&error).ok_or(error)?);
            refusals.published = batch.published;
        }
        Ok(refusals)
    }

    async fn history(&self, topic: &Topic, limits: History) -> Result<Stored> {
        let State { names, streams, .. } = &*self.state;
        streams.load(&self.client, names, topic, limits).await
    }

    async fn presences(&self, topic: &Topic) -> Result<Vec<Bytes>> {
        let mut messages = Vec::new();
        for _ in 0..ATTEMPTS {
            let (fields, is_whole) = self.read(topic).await?;
            messages = fields;
            if is_whole {
                break;
            }
        }
        Ok(messages) // a part, if they change all the time: changes arrive as messages, too
    }

    async fn start_lease(&self, lease: Lease) -> Result<()> {
        let request = self.state.lease_request(lease, None);
        let answer = self.client.request(request).await?;
        self.state.lease.store(jet_stream::stored(answer)?, Relaxed);
        Ok(())
    }

    async fn renew_lease(&self, lease: Lease) -> Result<bool> {
        let last = self.state.lease.load(Relaxed);
        let request = self.state.lease_request(lease, Some(last));
        let answer = self.client.request(request).await?;
        match jet_stream::stored(answer) {
            Ok(number) => {
                self.state.lease.store(number, Relaxed);
                Ok(true)
            }
            Err(JetStreamError::Refused { code, .. }) if code == jet_stream::UNEXPECTED => {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn end_lease(&self, Lease { generation, .. }: Lease) -> Result<()> {
        let State {
            names, nodes, node, ..
        } = &*self.state;
        let key = nodes.lease(self.state.field(generation));
        let answer = self.client.request(jet_stream::delete(nodes, &key)).await?;
        jet_stream::deleted(answer)?;
        let mut operations = Operations::default();
        operations.publish(&names.leaving(), node.to_string().as_bytes());
        self.client.confirm(operations).await
    }

    async fn generations(&self, nodes: BTreeSet<NodeId>) -> Result<Generations> {
        let alive = self.alive().await?;
        let known = nodes
            .into_iter()
            .filter_map(|node| Some((node, *alive.get(&node)?)));
        Ok(known.collect())
    }

    async fn ping(&self) -> Result<()> {
        self.client.confirm(Operations::default()).await
    }

    fn refusal(error: &Error) -> Option<Refused> {
        jet_stream::refusal(error)
    }
}

impl Connection {
    /// Sends requests of the journal together.
    async fn journal(
        &self,
        requests: Vec<Request>,
        read: impl Fn(Answered) -> Result<(), JetStreamError>,
        refusals: &mut Refusals,
    ) -> Result<()> {
        if requests.is_empty() {
            return Ok(());
        }
        for answer in self.client.requests(requests).await? {
            if let Err(error) = read(answer) {
                let error = Error::from(error);
                refusals.reason = Some(jet_stream::refusal(&error).ok_or(error)?);
                refusals.has_journal = true;
            }
        }
        Ok(())
    }

    /// Stores messages, which the server sends to all nodes.
    async fn store(&self, stores: Vec<Store>, refusals: &mut Refusals) -> Result<()> {
        let State { names, streams, .. } = &*self.state;
        let (mut requests, mut sent) = (Vec::new(), Vec::new());
        for Store {
            limits,
            number,
            request,
        } in stores
        {
            match streams.prepare(&self.client, names, limits).await {
                Ok(()) => {
                    requests.push(request);
                    sent.push((number, limits));
                }
                Err(error) => refuse(refusals, number, error)?,
            }
        }
        let answers = self.client.requests(requests).await?;
        for ((number, limits), answer) in sent.into_iter().zip(answers) {
            match jet_stream::stored(answer) {
                Ok(_) => {}
                Err(error @ JetStreamError::Failed { .. }) => {
                    refusals.unanswered.push(number);
                    refusals.failure = Some(error.into());
                }
                Err(error) => {
                    streams.forget(names, limits); // somebody may have deleted it: it is made again
                    let error = match error {
                        JetStreamError::IsOff => JetStreamError::Gone(names.stream(limits)),
                        error => error.or_gone(&names.stream(limits)),
                    };
                    refuse(refusals, number, error.into())?;
                }
            }
        }
        Ok(())
    }

    /// Reads the journals of all other nodes that are alive. Returns whether nothing was missing.
    async fn read(&self, topic: &Topic) -> Result<(Vec<Bytes>, bool)> {
        let State {
            presences, node, ..
        } = &*self.state;
        let mut alive: Vec<_> = (*self.alive().await?).clone().into_iter().collect();
        alive.retain(|(id, _)| id != node);
        let heads = alive.iter().map(|(node, _)| presences.head(topic, *node));
        let heads = jet_stream::get(&self.client, presences, heads).await?;
        let mut keys = Vec::new();
        for ((node, generation), head) in alive.into_iter().zip(heads) {
            let head = head.and_then(|head| Head::parse(&head));
            if let Some(head) = head.filter(|head| head.generation >= generation) {
                let generation = head.generation;
                let field = Field { node, generation };
                let numbers = head.numbers;
                keys.extend(numbers.map(|number| presences.field(topic, field, number)));
            }
        }
        let fields = jet_stream::get(&self.client, presences, keys).await?;
        let is_whole = fields.iter().all(Option::is_some);
        Ok((fields.into_iter().flatten().collect(), is_whole))
    }

    /// Returns the nodes that are alive, after the time of the call. Calls at the same time share a request.
    async fn alive(&self) -> Result<Arc<Generations>> {
        let called = Instant::now();
        let mut last = self.state.alive.lock().await;
        if let Some((began, alive)) = &*last
            && *began >= called
        {
            return Ok(alive.clone());
        }
        let began = Instant::now();
        let nodes = &self.state.nodes;
        let mut generations = Generations::new();
        for key in jet_stream::keys(&self.client, nodes).await? {
            if let Some(Field { node, generation }) = nodes.parse_lease(&key) {
                let latest = generations.entry(node).or_default();
                *latest = generation.max(*latest);
            }
        }
        let generations = Arc::new(generations);
        *last = Some((began, generations.clone()));
        Ok(generations)
    }
}

fn refuse(refusals: &mut Refusals, number: u64, error: Error) -> Result<()> {
    refusals.reason = Some(jet_stream::refusal(&error).ok_or(error)?);
    refusals.stores.push(number);
    Ok(())
}

impl State {
    pub(super) fn new(names: Arc<Names>, node: NodeId, streams: Streams) -> Self {
        State {
            presences: names.presences(),
            nodes: names.nodes(),
            names,
            node,
            streams,
            topics: Mutex::default(),
            last_subscription: AtomicU64::new(LEAVING),
            lease: AtomicU64::new(0),
            alive: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn field(&self, generation: u64) -> Field {
        let node = self.node;
        Field { node, generation }
    }

    /// Returns a request that stores the lease, if its last value has a certain number.
    fn lease_request(&self, Lease { generation, .. }: Lease, last: Option<u64>) -> Request {
        let key = self.nodes.lease(self.field(generation));
        let header = last.map(|last| (jet_stream::EXPECTED, last.to_string()));
        Request {
            header,
            ..jet_stream::put(key, b"")
        }
    }
}
