/// Implements [`Adapter`](crate::pubsub::cluster::Adapter) for a type by the calls of its field `core`.
///
/// A generic implementation would show a private trait in the documentation of each adapter.
macro_rules! adapter {
    ($adapter:ty) => {
        impl $crate::pubsub::cluster::Adapter for $adapter {
            async fn run(&self, node: $crate::pubsub::cluster::Node) -> $crate::error::Result<()> {
                self.core.run(node).await
            }

            async fn subscribe(&self, topic: &$crate::message::Topic) -> $crate::error::Result<()> {
                self.core.subscribe(topic).await
            }

            async fn unsubscribe(
                &self,
                topic: &$crate::message::Topic,
            ) -> $crate::error::Result<()> {
                self.core.unsubscribe(topic).await
            }

            async fn presences(
                &self,
                topic: &$crate::message::Topic,
            ) -> $crate::error::Result<Vec<bytes::Bytes>> {
                self.core.presences(topic).await
            }

            fn has_histories(&self) -> bool {
                self.core.has_histories()
            }

            async fn history(
                &self,
                topic: &$crate::message::Topic,
                limits: $crate::pubsub::History,
            ) -> $crate::error::Result<$crate::pubsub::cluster::Stored> {
                self.core.history(topic, limits).await
            }

            async fn stop(&self) -> $crate::error::Result<()> {
                self.core.stop().await
            }

            fn lag(&self) -> std::time::Duration {
                self.core.lag()
            }

            fn publish(
                &self,
                message: &$crate::pubsub::cluster::Message<'_>,
            ) -> $crate::error::Result<()> {
                self.core.publish(message)
            }
        }
    };
}
pub(crate) use adapter;
