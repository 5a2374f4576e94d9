//! `doctor`: the programs, files and limits that an app needs. The stack says which; the port and the limit of open files are
//! those of every server.

mod server;

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::catalogue::render::Renderer;
use crate::catalogue::stack::{Check, Lookup, Stack};
use crate::catalogue::templates::Templates;
use crate::error::Problem;
use crate::facts::{self, Facts, Look, Question};
use crate::output::commands;
use crate::project::{self, Project};

/// The results of all checks.
#[derive(Debug, Default, Serialize)]
pub struct Health {
    pub checks: Vec<Checked>,
    /// Errors, if nothing could be checked.
    pub errors: Vec<Problem>,
}

/// The result of a check.
#[derive(Debug, Serialize)]
pub struct Checked {
    pub name: String,
    /// The version, path or number that was found.
    pub found: Option<String>,
    pub problem: Option<Problem>,
}

impl Health {
    /// Returns the object of a command that an error has ended.
    pub fn of_error(error: &anyhow::Error) -> Self {
        Self {
            errors: Problem::all(error),
            ..Self::default()
        }
    }

    pub fn is_good(&self) -> bool {
        self.checks.iter().all(|check| check.problem.is_none())
    }
}

impl Checked {
    fn good(name: &str, found: String) -> Self {
        Self {
            name: name.to_owned(),
            found: Some(found),
            problem: None,
        }
    }

    fn bad(name: &str, message: String, help: &str) -> Self {
        let help = Some(help.to_owned());
        Self {
            name: name.to_owned(),
            found: None,
            problem: Some(Problem { message, help }),
        }
    }
}

/// Checks what `project` needs.
///
/// # Errors
/// The stack is the project's own, or a check of it is invalid.
pub fn of_app(project: &Project) -> Result<Health> {
    let stack = &project.stack;
    if !stack.doctor.is_empty() {
        stack.refuse_own_programs("remove `[[doctor]]` from it")?;
    }
    let doctor = Doctor {
        root: &project.root,
        facts: &project.facts,
        renderer: Renderer::new(&project.templates),
        look: &|question| project.look(question),
        port: project.port(),
    };
    doctor.health(&stack.doctor)
}

/// Checks the programs that new apps of the default stack need.
///
/// # Errors
/// A check of the stack is invalid.
pub fn of_new_apps(templates: &Templates) -> Result<Health> {
    let checks = Stack::default(templates)?.doctor.into_iter();
    let is_of_program = |check: &Check| check.any.iter().any(|way| way.program.is_some());
    let checks = checks.filter(is_of_program).map(|check| Check {
        only_if: Vec::new(),
        ..check
    });
    let doctor = Doctor {
        root: Path::new("."),
        facts: &Facts::new(),
        renderer: Renderer::new(templates),
        look: &|question: &Question| Ok(project::programs(question)),
        port: None,
    };
    doctor.health(&checks.collect::<Vec<_>>())
}

/// Returns the results as text.
pub fn text(health: &Health) -> String {
    let mut text = String::new();
    for check in &health.checks {
        let name = &check.name;
        let found = check.found.iter().map(|found| format!(": {found}"));
        let _ = match &check.problem {
            None => writeln!(text, "* ok      {name}{}", found.collect::<String>()),
            Some(Problem { message, help }) => {
                let help = help.as_deref().unwrap_or_default();
                writeln!(text, "* problem {name}: {message}\n            {help}")
            }
        };
    }
    text
}

struct Doctor<'a> {
    root: &'a Path,
    facts: &'a Facts,
    renderer: Renderer<'a>,
    look: &'a Look<'a>,
    /// In the settings of the app.
    port: Option<u16>,
}

impl Doctor<'_> {
    fn health(&self, checks: &[Check]) -> Result<Health> {
        let mut checked: Vec<Checked> = Vec::new();
        for check in checks {
            let is_bad =
                |earlier: &Checked| earlier.name == check.after && earlier.problem.is_some();
            let is_wanted = check.only_if.is_empty() || self.first(&check.only_if)?.is_some();
            if is_wanted && !checked.iter().any(is_bad) {
                checked.push(self.check(check)?);
            }
        }
        checked.extend(server::checks(self.port));
        Ok(Health {
            checks: checked,
            ..Health::default()
        })
    }

    fn check(&self, check: &Check) -> Result<Checked> {
        let value = self.first(&check.any)?;
        let mut context = facts::context(self.facts);
        context.insert("value", value.as_deref().unwrap_or_default());
        let text = |text: &String| self.renderer.text(text, &context);
        let [message, help] = [text(&check.message)?, text(&check.help)?];
        let is_there = check.any.is_empty() || value.is_some();
        let run = |run: &[String]| -> Result<Option<String>> {
            let run = run.iter().map(text).collect::<Result<Vec<_>>>()?;
            Ok(commands::output(&run, &check.env, self.root))
        };
        if !is_there || !check.run.is_empty() && run(&check.run)?.is_none() {
            return Ok(Checked::bad(&check.name, message, &help));
        }
        let mut found = value;
        if !check.version.is_empty() {
            let Some(printed) = run(&check.version)? else {
                return self.failing(check, &help);
            };
            let Some(version) = version(&printed) else {
                let message = format!("`{}` prints no version", check.version.join(" "));
                return Ok(Checked::bad(&check.name, message, &help));
            };
            if let Some(minimum) = check.minimum.as_ref().map(text).transpose()?
                && numbers(version) < numbers(&minimum)
            {
                let message = format!("its version is {version}: the lowest is {minimum}");
                return Ok(Checked::bad(&check.name, message, &help));
            }
            let program = found.filter(|program| *program != check.name);
            found = Some(program.map_or_else(String::new, |program| program + " ") + version);
        }
        Ok(Checked {
            name: check.name.clone(),
            found,
            problem: None,
        })
    }

    /// Returns the result of a check whose program for the version fails.
    fn failing(&self, check: &Check, help: &str) -> Result<Checked> {
        if let Some(reason) = &check.failing
            && let Some(value) = self.first(&reason.any)?
        {
            let mut context = facts::context(self.facts);
            context.insert("value", &value);
            let [message, help] =
                [&reason.message, &reason.help].map(|text| self.renderer.text(text, &context));
            return Ok(Checked::bad(&check.name, message?, &help?));
        }
        let message = format!("`{}` fails", check.version.join(" "));
        Ok(Checked::bad(&check.name, message, help))
    }

    fn first(&self, ways: &[Lookup]) -> Result<Option<String>> {
        let context = facts::context(self.facts);
        facts::first(ways, &context, self.look, &self.renderer)
    }
}

/// Returns the first word of `printed` that starts with a number, such as `1.90.0`.
fn version(printed: &str) -> Option<&str> {
    let mut words = printed
        .split_whitespace()
        .map(|word| word.trim_start_matches('v'));
    words.find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

/// Returns the numbers of a version, to compare it.
fn numbers(version: &str) -> Vec<u64> {
    let numbers = version
        .split(['.', '-', '+'])
        .map_while(|part| part.parse().ok());
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (printed, minimum, is_enough) in [
            ("cargo 1.90.0 (840b83a10 2025-07-30)", "1.88", true),
            ("cargo 1.9.0", "1.88", false),
            ("1.18.4\n", "1.18.4", true),
            ("v22.3.0", "18", true),
            ("1.18.0-rc.1", "1.18", true),
        ] {
            let version = version(printed).expect(printed);
            assert_eq!(numbers(version) >= numbers(minimum), is_enough, "{printed}");
        }
        assert_eq!(version("no version"), None);
    }
}
