use super::slots::{Host, Slots, slot};
use ::redis::Value;

/// Asserts that answers about slots are refused or read, and that each slot has one of the servers.
pub(in crate::redis) fn answers(mut data: &[u8], text: &str) {
    let _ = Host::parse(text, "server"); // any server, or none
    let slot = slot(text);
    if let Some(slots) = Slots::read(&value(&mut data, 4), "server") {
        let owner = slots.owner(slot);
        assert!(owner.is_none_or(|owner| owner < slots.primaries.len()));
    }
}

/// Returns any value, by the first bytes.
fn value(data: &mut &[u8], depth: u8) -> Value {
    let mut byte = || {
        let (first, rest) = data.split_first().unwrap_or((&0, &[]));
        *data = rest;
        *first
    };
    match (byte() % 5, depth) {
        (0, 1..) => {
            let count = byte() % 8;
            Value::Array((0..count).map(|_| value(data, depth - 1)).collect())
        }
        (1, _) => Value::Int(i64::from(i16::from_be_bytes([byte(), byte()]))),
        (2, _) => Value::BulkString(vec![byte()]),
        (3, _) => Value::SimpleString("host".to_owned()),
        _ => Value::Nil,
    }
}
