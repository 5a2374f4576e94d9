//! An engine in memory, whose leases expire by tokio's clock, and lines to it that a test interrupts.

use crate::endpoint::Endpoint;
use crate::engine::{
    Connection, Core, Ended, Engine, LIMIT, Lease, Pack, Refusals, Refused, Write,
};
use crate::error::{Error, Result};
use crate::message::Topic;
use crate::pubsub::History;
use crate::pubsub::cluster::{Adapter, Message, Node, NodeId, Stored, pack};
use crate::sync::lock;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// Engine of all nodes of a test.
#[derive(Clone)]
pub(super) struct Simulation(Arc<Mutex<State>>);

/// Engine whose rules for leases are simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A lease is a key of its node. It is gone at its end.
    Redis,
    /// A lease is a key of its node and generation: that of an earlier generation stays until its end. It is gone up to
    /// [`LATE`] after its end.
    Nats,
}

/// Maximum delay with which a NATS server removes expired values. Those since 2.10 round short timers up to a second.
const LATE: Duration = Duration::from_secs(1);

struct State {
    kind: Kind,
    /// Ends of the leases.
    leases: BTreeMap<(NodeId, u64), Instant>,
    fields: HashMap<(Topic, NodeId, u64, u64), Bytes>,
    members: Vec<Member>,
    /// Number of messages that it was sent.
    published: usize,
}

/// A node, as the engine knows it.
struct Member {
    line: Line,
    topics: HashSet<Topic>,
    node: Option<Node>,
    /// Number of its connections.
    connections: u64,
    /// Messages for a node that is paused or cut off. They arrive unless it connects again.
    unread: Vec<Bytes>,
}

/// Line between a node and the engine.
#[derive(Clone)]
pub(super) struct Line {
    condition: watch::Sender<Condition>,
    loss: Arc<Mutex<Option<Loss>>>,
    /// Requests of a write, one after the other. Renewals wait for one, as for requests that a cluster has redirected.
    writing: Arc<tokio::sync::Mutex<Requests>>,
    /// Journals are refused, as by a server that is a replica.
    is_refusing: watch::Sender<bool>,
}

/// Number of the requests of a write, and the duration of each.
type Requests = (usize, Duration);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Open,
    /// The node is stopped: nothing happens in it until it goes on.
    Paused,
    /// Neither requests nor messages arrive while it lasts, and requests fail after their limit.
    Cut,
}

/// Part of the next renewal of a lease that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    Request,
    Answer,
}

