//! The command line of `upgrade`.

use clap::{ArgMatches, Args as _, FromArgMatches as _};

use super::Common;
use super::examples::UPGRADE_HELP;

/// Options of `upgrade`.
#[derive(Debug, Default, clap::Args)]
pub struct Upgrade {
    #[command(flatten)]
    pub common: Common,
    /// Report what would change, and write nothing; exit with code 4 if there is anything
    #[arg(long)]
    pub check: bool,
    /// Leave files alone in which conflicts would be marked
    #[arg(long)]
    pub no_conflicts: bool,
    /// Compare with a new app, if no record shows that `new` has made this one
    #[arg(long)]
    pub made_by_new: bool,
}

impl Upgrade {
    pub fn read(matches: &ArgMatches) -> Self {
        let mut args = Self::from_arg_matches(matches).unwrap_or_default();
        args.common.check = args.check;
        args.common.dry_run |= args.check;
        args
    }
}

pub fn command() -> clap::Command {
    Upgrade::augment_args(clap::Command::new("upgrade"))
        .about("Bring the library and what newer templates generate into the current app")
        .after_help(UPGRADE_HELP)
}
