//! A line that is being typed. Pure: keys in, text out.

use console::{Key, measure_text_width};

const PROMPT: &str = "> ";

/// Result of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    Nothing,
    Line(String),
    /// Ctrl-D in an empty line.
    End,
    /// Ctrl-C.
    Interrupt,
}

/// The line, the cursor in it, and earlier lines.
#[derive(Debug, Default)]
pub struct Editor {
    line: Vec<char>,
    /// Number of characters before the cursor.
    cursor: usize,
    history: Vec<String>,
    /// Index of the earlier line that is shown; the number of lines for none.
    recalled: usize,
}

impl Editor {
    pub fn key(&mut self, key: Key) -> Typed {
        match key {
            Key::Enter => return self.enter(),
            Key::CtrlC => return Typed::Interrupt,
            Key::Char('\u{4}') if self.line.is_empty() => return Typed::End,
            Key::Backspace | Key::Char('\u{8}') if self.cursor > 0 => {
                self.cursor -= 1;
                self.line.remove(self.cursor);
            }
            Key::Del | Key::Char('\u{4}') if self.cursor < self.line.len() => {
                self.line.remove(self.cursor);
            }
            Key::ArrowLeft => self.cursor = self.cursor.saturating_sub(1),
            Key::ArrowRight => self.cursor = self.line.len().min(self.cursor + 1),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = self.line.len(),
            Key::ArrowUp => self.recall(self.recalled.checked_sub(1)),
            Key::ArrowDown => self.recall(Some(self.recalled + 1)),
            Key::Char('\u{15}') => drop(self.line.drain(..std::mem::take(&mut self.cursor))),
            Key::Char('\u{17}') => self.erase_word(),
            Key::Char(c) if !c.is_control() => {
                self.line.insert(self.cursor, c);
                self.cursor += 1;
            }
            _ => {}
        }
        Typed::Nothing
    }

    /// Returns what draws the prompt in a terminal of `columns`: of a longer line, the part around the cursor.
    pub fn shown(&self, columns: usize) -> String {
        let room = columns.saturating_sub(PROMPT.len() + 1).max(1);
        let (mut start, mut end) = (0, self.line.len());
        let width = |start: usize, end: usize| measure_text_width(&self.text(start, end));
        while start < self.cursor && width(start, self.cursor) > room {
            start += 1;
        }
        while end > self.cursor && width(start, end) > room {
            end -= 1;
        }
        let behind = width(self.cursor, end);
        let back = match behind {
            0 => String::new(),
            count => format!("\x1b[{count}D"),
        };
        format!("\r\x1b[2K{PROMPT}{}{back}", self.text(start, end))
    }

    fn text(&self, start: usize, end: usize) -> String {
        self.line[start..end].iter().collect()
    }

    fn enter(&mut self) -> Typed {
        let line: String = std::mem::take(&mut self.line).into_iter().collect();
        self.cursor = 0;
        if !line.trim().is_empty() && self.history.last() != Some(&line) {
            self.history.push(line.clone());
        }
        self.recalled = self.history.len();
        Typed::Line(line)
    }

    fn recall(&mut self, index: Option<usize>) {
        let Some(index) = index.filter(|index| *index <= self.history.len()) else {
            return;
        };
        self.recalled = index;
        self.line = match self.history.get(index) {
            Some(line) => line.chars().collect(),
            None => Vec::new(),
        };
        self.cursor = self.line.len();
    }

    fn erase_word(&mut self) {
        let before = &self.line[..self.cursor];
        let is_space = |c: &char| c.is_whitespace();
        let end = before
            .iter()
            .rposition(|c| !is_space(c))
            .map_or(0, |at| at + 1);
        let start = before[..end]
            .iter()
            .rposition(is_space)
            .map_or(0, |at| at + 1);
        self.line.drain(start..self.cursor);
        self.cursor = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(editor: &mut Editor, text: &str) {
        for c in text.chars() {
            assert_eq!(editor.key(Key::Char(c)), Typed::Nothing);
        }
    }

    fn line(text: &str) -> Typed {
        Typed::Line(text.to_owned())
    }

    #[test]
    fn keys_edit_the_line() {
        let mut editor = Editor::default();
        typed(&mut editor, "pang");
        for key in [
            Key::ArrowLeft,
            Key::ArrowLeft,
            Key::Backspace,
            Key::Char('i'),
            Key::End,
            Key::Char('!'),
        ] {
            editor.key(key);
        }
        assert_eq!(editor.key(Key::Enter), line("ping!"));
        typed(&mut editor, "one two  ");
        for key in [
            Key::Char('\u{17}'),
            Key::Home,
            Key::Del,
            Key::End,
            Key::ArrowRight,
            Key::ArrowDown,
        ] {
            editor.key(key);
        }
        assert_eq!(editor.key(Key::Enter), line("ne "));
        typed(&mut editor, "gone");
        editor.key(Key::Char('\u{15}'));
        assert_eq!(editor.key(Key::Enter), line(""));
    }

    #[test]
    fn earlier_lines_are_recalled() {
        let mut editor = Editor::default();
        for text in ["one", "two", "two"] {
            typed(&mut editor, text);
            editor.key(Key::Enter);
        }
        for _ in 0..5 {
            editor.key(Key::ArrowUp);
        }
        assert_eq!(editor.key(Key::Enter), line("one"));
        for key in [Key::ArrowUp, Key::ArrowUp, Key::ArrowDown, Key::ArrowDown] {
            editor.key(key);
        }
        assert_eq!(editor.key(Key::Enter), line(""));
    }

    #[test]
    fn ctrl_d_ends_only_an_empty_line() {
        let mut editor = Editor::default();
        assert_eq!(editor.key(Key::Char('\u{4}')), Typed::End);
        typed(&mut editor, "a");
        assert_eq!(editor.key(Key::Char('\u{4}')), Typed::Nothing);
        assert_eq!(editor.key(Key::CtrlC), Typed::Interrupt);
    }

    #[test]
    fn a_long_line_is_shown_around_the_cursor() {
        let mut editor = Editor::default();
        typed(&mut editor, "abcdefghij");
        assert_eq!(editor.shown(80), "\r\x1b[2K> abcdefghij");
        assert_eq!(editor.shown(8), "\r\x1b[2K> fghij");
        editor.key(Key::Home);
        assert_eq!(editor.shown(8), "\r\x1b[2K> abcde\x1b[5D");
        typed(&mut editor, "日本");
        assert_eq!(editor.shown(8), "\r\x1b[2K> 日本a\x1b[1D");
        assert_eq!(editor.shown(0), "\r\x1b[2K> a\x1b[1D");
    }
}
