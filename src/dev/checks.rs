//! The conditions of `dev`.

use anyhow::Result;

use crate::catalogue::render::Renderer;
use crate::catalogue::stack::{Dev, Need};
use crate::error::Misuse;
use crate::facts;
use crate::project::Project;

/// Returns what the stack of `project` runs.
///
/// # Errors
/// A condition of the stack is not met, or the stack cannot be run.
pub fn settings(project: &Project) -> Result<Dev> {
    let stack = &project.stack;
    let Some(settings) = stack.dev.as_ref() else {
        let misuse = Misuse::new(format!("the stack `{}` has no `dev`", stack.name));
        return Err(misuse.help("start the app with its own command").into());
    };
    let help = "remove `[dev]` from it, and start the app with its own command";
    stack.refuse_own_programs(help)?;
    for need in &settings.needs {
        if !is_met(need, project)? {
            let misuse = Misuse::new(&need.message);
            return Err(misuse.help(&need.help).into());
        }
    }
    let (renderer, context) = (
        Renderer::new(&project.templates),
        facts::context(&project.facts),
    );
    let words = settings.run.iter();
    let run = words
        .map(|word| renderer.text(word, &context))
        .collect::<Result<_>>()?;
    Ok(Dev {
        run,
        ..settings.clone()
    })
}

fn is_met(need: &Need, project: &Project) -> Result<bool> {
    let renderer = Renderer::new(&project.templates);
    let context = facts::context(&project.facts);
    let look = |question: &facts::Question| project.look(question);
    Ok(facts::first(&need.any, &context, &look, &renderer)?.is_some())
}
