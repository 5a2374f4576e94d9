//! A prompt below the output: lines are printed above it while the user types.
#![expect(
    clippy::disallowed_methods,
    reason = "the terminal is asked for keys and its mode here"
)]

mod editor;

use std::io::{self, IsTerminal};

use console::{Key, Term};

use super::terminal::{Terminal, read_line};
use editor::Editor;

pub use editor::Typed;

/// Something from standard input.
#[derive(Debug)]
pub enum Input {
    /// In a terminal.
    Key(Key),
    /// Otherwise.
    Line(String),
    End,
}

/// The lines of the output, and the prompt below them.
pub struct Screen {
    terminal: Terminal,
    editor: Option<Editor>,
    _mode: Option<Mode>,
}

impl Screen {
    /// Opens a prompt, if standard input and output are a terminal, and starts to read: `pass` returns whether to go on.
    pub fn open(terminal: Terminal, pass: impl Fn(Input) -> bool + Send + 'static) -> Self {
        let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        let mode = is_terminal.then(Mode::set).flatten();
        let read = if is_terminal { key } else { line };
        std::thread::spawn(move || {
            loop {
                let input = read();
                let is_end = matches!(input, Input::End);
                if !pass(input) || is_end {
                    return;
                }
            }
        });
        Self {
            terminal,
            editor: is_terminal.then(Editor::default),
            _mode: mode,
        }
    }

    pub fn has_prompt(&self) -> bool {
        self.editor.is_some()
    }

    /// Handles a key of the prompt.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn key(&mut self, key: Key) -> io::Result<Typed> {
        let Some(editor) = &mut self.editor else {
            return Ok(Typed::Nothing);
        };
        let before = editor.shown(columns());
        let typed = editor.key(key);
        if let Typed::Line(_) = typed {
            self.terminal.write(&format!("{before}\n"))?;
        }
        self.draw()?;
        Ok(typed)
    }

    /// Prints a line above the prompt.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn print(&self, line: &str) -> io::Result<()> {
        self.above(|terminal| terminal.write(&format!("{line}\n")))
    }

    /// Prints a line to standard error, above the prompt.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn remark(&self, line: &str) -> io::Result<()> {
        self.above(|terminal| {
            terminal.remark(line);
            Ok(())
        })
    }

    /// Removes the prompt.
    pub fn close(self) {
        if self.has_prompt() {
            let _ = self.terminal.write(CLEAR);
        }
    }

    fn above(&self, print: impl FnOnce(&Terminal) -> io::Result<()>) -> io::Result<()> {
        if self.has_prompt() {
            self.terminal.write(CLEAR)?;
        }
        print(&self.terminal)?;
        self.draw()
    }

    fn draw(&self) -> io::Result<()> {
        match &self.editor {
            Some(editor) => self.terminal.write(&editor.shown(columns())),
            None => Ok(()),
        }
    }
}

/// Clears the line of the prompt.
const CLEAR: &str = "\r\x1b[2K";

fn columns() -> usize {
    Term::stdout().size().1.into()
}

fn key() -> Input {
    loop {
        match Term::stdout().read_key_raw() {
            Ok(key) => return Input::Key(key),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Input::End,
        }
    }
}

fn line() -> Input {
    match read_line() {
        Ok(Some(line)) => Input::Line(line),
        _ => Input::End,
    }
}

/// A mode of the terminal in which keys are read one by one, and not shown. Without it, what is typed while no key is
/// awaited would be shown by the terminal itself.
#[cfg(unix)]
struct Mode(nix::sys::termios::Termios);

#[cfg(unix)]
impl Mode {
    fn set() -> Option<Self> {
        use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin()).ok()?;
        let mut mode = before.clone();
        mode.local_flags
            .remove(LocalFlags::ICANON | LocalFlags::ECHO);
        tcsetattr(io::stdin(), SetArg::TCSADRAIN, &mode).ok()?;
        Some(Self(before))
    }
}

#[cfg(unix)]
impl Drop for Mode {
    fn drop(&mut self) {
        use nix::sys::termios::{SetArg, tcsetattr};
        // The terminal may be gone.
        let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &self.0);
    }
}

#[cfg(not(unix))]
struct Mode;

#[cfg(not(unix))]
impl Mode {
    fn set() -> Option<Self> {
        None
    }
}
