use super::Payload;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::fmt;

/// List of a topic's presences: for each key, such as a user's id, the metadata of each of its connections.
///
/// Metadata have a field `phx_ref` besides those of the app: phoenix.js's `Presence` needs it. As a payload, and serialised,
/// the list is the `presence_state` that phoenix.js expects.
///
/// ```
/// # async fn run(endpoint: axum_channels::Endpoint) {
/// let presences = endpoint.presences("room:lobby");
/// println!("{} users are online", presences.len());
/// for (user, metas) in presences.iter() {
///     println!("{user} by {} connections", metas.len());
/// }
/// # }
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Presences(Map<String, Value>);

impl Presences {
    pub(crate) fn add(&mut self, key: &str, meta: Map<String, Value>) {
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
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if there are no presences.
    ///
    /// ```
    /// # let endpoint = axum_channels::Endpoint::builder().build();
    /// assert!(endpoint.presences("room:lobby").is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the metadata under a key: an object for each connection or task that tracks it. It is empty if there is
    /// none.
    ///
    /// ```
    /// # let endpoint = axum_channels::Endpoint::builder().build();
    /// assert!(endpoint.presences("room:lobby").get("alice").is_empty());
    /// ```
    pub fn get(&self, key: &str) -> &[Value] {
        self.0.get(key).map_or(&[], metas)
    }

    /// Sets a field of a key, beside its `metas`: the data that a [`PresenceHandler`](crate::PresenceHandler) adds.
    ///
    /// If the list does not have the key, nothing changes.
    ///
    /// ```
    /// use axum_channels::Presences;
    /// use serde_json::json;
    ///
    /// fn add_names(presences: &mut Presences, name_of: impl Fn(&str) -> String) {
    ///     let keys: Vec<String> = presences.iter().map(|(key, _)| key.to_owned()).collect();
    ///     for key in keys {
    ///         presences.set(&key, "name", json!(name_of(&key))); // {"42": {"metas": […], "name": "Alice"}}
    ///     }
    /// }
    /// ```
    pub fn set(&mut self, key: &str, field: &str, value: Value) {
        if let Some(entry) = self.0.get_mut(key) {
            entry[field] = value;
        }
    }

    /// Returns a field that a [`PresenceHandler`](crate::PresenceHandler) has set for a key.
    ///
    /// ```
    /// # use axum_channels::Presences;
    /// fn name(presences: &Presences, key: &str) -> Option<String> {
    ///     Some(presences.field(key, "name")?.as_str()?.to_owned())
    /// }
    /// ```
    #[must_use]
    pub fn field(&self, key: &str, field: &str) -> Option<&Value> {
        self.0.get(key)?.get(field)
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

impl From<Presences> for Value {
    fn from(Presences(list): Presences) -> Self {
        Value::Object(list)
    }
}

/// For handlers of axum, and replies with other data: `Json(endpoint.presences("room:lobby"))`.
impl Serialize for Presences {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl From<Presences> for Payload {
    fn from(list: Presences) -> Self {
        Value::from(list).into()
    }
}

impl fmt::Debug for Presences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
