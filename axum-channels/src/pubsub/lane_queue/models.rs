use super::*;
use crate::sync::model;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;

/// Pushes an item of two slices, and is the queue's task if it has none, as a publisher without a runtime.
fn publish(queue: &LaneQueue<u32>, done: &AtomicUsize) {
    if queue.push(2, 0).starts_task {
        queue.finish(|| _ = work(queue, done));
    }
}

fn work(queue: &LaneQueue<u32>, done: &AtomicUsize) -> bool {
    queue.work(|left| {
        *left -= 1;
        if *left == 0 {
            done.fetch_add(1, SeqCst);
        }
        *left == 0
    })
}

#[test]
fn every_item_is_processed_though_tasks_end_and_publishers_help() {
    model(|| {
        let (queue, done) = (Arc::new(LaneQueue::new()), Arc::new(AtomicUsize::new(0)));
        let publisher = {
            let (queue, done) = (queue.clone(), done.clone());
            thread::spawn(move || publish(&queue, &done))
        };
        let helper = {
            let (queue, done) = (queue.clone(), done.clone());
            thread::spawn(move || work(&queue, &done))
        };
        publish(&queue, &done);
        let _ = (publisher.join(), helper.join());
        assert_eq!(done.load(SeqCst), 2);
    });
}
