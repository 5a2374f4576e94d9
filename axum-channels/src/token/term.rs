//! Erlang terms of tokens: `{data, signed_at, max_age}`, where data is what JSON can express.
//!
//! Source: the External Term Format of Erlang's ERTS user's guide. Terms are read only after their signature was verified.

use serde_json::{Map, Number, Value};

const VERSION: u8 = 131;
const SMALL_TUPLE: u8 = 104;
const LARGE_TUPLE: u8 = 105;
const NIL: u8 = 106;
/// A list of bytes.
const STRING: u8 = 107;
const LIST: u8 = 108;
const MAP: u8 = 116;
const BINARY: u8 = 109;
const SMALL_INTEGER: u8 = 97;
const INTEGER: u8 = 98;
const SMALL_BIG: u8 = 110;
const FLOAT: u8 = 70;
/// Atoms, as Erlang encodes them since OTP 26 and before.
const SMALL_ATOM_UTF8: u8 = 119;
const ATOM: u8 = 100;

/// Maximum depth of lists, tuples and maps, that of JSON.
const MAX_DEPTH: u8 = 127;

/// Contents of a token.
#[derive(Debug, PartialEq)]
pub(super) struct Term {
    pub(super) data: Value,
    /// In milliseconds.
    pub(super) signed_at: i64,
    /// In seconds. `None` if it is no integer.
    pub(super) max_age: Option<i64>,
}

impl Term {
    pub(super) fn encode(data: &Value, signed_at: i64, max_age: i64) -> Vec<u8> {
        let mut out = vec![VERSION, SMALL_TUPLE, 3];
        put(data, &mut out);
        put_integer(signed_at.into(), &mut out);
        put_integer(max_age.into(), &mut out);
        out
    }

    /// Returns `None` for another term, or if JSON cannot express its data.
    pub(super) fn decode(term: &[u8]) -> Option<Term> {
        let mut rest = Reader(term.strip_prefix(&[VERSION, SMALL_TUPLE, 3])?);
        let data = rest.value(MAX_DEPTH)?;
        let signed_at = rest.value(0)?.as_i64()?;
        let max_age = match rest.value(0)? {
            Value::String(infinity) if infinity == "infinity" => Some(i64::MAX),
            seconds => seconds.as_i64(),
        };
        Some(Term {
            data,
            signed_at,
            max_age,
        })
    }
}

/// Appends a term, encoded as Erlang does.
fn put(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => put_atom("nil", out),
        Value::Bool(true) => put_atom("true", out),
        Value::Bool(false) => put_atom("false", out),
        Value::Number(number) => put_number(number, out),
        Value::String(text) => put_binary(text, out),
        Value::Array(values) if values.is_empty() => out.push(NIL),
        Value::Array(values) => {
            put_head(LIST, values.len(), out);
            values.iter().for_each(|value| put(value, out));
            out.push(NIL);
        }
        Value::Object(map) => {
            put_head(MAP, map.len(), out);
            for (key, value) in map {
                put_binary(key, out);
                put(value, out);
            }
        }
    }
}

fn put_head(tag: u8, len: usize, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend((len as u32).to_be_bytes());
}

fn put_binary(text: &str, out: &mut Vec<u8>) {
    put_head(BINARY, text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

fn put_atom(name: &str, out: &mut Vec<u8>) {
    out.extend([SMALL_ATOM_UTF8, name.len() as u8]);
    out.extend_from_slice(name.as_bytes());
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

/// Appends an integer of up to 64 bits and a sign.
fn put_integer(value: i128, out: &mut Vec<u8>) {
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

/// The rest of a term.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads the next term, of at most `depth` levels.
    fn value(&mut self, depth: u8) -> Option<Value> {
        match self.byte()? {
            SMALL_INTEGER => Some(self.byte()?.into()),
            INTEGER => Some(i32::from_be_bytes(self.array()?).into()),
            SMALL_BIG => self.big(),
            FLOAT => Number::from_f64(f64::from_be_bytes(self.array()?)).map(Value::from),
            SMALL_ATOM_UTF8 => {
                let len = self.byte()?.into();
                self.atom(len)
            }
            ATOM => {
                let len = u16::from_be_bytes(self.array()?).into();
                self.atom(len)
            }
            BINARY => {
                let len = self.len()?;
                Some(self.text(len)?.into())
            }
            NIL => Some(Value::Array(Vec::new())),
            STRING => {
                let len = u16::from_be_bytes(self.array()?).into();
                Some(self.take(len)?.iter().copied().collect())
            }
            LIST => {
                let len = self.len()?;
                let list = self.values(len, depth)?;
                (self.byte()? == NIL).then_some(list)
            }
            SMALL_TUPLE => {
                let len = self.byte()?.into();
                self.values(len, depth)
            }
            LARGE_TUPLE => {
                let len = self.len()?;
                self.values(len, depth)
            }
            MAP => self.map(depth),
            _ => None,
        }
    }

    fn values(&mut self, len: usize, depth: u8) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        (0..len).map(|_| self.value(depth)).collect()
    }

    fn map(&mut self, depth: u8) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let entries = (0..self.len()?).map(|_| {
            let key = match self.value(0)? {
                Value::String(key) => key,
                key @ (Value::Number(_) | Value::Bool(_)) => key.to_string(),
                _ => return None,
            };
            Some((key, self.value(depth)?))
        });
        entries.collect::<Option<Map<_, _>>>().map(Value::Object)
    }

    fn atom(&mut self, len: usize) -> Option<Value> {
        Some(match self.text(len)? {
            "nil" => Value::Null,
            "true" => true.into(),
            "false" => false.into(),
            name => name.into(),
        })
    }

    fn big(&mut self) -> Option<Value> {
        let [len @ 0..=8, sign] = self.array()? else {
            return None;
        };
        let mut value = [0; 8];
        value[..len.into()].copy_from_slice(self.take(len.into())?);
        let value = u64::from_le_bytes(value);
        match sign {
            0 => Some(value.into()),
            _ => i64::try_from(-i128::from(value)).ok().map(Value::from),
        }
    }

    fn len(&mut self) -> Option<usize> {
        Some(u32::from_be_bytes(self.array()?) as usize)
    }

    fn text(&mut self, len: usize) -> Option<&'a str> {
        std::str::from_utf8(self.take(len)?).ok()
    }

    fn byte(&mut self) -> Option<u8> {
        let [byte] = self.array()?;
        Some(byte)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }
}
