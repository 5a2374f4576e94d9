//! Fields of the encoding between nodes: fixed numbers in network order, and bytes after their length.

use std::fmt;

/// Input whose fields have not been read yet.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

/// Reason why bytes of another node cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

const TOO_SHORT: Malformed = Malformed("it ends too early");

impl<'a> Fields<'a> {
    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn number(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (field, rest) = self.0.split_first_chunk().ok_or(TOO_SHORT)?;
        self.0 = rest;
        Ok(*field)
    }

    /// Reads bytes after their length.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let len = u32::from_be_bytes(self.array()?) as usize;
        let (field, rest) = self.0.split_at_checked(len).ok_or(TOO_SHORT)?;
        self.0 = rest;
        Ok(field)
    }

    /// Reads a text after its length.
    pub(crate) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed("a text is not UTF-8"))
    }
}

/// Returns the number of bytes that [`put`] appends.
pub(crate) fn size_of_field(bytes: &[u8]) -> usize {
    size_of::<u32>() + bytes.len()
}

/// Appends bytes after their length, which the size of a message limits.
pub(crate) fn put(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
