use super::ChannelSlots;
use crate::sync::model;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering::SeqCst};
use loom::thread;

/// A subscription that receives broadcasts until it is dropped.
struct Subscribed(Arc<AtomicBool>);

impl Drop for Subscribed {
    fn drop(&mut self) {
        self.0.store(false, SeqCst);
    }
}

#[test]
fn a_subscription_that_is_made_while_its_channel_ends_is_ended_by_the_first_broadcast() {
    model(|| {
        let slots = Arc::new(ChannelSlots::default());
        let is_subscribed = Arc::new(AtomicBool::new(false));
        let publisher = thread::spawn({
            let (slots, is_subscribed) = (slots.clone(), is_subscribed.clone());
            move || {
                let reaches = is_subscribed.load(SeqCst);
                if reaches {
                    slots.end(1); // the channel is gone, as its mailbox shows
                }
                reaches
            }
        });
        let slot = slots.reserve(1);
        is_subscribed.store(true, SeqCst);
        slot.take(Subscribed(is_subscribed.clone()));
        let reached = publisher.join().expect("no panic");
        assert_eq!(is_subscribed.load(SeqCst), !reached);
    });
}
