//! The key `recover` of a join and of its reply, by which a client asks for the broadcasts that it has missed.

use super::entry::entry;
use super::{Payload, Position};

/// Request for positions, and for the broadcasts after one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Asked {
    /// The first join: the client has no position.
    First,
    /// The client has a position, which may be that of another server or malformed.
    Since(Option<Position>),
}

/// Outcome for the client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Recovery {
    /// The client has asked for the current position.
    First,
    /// This number of broadcasts follows the reply.
    Recovered { missed: usize },
    /// Broadcasts after the client's position are not kept any more.
    Lost,
}

const KEY: &str = "recover";

impl Asked {
    /// Reads the request from the payload of a join. `None` without one.
    pub(crate) fn in_payload(payload: &Payload) -> Option<Self> {
        if !payload.as_json().contains(KEY) {
            return None; // the payload is not parsed
        }
        let asked = payload.entry(KEY).filter(|json| json.starts_with('{'))?;
        Some(match entry(asked, "position") {
            None | Some("null") => Asked::First,
            Some(json) => {
                let text = serde_json::from_str::<String>(json).ok();
                Asked::Since(text.and_then(|text| Position::parse(&text)))
            }
        })
    }
}

impl Recovery {
    /// Adds the key to the reply to the join, which has to be an object. `position` is that of the client when it has read
    /// the reply, if that is known.
    pub(crate) fn add_to(self, reply: &Payload, position: Option<Position>) -> Payload {
        let json = reply.as_json().trim_end();
        let head = json.strip_suffix('}').unwrap_or(json).trim_end();
        let comma = if head == "{" { "" } else { "," };
        let outcome = match self {
            Recovery::First => None,
            Recovery::Recovered { missed } => {
                Some(format!(r#""recovered":true,"missed":{missed}"#))
            }
            Recovery::Lost => Some(r#""recovered":false"#.to_owned()),
        };
        let position = position.map(|position| format!(r#""position":"{position}""#));
        let parts: Vec<String> = position.into_iter().chain(outcome).collect();
        let json = format!(r#"{head}{comma}"{KEY}":{{{}}}}}"#, parts.join(","));
        Payload::from_valid_json(&json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Epoch;
    use serde_json::{Value, json};

    fn asked(payload: Value) -> Option<Asked> {
        Asked::in_payload(&payload.into())
    }

    #[test]
    fn a_client_asks_with_an_object_and_nothing_else() {
        assert_eq!(asked(json!({"recover": {}})), Some(Asked::First));
        for (position, expected) in [
            (json!(null), Asked::First),
            (json!(7), Asked::Since(None)),
            (json!("7"), Asked::Since(None)),
            (
                json!("q3Zk9_aB.17"),
                Asked::Since(Position::parse("q3Zk9_aB.17")),
            ),
        ] {
            let payload = json!({"recover": {"position": position}});
            assert_eq!(asked(payload), Some(expected));
        }
        for payload in [
            json!({}),
            json!({"recover": null}),
            json!({"recover": true}),
            json!({"recover": []}),
            json!({"recovered": {}}),
            json!({"a": {"recover": {}}}),
            json!(["recover"]),
        ] {
            assert_eq!(asked(payload.clone()), None, "{payload}");
        }
        assert_eq!(Asked::in_payload(&Payload::binary(&b"recover"[..])), None);
    }

    #[test]
    fn the_key_is_added_behind_the_keys_of_the_app() {
        let epoch = Epoch::random().expect("random numbers");
        let position = Position { epoch, number: 4 };
        let add = |recovery: Recovery, reply: &str| {
            let reply = Payload::from_valid_json(reply);
            let added = recovery.add_to(&reply, Some(position));
            assert!(serde_json::from_str::<Value>(added.as_json()).is_ok());
            added.as_json().replace(&position.to_string(), "x")
        };
        assert_eq!(
            add(Recovery::First, "{}"),
            r#"{"recover":{"position":"x"}}"#
        );
        assert_eq!(
            add(Recovery::Lost, r#"{ "a" : {} } "#),
            r#"{ "a" : {},"recover":{"position":"x","recovered":false}}"#
        );
        assert_eq!(
            add(Recovery::Recovered { missed: 3 }, r#"{"a":{"b":{}}}"#),
            r#"{"a":{"b":{}},"recover":{"position":"x","recovered":true,"missed":3}}"#
        );
        let unknown = |recovery: Recovery| recovery.add_to(&Payload::empty(), None);
        assert_eq!(unknown(Recovery::First).as_json(), r#"{"recover":{}}"#);
        assert_eq!(
            unknown(Recovery::Lost).as_json(),
            r#"{"recover":{"recovered":false}}"#
        );
        assert_eq!(
            add(Recovery::First, "{ }"),
            r#"{"recover":{"position":"x"}}"#
        );
    }
}
