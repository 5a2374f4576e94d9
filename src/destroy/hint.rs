//! A hint at the options that a recorded run of `gen` had.

use super::Destroy;
use crate::args;
use crate::error::Misuse;
use crate::record::Run;

impl Destroy<'_> {
    /// Returns the error if all recorded runs for this name had other options: then some of its texts would not be found.
    pub fn other_options(&self) -> Option<Misuse> {
        let runs = self.project.runs().ok()?.runs;
        let name = self.args.name.as_deref()?;
        let is_of_it = |run: &&Run| match run.command.as_slice() {
            [r#gen, generator, rest @ ..] => {
                let names_it = rest.iter().any(|word| word == name);
                r#gen == "gen" && *generator == self.args.generator && names_it
            }
            _ => false,
        };
        let recorded: Vec<_> = runs.iter().filter(is_of_it).collect();
        let last = recorded.last()?;
        let sorted = |words: &[String]| {
            let mut words = deciding(words).map(str::to_owned).collect::<Vec<_>>();
            words.sort();
            words
        };
        let typed = sorted(&args::typed()[1..]);
        if recorded
            .iter()
            .any(|run| sorted(&run.command[1..]) == typed)
        {
            return None;
        }
        let words: Vec<_> = deciding(&last.command[1..]).collect();
        let misuse = Misuse::new(format!("`{name}` was made with other options"));
        Some(misuse.help(format!("hello-sockets destroy {}", words.join(" "))))
    }
}

/// Returns the words that decide names and paths, without answers to questions.
fn deciding(words: &[String]) -> impl Iterator<Item = &str> {
    let words = words.iter().map(String::as_str);
    words.filter(|word| !word.starts_with("--no-"))
}
