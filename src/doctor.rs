//! `doctor`: the programs, files and limits that an app needs. The stack says which; the port and the limit of open files are
//! those of every server.

mod server;

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;
use tera::Context;

use crate::catalogue::render::Renderer;
use crate::catalogue::stack::{Check, Lookup, Stack};
use crate::catalogue::templates::Templates;
use crate::error::Problem;
use crate::facts::{self, Facts, Look, Question};
use crate::output::commands;
use crate::project::{self, Project};
use server::Port;

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
        facts: &project.facts,
        templates: &project.templates,
        look: &|question| project.look(question),
        port: match project.port() {
            Some(port) => Port::Set(port),
            None if project.has_own_port() => Port::Unknown,
            None => Port::Default,
        },
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
        facts: &Facts::new(),
        templates,
        look: &|question: &Question| Ok(project::programs(question)),
        port: Port::Default,
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
    facts: &'a Facts,
    templates: &'a Templates,
    look: &'a Look<'a>,
    port: Port,
}

impl Doctor<'_> {
    fn health(&self, checks: &[Check]) -> Result<Health> {
        let mut checked: Vec<Checked> = Vec::new();
        for check in checks {
            let is_bad =
                |earlier: &Checked| earlier.name == check.after && earlier.problem.is_some();
            if !checked.iter().any(is_bad) {
                checked.extend(self.check(check)?);
            }
        }
        checked.extend(server::checks(self.port));
        Ok(Health {
            checks: checked,
            ..Health::default()
        })
    }

    /// Returns the result of `check`, unless it is left out.
    fn check(&self, check: &Check) -> Result<Option<Checked>> {
        let look = |question: &Question| self.look(question);
        let given = self.facts.clone();
        let Some(facts) = facts::work_out(&check.facts, given, self.templates, &look)? else {
            return Ok(None);
        };
        let inquiry = Inquiry {
            check,
            context: facts::context(&facts),
            renderer: Renderer::new(self.templates),
            look: &look,
        };
        let is_wanted = check.only_if.is_empty() || inquiry.first(&check.only_if)?.is_some();
        is_wanted.then(|| inquiry.result()).transpose()
    }

    /// Looks in the environment, or else in the app.
    fn look(&self, question: &Question) -> Result<Vec<(String, String)>> {
        let Some(name) = &question.variable else {
            return (self.look)(question);
        };
        let value = env::var(name).ok().filter(|value| !value.is_empty());
        Ok(value
            .map(|value| (value, name.clone()))
            .into_iter()
            .collect())
    }
}

/// A check with the facts for its texts.
struct Inquiry<'a> {
    check: &'a Check,
    context: Context,
    renderer: Renderer<'a>,
    look: &'a Look<'a>,
}

impl Inquiry<'_> {
    fn result(mut self) -> Result<Checked> {
        let check = self.check;
        let value = self.first(&check.any)?;
        let shown = value.as_deref().unwrap_or_default();
        self.context.insert("value", shown);
        if !check.any.is_empty() && value.is_none() {
            return self.bad(self.text(&check.message)?);
        }
        let mut found = value;
        if !check.version.is_empty() && self.first(&check.chosen_by)?.is_none() {
            let Some(printed) = self.printed()? else {
                return self.failing();
            };
            let Some(version) = version(&printed) else {
                let message = format!("`{}` prints no version", check.version.join(" "));
                return self.bad(message);
            };
            if let Some(minimum) = &check.minimum {
                let minimum = self.text(minimum)?;
                if numbers(version) < numbers(&minimum) {
                    let message = format!("its version is {version}: the lowest is {minimum}");
                    return self.bad(message);
                }
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

    /// Returns what the program for the version prints; `None` if it fails.
    fn printed(&self) -> Result<Option<String>> {
        let run = self.check.version.iter().map(|word| self.text(word));
        let run = run.collect::<Result<Vec<_>>>()?;
        let mut variables = BTreeMap::new();
        for (name, value) in &self.check.env {
            let value = self.text(value)?;
            if !value.is_empty() {
                variables.insert(name.clone(), value);
            }
        }
        Ok(commands::output(&run, &variables, &project::home()))
    }

    /// Returns the result of a check whose program for the version fails.
    fn failing(mut self) -> Result<Checked> {
        if let Some(reason) = &self.check.failing
            && let Some(value) = self.first(&reason.any)?
        {
            self.context.insert("value", &value);
            let [message, help] = [self.text(&reason.message)?, self.text(&reason.help)?];
            return Ok(Checked::bad(&self.check.name, message, &help));
        }
        self.bad(match self.check.any.is_empty() {
            true => self.text(&self.check.message)?,
            false => format!("`{}` fails", self.check.version.join(" ")),
        })
    }

    fn bad(&self, message: String) -> Result<Checked> {
        let help = self.text(&self.check.help)?;
        Ok(Checked::bad(&self.check.name, message, &help))
    }

    fn text(&self, text: &str) -> Result<String> {
        self.renderer.text(text, &self.context)
    }

    fn first(&self, ways: &[Lookup]) -> Result<Option<String>> {
        facts::first(ways, &self.context, self.look, &self.renderer)
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
