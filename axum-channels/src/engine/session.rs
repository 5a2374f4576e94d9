//! One connection: it subscribes, renews the lease, sends what is queued, and receives, until it fails.

use super::backoff::Backoff;
use super::bundles;
use super::core::Leaving;
use super::in_flight::InFlight;
use super::journal::Journal;
use super::missing::Missing;
use super::outbox::{Batch, Kind, Outgoing, Wanted};
use super::window::Window;
use super::{Connection, Core, Engine, Lease, Part, Refusals, Refused, Write, expiry};
use crate::error::{Error, Result};
use crate::pubsub::cluster::Node;
use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep};

/// Handle by which a connection reports its end.
#[derive(Clone)]
pub(crate) struct Ended(mpsc::UnboundedSender<Error>);

impl Ended {
    /// Reports the end: the reason of the first report is logged.
    pub(crate) fn report(&self, reason: impl Into<Error>) {
        let _ = self.0.send(reason.into()); // the session may have ended for another reason
    }
}

/// Runs a connection until it fails, and returns the reason.
pub(super) async fn run<E: Engine>(core: &Core<E>, node: &Node, journal: &mut Journal) -> Error {
    let (ended, mut reasons) = mpsc::unbounded_channel();
    let session = async {
        let connection = core.engine.connect(node, core.lease, Ended(ended)).await?;
        core.link.establish(connection.clone()).await?;
        core.came_back(node);
        let mut sender = Sender {
            core,
            node,
            connection,
            journal,
            missing: Missing::default(),
            renewals: ticks(core.lease / 10),
            began: Instant::now(),
            needs_start: false,
            refused_at: None,
        };
        sender.start().await?;
        tokio::try_join!(resync::<E>(core, node), sender.run())
    };
    tokio::select! {
        ended = session => match ended {
            Ok(((), never)) => match never {},
            Err(error) => error,
        },
        Some(reason) = reasons.recv() => reason,
        () = core.link.failed() => Error::msg(format!("{} does not answer", E::NAME)),
    }
}

/// Brings the node up to date. What the engine refuses is asked for again.
async fn resync<E: Engine>(core: &Core<E>, node: &Node) -> Result<()> {
    let mut pauses = Backoff::new(core.lease);
    loop {
        match node.resync().await {
            Err(error) if E::Connection::refusal(&error).is_some() => {
                sleep(pauses.next(Duration::ZERO)).await;
            }
            brought => return brought,
        }
    }
}

/// Age of a connection that is given up when the engine refuses something that another server may accept.
const ELSEWHERE: Duration = Duration::from_secs(30);

/// The sending half of a connection.
struct Sender<'a, E: Engine> {
    core: &'a Core<E>,
    node: &'a Node,
    connection: E::Connection,
    journal: &'a mut Journal,
    missing: Missing,
    renewals: Interval,
    began: Instant,
    /// The engine may not have all presences of this generation.
    needs_start: bool,
    /// Time at which it has refused something about presences last.
    refused_at: Option<Instant>,
}

impl<'a, E: Engine> Sender<'a, E> {
    /// Starts a generation of this node's presences: nothing that the engine has of them counts any more.
    async fn start(&mut self) -> Result<()> {
        let expired = self.core.outbox.expire(self.core.lease);
        if expired > 0 {
            let reason = format!("{} was away for too long", E::NAME);
            self.node.lost(expired, &reason);
        }
        if self.has_presences() {
            self.journal.start(self.core.next_generation());
            let started = self.connection.start_lease(self.lease()).await;
            self.needs_start = self.accepted(started)?.is_none();
            if !self.needs_start {
                self.node.restore();
            }
        }
        Ok(())
    }

    /// Returns the answer to a call about presences. `None` if it was refused.
    fn accepted<T>(&mut self, answer: Result<T>) -> Result<Option<T>> {
        let error = match answer {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => error,
        };
        match E::Connection::refusal(&error) {
            Some(refused) => self.refused(Part::Presences, &refused).map(|()| None),
            None => Err(error),
        }
    }

    fn refused(&mut self, part: Part, refused: &Refused) -> Result<()> {
        self.core.refused(self.node, part, refused);
        if part == Part::Presences {
            self.refused_at = Some(Instant::now());
        }
        match refused.may_be_elsewhere && self.began.elapsed() > ELSEWHERE {
            true => Err(refused.clone().into()),
            false => Ok(()),
        }
    }

