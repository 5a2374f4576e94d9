//! Output and questions. The only module that prints or asks.
//!
//! The report goes to standard output, questions and errors to standard error. Names and texts of files cannot control the terminal:
//! see [`printable`](crate::printable).
#![expect(
    clippy::disallowed_methods,
    reason = "this is where printing and asking is allowed"
)]

use std::fmt;
use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Error, Result};
use console::{Term, style};
use diffy::DiffOptions;

use crate::args::{Color, Detail, Form};
use crate::error::{Misuse, Problem};
use crate::output::report::ManualEntry;
use crate::printable::colored;

/// Prints the report and asks the questions.
#[derive(Debug, Default)]
pub struct Terminal {
    /// `a` at a conflict: no more questions about files that differ.
    overwrite_all: bool,
    form: Form,
    detail: Detail,
}

/// The kind of a difference between a file and what would be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// A generated file would overwrite another one.
    Generated,
    /// The file has changed since the run that is taken back.
    SinceRun,
    /// A file to remove is not the generated one.
    FromGenerated,
    /// A vendored library, or a file of it, is not the one that was generated.
    Library,
}

/// Decision about a file that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    Overwrite,
    Keep,
    /// Write nothing.
    Quit,
}

/// An answer given by a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given(pub bool);

impl Terminal {
    pub fn new(color: Color) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        match color {
            Color::Always => set_colors(true, true),
            Color::Never => set_colors(false, false),
            Color::Auto if plain => set_colors(false, false),
            // `console` has checked CLICOLOR, CLICOLOR_FORCE and the terminal.
            Color::Auto => {}
        }
        Self::default()
    }

    /// Sets the form of the report: with JSON, nobody is asked; and its detail.
    pub fn shaped(self, form: Form, detail: Detail) -> Self {
        Self {
            form,
            detail,
            ..self
        }
    }

    /// Returns the standard output of programs: that of the command, unless the report is for another program.
    pub fn stdout_of_programs(&self) -> Stdio {
        match (self.form, self.detail) {
            (Form::Json, _) => Stdio::from(io::stderr()),
            (Form::Text, Detail::Quiet) => Stdio::null(),
            (Form::Text, _) => Stdio::inherit(),
        }
    }

    /// Prints `* creating PATH`.
    pub fn report(&self, verb: &str, what: impl fmt::Display) {
        out(format_args!(
            "{} {what}\n",
            style(format!("* {verb}")).green()
        ));
    }

    /// Prints a paragraph of the report.
    pub fn say(&self, text: &str) {
        let text = text.trim_end();
        if !text.is_empty() {
            out(format_args!("\n{text}\n"));
        }
    }

    /// Prints requested text, such as the object of `--json`.
    ///
    /// # Errors
    /// See [`printed`].
    pub fn print(&self, text: &str) -> Result<()> {
        printed(self.write(&colored(text)))
    }

    /// Writes a text as it is, at once.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn write(&self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    /// Prints a line to standard error.
    pub fn remark(&self, text: &str) {
        err(format_args!("{text}\n"));
    }

    /// Prints the changes of the file at `path` as a diff.
    pub fn changes(&self, difference: Difference, path: &Path, before: &[u8], after: &[u8]) {
        diff(difference, path, before, after);
    }

    /// Prints a warning; the run continues.
    pub fn warn(&self, text: &str) {
        err(format_args!(
            "{} {text}\n",
            style("warning:").yellow().bold().for_stderr()
        ));
    }

    /// Prints a manual step for `path`, if there is a file.
    pub fn manual(&self, path: Option<&Path>, step: &ManualEntry) {
        let purpose = &step.purpose;
        let place = path.map_or_else(String::new, |path| format!("to `{}` ", path.display()));
        let why = match step.why.as_str() {
            "" => String::new(),
            why => format!(" ({why})"),
        };
        self.lines(&format!("Add this {place}{purpose}{why}:"), step);
    }

    /// Prints the texts of a manual step below a heading.
    pub fn lines(&self, heading: &str, step: &ManualEntry) {
        out(format_args!("\n{heading}\n"));
        // The purpose describes the positions if one of them has no words of its own.
        let has_words = step.positions.iter().all(|position| !position.is_empty());
        for (part, position) in step.lines.iter().zip(&step.positions) {
            out(format_args!("\n"));
            if has_words && step.lines.len() > 1 {
                out(format_args!("  {position}:\n\n"));
            }
            for line in part.trim_end().lines() {
                let indent = if line.is_empty() { "" } else { "    " };
                out(format_args!("{indent}{line}\n"));
            }
        }
    }

    /// Asks a yes-no question. Without a terminal, reads a line of standard input, and takes the default at the end of
    /// input. Returns `None` for `q`, in a terminal.
    pub fn confirm(
        &self,
        question: &str,
        default: bool,
        given: Option<Given>,
    ) -> Result<Option<bool>> {
        let _ = io::stdout().flush();
        let (choices, name) = if default {
            ("[Yn]", "Y")
        } else {
            ("[yN]", "N")
        };
        let prompt = format!("{question} {choices} ");
        if let Some(Given(answer)) = given {
            self.echo(format_args!("{prompt}{}\n", if answer { "Y" } else { "n" }));
            return Ok(Some(answer));
        }
        let person = io::stdin().is_terminal();
        if person && self.form == Form::Json {
            return Ok(Some(default));
        }
        loop {
            let Some(line) = self.ask(&prompt, name)? else {
                return Ok(Some(default));
            };
            let answer = match line.as_str() {
                "" => default,
                "y" | "yes" => true,
                "n" | "no" => false,
                "q" | "quit" if person => return Ok(None),
                _ if person => {
                    err(format_args!("Please answer y or n, or q to leave.\n"));
                    continue;
                }
                // As in Phoenix: any answer but yes is a no.
                _ => false,
            };
            if !person {
                self.echo(format_args!("{}\n", if answer { "Y" } else { "n" }));
            }
            return Ok(Some(answer));
        }
    }

    /// Returns the answer to `prompt` in lower case; `None` at the end of input, after a message about the `default`.
    fn ask(&self, prompt: &str, default: &str) -> Result<Option<String>> {
        match io::stdin().is_terminal() {
            true => err(format_args!("{prompt}")),
            false => self.echo(format_args!("{prompt}")),
        }
        let line = read_line().context("standard input cannot be read")?;
        if line.is_none() {
            self.echo(format_args!("{default} (end of input: the default)\n"));
        }
        Ok(line.map(|line| line.to_lowercase()))
    }

    /// Prints a question that nobody is asked.
    fn echo(&self, text: fmt::Arguments<'_>) {
        if self.form == Form::Text && self.detail != Detail::Quiet {
            err(text);
        }
    }

    /// Returns whether standard input is a terminal.
    pub fn is_person(&self) -> bool {
        self.form == Form::Text && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks for a decision about the file at `path`, which differs from the generated one.
    ///
    /// # Errors
    /// There is no terminal: overwriting needs an answer or a flag.
    pub fn conflict(
        &mut self,
        difference: Difference,
        path: &Path,
        before: &[u8],
        after: &[u8],
    ) -> Result<Conflict> {
        if self.overwrite_all {
            return Ok(Conflict::Overwrite);
        }
        if !self.is_person() {
            return Err(difference.refused(path).into());
        }
        let _ = io::stdout().flush();
        let (what, question) = difference.words();
        err(format_args!("`{}` {what}.\n", path.display()));
        if difference != Difference::Generated {
            diff(difference, path, before, after);
        }
        loop {
            let prompt = format!("{question} [y]es [N]o [d]iff [a]ll [q]uit ");
            let Some(line) = self.ask(&prompt, "N")? else {
                return Ok(Conflict::Keep);
            };
            match line.as_str() {
                "y" | "yes" => return Ok(Conflict::Overwrite),
                "" | "n" | "no" => return Ok(Conflict::Keep),
                "d" | "diff" => diff(difference, path, before, after),
                "a" | "all" => {
                    self.overwrite_all = true;
                    return Ok(Conflict::Overwrite);
                }
                "q" | "quit" => return Ok(Conflict::Quit),
                _ => err(format_args!("Please answer y, n, d, a or q.\n")),
            }
        }
    }
}

