//! JSON on one line, scanned from its start and never parsed into values.
//!
//! It is cut as by Elixir's `inspect`: after a number of entries and an amount of text. The input is read up to a limit, so
//! that a line takes bounded time and memory.

use super::filter::{FILTERED, Filter, Shown};
use super::text::{CUT, MAX_TEXT};
use std::fmt::{self, Formatter, Write};

/// Maximum number of entries of objects and arrays in total: Elixir's `limit`.
const MAX_ENTRIES: usize = 50;

/// Maximum number of bytes of JSON that are scanned.
const MAX_SCANNED: usize = 64 * 1024;

/// Copies JSON to a line. When it is cut, open brackets are closed.
pub(super) struct Scanner<'a, 'f, 'o> {
    json: &'a [u8],
    at: usize,
    /// Remaining entries and bytes of text.
    entries: usize,
    text: usize,
    is_cut: bool,
    out: &'f mut Formatter<'o>,
}

impl<'a, 'f, 'o> Scanner<'a, 'f, 'o> {
    pub(super) fn new(json: &'a str, out: &'f mut Formatter<'o>) -> Self {
        let json = json.as_bytes();
        Scanner {
            json: &json[..json.len().min(MAX_SCANNED)],
            at: 0,
            entries: MAX_ENTRIES,
            text: MAX_TEXT,
            is_cut: false,
            out,
        }
    }

    /// Copies a value. Without a filter, all of it is shown.
    pub(super) fn value(&mut self, filter: Option<&Filter>) -> fmt::Result {
        match self.peek() {
            Some(b'{') => self.object(filter),
            Some(b'[') => self.array(filter),
            Some(b'"') => self.string(filter),
            Some(_) => self.number_or_word(filter),
            None => self.cut(),
        }
    }

    fn object(&mut self, filter: Option<&Filter>) -> fmt::Result {
        self.out.write_char('{')?;
        self.at += 1;
        let mut is_first = true;
        while self.begin_entry(b'}', &mut is_first)? {
            let name = self.decode();
            write!(self.out, "{name:?}")?;
            if self.is_cut || !self.skip(b':') {
                self.cut()?;
                break;
            }
            self.out.write_str(": ")?;
            match filter.map_or(Shown::All, |filter| filter.of_name(&name)) {
                Shown::Nothing => self.hide()?,
                Shown::Filtered => self.value(filter)?,
                Shown::All => self.value(None)?,
            }
        }
        self.out.write_char('}')
    }

    fn array(&mut self, filter: Option<&Filter>) -> fmt::Result {
        self.out.write_char('[')?;
        self.at += 1;
        let mut is_first = true;
        while self.begin_entry(b']', &mut is_first)? {
            self.value(filter)?;
        }
        self.out.write_char(']')
    }

    /// Returns whether another entry may be written; if not, takes the closing bracket.
    fn begin_entry(&mut self, close: u8, is_first: &mut bool) -> Result<bool, fmt::Error> {
        if self.is_cut || self.skip(close) {
            return Ok(false);
        }
        let is_separated = std::mem::take(is_first) || {
            self.out.write_str(", ")?;
            self.skip(b',')
        };
        let is_name = close == b']' || self.peek() == Some(b'"');
        if self.entries == 0 || !is_separated || !is_name {
            self.cut()?;
            return Ok(false);
        }
        self.entries -= 1;
        Ok(true)
    }

    fn string(&mut self, filter: Option<&Filter>) -> fmt::Result {
        let text = self.decode();
        match filter.is_some_and(|filter| filter.hides_value(&text)) {
            true => write!(self.out, "{FILTERED:?}")?,
            false => write!(self.out, "{text:?}")?,
        }
        match self.is_cut {
            true => self.out.write_str(CUT),
            false => Ok(()),
        }
    }

    fn number_or_word(&mut self, filter: Option<&Filter>) -> fmt::Result {
        if matches!(filter, Some(Filter::Keep(_))) {
            return self.hide();
        }
        let rest = &self.json[self.at..];
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let whole = rest.iter().take_while(|byte| is_part(byte)).count();
        let shown = whole.min(self.text);
        self.out
            .write_str(&String::from_utf8_lossy(&rest[..shown]))?;
        self.at += shown;
        self.text -= shown;
        match shown == 0 || shown < whole {
            true => self.cut(),
            false => Ok(()),
        }
    }

    /// Writes that a value is hidden, and skips it.
    fn hide(&mut self) -> fmt::Result {
        write!(self.out, "{FILTERED:?}")?;
        let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
        while let Some(&byte) = self.json.get(self.at) {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = in_string,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b',' | b']' | b'}' if depth == 0 => return Ok(()),
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        self.cut()
    }

    /// Takes a string, without its quotes and escapes. It is cut at the limit, or at the end of the input.
    fn decode(&mut self) -> String {
        let mut bytes = Vec::new();
        self.at += 1;
        loop {
            match self.json.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(_) if bytes.len() >= self.text => self.is_cut = true,
                Some(b'\\') => self.escape(&mut bytes),
                Some(&byte) => {
                    bytes.push(byte);
                    self.at += 1;
                }
                None => self.is_cut = true,
            }
            if self.is_cut {
                break;
            }
        }
        self.text = self.text.saturating_sub(bytes.len());
        let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        match self.is_cut {
            true => valid.to_owned(), // may end within a character
            false => String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Takes an escape sequence.
    fn escape(&mut self, bytes: &mut Vec<u8>) {
        let Some(&kind) = self.json.get(self.at + 1) else {
            self.is_cut = true;
            return;
        };
        if kind == b'u' {
            return self.unicode_escape(bytes);
        }
        self.at += 2;
        bytes.push(match kind {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 0x08,
            b'f' => 0x0c,
            other => other,
        });
    }

    /// Takes `\u00e9`, or two of these for one character.
    fn unicode_escape(&mut self, bytes: &mut Vec<u8>) {
        let Some(first) = self.code_unit() else {
            self.is_cut = true;
            return;
        };
        let is_high = (0xd800..0xdc00).contains(&first);
        let second = is_high.then(|| self.code_unit()).flatten();
        let units = std::iter::once(first).chain(second);
        for decoded in char::decode_utf16(units) {
            let char = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
            bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    /// Takes the next `\u00e9`.
    fn code_unit(&mut self) -> Option<u16> {
        let escape = self.json.get(self.at..self.at + 6)?.strip_prefix(b"\\u")?;
        let unit = u16::from_str_radix(std::str::from_utf8(escape).ok()?, 16).ok()?;
        self.at += 6;
        Some(unit)
    }

    /// Returns the next byte.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.json[self.at..];
        self.at += rest
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        self.json.get(self.at).copied()
    }

    fn skip(&mut self, expected: u8) -> bool {
        let is_there = self.peek() == Some(expected);
        self.at += usize::from(is_there);
        is_there
    }

    fn cut(&mut self) -> fmt::Result {
        self.is_cut = true;
        self.out.write_str(CUT)
    }
}