    /// Records which writes were refused. The journal is written anew then.
    fn record(&mut self, refusals: &Refusals) -> Result<()> {
        let Some(reason) = &refusals.reason else {
            return Ok(());
        };
        if !refusals.stores.is_empty() {
            self.refused(Part::Histories, reason)?;
        }
        if refusals.has_journal {
            self.needs_start = true;
            self.refused(Part::Presences, reason)?;
        }
        Ok(())
    }

    /// Returns whether this node has presences in the engine: until it leaves.
    fn has_presences(&self) -> bool {
        self.core.engine.has_presences() && *self.core.leaving.borrow() != Leaving::Done
    }

    /// Sends until an error: it has no other end.
    async fn run(&mut self) -> Result<Infallible> {
        let mut checks = ticks(self.core.lease / 5);
        let mut leaving = self.core.leaving.subscribe();
        let mut window = Window::new();
        loop {
            let (wanted, has_room) = (wanted(&window), window.has_room());
            tokio::select! {
                biased;
                _ = self.renewals.tick() => window.beside(self.renew()).await?,
                _ = checks.tick() => self.check(&mut window).await?,
                confirmed = window.next() => confirmed?,
                () = asked_to_leave(&mut leaving) => self.leave(&mut window).await?,
                batch = self.core.outbox.next(wanted), if has_room => {
                    self.send(batch, &mut window).await?;
                }
            }
        }
    }

    fn lease(&self) -> Lease {
        Lease {
            generation: self.journal.generation(),
            expiry: expiry(self.core.lease),
        }
    }

    /// Renews the lease: twice as often as others look for it, or two looks could fall between the loss of the engine's data
    /// and the next renewal.
    async fn renew(&mut self) -> Result<()> {
        if !self.has_presences() {
            let pinged = self.connection.ping().await;
            return pinged.or_else(|error| match E::Connection::refusal(&error) {
                Some(_) => Ok(()), // which is an answer
                None => Err(error),
            });
        }
        if self.needs_start {
            return self.start().await;
        }
        let renewed = self.connection.renew_lease(self.lease()).await;
        if self.accepted(renewed)? == Some(false) {
            self.start().await?;
        }
        Ok(())
    }

    /// Tidies the journal, and removes the nodes that are gone.
    async fn check(&mut self, window: &mut Window<'a>) -> Result<()> {
        if !self.has_presences() {
            return Ok(());
        }
        let mut writes = Vec::new();
        let max_bytes = self.max_bytes();
        self.journal.tidy(&mut writes, self.node, max_bytes);
        if !writes.is_empty() {
            let refusals = self.write(writes, window, None).await?;
            self.record(&refusals)?;
        }
        let check = self.missing.check(&self.connection, self.node);
        let checked = window.beside(async { Ok(check.await) }).await?;
        self.accepted(checked)?;
        let pause = self.core.lease * 2 / 5;
        if !self.needs_start && self.refused_at.is_some_and(|at| at.elapsed() > pause) {
            self.refused_at = None;
            self.core.accepted(self.node, Part::Presences);
        }
        Ok(())
    }

    async fn send(&mut self, mut batch: Batch, window: &mut Window<'a>) -> Result<()> {
        self.drop_larger(&mut batch, self.max_bytes());
        let in_flight = InFlight::new(self.core, self.node, &batch);
        if batch.is_plain() {
            let connection = self.connection.clone();
            let writes = match self.core.engine.pack() {
                Some(pack) => bundles::writes(batch.messages, self.max_bytes(), pack),
                None => batch.messages.into_iter().map(Write::from).collect(),
            };
            window.push(Box::pin(async move {
                let refusals = connection.write(writes).await?;
                in_flight.answered(&refusals);
                Ok(())
            }));
            return Ok(());
        }
        // Changes of presences overtake no broadcast, and stored ones are sent again in their order: one batch at a time.
        self.finish(window).await?;
        let writes = self.with_journal(batch);
        let refusals = self.write(writes, window, Some(in_flight)).await?;
        self.record(&refusals)?;
        refusals.failure.map_or(Ok(()), Err)
    }

