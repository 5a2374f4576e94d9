use super::*;
use serde_json::{Number, Value};

/// Appends a value as Erlang encodes the term that JSON means: maps with binaries as keys.
pub(crate) fn put(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => put_atom("nil", out),
        Value::Bool(true) => put_atom("true", out),
        Value::Bool(false) => put_atom("false", out),
        Value::Number(number) => put_number(number, out),
        Value::String(text) => put_binary(text.as_bytes(), out),
        Value::Array(values) if values.is_empty() => out.push(NIL),
        Value::Array(values) => {
            put_head(LIST, values.len(), out);
            values.iter().for_each(|value| put(value, out));
            out.push(NIL);
        }
        Value::Object(map) => {
            put_map_head(map.len(), out);
            for (key, value) in map {
                put_binary(key.as_bytes(), out);
                put(value, out);
            }
        }
    }
}

/// Appends the start of a map, after which its keys and values come in turn.
pub(crate) fn put_map_head(len: usize, out: &mut Vec<u8>) {
    put_head(MAP, len, out);
}

pub(crate) fn put_binary(bytes: &[u8], out: &mut Vec<u8>) {
    put_head(BINARY, bytes.len(), out);
    out.extend_from_slice(bytes);
}

pub(crate) fn put_atom(name: &str, out: &mut Vec<u8>) {
    out.extend([SMALL_ATOM_UTF8, name.len() as u8]);
    out.extend_from_slice(name.as_bytes());
}

/// Appends an integer of up to 64 bits and a sign.
pub(crate) fn put_integer(value: i128, out: &mut Vec<u8>) {
    if let Ok(value) = u8::try_from(value) {
        out.extend([SMALL_INTEGER, value]);
    } else if let Ok(value) = i32::try_from(value) {
        out.push(INTEGER);
        out.extend(value.to_be_bytes());
    } else {
        let bytes = value.unsigned_abs().to_le_bytes();
        let len = 16 - value.unsigned_abs().leading_zeros() as usize / 8;
        out.extend([SMALL_BIG, len as u8, u8::from(value < 0)]);
        out.extend_from_slice(&bytes[..len]);
    }
}

fn put_number(number: &Number, out: &mut Vec<u8>) {
    let integer = number.as_i64().map(i128::from);
    match integer.or(number.as_u64().map(i128::from)) {
        Some(integer) => put_integer(integer, out),
        None => {
            out.push(FLOAT);
            out.extend(number.as_f64().unwrap_or_default().to_be_bytes());
        }
    }
}

fn put_head(tag: u8, len: usize, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend((len as u32).to_be_bytes());
}
