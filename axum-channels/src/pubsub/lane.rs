//! Delivery of broadcasts to large topics, by the workers of the runtime.
//!
//! Each lane has a part of every large topic's subscribers, and delivers one broadcast after the other. So each
//! subscriber receives a publisher's broadcasts in order, and the publisher does not wait for them.

use super::lane_queue::{LaneQueue, Level};
use super::load::Pressure;
use super::slot_list::SlotId;
use super::subscribers::Parts;
use super::{Delivery, List, SubscriberId, deliver_to};
use crate::message::{Broadcast, Encodings, Payload, Ref};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::available_parallelism;
use tokio::runtime::Handle;
use tokio::task::yield_now;

/// The lanes of an endpoint: as many as the machine has cores.
pub(super) struct Lanes(Box<[Arc<Lane>]>);

struct Lane {
    index: usize,
    queue: LaneQueue<Job>,
    /// A subscriber is falling behind.
    is_pressed: AtomicBool,
}

/// A broadcast to one lane's part of a topic.
struct Job {
    publication: Arc<Publication>,
    /// The next subscriber.
    start: SlotId,
}

struct Publication {
    topic: Box<str>,
    event: Box<str>,
    payload: Payload,
    /// Position in the topic's history.
    position: Option<Ref>,
    is_recovered: bool,
    encodings: Encodings,
    from: Option<SubscriberId>,
    parts: Arc<Parts>,
    /// End of the slots that are served: subscribers from this one on subscribed after the broadcast.
    end: SlotId,
}

/// Maximum number of lanes.
const LANES: usize = 16;

/// Number of deliveries after which a lane's task lets other tasks run: about half a millisecond over TCP.
const SLICE: usize = 64;

impl Lanes {
    pub(super) fn new() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Lanes((0..cores.min(LANES)).map(Lane::new).collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Starts the delivery of a broadcast, and returns the pressure of those before it.
    ///
    /// If that is high, the publisher calls [`help`](Self::help).
    pub(super) fn publish(
        &self,
        delivery: &Delivery<'_>,
        (parts, end): (Arc<Parts>, SlotId),
    ) -> Pressure {
        let publication = Arc::new(Publication {
            topic: delivery.topic.into(),
            event: delivery.event.into(),
            payload: delivery.payload.clone(),
            position: delivery.position.cloned(),
            is_recovered: delivery.is_recovered,
            encodings: Encodings::default(),
            from: delivery.from,
            parts,
            end,
        });
        let pressures = self.0.iter().map(|lane| lane.push(publication.clone()));
        pressures.fold(Pressure::Low, Pressure::max)
    }

    /// Delivers until there is room in all queues, for a publisher that does not pause.
    pub(super) fn help(&self) {
        self.0.iter().for_each(|lane| lane.help());
    }

    /// Waits until everything published before is delivered.
    pub(super) async fn flush(&self) {
        for lane in &self.0 {
            while lane.deliver() {
                yield_now().await;
            }
        }
    }
}

impl Lane {
    fn new(index: usize) -> Arc<Self> {
        Arc::new(Lane {
            index,
            queue: LaneQueue::new(),
            is_pressed: AtomicBool::new(false),
        })
    }

    fn push(self: &Arc<Self>, publication: Arc<Publication>) -> Pressure {
        let bytes = publication.payload.bytes().len();
        let job = Job {
            publication,
            start: SlotId::default(),
        };
        let pushed = self.queue.push(job, bytes);
        if pushed.starts_task {
            self.start();
        }
        match (pushed.level, self.is_pressed.swap(false, Relaxed)) {
            (Level::Low, false) => Pressure::Low,
            _ => Pressure::High,
        }
    }

    fn start(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else {
            return self.queue.finish(|| _ = self.deliver()); // without a runtime, the publisher delivers
        };
        let task = Task {
            lane: self.clone(),
            is_over: false,
        };
        runtime.spawn(task.run());
    }

    fn help(&self) {
        while self.queue.level() == Level::Full && self.deliver() {}
    }

    /// Delivers a slice. Returns `false` if there was nothing to deliver.
    fn deliver(&self) -> bool {
        let mut subscribers = None; // dropped without the queue's lock: that may run the app's code
        self.queue.work(|job| {
            let subscribers = &**subscribers.insert(job.publication.parts.get(self.index));
            let (deliveries, pressure) = job.deliver(subscribers);
            if pressure == Pressure::High {
                self.is_pressed.store(true, Relaxed);
            }
            deliveries < SLICE
        })
    }
}

impl Job {
    /// Delivers a slice, and returns the number of deliveries and the highest pressure. There are fewer than [`SLICE`] in
    /// the last one.
    fn deliver(&mut self, subscribers: &List) -> (usize, Pressure) {
        let Publication {
            topic,
            event,
            payload,
            position,
            is_recovered,
            encodings,
            from,
            end,
            ..
        } = &*self.publication;
        let broadcast = Broadcast::new(topic, event, payload, encodings)
            .at(position.as_ref())
            .recovered(*is_recovered);
        let (mut deliveries, mut pressure) = (0, Pressure::Low);
        let present = subscribers.iter_from(self.start);
        for (id, subscriber) in present.take_while(|(id, _)| id < end).take(SLICE) {
            deliveries += 1;
            self.start = id.next();
            pressure = pressure.max(deliver_to(subscriber, &broadcast, *from));
        }
        (deliveries, pressure)
    }
}

/// The task of a lane while it has something to deliver.
struct Task {
    lane: Arc<Lane>,
    is_over: bool,
}

impl Task {
    async fn run(mut self) {
        while !self.lane.queue.end_task() {
            self.lane.deliver();
            yield_now().await;
        }
        self.is_over = true;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.is_over {
            self.lane.queue.abandon_task(); // its runtime ends
        }
    }
}