    /// Carries out writes, and waits for the answer.
    async fn write(
        &mut self,
        writes: Vec<Write>,
        window: &mut Window<'a>,
        in_flight: Option<InFlight<'a, E>>,
    ) -> Result<Refusals> {
        let connection = self.connection.clone();
        let (answer, answered) = oneshot::channel();
        window.push(Box::pin(async move {
            let refusals = connection.write(writes).await?;
            if let Some(in_flight) = in_flight {
                in_flight.answered(&refusals); // also if a refusal ends the session
            }
            let _ = answer.send(refusals); // whoever asked waits for it
            Ok(())
        }));
        self.finish(window).await?;
        Ok(answered.await?)
    }

    /// Waits until all batches are confirmed, and renews the lease meanwhile: an engine may take several requests for each, and
    /// be slow.
    async fn finish(&mut self, window: &mut Window<'a>) -> Result<()> {
        while !window.is_empty() {
            tokio::select! {
                biased;
                _ = self.renewals.tick() => window.beside(self.renew()).await?,
                confirmed = window.next() => confirmed?,
            }
        }
        Ok(())
    }

    /// Returns the writes of a batch, and those that keep the journal up to date.
    fn with_journal(&mut self, batch: Batch) -> Vec<Write> {
        let (max_bytes, has_presences) = (self.max_bytes(), self.has_presences());
        let mut writes = Vec::new();
        for outgoing in batch.messages {
            if has_presences && outgoing.kind == Kind::Presences {
                let Outgoing { topic, message, .. } = &outgoing;
                self.journal
                    .write(&mut writes, (self.node, max_bytes), topic, message);
            }
            writes.push(outgoing.into());
        }
        for topic in batch.lists {
            let list = self.node.presence_parts(&topic, max_bytes);
            if has_presences {
                self.journal
                    .write_list(&mut writes, self.node, &topic, max_bytes);
            }
            let publish = |message| Write::Publish {
                topic: topic.clone(),
                message,
                count: 1,
            };
            writes.extend(list.into_iter().map(publish));
        }
        writes
    }

    fn max_bytes(&self) -> usize {
        self.core.engine.max_bytes()
    }

    /// Drops messages that were queued before the engine took smaller ones only.
    fn drop_larger(&self, batch: &mut Batch, max_bytes: usize) {
        let mut dropped = 0;
        for Outgoing { topic, kind, .. } in batch
            .messages
            .extract_if(.., |outgoing| outgoing.message.len() > max_bytes)
        {
            match kind {
                Kind::Broadcast | Kind::Stored { .. } => dropped += 1,
                Kind::Presences => batch.lists.push(topic),
            }
        }
        if dropped > 0 {
            self.node.lost(dropped, "the engine takes smaller messages");
        }
    }

    /// Sends what is queued by now, and takes the presences along.
    async fn leave(&mut self, window: &mut Window<'a>) -> Result<()> {
        let outbox = &self.core.outbox;
        let last = outbox.last();
        self.finish(window).await?;
        while let Some(batch) = outbox.take_up_to(last) {
            self.send(batch, window).await?;
            self.finish(window).await?;
        }
        if self.has_presences() {
            self.connection.write(self.journal.end()).await?;
            let ended = self.connection.end_lease(self.lease()).await;
            self.accepted(ended)?; // otherwise it expires
        }
        self.core.leaving.send_replace(Leaving::Done);
        Ok(())
    }
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// While the engine processes a batch, only whole ones follow: smaller ones would cost it more for each message.
fn wanted(window: &Window) -> Wanted {
    match window.is_empty() {
        true => Wanted::Any,
        false => Wanted::Whole,
    }
}

impl From<Outgoing> for Write {
    fn from(outgoing: Outgoing) -> Self {
        let Outgoing {
            topic,
            message,
            kind,
            ..
        } = outgoing;
        match kind {
            Kind::Stored { limits, number } => Write::Store {
                topic,
                message,
                limits,
                number: number.unwrap_or_default(), // one that was taken has a number
            },
            Kind::Broadcast | Kind::Presences => Write::Publish {
                topic,
                message,
                count: 1,
            },
        }
    }
}

async fn asked_to_leave(leaving: &mut watch::Receiver<Leaving>) {
    if leaving.wait_for(|it| *it == Leaving::Asked).await.is_err() {
        pending().await // the adapter is gone, and so is this
    }
}
