use super::Places;
use crate::sync::model;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering::SeqCst};
use loom::thread;

/// Hears broadcasts until it is dropped.
struct Hearing(Arc<AtomicBool>);

impl Drop for Hearing {
    fn drop(&mut self) {
        self.0.store(false, SeqCst);
    }
}

#[test]
fn a_subscription_that_is_made_while_its_channel_ends_is_ended_by_the_first_broadcast() {
    model(|| {
        let places = Arc::new(Places::default());
        let is_heard = Arc::new(AtomicBool::new(false));
        let publisher = thread::spawn({
            let (places, is_heard) = (places.clone(), is_heard.clone());
            move || {
                let reaches = is_heard.load(SeqCst);
                if reaches {
                    places.end(1); // the channel is gone, as its mailbox says
                }
                reaches
            }
        });
        let place = places.reserve(1);
        is_heard.store(true, SeqCst);
        place.take(Hearing(is_heard.clone()));
        let reached = publisher.join().expect("no panic");
        assert_eq!(is_heard.load(SeqCst), !reached);
    });
}
