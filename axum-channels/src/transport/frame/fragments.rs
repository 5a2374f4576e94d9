use super::super::buffer::append;
use super::{CloseCode, Incoming, TEXT};
use std::borrow::Cow;

/// Fragments of a message whose last has not come.
#[derive(Debug)]
pub(super) struct Fragments {
    opcode: u8,
    bytes: Vec<u8>,
    /// Length of the part of a text that is known to be UTF-8.
    checked: usize,
}

impl Fragments {
    pub(super) fn new(opcode: u8) -> Self {
        Fragments {
            opcode,
            bytes: Vec::new(),
            checked: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a fragment to a buffer that grows to `most` bytes.
    ///
    /// # Errors
    /// Text that cannot become UTF-8 is refused now (§8.1), for the last fragment may never come. Only a character that is cut
    /// in two waits for the next fragment.
    pub(super) fn append(&mut self, body: &[u8], most: usize) -> Result<(), CloseCode> {
        append(&mut self.bytes, body, most);
        if self.opcode == TEXT {
            self.checked += match std::str::from_utf8(&self.bytes[self.checked..]) {
                Ok(text) => text.len(),
                Err(cut) if cut.error_len().is_none() => cut.valid_up_to(),
                Err(_) => return Err(CloseCode::NOT_UTF8),
            };
        }
        Ok(())
    }

    /// The message, once its last fragment is appended.
    pub(super) fn finish(self) -> Result<Incoming<'static>, CloseCode> {
        match self.opcode {
            TEXT => match String::from_utf8(self.bytes) {
                Ok(text) => Ok(Incoming::Text(Cow::Owned(text))),
                Err(_) => Err(CloseCode::NOT_UTF8),
            },
            _ => Ok(Incoming::Binary(Cow::Owned(self.bytes))),
        }
    }
}
