use crate::message::Payload;
use serde_json::{Map, Value, json};
use std::fmt;

/// Presences of a topic: for each key, the metadata of each of its connections.
///
/// Its payload is the `presence_state` that phoenix.js's `Presence` takes.
///
/// ```
/// # async fn run(endpoint: axum_channels::Endpoint) {
/// let everyone = endpoint.presences("room:lobby");
/// println!("{} are here", everyone.len());
/// for (user, metas) in everyone.iter() {
///     println!("{user} by {} connections", metas.len());
/// }
/// # }
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Presences(Map<String, Value>);

impl Presences {
    pub(super) fn add(&mut self, key: &str, meta: Map<String, Value>) {
        let entry = self.0.entry(key).or_insert_with(|| json!({"metas": []}));
        if let Some(metas) = entry["metas"].as_array_mut() {
            metas.push(meta.into());
        }
    }

    /// Returns the number of keys.
    ///
    /// ```
    /// # let endpoint = axum_channels::Endpoint::builder().build();
    /// assert_eq!(endpoint.presences("room:lobby").len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if there are no presences.
    ///
    /// ```
    /// # let endpoint = axum_channels::Endpoint::builder().build();
    /// assert!(endpoint.presences("room:lobby").is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the metadata under a key: an object for each connection that tracks it, none if there is none.
    ///
    /// ```
    /// # let endpoint = axum_channels::Endpoint::builder().build();
    /// assert!(endpoint.presences("room:lobby").get("alice").is_empty());
    /// ```
    pub fn get(&self, key: &str) -> &[Value] {
        self.0.get(key).map_or(&[], metas)
    }

    /// Iterates over all keys and their metadata.
    ///
    /// ```
    /// # let endpoint = axum_channels::Endpoint::builder().build();
    /// let names: Vec<String> = endpoint.presences("room:lobby").iter().map(|(key, _)| key.to_owned()).collect();
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Value])> {
        self.0
            .iter()
            .map(|(key, entry)| (key.as_str(), metas(entry)))
    }
}

fn metas(entry: &Value) -> &[Value] {
    entry["metas"].as_array().map_or(&[], Vec::as_slice)
}

impl From<Presences> for Payload {
    fn from(Presences(list): Presences) -> Self {
        Value::Object(list).into()
    }
}

impl fmt::Debug for Presences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Joins and leaves of a change, `presence_diff`.
#[derive(Default)]
pub(super) struct Diff {
    joins: Presences,
    leaves: Presences,
}

impl Diff {
    pub(super) fn join(mut self, key: &str, meta: Map<String, Value>) -> Self {
        self.joins.add(key, meta);
        self
    }

    pub(super) fn leave(mut self, key: &str, meta: Map<String, Value>) -> Self {
        self.leaves.add(key, meta);
        self
    }
}

impl From<Diff> for Payload {
    fn from(diff: Diff) -> Self {
        json!({"joins": diff.joins.0, "leaves": diff.leaves.0}).into()
    }
}
