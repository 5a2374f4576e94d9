//! The generators of recorded commands whose entries are missing: an earlier version has recorded them.

use anyhow::Result;

use crate::args::{Direction, Gen};
use crate::catalogue::Generator;
use crate::output::reporter::Reporter;
use crate::project::Project;
use crate::record::generated::Entry;
use crate::record::{Run, Runs};

/// Returns entries for the commands of `runs` that have none, and were not taken back. An upgrade had entries for all
/// before it.
///
/// # Errors
/// A generator or an entry is invalid.
pub fn entries(project: &Project, runs: &Runs, reporter: &mut Reporter) -> Result<Vec<Entry>> {
    let since: Vec<_> = runs
        .iter()
        .rev()
        .take_while(|run| !run.is_upgrade())
        .collect();
    let mut entries: Vec<Entry> = Vec::new();
    for run in since.into_iter().rev() {
        let is_recorded = !run.generated.is_empty();
        if run.is("destroy") {
            let gone = match is_recorded {
                true => run.entries()?,
                false => Vec::from_iter(entry(project, run, Direction::Destroy, reporter)?),
            };
            entries.retain(|entry| !gone.iter().any(|gone| entry.is_like(gone)));
        } else if run.is("gen") && !is_recorded {
            entries.extend(entry(project, run, Direction::Gen, reporter)?);
        }
    }
    Ok(entries)
}

/// Returns the entry of a recorded command, without files and edits. A generator may be gone from the templates.
fn entry(
    project: &Project,
    run: &Run,
    direction: Direction,
    reporter: &mut Reporter,
) -> Result<Option<Entry>> {
    let known = Generator::names(&project.stack.name, &project.templates);
    let [_, id, words @ ..] = run.command.as_slice() else {
        return Ok(None);
    };
    if !known.contains(&id.as_str()) {
        return Ok(None);
    }
    let generator = Generator::read(&project.stack.name, id, &project.templates)?;
    let args = match Gen::of_record(direction, &generator, words) {
        Ok(args) => args,
        Err(misuse) => {
            let left = "has made is left as it is";
            reporter.warn(format!("what `{run}` {left}: {misuse}"));
            return Ok(None);
        }
    };
    Ok(Some(Entry {
        generator: args.generator,
        name: generator.recorded_name(args.name.as_deref()),
        options: args.asked.options,
        answers: args.asked.answers,
        ..Entry::default()
    }))
}