impl Simulation {
    pub(super) fn new(kind: Kind) -> Self {
        Simulation(Arc::new(Mutex::new(State {
            kind,
            leases: BTreeMap::new(),
            fields: HashMap::new(),
            members: Vec::new(),
            published: 0,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&*self.0)
    }

    /// Starts a node.
    pub(super) fn node(&self) -> (Endpoint, Line) {
        let line = Line {
            condition: watch::Sender::new(Condition::Open),
            loss: Arc::default(),
            writing: Arc::default(),
            is_refusing: watch::Sender::new(false),
        };
        let mut state = self.lock();
        let member = state.members.len();
        state.members.push(Member {
            line: line.clone(),
            topics: HashSet::new(),
            node: None,
            connections: 0,
            unread: Vec::new(),
        });
        drop(state);
        let core = Core::new(Client {
            simulation: self.clone(),
            member,
            line: line.clone(),
            number: 0,
        });
        let endpoint = Endpoint::builder().pubsub(Simulated(core)).build();
        (endpoint, line)
    }

    /// Changes the condition of the line of a node, by its number. What it has not read arrives when its line is open again.
    pub(super) fn set(&self, member: usize, condition: Condition) {
        let mut state = self.lock();
        let Member {
            line, node, unread, ..
        } = &mut state.members[member];
        let (node, unread) = (node.clone(), std::mem::take(unread));
        line.condition.send_replace(condition);
        drop(state);
        for message in unread {
            node.iter().for_each(|node| node.receive(&message));
        }
    }

    /// Returns the number of messages that it was sent since the last call.
    pub(super) fn published(&self) -> usize {
        std::mem::take(&mut self.lock().published)
    }

    /// Returns the topics that a node is subscribed to, by its number, sorted.
    pub(super) fn topics(&self, member: usize) -> Vec<Topic> {
        let mut topics: Vec<_> = self.lock().members[member].topics.iter().cloned().collect();
        topics.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        topics
    }

    /// Forgets everything, as an engine does that was restarted.
    pub(super) fn flush(&self) {
        let mut state = self.lock();
        state.leases.clear();
        state.fields.clear();
    }
}

impl Line {
    pub(super) fn lose(&self, loss: Loss) {
        *lock(&*self.loss) = Some(loss);
    }

    pub(super) fn refuse_journals(&self, is_refusing: bool) {
        self.is_refusing.send_replace(is_refusing);
    }

    pub(super) async fn slow_down(&self, requests: Requests) {
        *self.writing.lock().await = requests;
    }

    /// Carries out an action of the engine, as soon as the request arrives.
    async fn call<T>(&self, action: impl FnOnce() -> T) -> Result<T> {
        let mut condition = self.condition.subscribe();
        let arrived = condition.wait_for(|it| *it != Condition::Paused).await;
        let condition = *arrived?;
        if condition == Condition::Cut {
            return no_answer().await;
        }
        Ok(action())
    }
}

async fn no_answer<T>() -> Result<T> {
    sleep(LIMIT).await;
    Err(Error::msg("no answer"))
}

impl State {
    /// Returns the generations of the nodes whose leases have not ended.
    fn generations(&self) -> HashMap<NodeId, u64> {
        let late = match self.kind {
            Kind::Redis => Duration::ZERO,
            Kind::Nats => LATE,
        };
        let mut generations = HashMap::new();
        for ((node, generation), end) in &self.leases {
            if Instant::now() < *end + late {
                generations.insert(*node, *generation); // the last is the highest
            }
        }
        generations
    }

    fn start_lease(&mut self, node: NodeId, Lease { generation, expiry }: Lease) {
        if self.kind == Kind::Redis {
            self.leases.retain(|(of, _), _| *of != node);
        }
        let end = Instant::now() + expiry;
        self.leases.insert((node, generation), end);
    }

    fn renew_lease(&mut self, node: NodeId, Lease { generation, expiry }: Lease) -> bool {
        let is_alive = self.generations().get(&node) == Some(&generation);
        if is_alive {
            let end = Instant::now() + expiry;
            self.leases.insert((node, generation), end);
        }
        is_alive
    }

    /// Carries out a write, and returns the nodes that receive it at once, with the message.
    fn write(&mut self, from: NodeId, write: Write) -> Vec<(Node, Bytes)> {
        match write {
            Write::Publish { topic, message, .. } => return self.publish(&topic, &message),
            Write::Put {
                topic,
                generation,
                number,
                message,
            } => drop(
                self.fields
                    .insert((topic, from, generation, number), message),
            ),
            Write::Delete {
                topic,
                generation,
                numbers,
            } => self.fields.retain(|(of, node, written, number), _| {
                let is_same = *of == topic && *node == from && *written == generation;
                !(is_same && numbers.contains(number))
            }),
            Write::Keep { .. } | Write::Store { .. } => {}
        }
        Vec::new()
    }

    fn publish(&mut self, topic: &Topic, message: &Bytes) -> Vec<(Node, Bytes)> {
        self.published += 1;
        let mut receivers = Vec::new();
        let subscribed = self.members.iter_mut();
        for member in subscribed.filter(|member| member.topics.contains(topic)) {
            let condition = *member.line.condition.borrow();
            match condition {
                Condition::Open => receivers.extend(member.node.clone()),
                Condition::Paused | Condition::Cut => member.unread.push(message.clone()),
            }
        }
        let receivers = receivers.into_iter();
        receivers.map(|node| (node, message.clone())).collect()
    }
}

/// The engine, as one node reaches it. Also its connection.
#[derive(Clone)]
pub(super) struct Client {
    simulation: Simulation,
    member: usize,
    line: Line,
    /// Number of the connection. The engine has closed the earlier ones.
    number: u64,
}

impl Client {
    async fn call<T>(&self, action: impl FnOnce(&mut State, NodeId) -> T) -> Result<T> {
        let action = || {
            let mut state = self.simulation.lock();
            let member = &state.members[self.member];
            let node = member.node.as_ref();
            let id = node.filter(|_| member.connections == self.number);
            let id = id.map(Node::id);
            id.map(|id| action(&mut state, id))
        };
        let answer = self.line.call(action).await?;
        answer.ok_or_else(|| Error::msg("not connected"))
    }

    fn topics(state: &mut State, member: usize) -> &mut HashSet<Topic> {
        &mut state.members[member].topics
    }
}

impl Engine for Client {
    type Connection = Client;

    const NAME: &'static str = "the simulation";

    fn addr(&self) -> String {
        "memory".to_owned()
    }

    async fn connect(&self, node: &Node, _: Duration, _: Ended) -> Result<Client> {
        let connect = || {
            let mut state = self.simulation.lock();
            let member = &mut state.members[self.member];
            member.node = Some(node.clone());
            member.topics.clear();
            member.unread.clear();
            member.connections += 1;
            member.connections
        };
        let number = self.line.call(connect).await?;
        Ok(Client {
            number,
            ..self.clone()
        })
    }

    fn encode(&self, message: &Message<'_>) -> Option<Bytes> {
        Some(message.encode())
    }

    fn pack(&self) -> Option<Pack> {
        Some(pack)
    }

    fn max_bytes(&self) -> usize {
        1024 * 1024
    }

    fn has_presences(&self) -> bool {
        true
    }
}

impl Connection for Client {
    async fn subscribe(&self, topics: &[Topic]) -> Result<()> {
        let subscribe = |state: &mut State, _| {
            Self::topics(state, self.member).extend(topics.iter().cloned());
        };
        self.call(subscribe).await
    }

    async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        let unsubscribe = |state: &mut State, _| {
            Self::topics(state, self.member).remove(topic);
        };
        self.call(unsubscribe).await
    }

    async fn write(&self, mut writes: Vec<Write>) -> Result<Refusals> {
        let mut refusals = Refusals::default();
        if *self.line.is_refusing.borrow() {
            let count = writes.len();
            writes.retain(|write| matches!(write, Write::Publish { .. }));
            refusals.has_journal = writes.len() < count;
            let mut reason = Refused::new("it is a replica", None);
            reason.may_be_elsewhere = true;
            refusals.reason = refusals.has_journal.then_some(reason);
        }
        let write = |state: &mut State, from| -> Vec<_> {
            let writes = writes.into_iter();
            writes.flat_map(|write| state.write(from, write)).collect()
        };
        let mut done = 0;
        loop {
            let writing = self.line.writing.lock().await;
            let (requests, request) = *writing;
            if done == requests {
                break;
            }
            sleep(request).await;
            done += 1;
        }
        for (node, message) in self.call(write).await? {
            node.receive(&message);
        }
        Ok(refusals)
    }

    async fn history(&self, _: &Topic, _: History) -> Result<Stored> {
        Err(Error::msg("it keeps no histories"))
    }

    async fn presences(&self, topic: &Topic) -> Result<Vec<Bytes>> {
        let presences = |state: &mut State, _| {
            let generations = state.generations();
            let is_alive = |node, written| {
                let generation = generations.get(node);
                generation.is_some_and(|generation| written >= generation)
            };
            let fields = state.fields.iter();
            let alive = fields.filter(|((of, node, written, _), _)| {
                of == topic && is_alive(node, written) // those of the node itself are ignored by it
            });
            alive.map(|(_, message)| message.clone()).collect()
        };
        self.call(presences).await
    }

    async fn start_lease(&self, lease: Lease) -> Result<()> {
        let start = |state: &mut State, node| state.start_lease(node, lease);
        self.call(start).await
    }

    async fn renew_lease(&self, lease: Lease) -> Result<bool> {
        drop(self.line.writing.lock().await);
        let renew = |state: &mut State, node| state.renew_lease(node, lease);
        let loss = lock(&*self.line.loss).take();
        match loss {
            None => self.call(renew).await,
            Some(Loss::Request) => no_answer().await,
            Some(Loss::Answer) => {
                self.call(renew).await?;
                no_answer().await
            }
        }
    }

    async fn end_lease(&self, Lease { generation, .. }: Lease) -> Result<()> {
        let end = |state: &mut State, node| {
            state.leases.remove(&(node, generation));
            let others = state.members.iter();
            let others: Vec<Node> = others.filter_map(|member| member.node.clone()).collect();
            (others, node.to_string())
        };
        let (others, id) = self.call(end).await?;
        for node in others {
            node.remove_by_id(id.as_bytes());
        }
        Ok(())
    }

    async fn generations(&self, nodes: BTreeSet<NodeId>) -> Result<HashMap<NodeId, u64>> {
        drop(self.line.writing.lock().await);
        let generations = |state: &mut State, _| state.generations();
        let mut generations = self.call(generations).await?;
        generations.retain(|node, _| nodes.contains(node));
        Ok(generations)
    }

    async fn ping(&self) -> Result<()> {
        self.call(|_, _| ()).await
    }

    fn refusal(error: &Error) -> Option<Refused> {
        error.downcast_ref().cloned()
    }
}

/// Adapter for the simulation.
struct Simulated(Core<Client>);

impl Adapter for Simulated {
    async fn run(&self, node: Node) -> Result<()> {
        self.0.run(node).await
    }

    async fn subscribe(&self, topic: &Topic) -> Result<()> {
        self.0.subscribe(topic).await
    }

    async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        self.0.unsubscribe(topic).await
    }

    async fn presences(&self, topic: &Topic) -> Result<Vec<Bytes>> {
        self.0.presences(topic).await
    }

    async fn stop(&self) -> Result<()> {
        self.0.stop().await
    }

    fn publish(&self, message: &Message<'_>) -> Result<()> {
        self.0.publish(message)
    }
}
