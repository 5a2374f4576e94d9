//! Variables of a generator's templates: `app`, `secrets`, the name and its alias, options, values.

use std::borrow::Cow;
use std::collections::BTreeSet;

use anyhow::Result;
use tera::Context;

use super::{Places, Request, Stack};
use crate::catalogue::Generator;
use crate::catalogue::generator::{Kind, OptionRule};
use crate::catalogue::stack::{FactRule, Lookup};
use crate::error::{Misuse, fault_in};
use crate::facts;
use crate::name::Name;

/// Returns the variables of `generator` for `request`, and the errors in the request. An invalid name or value is
/// replaced by the suggested one, so that all errors are found.
///
/// # Errors
/// A mistake in the stack's files.
pub fn work_out(
    generator: &Generator,
    request: &Request,
    stack: &Stack<'_>,
) -> Result<(Context, Vec<Misuse>)> {
    let variables = of_generator(generator, request, stack);
    fault_in(variables, || {
        generator.whereabouts(stack.renderer.templates())
    })
}

fn of_generator(
    generator: &Generator,
    request: &Request,
    stack: &Stack<'_>,
) -> Result<(Context, Vec<Misuse>)> {
    let mut context = Context::new();
    context.insert("app", stack.facts);
    context.insert("secrets", &request.secrets);
    context.insert("typed", &request.options.keys().collect::<Vec<_>>());
    let mut misuses = Vec::new();
    misuses.extend(insert_name(generator, request, &mut context));
    insert_lists(generator, request, stack, &mut context)?;
    misuses.extend(insert_options(generator, request, stack, &mut context)?);
    insert_facts(generator, request, stack, &mut context)?;
    for (name, value) in &generator.values {
        let text = value.as_str().unwrap_or_default();
        let text = stack.renderer.text(text, &context);
        let text = fault_in(text, || format!("the value `{name}`"))?;
        context.insert(name.clone(), &text);
    }
    Ok((context, misuses))
}

/// Adds the name, if the generator has one, and returns the error in it: then the name is the suggested one.
fn insert_name(generator: &Generator, request: &Request, context: &mut Context) -> Option<Misuse> {
    let rule = generator.name.as_ref()?;
    let typed = request.name.as_ref().or(rule.default.as_ref());
    let typed = typed.map_or("", String::as_str);
    let own = format!("hello-sockets gen {}", generator.id);
    let invocation = request.invocation.as_ref().unwrap_or(&own);
    let (name, misuse) = match Name::parse(typed, &generator.id, &rule.suffix, invocation) {
        Ok(name) => (name, None),
        Err(misuse) => (Name::nearest(typed, &rule.suffix), Some(misuse)),
    };
    context.insert("name", &name);
    if let Some(alias) = &rule.alias {
        context.insert(alias.clone(), &name);
    }
    misuse
}

fn insert_lists(
    generator: &Generator,
    request: &Request,
    stack: &Stack<'_>,
    context: &mut Context,
) -> Result<()> {
    let is_typed = |option| request.options.contains_key(option);
    for list in &generator.lists {
        let values = match request.lists.get(&list.name) {
            Some(values) => values.clone(),
            None if list.for_option.as_ref().is_none_or(is_typed) => {
                let found = facts::all(list, context.clone(), stack.look, stack.renderer);
                fault_in(found, || format!("the list `{}`", list.name))?
            }
            None => BTreeSet::new(),
        };
        context.insert(list.name.clone(), &values);
    }
    Ok(())
}

/// Adds the values of the options, and returns the errors in them.
fn insert_options(
    generator: &Generator,
    request: &Request,
    stack: &Stack<'_>,
    context: &mut Context,
) -> Result<Vec<Misuse>> {
    let mut misuses = Vec::new();
    let has_value = |option: &&OptionRule| option.generate.is_none() || option.kind == Kind::Choice;
    for option in generator.options.iter().filter(has_value) {
        let typed = request.options.get(&option.name).and_then(|v| v.last());
        let default = || stack.renderer.text(&option.default, context);
        let typed = typed.cloned().map_or_else(default, Ok);
        let typed = fault_in(typed, || format!("the option `{}`", option.name))?;
        misuses.extend(insert_option(option, &typed, context));
    }
    Ok(misuses)
}

fn insert_facts(
    generator: &Generator,
    request: &Request,
    stack: &Stack<'_>,
    context: &mut Context,
) -> Result<()> {
    for fact in &generator.facts {
        let value = match request.facts.get(&fact.name) {
            Some(value) => value.clone(),
            None => {
                let value = looked_up(fact, context, generator, stack);
                fault_in(value, || format!("the fact `{}`", fact.name))?
            }
        };
        context.insert(fact.name.clone(), &value);
    }
    Ok(())
}

