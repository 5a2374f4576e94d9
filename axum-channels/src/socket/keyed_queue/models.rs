use super::KeyedQueue;
use crate::sync::model;
use loom::sync::atomic::{AtomicBool, Ordering::SeqCst};
use loom::sync::{Arc, Mutex};
use loom::thread;

struct Connection {
    queue: KeyedQueue<u8, u8>,
    is_gone: Mutex<bool>,
}

impl Connection {
    fn send(&self, message: u8) -> bool {
        let wake = || !*self.is_gone.lock().expect("no panic");
        self.queue.send(1, message, Some(8), wake).is_ok()
    }

    fn end(&self) {
        *self.is_gone.lock().expect("no panic") = true;
    }
}

#[test]
fn nothing_waits_for_a_connection_that_is_gone() {
    model(|| {
        let connection = Arc::new(Connection {
            queue: KeyedQueue::default(),
            is_gone: Mutex::new(false),
        });
        let sender = thread::spawn({
            let connection = connection.clone();
            move || [1, 2].map(|message| connection.send(message))
        });
        connection.queue.drain(|_, message| Err(message)); // there is no room
        connection.end();
        connection.queue.clear();
        let sent = sender.join().expect("no panic");
        let mut left = Vec::new();
        connection.queue.drain(|_, message| {
            left.push(message);
            Ok(())
        });
        assert_eq!(left, [], "{sent:?}");
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
                    queue
                        .send(1, number, Some(8), || true)
                        .expect("there is room");
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
