//! Options of all commands that write, and the form of their report.

/// Options of all commands that write.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Common {
    /// Answer every question with yes, except about files that differ
    #[arg(short, long)]
    pub yes: bool,
    /// Report the changes, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Overwrite files that differ, without asking
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
