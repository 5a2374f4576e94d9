//! Topics and their members.

use crate::connection::Connection;
use std::collections::HashMap;

#[derive(Default)]
pub(crate) struct Topics {
    by_name: HashMap<Box<[u8]>, u32>,
    topics: Vec<Topic>,
    free: Vec<u32>,
}

#[derive(Default)]
struct Topic {
    /// The name in its JSON, with the quotes.
    name: Box<[u8]>,
    members: Vec<u32>,
}

/// A connection's place in a topic.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) topic: u32,
    /// Index among its members.
    at: u32,
}

impl Topics {
    /// Returns the place of a connection on a topic, among its places. It has few, so the search is linear.
    pub(crate) fn place(&self, places: &[Place], name: &[u8]) -> Option<Place> {
        let named = |place: &&Place| *self.topics[place.topic as usize].name == *name;
        places.iter().find(named).copied()
    }

    pub(crate) fn members(&self, topic: u32) -> &[u32] {
        &self.topics[topic as usize].members
    }

    pub(crate) fn join(&mut self, connection: &mut Connection, number: usize, name: &[u8]) {
        let topic = match self.by_name.get(name) {
            Some(topic) => *topic,
            None => self.make(name),
        };
        let members = &mut self.topics[topic as usize].members;
        let at = members.len() as u32;
        if members.is_empty() {
            members.reserve_exact(1);
        }
        members.push(number as u32);
        if connection.places.is_empty() {
            connection.places.reserve_exact(1);
        }
        connection.places.push(Place { topic, at });
    }

    pub(crate) fn leave(
        &mut self,
        connections: &mut [Option<Connection>],
        number: usize,
        left: Place,
    ) {
        if let Some(connection) = &mut connections[number] {
            connection.places.retain(|place| place.topic != left.topic);
        }
        let topic = &mut self.topics[left.topic as usize];
        topic.members.swap_remove(left.at as usize);
        // The last has taken the place.
        if let Some(moved) = topic.members.get(left.at as usize)
            && let Some(connection) = &mut connections[*moved as usize]
            && let Some(place) = connection
                .places
                .iter_mut()
                .find(|place| place.topic == left.topic)
        {
            place.at = left.at;
        }
        if topic.members.is_empty() {
            self.by_name.remove(&topic.name);
            *topic = Topic::default();
            self.free.push(left.topic);
        }
    }

    fn make(&mut self, name: &[u8]) -> u32 {
        let topic = Topic {
            name: name.into(),
            members: Vec::new(),
        };
        let number = match self.free.pop() {
            Some(number) => {
                self.topics[number as usize] = topic;
                number
            }
            None => {
                self.topics.push(topic);
                self.topics.len() as u32 - 1
            }
        };
        self.by_name.insert(name.into(), number);
        number
    }
}
