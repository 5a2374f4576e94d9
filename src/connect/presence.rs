//! Lists of who is present in a topic, kept as phoenix.js keeps them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::json::Json;

pub const STATE: &str = "presence_state";
pub const DIFF: &str = "presence_diff";

/// The presences of a topic: each key with its connections.
#[derive(Debug, Default)]
pub struct Presences {
    present: Entries,
    /// Diffs that came before the state.
    early: Vec<Diff>,
    is_known: bool,
}

/// The list after a change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Present {
    /// Each key with its number of connections.
    pub keys: Vec<(String, usize)>,
    pub joined: Vec<String>,
    pub left: Vec<String>,
}

type Entries = BTreeMap<String, Entry>;

#[derive(Debug, Clone, Default, Deserialize)]
struct Entry {
    metas: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Diff {
    joins: Entries,
    leaves: Entries,
}

impl Presences {
    /// Applies a message. Returns the list if it is known, and `None` if the payload is not that of presences.
    pub fn apply(&mut self, event: &str, payload: &Json) -> Option<Present> {
        let before: Vec<String> = self.present.keys().cloned().collect();
        match event {
            STATE => {
                self.present = payload.read()?;
                self.is_known = true;
                for diff in std::mem::take(&mut self.early) {
                    self.change(diff);
                }
            }
            _ => {
                let diff = payload.read()?;
                if !self.is_known {
                    self.early.push(diff);
                    return None;
                }
                self.change(diff);
            }
        }
        Some(self.since(&before))
    }

    fn change(&mut self, diff: Diff) {
        for (key, entry) in diff.joins {
            let metas = &mut self.present.entry(key).or_default().metas;
            let joined: Vec<_> = entry.metas.iter().map(reference).collect();
            // A join that updates a connection replaces it.
            metas.retain(|meta| !joined.contains(&reference(meta)));
            metas.extend(entry.metas);
        }
        for (key, entry) in diff.leaves {
            let Some(current) = self.present.get_mut(&key) else {
                continue;
            };
            let left: Vec<_> = entry.metas.iter().map(reference).collect();
            current
                .metas
                .retain(|meta| !left.contains(&reference(meta)));
            if current.metas.is_empty() {
                self.present.remove(&key);
            }
        }
    }

    fn since(&self, before: &[String]) -> Present {
        let keys = self.present.keys();
        let has_left = |key: &&String| !self.present.contains_key(*key);
        let counted = self.present.iter();
        Present {
            keys: counted
                .map(|(key, entry)| (key.clone(), entry.metas.len()))
                .collect(),
            joined: keys.filter(|key| !before.contains(key)).cloned().collect(),
            left: before.iter().filter(has_left).cloned().collect(),
        }
    }
}

/// Returns what identifies a connection.
fn reference(meta: &Value) -> Value {
    meta.get("phx_ref").cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(presences: &mut Presences, event: &str, payload: &str) -> Option<Present> {
        presences.apply(event, &Json::parse(payload).expect("it is JSON"))
    }

    fn present(keys: &[(&str, usize)], joined: &[&str], left: &[&str]) -> Option<Present> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Some(Present {
            keys: keys
                .iter()
                .map(|&(key, count)| (key.to_owned(), count))
                .collect(),
            joined: owned(joined),
            left: owned(left),
        })
    }

    #[test]
    fn the_list_follows_states_and_diffs() {
        let mut presences = Presences::default();
        let state = r#"{"alice":{"metas":[{"phx_ref":"1"}]}}"#;
        assert_eq!(
            apply(&mut presences, STATE, state),
            present(&[("alice", 1)], &["alice"], &[])
        );
        let second = r#"{"joins":{"alice":{"metas":[{"phx_ref":"2"}]},"bob":{"metas":[{"phx_ref":"3"}]}},"leaves":{}}"#;
        assert_eq!(
            apply(&mut presences, DIFF, second),
            present(&[("alice", 2), ("bob", 1)], &["bob"], &[])
        );
        let gone = r#"{"joins":{},"leaves":{"alice":{"metas":[{"phx_ref":"1"}]},"bob":{"metas":[{"phx_ref":"3"}]}}}"#;
        assert_eq!(
            apply(&mut presences, DIFF, gone),
            present(&[("alice", 1)], &[], &["bob"])
        );
    }

    #[test]
    fn an_update_replaces_a_connection() {
        let mut presences = Presences::default();
        apply(
            &mut presences,
            STATE,
            r#"{"alice":{"metas":[{"phx_ref":"1"}]}}"#,
        );
        let update = r#"{"joins":{"alice":{"metas":[{"phx_ref":"2","phx_ref_prev":"1"}]}},"leaves":{"alice":{"metas":[{"phx_ref":"1"}]}}}"#;
        assert_eq!(
            apply(&mut presences, DIFF, update),
            present(&[("alice", 1)], &[], &[])
        );
    }

    #[test]
    fn diffs_before_the_state_wait_for_it() {
        let mut presences = Presences::default();
        let early = r#"{"joins":{},"leaves":{"bob":{"metas":[{"phx_ref":"3"}]}}}"#;
        assert_eq!(apply(&mut presences, DIFF, early), None);
        let state = r#"{"alice":{"metas":[{"phx_ref":"1"}]},"bob":{"metas":[{"phx_ref":"3"}]}}"#;
        assert_eq!(
            apply(&mut presences, STATE, state),
            present(&[("alice", 1)], &["alice"], &[])
        );
    }

    #[test]
    fn other_payloads_change_nothing() {
        let mut presences = Presences::default();
        for payload in ["[]", "{\"alice\":1}", "null", "{\"joins\":{}}"] {
            assert_eq!(apply(&mut presences, STATE, payload), None, "{payload}");
            assert_eq!(apply(&mut presences, DIFF, payload), None, "{payload}");
        }
    }
}
