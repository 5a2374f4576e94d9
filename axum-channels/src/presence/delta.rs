use crate::pubsub::cluster::{Fields, Malformed, put};
use serde_json::{Map, Value};

/// Change of one node's presences on a topic, as other nodes merge it.
///
/// A node numbers its presences in ascending order; a number is not used again. The change decides every number above
/// `after`, up to `until`: the presences among `joins` exist, all others of the range have ended. So a change with `after`
/// 0 is the whole list.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Delta {
    /// Rises when other nodes may have dropped the node: see [`Replica`](super::replica::Replica).
    pub(super) incarnation: u64,
    pub(super) after: u64,
    pub(super) until: u64,
    pub(super) joins: Vec<Join>,
    /// Presences up to `after` that have ended.
    pub(super) leaves: Vec<u64>,
}

/// A presence of another node.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Join {
    pub(super) number: u64,
    pub(super) key: Box<str>,
    pub(super) meta: Map<String, Value>,
}

/// Number of bytes of an encoded change without presences.
const HEAD: usize = 5 * size_of::<u64>();

impl Delta {
    /// Divides a whole list into changes of at most `max_bytes`, each with a range of its own.
    ///
    /// A presence that is larger is left out; returns the number of those, too.
    pub(super) fn split(mut self, max_bytes: usize) -> (Vec<Self>, u64) {
        let mut joins = std::mem::take(&mut self.joins);
        joins.sort_unstable_by_key(|join| join.number);
        let (mut parts, mut left_out, mut bytes) = (Vec::new(), 0, HEAD);
        for join in joins {
            let more = join.encoded_len();
            if HEAD + more > max_bytes {
                left_out += 1;
                continue;
            }
            if bytes + more > max_bytes {
                parts.push(self.cut(join.number - 1));
                bytes = HEAD;
            }
            bytes += more;
            self.joins.push(join);
        }
        parts.push(self);
        (parts, left_out)
    }

    /// Removes the part up to a number, and returns it.
    fn cut(&mut self, until: u64) -> Self {
        let rest = Delta {
            incarnation: self.incarnation,
            after: until,
            until: self.until,
            ..Delta::default()
        };
        Delta {
            until,
            ..std::mem::replace(self, rest)
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for number in [self.incarnation, self.after, self.until] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&(self.leaves.len() as u64).to_be_bytes());
        for number in &self.leaves {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&(self.joins.len() as u64).to_be_bytes());
        for join in &self.joins {
            join.encode(&mut out);
        }
        out
    }

    /// Decodes a change. Nothing is allocated for more parts than there are bytes; bytes after the last field are ignored.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields(bytes);
        let mut delta = Delta {
            incarnation: fields.number()?,
            after: fields.number()?,
            until: fields.number()?,
            ..Delta::default()
        };
        for _ in 0..fields.number()? {
            delta.leaves.push(fields.number()?);
        }
        for _ in 0..fields.number()? {
            let join = join(&mut fields)?;
            if join.number <= delta.after || join.number > delta.until {
                return Err(Malformed("a presence is outside of its range"));
            }
            delta.joins.push(join);
        }
        Ok(delta)
    }
}

impl Join {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.number.to_be_bytes());
        put(self.key.as_bytes(), out);
        let meta = serde_json::to_vec(&self.meta).unwrap_or_default(); // an object with text keys has JSON
        put(&meta, out);
    }

    fn encoded_len(&self) -> usize {
        let mut out = Vec::new();
        self.encode(&mut out);
        out.len()
    }
}

