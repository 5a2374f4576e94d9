use ::redis::Value;
use std::fmt;

/// Number of slots among which a cluster divides names.
const SLOTS: u16 = 16384;

/// Returns the slot of a name: that of the part in the first braces, if there is one.
///
/// See the [specification](https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/).
pub(super) fn slot(name: &str) -> u16 {
    let tag = name.split_once('{').and_then(|(_, rest)| {
        let (tag, _) = rest.split_once('}')?;
        (!tag.is_empty()).then_some(tag)
    });
    crc16(tag.unwrap_or(name).as_bytes()) % SLOTS
}

/// CRC-16 of XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        let index = (crc >> 8) as u8 ^ byte;
        (crc << 8) ^ REMAINDERS[usize::from(index)]
    })
}

const REMAINDERS: [u16; 256] = {
    let mut remainders = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = (index as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            let is_over = crc & 0x8000 != 0;
            crc <<= 1;
            if is_over {
                crc ^= 0x1021;
            }
            bit += 1;
        }
        remainders[index] = crc;
        index += 1;
    }
    remainders
};

/// The servers of a cluster that take writes, and their slots.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slots {
    pub(super) primaries: Vec<Host>,
    /// Indices of the primaries, by slot.
    owners: Vec<Option<u16>>,
}

/// Name or address of a server, and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) port: u16,
}

impl Slots {
    /// Reads the answer to `CLUSTER SLOTS` of the server at `asked`: ranges with the servers that have them, the primary first.
    pub(super) fn read(answer: &Value, asked: &str) -> Option<Self> {
        let Value::Array(ranges) = answer else {
            return None;
        };
        let mut slots = Slots {
            primaries: Vec::new(),
            owners: vec![None; usize::from(SLOTS)],
        };
        for range in ranges {
            let Value::Array(range) = range else {
                return None;
            };
            let [
                Value::Int(first),
                Value::Int(last),
                Value::Array(primary),
                ..,
            ] = &range[..]
            else {
                return None;
            };
            let owner = Some(slots.index(Host::read(primary, asked)?));
            let range = usize::try_from(*first).ok()?..=usize::try_from(*last).ok()?;
            slots.owners.get_mut(range)?.fill(owner);
        }
        Some(slots)
    }

    /// Returns the index of a primary, which is added if it is new.
    fn index(&mut self, host: Host) -> u16 {
        let known = self.primaries.iter().position(|known| *known == host);
        let index = known.unwrap_or_else(|| {
            self.primaries.push(host);
            self.primaries.len() - 1
        });
        index as u16 // there are fewer than slots
    }

    /// Returns the index of the primary that has a slot. `None` if none has.
    pub(super) fn owner(&self, slot: u16) -> Option<usize> {
        self.owners.get(usize::from(slot))?.map(usize::from)
    }
}

impl Host {
    /// Reads a server. One without a name is at the name by which the asked one was reached.
    fn read(server: &[Value], asked: &str) -> Option<Self> {
        let [name, Value::Int(port), ..] = server else {
            return None;
        };
        let name = match name {
            Value::Nil => asked,
            Value::BulkString(name) if name.is_empty() => asked,
            Value::BulkString(name) => std::str::from_utf8(name).ok()?,
            Value::SimpleString(name) => name,
            _ => return None,
        };
        Some(Host {
            name: name.to_owned(),
            port: u16::try_from(*port).ok()?,
        })
    }

    /// Reads `host:port`, as in a redirection. Without a name, it is that of the server that redirects.
    pub(super) fn parse(text: &str, by: &str) -> Option<Self> {
        let (name, port) = text.rsplit_once(':')?;
        let name = if name.is_empty() { by } else { name };
        Some(Host {
            name: name.to_owned(),
            port: port.parse().ok()?,
        })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        for (name, tag) in [
            ("{user1000}.following", "user1000"),
            ("foo{{bar}}zap", "{bar"),
            ("foo{bar}{zap}", "bar"),
            ("foo{bar", "foo{bar"),
        ] {
            assert_eq!(slot(name), crc16(tag.as_bytes()) % SLOTS, "{name}");
        }
        assert_eq!(slot("foo{}{bar}"), crc16(b"foo{}{bar}") % SLOTS);
        assert_eq!(slot("foo"), 12182);
    }

    fn text(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    fn range(first: i64, last: i64, name: Value, port: i64) -> Value {
        let primary = Value::Array(vec![name, Value::Int(port), text("id"), Value::Map(vec![])]);
        let replica = Value::Array(vec![text("replica"), Value::Int(1)]);
        Value::Array(vec![Value::Int(first), Value::Int(last), primary, replica])
    }

    #[test]
    fn the_answer_of_a_cluster_has_the_owners_of_slots() {
        let answer = Value::Array(vec![
            range(0, 99, text("a"), 7000),
            range(100, 199, Value::Nil, 7001),
            range(300, 16383, text("a"), 7000),
        ]);
        let slots = Slots::read(&answer, "asked").expect("an answer");
        let hosts: Vec<_> = slots
            .primaries
            .iter()
            .map(|it| (&*it.name, it.port))
            .collect();
        assert_eq!(hosts, [("a", 7000), ("asked", 7001)]);
        let owners = [0, 99, 100, 199, 200, 300, 16383].map(|slot| slots.owner(slot));
        let [a, b] = [Some(0), Some(1)];
        assert_eq!(owners, [a, a, b, b, None, a, a]);
    }

    #[test]
    fn another_answer_is_none() {
        for answer in [
            Value::Nil,
            Value::Array(vec![Value::Okay]),
            Value::Array(vec![range(0, 16384, text("a"), 7000)]),
            Value::Array(vec![
                range(5, 4, text("a"), 7000),
                range(-1, 4, text("a"), 7000),
            ]),
            Value::Array(vec![range(0, 1, Value::Okay, 7000)]),
            Value::Array(vec![range(0, 1, text("a"), 70000)]),
        ] {
            assert_eq!(Slots::read(&answer, "asked"), None, "{answer:?}");
        }
    }

    #[test]
    fn hosts_of_redirections_may_lack_their_name() {
        let host = |name: &str, port| {
            let name = name.to_owned();
            Some(Host { name, port })
        };
        assert_eq!(Host::parse("10.0.0.1:7000", "by"), host("10.0.0.1", 7000));
        assert_eq!(Host::parse("::1:7000", "by"), host("::1", 7000));
        assert_eq!(Host::parse(":7000", "by"), host("by", 7000));
        assert_eq!(Host::parse("host", "by"), None);
    }
}