impl Difference {
    /// Returns the statement about the file, and the question.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Generated => ("exists and differs", "Overwrite it?"),
            Self::SinceRun => (
                "has changed since the run",
                "Take the run back there nevertheless, and lose these changes?",
            ),
            Self::FromGenerated => ("differs from the generated file", "Remove it nevertheless?"),
            Self::Library => (
                "differs from the library of this version",
                "Replace it, and lose changes of it?",
            ),
        }
    }

    /// Returns the name of the file that it is compared with.
    fn other(self) -> &'static str {
        match self {
            Self::Generated | Self::FromGenerated => "generated",
            Self::SinceRun => "before the run",
            Self::Library => "of this version",
        }
    }

    /// Returns the error without a terminal and a flag.
    pub fn refused(self, path: &Path) -> Misuse {
        let (what, _) = self.words();
        let misuse = Misuse::new(format!("`{}` {what}; nothing was written", path.display()));
        let force = match self {
            Self::Generated => "overwrites files that differ",
            Self::SinceRun => "takes the run back in these files, too",
            Self::FromGenerated => "removes files that differ",
            Self::Library => "replaces it",
        };
        misuse.help(format!(
            "--force {force}, --skip keeps them, --dry-run shows what would be done"
        ))
    }
}

/// Prints errors, with their suggestions.
pub fn fail(problems: &[Problem]) {
    let _ = io::stdout().flush();
    let mut problems = problems.iter().peekable();
    while let Some(problem) = problems.next() {
        print_error(&problem.message);
        // The same help follows the last of the errors that it is for.
        if problems.peek().is_none_or(|next| next.help != problem.help) {
            print_help(problem.help.as_deref());
        }
    }
}