/// Returns the value of a fact; an empty one if it has none.
fn looked_up(
    fact: &FactRule,
    context: &Context,
    generator: &Generator,
    stack: &Stack<'_>,
) -> Result<String> {
    let ways = fact.any.iter();
    let ways = ways.map(|way| ways_of(way, context, generator, stack));
    let ways = ways.collect::<Result<Vec<_>>>()?.concat();
    let ways = ways.iter().map(AsRef::as_ref);
    let value = facts::first(ways, context, stack.look, stack.renderer)?;
    Ok(value.unwrap_or_default())
}

/// Returns the sources that a source of a fact stands for: one that names a place, those of the place's files.
fn ways_of<'w>(
    way: &'w Lookup,
    context: &Context,
    generator: &Generator,
    stack: &Stack<'_>,
) -> Result<Vec<Cow<'w, Lookup>>> {
    let Some(name) = &way.place else {
        return Ok(vec![Cow::Borrowed(way)]);
    };
    let app = context.get("app").cloned();
    let places = Places {
        generator,
        app: app.unwrap_or_else(|| facts::variable(stack.facts)),
        renderer: stack.renderer,
        rendered: &stack.rendered,
        purpose: stack.purpose,
    };
    let with = way.with.iter().map(|(name, value)| {
        let value = stack.renderer.text(value, context)?;
        Ok((name.clone(), value))
    });
    let place = places.partial(name, &with.collect::<Result<_>>()?)?;
    let location = place.file.unwrap_or_default();
    let base = Lookup {
        within: place.within,
        query: place.present,
        value: way.value.clone(),
        ..Lookup::default()
    };
    let files = location.paths.into_iter().map(|path| Lookup {
        file: Some(path),
        ..base.clone()
    });
    let mut ways: Vec<_> = files.collect();
    ways.push(Lookup {
        search: location.search,
        mentions: location.mentions,
        ..base.clone()
    });
    ways.extend(place.elsewhere.map(|elsewhere| Lookup {
        search: elsewhere.search,
        mentions: elsewhere.mentions,
        ..base
    }));
    Ok(ways.into_iter().map(Cow::Owned).collect())
}

/// Adds the value of an option, and returns the error in it: then the value is the suggested one.
fn insert_option(option: &OptionRule, typed: &str, context: &mut Context) -> Option<Misuse> {
    let variable = option.variable();
    match option.kind {
        Kind::Name => {
            let invocation = format!("--{}", option.name);
            let (name, misuse) = match Name::parse(typed, &option.name, &option.suffix, &invocation)
            {
                Ok(name) => (name.clone(), reserved(option, &name, &invocation)),
                Err(misuse) => (Name::nearest(typed, &option.suffix), Some(misuse)),
            };
            context.insert(variable, &name);
            misuse
        }
        Kind::Topic => {
            let (topic, misuse) = topic(option, typed);
            context.insert(variable, &topic);
            misuse
        }
        Kind::Number => {
            let number = typed.parse::<i64>();
            context.insert(variable, number.as_ref().unwrap_or(&1));
            number.err().map(|_| {
                let name = &option.name;
                let misuse =
                    Misuse::new(format!("`{typed}` is not a number, which --{name} takes"));
                misuse.help(format!("--{name} 1"))
            })
        }
        Kind::Flag => {
            context.insert(variable, &(typed == "true"));
            None
        }
        Kind::Text | Kind::Choice => {
            context.insert(variable, typed);
            None
        }
    }
}

fn reserved(option: &OptionRule, name: &Name, invocation: &str) -> Option<Misuse> {
    if !option.reserved.contains(&name.module) {
        return None;
    }
    let (typed, of) = (&name.module, &option.name);
    let why = &option.reserved_because;
    let misuse = Misuse::new(format!("`{typed}` cannot be the {of}: {why}"));
    Some(misuse.help(format!("{invocation} My{typed}")))
}

/// Checks a topic: lower-case letters, digits and `_`.
fn topic(option: &OptionRule, typed: &str) -> (String, Option<Misuse>) {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if typed.starts_with(|c: char| c.is_ascii_lowercase()) && typed.chars().all(fits) {
        return (typed.to_owned(), None);
    }
    let rule = "a topic is the part before the colon, of lower-case letters, digits and `_`";
    let misuse = format!("`{typed}` is not a {}: {rule}", option.name);
    let mended: String = typed
        .to_lowercase()
        .chars()
        .take_while(|c| *c != ':')
        .filter(|c| fits(*c))
        .collect();
    let mended = mended.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let misuse = Misuse::new(misuse);
    let (mended, misuse) = match mended {
        "" => ("room", misuse.by_example()),
        mended => (mended, misuse),
    };
    let misuse = misuse.help(format!("--{} {mended}", option.name));
    (mended.to_owned(), Some(misuse))
}
