use super::timer::TimerTask;
use crate::pubsub;

/// Something that a channel started and that ends with it.
#[expect(dead_code, reason = "held to be dropped")]
pub(super) enum Resource {
    Subscription(pubsub::Subscription),
    Timer(TimerTask),
}
