//! Erlang terms in the External Term Format, as `term_to_binary` writes them.
//!
//! Source: "External Term Format" of Erlang's ERTS user's guide. Terms are read into a tree of bounded size and depth, whose
//! texts stay where they are.

#[cfg(any(feature = "redis", fuzzing))]
mod json;
mod write;

#[cfg(any(feature = "redis", fuzzing))]
pub(crate) use json::write_json;
pub(crate) use write::put;
#[cfg(any(feature = "redis", feature = "token"))]
pub(crate) use write::put_integer;
#[cfg(feature = "redis")]
pub(crate) use write::{put_atom, put_binary, put_map_head};

use std::borrow::Cow;

pub(crate) const VERSION: u8 = 131;
pub(crate) const SMALL_TUPLE: u8 = 104;
const LARGE_TUPLE: u8 = 105;
const NIL: u8 = 106;
/// A list of bytes.
const STRING: u8 = 107;
const LIST: u8 = 108;
const MAP: u8 = 116;
const BINARY: u8 = 109;
const BIT_BINARY: u8 = 77;
const SMALL_INTEGER: u8 = 97;
const INTEGER: u8 = 98;
const SMALL_BIG: u8 = 110;
const LARGE_BIG: u8 = 111;
const FLOAT: u8 = 70;
/// Atoms, as Erlang encodes them since OTP 26 and before.
const SMALL_ATOM_UTF8: u8 = 119;
const ATOM_UTF8: u8 = 118;
const ATOM: u8 = 100;
const SMALL_ATOM: u8 = 115;
/// Identities of processes, ports and references, and functions.
const PID: u8 = 103;
const NEW_PID: u8 = 88;
const PORT: u8 = 102;
const NEW_PORT: u8 = 89;
const V4_PORT: u8 = 120;
const NEW_REFERENCE: u8 = 114;
const NEWER_REFERENCE: u8 = 90;
const NEW_FUN: u8 = 112;
const EXPORT: u8 = 113;

/// Maximum depth of lists, tuples and maps, that of JSON.
const MAX_DEPTH: u8 = 127;

/// Maximum number of terms in one.
const MAX_TERMS: usize = 1_000_000;

/// A term.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Term<'a> {
    /// An integer of up to 64 bits and a sign.
    Integer(i128),
    Big {
        is_negative: bool,
        /// From the lowest.
        bytes: &'a [u8],
    },
    Float(f64),
    Atom(Cow<'a, str>),
    Binary(&'a [u8]),
    List(Vec<Term<'a>>),
    Tuple(Vec<Term<'a>>),
    Map(Vec<(Term<'a>, Term<'a>)>),
    /// A term without a meaning in another system, such as the id of a process, or a list that ends without one.
    Other,
}

impl<'a> Term<'a> {
    /// Reads a term after its version. `None` if it is no term, or too large.
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader {
            rest: bytes,
            terms: MAX_TERMS,
        };
        reader.term(MAX_DEPTH)
    }

    #[cfg(any(feature = "redis", fuzzing))]
    pub(crate) fn is_atom(&self, name: &str) -> bool {
        matches!(self, Term::Atom(atom) if atom == name)
    }

    /// Returns the value that a map or a struct has under an atom.
    #[cfg(any(feature = "redis", fuzzing))]
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        let Term::Map(entries) = self else {
            return None;
        };
        let found = entries.iter().find(|(key, _)| key.is_atom(name));
        found.map(|(_, value)| value)
    }
}

/// The rest of a term.
struct Reader<'a> {
    rest: &'a [u8],
    /// Number of terms that may still come.
    terms: usize,
}