fn join(fields: &mut Fields<'_>) -> Result<Join, Malformed> {
    let (number, key, meta) = (fields.number()?, fields.text()?, fields.bytes()?);
    let meta = serde_json::from_slice(meta);
    Ok(Join {
        number,
        key: key.into(),
        meta: meta.map_err(|_| Malformed("the metadata of a presence is not an object"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn delta() -> Delta {
        let meta = |meta: Value| meta.as_object().cloned().expect("an object");
        Delta {
            incarnation: 3,
            after: 10,
            until: 12,
            joins: vec![
                Join {
                    number: 11,
                    key: "alice".into(),
                    meta: meta(json!({"status": "é", "phx_ref": "1"})),
                },
                Join {
                    number: 12,
                    key: "".into(),
                    meta: meta(json!({})),
                },
            ],
            leaves: vec![1, 9],
        }
    }

    #[test]
    fn a_change_is_read_as_it_was_sent_and_later_fields_are_ignored() {
        for delta in [delta(), Delta::default()] {
            assert_eq!(Delta::decode(&delta.encode()), Ok(delta.clone()));
            let longer = [delta.encode(), vec![1, 2, 3]].concat();
            assert_eq!(Delta::decode(&longer), Ok(delta));
        }
    }

    #[test]
    fn a_change_that_is_cut_anywhere_is_refused() {
        let encoded = delta().encode();
        for end in 0..encoded.len() {
            let cut = Delta::decode(&encoded[..end]);
            assert_eq!(cut, Err(Malformed("it ends too early")), "{end}");
        }
    }

    #[test]
    fn numbers_of_parts_that_cannot_be_true_take_no_memory() {
        let mut encoded = Delta::default().encode();
        encoded[24..32].fill(0xff);
        assert_eq!(Delta::decode(&encoded), Err(Malformed("it ends too early")));
        encoded[24..32].fill(0);
        encoded[32..].fill(0xff);
        assert_eq!(Delta::decode(&encoded), Err(Malformed("it ends too early")));
    }

    #[test]
    fn a_list_in_parts_has_every_presence_once_and_the_parts_cover_its_range() {
        let numbers = |delta: &Delta| -> Vec<u64> {
            let joins = delta.joins.iter();
            joins.map(|join| join.number).collect()
        };
        let join = |number: u64, key: String| Join {
            number,
            key: key.into(),
            meta: Map::new(),
        };
        let mut list = Delta {
            incarnation: 3,
            after: 0,
            until: 90,
            joins: (1..20)
                .map(|n| join(4 * n, "k".repeat(n as usize)))
                .collect(),
            leaves: Vec::new(),
        };
        list.joins.push(join(50, "k".repeat(200)));
        list.joins.reverse();
        let (parts, left_out) = list.clone().split(150);
        assert_eq!(left_out, 1);
        let mut end = 0;
        for part in &parts {
            assert!(part.encode().len() <= 150);
            assert_eq!((part.incarnation, part.after), (3, end));
            assert_eq!(Delta::decode(&part.encode()), Ok(part.clone()));
            end = part.until;
        }
        assert_eq!(end, 90);
        let all: Vec<u64> = parts.iter().flat_map(numbers).collect();
        assert_eq!(all, (1..20).map(|n| 4 * n).collect::<Vec<_>>());
        let bytes = list.encode().len();
        assert_eq!(list.clone().split(bytes).0.len(), 1);
        assert_eq!(list.clone().split(bytes - 1).0.len(), 2);
        let largest = HEAD + list.joins[0].encoded_len();
        assert_eq!(list.clone().split(largest).1, 0);
        assert_eq!(list.split(largest - 1).1, 1);
        assert_eq!(Delta::default().split(0), (vec![Delta::default()], 0));
    }

    #[test]
    fn a_presence_outside_of_the_range_is_refused() {
        for number in [10, 13] {
            let mut delta = delta();
            delta.joins[0].number = number;
            let refused = Err(Malformed("a presence is outside of its range"));
            assert_eq!(Delta::decode(&delta.encode()), refused);
        }
    }

    #[test]
    fn metadata_that_are_no_object_are_refused() {
        let mut encoded = Delta {
            until: 1,
            joins: vec![Join {
                number: 1,
                key: "a".into(),
                meta: Map::new(),
            }],
            ..Delta::default()
        }
        .encode();
        encoded.truncate(encoded.len() - 2);
        encoded.extend_from_slice(b"[]");
        let refused = Malformed("the metadata of a presence is not an object");
        assert_eq!(Delta::decode(&encoded), Err(refused));
    }
}
