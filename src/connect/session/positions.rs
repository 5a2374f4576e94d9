//! Positions of topics with a history, as `recover.js` keeps them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::connect::entry::Recovery;
use crate::connect::frame::{Frame, Payload, REPLY};
use crate::connect::json::Json;

/// The last position of each topic.
#[derive(Debug, Default)]
pub struct Positions {
    /// Joins ask for positions.
    is_asking: bool,
    last: BTreeMap<String, String>,
}

/// The key `recover` of a reply to a join.
#[derive(Deserialize)]
struct Reply {
    recover: Recover,
}

#[derive(Deserialize)]
struct Recover {
    position: Option<String>,
    recovered: Option<bool>,
    #[serde(default)]
    missed: u64,
}

impl Positions {
    /// Creates positions with that of the first topic. `None` if joins do not ask for any, an empty text if it has none.
    pub fn new(asked: Option<&str>, first: Option<&String>) -> Self {
        let position = asked.filter(|position| !position.is_empty());
        let last = first.zip(position);
        let last = last.map(|(topic, position)| (topic.clone(), position.to_owned()));
        Self {
            is_asking: asked.is_some(),
            last: last.into_iter().collect(),
        }
    }

    /// Returns the payload of a join that asks for what follows the last position.
    pub fn asking(&self, topic: &str, payload: Json) -> Json {
        if !self.is_asking {
            return payload;
        }
        let recover = match self.last.get(topic) {
            Some(position) => serde_json::json!({ "position": position }),
            None => serde_json::json!({}),
        };
        payload.with("recover", &recover)
    }

    /// Keeps the position of a broadcast.
    pub fn received(&mut self, frame: &Frame) {
        let position = frame.reference.as_ref().filter(|it| it.contains('.')); // other refs are numbers
        if let (true, Some(position)) = (self.is_asking && frame.event != REPLY, position) {
            self.last.insert(frame.topic.clone(), position.clone());
        }
    }

    /// Reads the reply to a join.
    pub fn joined(&mut self, frame: &Frame) -> Option<Recovery> {
        let Payload::Json(payload) = &frame.payload else {
            return None;
        };
        let Reply { recover } = payload.read()?;
        match recover.position {
            Some(position) => self.last.insert(frame.topic.clone(), position),
            None => self.last.remove(&frame.topic),
        };
        Some(match recover.recovered? {
            true => Recovery::Recovered(recover.missed),
            false => Recovery::Lost,
        })
    }

    /// Returns the topics with a position.
    pub fn known(&self) -> impl Iterator<Item = (&String, &String)> {
        self.last.iter().filter(|_| self.is_asking)
    }
}
