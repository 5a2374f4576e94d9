use super::Lossy;
use crate::sync::model;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use std::future::poll_fn;

/// The number of broadcasts of the publisher, and how many of them may wait.
const SENT: u64 = 3;
const CAPACITY: usize = 1;

/// The receiver counts to the last: if it stays pending while something was missed or waits, loom reports a deadlock.
#[test]
fn every_broadcast_is_received_or_counted_as_missed() {
    model(|| {
        let queue = Arc::new(Lossy::new(CAPACITY));
        let publisher = thread::spawn({
            let queue = queue.clone();
            move || (0..SENT).for_each(|number| queue.push(|| number))
        });
        let (mut seen, mut next) = (0, 0);
        while seen < SENT {
            match block_on(poll_fn(|cx| queue.poll_next(cx.waker()))) {
                Ok(number) => {
                    assert!(number >= next, "{number} came after {next} were seen");
                    (seen, next) = (seen + 1, number + 1);
                }
                Err(missed) => seen += missed,
            }
        }
        publisher.join().expect("no panic");
    });
}
