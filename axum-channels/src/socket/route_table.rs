use crate::session::{RouteId, Rules};
use std::any::Any;
use std::sync::Arc;

/// Rules of a socket's topics, and the assigns of each route.
pub(crate) struct RouteTable {
    pub(crate) rules: Arc<Rules>,
    pub(crate) assigns: Vec<Option<Assigns>>,
}

impl RouteTable {
    /// Returns the assigns of a topic's route.
    pub(crate) fn assigns(&self, topic: &str) -> Option<&(dyn Any + Send + Sync)> {
        let RouteId(route) = self.rules.route(topic)?;
        self.assigns.get(route as usize)?.as_deref()
    }
}

/// Value that a route has for its channels.
pub(crate) type Assigns = Arc<dyn Any + Send + Sync>;
