use super::{KeyedQueue, Limits, Weight};
use crate::sync::model;
use loom::sync::Arc;
use loom::thread;

const LIMITS: Limits = Limits {
    messages: 8,
    bytes: 0,
};

#[test]
fn nothing_waits_in_a_queue_that_is_closed_and_whoever_sends_to_it_is_told() {
    model(|| {
        let queue = Arc::new(KeyedQueue::default());
        let sender = thread::spawn({
            let queue = queue.clone();
            move || [1, 2].map(|number| queue.push(1, number, Weight::None, LIMITS).is_ok())
        });
        queue.drain(|_, number| Err(number)); // there is no room
        queue.close();
        let sent = sender.join().expect("no panic");
        queue.drain(|_, number| panic!("{number} waits"));
        assert!(sent != [false, true], "closed is closed");
        assert!(queue.push(1, 3, Weight::None, LIMITS).is_err());
    });
}

#[test]
fn messages_are_taken_in_order_also_if_others_come_while_some_are_held_back() {
    model(|| {
        let queue = Arc::new(KeyedQueue::default());
        let sender = thread::spawn({
            let queue = queue.clone();
            move || {
                for number in 0..3 {
                    let pushed = queue.push(1, number, Weight::Message, LIMITS);
                    pushed.expect("there is room");
                }
            }
        });
        queue.drain(|_, number| Err(number));
        sender.join().expect("no panic");
        let mut taken = Vec::new();
        queue.drain(|_, number| {
            taken.push(number);
            Ok(())
        });
        assert_eq!(taken, [0, 1, 2]);
    });
}
