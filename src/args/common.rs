//! Options of all commands that write, and the form of their report.

use clap::Args as _;

/// Options of all commands that write.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Common {
    /// Answer every question with yes, except about files that differ
    #[arg(short, long)]
    pub yes: bool,
    /// Report the changes, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Overwrite files that differ, or remove them, without asking
    #[arg(long, conflicts_with = "skip")]
    pub force: bool,
    /// Keep files that differ, without asking
    #[arg(long)]
    pub skip: bool,
    /// Exit with code 3 if manual steps are left
    #[arg(long)]
    pub strict: bool,
    /// Print the report as one JSON object, and ask no questions
    #[arg(long)]
    pub json: bool,
    /// Print only manual steps, warnings and errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print look-ups in files, and the place of each edit
    #[arg(short, long)]
    pub verbose: bool,
    /// The dry run is that of `upgrade --check`.
    #[arg(skip)]
    pub check: bool,
}

/// Returns `words` without the options of all commands: they decide nothing about names and paths.
pub fn without_common(words: impl Iterator<Item = String>) -> Vec<String> {
    let known = Common::augment_args(clap::Command::new(""));
    let is_long = |word: &str| {
        let mut longs = known.get_arguments().filter_map(clap::Arg::get_long);
        word.strip_prefix("--")
            .is_some_and(|word| longs.any(|long| long == word))
    };
    let is_short = |word: &str| {
        let shorts: Vec<_> = known
            .get_arguments()
            .filter_map(clap::Arg::get_short)
            .collect();
        let letters = word.strip_prefix('-').filter(|letters| !letters.is_empty());
        letters.is_some_and(|letters| letters.chars().all(|letter| shorts.contains(&letter)))
    };
    let mut kept = Vec::new();
    let mut words = words;
    while let Some(word) = words.next() {
        match word.as_str() {
            "--color" => drop(words.next()),
            word if word.starts_with("--color=") || is_long(word) || is_short(word) => {}
            _ => kept.push(word),
        }
    }
    kept
}

impl Common {
    pub fn form(&self) -> Form {
        match self.json {
            true => Form::Json,
            false => Form::Text,
        }
    }

    pub fn detail(&self) -> Detail {
        match self {
            Self { quiet: true, .. } => Detail::Quiet,
            Self { verbose: true, .. } => Detail::Verbose,
            _ => Detail::Normal,
        }
    }

    /// Returns the last words of a run that writes nothing.
    pub fn unwritten(&self) -> Option<&'static str> {
        match self {
            Self { check: true, .. } => Some("Check: nothing was written."),
            Self { dry_run: true, .. } => Some("Dry run: nothing was written."),
            _ => None,
        }
    }
}

/// Form of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Text,
    Json,
}

/// Detail of the report in text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    Quiet,
    #[default]
    Normal,
    Verbose,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_all_commands_are_left_out() {
        let typed =
            "--color never gen channel Room -y -qv --topic t --dry-run --color=auto --no-socket";
        let words = without_common(typed.split(' ').map(str::to_owned));
        assert_eq!(words.join(" "), "gen channel Room --topic t --no-socket");
    }
}
