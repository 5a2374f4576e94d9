//! Completions and man pages, generated from the command line itself.

use anyhow::Result;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

/// Program and version, in the footer of man pages.
const SOURCE: &str = concat!("hello-sockets ", env!("CARGO_PKG_VERSION"));

/// A man page.
#[derive(Debug)]
pub struct Page {
    /// Name of its file: `hello-sockets-gen-channel.1`.
    pub file: String,
    pub text: Vec<u8>,
}

/// Returns the script that completes `command` in `shell`.
pub fn completions(shell: Shell, mut command: Command) -> String {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Returns the pages of `command` and of all its subcommands, its own first.
///
/// # Errors
/// A page could not be rendered.
pub fn pages(command: Command) -> Result<Vec<Page>> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    collect(&command, &mut pages)?;
    Ok(pages)
}

fn collect(command: &Command, pages: &mut Vec<Page>) -> Result<()> {
    pages.push(page(command)?);
    let subcommands = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    subcommands
        .into_iter()
        .try_for_each(|sub| collect(sub, pages))
}

fn page(command: &Command) -> Result<Page> {
    let man = Man::new(command.clone()).source(SOURCE);
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    if let Some(notes) = command.get_after_help() {
        preformatted("NOTES", &notes.to_string(), &mut text)?;
    }
    Ok(Page {
        file: man.get_filename(),
        text,
    })
}

/// Adds a section whose lines are kept: those of examples are no paragraph.
fn preformatted(heading: &str, lines: &str, text: &mut Vec<u8>) -> Result<()> {
    let mut roff = Roff::default();
    roff.control("SH", [heading]);
    roff.control("nf", []);
    for line in lines.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.to_writer(text)?;
    Ok(())
}
