use super::{Payload, Presences};
use serde_json::{Map, Value, json};

/// Change of a topic's presences: its joins and leaves, as clients receive them in `presence_diff`.
///
/// An update is both: the new metadata is in the joins, the old in the leaves.
///
/// ```
/// use axum_channels::PresenceDiff;
///
/// fn arrived(diff: &PresenceDiff) -> Vec<&str> {
///     diff.joins.iter().map(|(key, _)| key).collect()
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PresenceDiff {
    /// Metadata tracked by the change.
    pub joins: Presences,
    /// Metadata untracked by the change.
    pub leaves: Presences,
}

impl PresenceDiff {
    pub(crate) fn join(mut self, key: &str, meta: Map<String, Value>) -> Self {
        self.joins.add(key, meta);
        self
    }

    pub(crate) fn leave(mut self, key: &str, meta: Map<String, Value>) -> Self {
        self.leaves.add(key, meta);
        self
    }
}

impl From<PresenceDiff> for Payload {
    fn from(PresenceDiff { joins, leaves }: PresenceDiff) -> Self {
        json!({"joins": Value::from(joins), "leaves": Value::from(leaves)}).into()
    }
}
