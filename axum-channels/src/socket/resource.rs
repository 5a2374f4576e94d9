use crate::message::Topic;
use crate::pubsub;
use crate::task::AbortOnDrop;

/// Something that a channel started and that ends with it.
pub(super) enum Resource {
    Subscription(pubsub::Subscription),
    #[expect(dead_code, reason = "held to be dropped")]
    Timer(AbortOnDrop),
}

impl Resource {
    /// Returns the topic of a subscription.
    pub(super) fn topic(&self) -> Option<&Topic> {
        match self {
            Resource::Subscription(subscription) => Some(subscription.topic()),
            Resource::Timer(_) => None,
        }
    }
}
