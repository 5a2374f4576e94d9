//! The few Erlang terms that tokens consist of: `{data, signed_at, max_age}`.
//!
//! Source: the External Term Format of Erlang's ERTS user's guide. Terms are read only after their signature was verified.

const VERSION: u8 = 131;
const SMALL_TUPLE: u8 = 104;
const BINARY: u8 = 109;
const SMALL_INTEGER: u8 = 97;
const INTEGER: u8 = 98;
const SMALL_BIG: u8 = 110;
/// The atom `infinity`, as Erlang encodes it since OTP 26 and before.
const INFINITY: [&[u8]; 2] = [b"\x77\x08infinity", b"\x64\x00\x08infinity"];

/// Contents of a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) data: String,
    /// In milliseconds.
    pub(super) signed_at: i64,
    /// In seconds. `None` if it is no integer.
    pub(super) max_age: Option<i64>,
}

impl Term {
    pub(super) fn encode(data: &str, signed_at: i64, max_age: i64) -> Vec<u8> {
        let mut out = vec![VERSION, SMALL_TUPLE, 3, BINARY];
        out.extend((data.len() as u32).to_be_bytes());
        out.extend_from_slice(data.as_bytes());
        put_integer(signed_at, &mut out);
        put_integer(max_age, &mut out);
        out
    }

    /// Returns `None` for another term, or if its data is neither text nor an integer.
    pub(super) fn decode(term: &[u8]) -> Option<Term> {
        let (data, rest) = match term.strip_prefix(&[VERSION, SMALL_TUPLE, 3])? {
            [BINARY, rest @ ..] => {
                let (len, rest) = rest.split_first_chunk()?;
                let (text, rest) = rest.split_at_checked(u32::from_be_bytes(*len) as usize)?;
                (String::from_utf8(text.to_vec()).ok()?, rest)
            }
            rest => {
                let (data, rest) = integer(rest)?;
                (data.to_string(), rest)
            }
        };
        let (signed_at, max_age) = integer(rest)?;
        let max_age = match integer(max_age) {
            _ if INFINITY.contains(&max_age) => Some(i64::MAX),
            max_age => max_age.map(|(seconds, _)| seconds),
        };
        Some(Term {
            data,
            signed_at,
            max_age,
        })
    }
}

fn integer(term: &[u8]) -> Option<(i64, &[u8])> {
    match term {
        [SMALL_INTEGER, value, rest @ ..] => Some((i64::from(*value), rest)),
        [INTEGER, rest @ ..] => {
            let (value, rest) = rest.split_first_chunk()?;
            Some((i32::from_be_bytes(*value).into(), rest))
        }
        [SMALL_BIG, len @ 0..=8, sign, rest @ ..] => {
            let (bytes, rest) = rest.split_at_checked(usize::from(*len))?;
            let mut value = [0; 8];
            value[..bytes.len()].copy_from_slice(bytes);
            let value = i128::from(u64::from_le_bytes(value));
            let value = if *sign == 0 { value } else { -value };
            Some((value.try_into().ok()?, rest))
        }
        _ => None,
    }
}

/// Encoded as Erlang does, so that the same token results.
fn put_integer(value: i64, out: &mut Vec<u8>) {
    if let Ok(value) = u8::try_from(value) {
        out.extend([SMALL_INTEGER, value]);
    } else if let Ok(value) = i32::try_from(value) {
        out.push(INTEGER);
        out.extend(value.to_be_bytes());
    } else {
        let bytes = value.unsigned_abs().to_le_bytes();
        let len = 8 - value.unsigned_abs().leading_zeros() as usize / 8;
        out.extend([SMALL_BIG, len as u8, u8::from(value < 0)]);
        out.extend_from_slice(&bytes[..len]);
    }
}