impl<'a> Reader<'a> {
    /// Reads the next term, of at most `depth` levels.
    fn term(&mut self, depth: u8) -> Option<Term<'a>> {
        self.terms = self.terms.checked_sub(1)?;
        match self.byte()? {
            SMALL_INTEGER => Some(Term::Integer(self.byte()?.into())),
            INTEGER => Some(Term::Integer(i32::from_be_bytes(self.array()?).into())),
            SMALL_BIG => {
                let len = self.byte()?.into();
                self.big(len)
            }
            LARGE_BIG => {
                let len = self.len()?;
                self.big(len)
            }
            FLOAT => Some(Term::Float(f64::from_be_bytes(self.array()?))),
            tag @ (SMALL_ATOM_UTF8 | ATOM_UTF8 | ATOM | SMALL_ATOM) => self.atom(tag),
            BINARY => {
                let len = self.len()?;
                self.take(len).map(Term::Binary)
            }
            NIL => Some(Term::List(Vec::new())),
            STRING => self.string(),
            LIST => self.list(depth),
            SMALL_TUPLE => {
                let len = self.byte()?.into();
                self.terms(len, depth).map(Term::Tuple)
            }
            LARGE_TUPLE => {
                let len = self.len()?;
                self.terms(len, depth).map(Term::Tuple)
            }
            MAP => self.map(depth),
            tag => self.other(tag, depth),
        }
    }

    fn terms(&mut self, len: usize, depth: u8) -> Option<Vec<Term<'a>>> {
        let depth = depth.checked_sub(1)?;
        (0..len).map(|_| self.term(depth)).collect()
    }

    fn list(&mut self, depth: u8) -> Option<Term<'a>> {
        let len = self.len()?;
        let list = self.terms(len, depth)?;
        match self.term(depth.checked_sub(1)?)? {
            Term::List(end) if end.is_empty() => Some(Term::List(list)),
            _ => Some(Term::Other),
        }
    }

    fn string(&mut self) -> Option<Term<'a>> {
        let len = u16::from_be_bytes(self.array()?).into();
        self.terms = self.terms.checked_sub(len)?;
        let bytes = self.take(len)?.iter();
        Some(Term::List(
            bytes.map(|byte| Term::Integer((*byte).into())).collect(),
        ))
    }

    fn map(&mut self, depth: u8) -> Option<Term<'a>> {
        let depth = depth.checked_sub(1)?;
        let len = self.len()?;
        let entries = (0..len).map(|_| Some((self.term(depth)?, self.term(depth)?)));
        entries.collect::<Option<_>>().map(Term::Map)
    }

    fn atom(&mut self, tag: u8) -> Option<Term<'a>> {
        let len = match tag {
            SMALL_ATOM_UTF8 | SMALL_ATOM => self.byte()?.into(),
            _ => u16::from_be_bytes(self.array()?).into(),
        };
        let name = self.take(len)?;
        let is_latin1 = matches!(tag, ATOM | SMALL_ATOM) && !name.is_ascii();
        let name = match is_latin1 {
            true => name.iter().map(|byte| char::from(*byte)).collect(),
            false => Cow::Borrowed(std::str::from_utf8(name).ok()?),
        };
        Some(Term::Atom(name))
    }

    fn big(&mut self, len: usize) -> Option<Term<'a>> {
        let is_negative = self.byte()? != 0;
        let bytes = self.take(len)?;
        if len > 8 {
            return Some(Term::Big { is_negative, bytes });
        }
        let bytes = bytes.iter().rev();
        let value = bytes.fold(0, |value, byte| value << 8 | i128::from(*byte));
        Some(Term::Integer(match is_negative {
            true => -value,
            false => value,
        }))
    }

    /// Skips a term that has no meaning here.
    fn other(&mut self, tag: u8, depth: u8) -> Option<Term<'a>> {
        let depth = depth.checked_sub(1)?;
        match tag {
            BIT_BINARY => {
                let len = self.len()?;
                self.take(len.checked_add(1)?)?;
            }
            PID | NEW_PID | PORT | NEW_PORT | V4_PORT => {
                self.term(depth)?;
                self.take(match tag {
                    PID => 9,
                    NEW_PID | V4_PORT => 12,
                    PORT => 5,
                    _ => 8,
                })?;
            }
            NEW_REFERENCE | NEWER_REFERENCE => {
                let len = usize::from(u16::from_be_bytes(self.array()?));
                self.term(depth)?;
                let creation = if tag == NEW_REFERENCE { 1 } else { 4 };
                self.take(creation + 4 * len)?;
            }
            NEW_FUN => {
                let size = self.len()?; // of itself, too
                self.take(size.checked_sub(4)?)?;
            }
            EXPORT => drop(self.terms(3, depth)?),
            _ => return None,
        }
        Some(Term::Other)
    }

    fn len(&mut self) -> Option<usize> {
        Some(u32::from_be_bytes(self.array()?) as usize)
    }

    fn byte(&mut self) -> Option<u8> {
        let [byte] = self.array()?;
        Some(byte)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests;