fn print_error(message: &str) {
    let error = style("error:").red().bold().for_stderr();
    err(format_args!("{error} {message}\n"));
}

fn print_help(way_out: Option<&str>) {
    if let Some(way_out) = way_out {
        let help = style("help:").cyan().bold().for_stderr();
        err(format_args!("{help} {way_out}\n"));
    }
}

/// Prints output of a program, as it is.
#[cfg(unix)]
pub fn forward(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Restores the terminal.
pub fn interrupted(what: &str) {
    let _ = Term::stderr().show_cursor();
    err(format_args!("\ninterrupted: {what}\n"));
}

/// Prints to standard output. An error does not stop the run.
fn out(text: fmt::Arguments<'_>) {
    let _ = io::stdout().write_all(colored(&text.to_string()).as_bytes());
}

/// Checks the result of a print.
///
/// # Errors
/// A part is missing, as on a full disk. A closed pipe (`| head -1`) is no error: its reader has enough.
pub fn printed(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::msg(format!("the output cannot be printed: {error}")))
        }
        _ => Ok(()),
    }
}

fn err(text: fmt::Arguments<'_>) {
    let _ = io::stderr().write_all(colored(&text.to_string()).as_bytes());
}

fn set_colors(stdout: bool, stderr: bool) {
    console::set_colors_enabled(stdout);
    console::set_colors_enabled_stderr(stderr);
}

/// Reads a line of standard input, without the space around it; `None` at the end of input.
pub fn read_line() -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let read = io::stdin().lock().read_until(b'\n', &mut line)?;
    Ok((read > 0).then(|| String::from_utf8_lossy(&line).trim().to_owned()))
}

fn diff(difference: Difference, path: &Path, before: &[u8], after: &[u8]) {
    let [yours, other] =
        ["yours", difference.other()].map(|side| format!("{} ({side})", path.display()));
    let (before, after) = (
        String::from_utf8_lossy(before),
        String::from_utf8_lossy(after),
    );
    let mut options = DiffOptions::new();
    options.set_original_filename(yours);
    options.set_modified_filename(other);
    for line in options.create_patch(&before, &after).to_string().lines() {
        let line = match line.as_bytes().first() {
            Some(b'+') => style(line).green(),
            Some(b'-') => style(line).red(),
            _ => style(line),
        };
        err(format_args!("{}\n", line.for_stderr()));
    }
}
