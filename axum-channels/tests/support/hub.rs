use axum_channels::cluster::{Adapter, Message, Node};
use axum_channels::{Error, Result, Topic};
use bytes::Bytes;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

/// Engine in memory: it carries messages between the endpoints of one process.
#[derive(Clone)]
pub(crate) struct Hub {
    state: Arc<Mutex<State>>,
    /// While closed, subscriptions are not confirmed.
    gate: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    members: Vec<Member>,
    /// Every call fails.
    is_away: bool,
    /// Calls of subscribe and unsubscribe: the member, the call and the topic.
    calls: Vec<String>,
    /// The last message that was published.
    last: Option<Bytes>,
}

struct Member {
    sender: UnboundedSender<Bytes>,
    topics: HashSet<Topic>,
    node: Option<Node>,
}

/// Connection of one node.
pub(crate) struct HubAdapter {
    hub: Hub,
    index: usize,
    received: tokio::sync::Mutex<UnboundedReceiver<Bytes>>,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Hub {
            state: Arc::default(),
            gate: watch::Sender::new(true),
        }
    }

    pub(crate) fn adapter(&self) -> HubAdapter {
        let (sender, received) = unbounded_channel();
        let mut state = self.lock();
        state.members.push(Member {
            sender,
            topics: HashSet::new(),
            node: None,
        });
        HubAdapter {
            hub: self.clone(),
            index: state.members.len() - 1,
            received: tokio::sync::Mutex::new(received),
        }
    }

    /// Makes all calls fail, or no longer.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.lock().is_away = is_away;
    }

    /// Holds the confirmation of subscriptions back, or no longer.
    pub(crate) fn set_slow(&self, is_slow: bool) {
        self.gate.send_replace(!is_slow);
    }

    /// Takes the calls since the last time.
    pub(crate) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().calls)
    }

    /// Returns the last message that was published.
    pub(crate) fn last_message(&self) -> Bytes {
        self.lock().last.clone().expect("one was published")
    }

    /// Returns the sorted topics that a member is subscribed to.
    pub(crate) fn topics(&self, index: usize) -> Vec<String> {
        let state = self.lock();
        let topics = state.members[index].topics.iter();
        let mut topics: Vec<String> = topics.map(|topic| topic.to_string()).collect();
        topics.sort_unstable();
        topics
    }

    /// Returns a member's node, once its adapter runs.
    pub(crate) fn node(&self, index: usize) -> Option<Node> {
        self.lock().members[index].node.clone()
    }

    /// Sends bytes to a member: a message, or `stop` or `panic`.
    pub(crate) fn send(&self, index: usize, bytes: &[u8]) {
        let sent = self.lock().members[index]
            .sender
            .send(bytes.to_vec().into());
        assert!(sent.is_ok(), "the adapter exists");
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while the hub is slow.
    async fn opened(&self) {
        let mut gate = self.gate.subscribe();
        let opened = gate.wait_for(|is_open| *is_open).await;
        assert!(opened.is_ok(), "the hub keeps the gate");
    }

    fn call(&self, call: &str, index: usize, topic: &Topic) -> Result<()> {
        let mut state = self.lock();
        state.calls.push(format!("{index} {call} {topic}"));
        match state.is_away {
            true => Err(Error::msg("the engine is away")),
            false => Ok(()),
        }
    }
}

impl Adapter for HubAdapter {
    async fn run(&self, node: Node) -> Result<()> {
        self.hub.lock().members[self.index].node = Some(node.clone());
        let _running = Running(self);
        let mut received = self.received.lock().await;
        while let Some(message) = received.recv().await {
            match &message[..] {
                b"stop" => return Err(Error::msg("the connection is lost")),
                b"panic" => panic!("in the adapter"),
                message => node.receive(message),
            }
        }
        Ok(())
    }

    async fn subscribe(&self, topic: &Topic) -> Result<()> {
        self.hub.call("subscribe", self.index, topic)?;
        self.hub.opened().await;
        let mut state = self.hub.lock();
        state.members[self.index].topics.insert(topic.clone());
        Ok(())
    }

    async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        self.hub.call("unsubscribe", self.index, topic)?;
        self.hub.lock().members[self.index].topics.remove(topic);
        Ok(())
    }

    async fn presences(&self, topic: &Topic) -> Result<Vec<Bytes>> {
        let state = self.hub.lock();
        let members = state.members.iter().enumerate();
        let others = members.filter(|(index, _)| *index != self.index);
        let nodes: Vec<Node> = others
            .filter_map(|(_, member)| member.node.clone())
            .collect();
        drop(state);
        Ok(nodes
            .iter()
            .filter_map(|node| node.presences(topic))
            .collect())
    }

    async fn stop(&self) -> Result<()> {
        self.hub.opened().await;
        let mut state = self.hub.lock();
        state.calls.push(format!("{} stop", self.index));
        match state.is_away {
            true => Err(Error::msg("the engine is away")),
            false => Ok(()),
        }
    }

    fn publish(&self, message: &Message<'_>) -> Result<()> {
        let mut state = self.hub.lock();
        if state.is_away {
            return Err(Error::msg("the engine is away"));
        }
        let encoded = message.encode();
        state.last = Some(encoded.clone());
        for member in &state.members {
            if member.topics.contains(message.topic()) {
                let _ = member.sender.send(encoded.clone()); // its endpoint may be gone
            }
        }
        Ok(())
    }
}

/// Marks a member as running.
struct Running<'a>(&'a HubAdapter);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.hub.lock().members[self.0.index].node = None;
    }
}
