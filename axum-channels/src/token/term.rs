//! Contents of tokens as Erlang terms: `{data, signed_at, max_age}`, where data is what JSON can express.
//!
//! Terms are read only after their signature was verified.

use crate::term::{SMALL_TUPLE, Term, VERSION, put, put_integer};
use serde_json::{Map, Number, Value};

/// Contents of a token.
#[derive(Debug, PartialEq)]
pub(super) struct Contents {
    pub(super) data: Value,
    /// In milliseconds.
    pub(super) signed_at: i64,
    /// In seconds. `None` if it is no integer.
    pub(super) max_age: Option<i64>,
}

impl Contents {
    pub(super) fn encode(data: &Value, signed_at: i64, max_age: i64) -> Vec<u8> {
        let mut out = vec![VERSION, SMALL_TUPLE, 3];
        put(data, &mut out);
        put_integer(signed_at.into(), &mut out);
        put_integer(max_age.into(), &mut out);
        out
    }

    /// Returns `None` for another term, or if JSON cannot express its data.
    pub(super) fn decode(term: &[u8]) -> Option<Self> {
        let Term::Tuple(parts) = Term::decode(term.strip_prefix(&[VERSION])?)? else {
            return None;
        };
        let [data, signed_at, max_age] = &parts[..] else {
            return None;
        };
        let max_age = match max_age {
            Term::Atom(infinity) if infinity == "infinity" => Some(i64::MAX),
            seconds => integer(seconds),
        };
        Some(Contents {
            data: value(data)?,
            signed_at: integer(signed_at)?,
            max_age,
        })
    }
}

fn integer(term: &Term<'_>) -> Option<i64> {
    match term {
        Term::Integer(value) => i64::try_from(*value).ok(),
        _ => None,
    }
}

/// Returns a term as JSON: atoms as texts, tuples as arrays.
fn value(term: &Term<'_>) -> Option<Value> {
    match term {
        Term::Integer(value) => {
            let small = i64::try_from(*value).map(Value::from);
            small
                .or_else(|_| u64::try_from(*value).map(Value::from))
                .ok()
        }
        Term::Float(value) => Number::from_f64(*value).map(Value::from),
        Term::Atom(name) => Some(match &**name {
            "nil" => Value::Null,
            "true" => true.into(),
            "false" => false.into(),
            name => name.into(),
        }),
        Term::Binary(text) => Some(std::str::from_utf8(text).ok()?.into()),
        Term::List(terms) | Term::Tuple(terms) => terms.iter().map(value).collect(),
        Term::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, term)| Some((text(key)?, value(term)?)));
            entries.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        Term::Big { .. } | Term::Other => None,
    }
}

/// Returns the key of a map.
fn text(key: &Term<'_>) -> Option<String> {
    match value(key)? {
        Value::String(key) => Some(key),
        key @ (Value::Number(_) | Value::Bool(_)) => Some(key.to_string()),
        _ => None,
    }
}
