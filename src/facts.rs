//! What an app says of itself, worked out by its stack's rules. Pure: the caller looks into the files.

use std::collections::BTreeMap;

use anyhow::Result;
use heck::ToUpperCamelCase;
use tera::Context;

use crate::stack::{Fact, FactRule, Lookup};
use crate::template::Templates;

/// What templates call `app`.
pub type Facts = BTreeMap<String, String>;

/// Works out every fact, in the order of the rules; those that are `given` are not looked for. `None` if one
/// cannot be had.
pub fn work_out(
    rules: &[FactRule],
    given: Facts,
    look: &dyn Fn(&Fact) -> Result<Option<String>>,
) -> Result<Option<Facts>> {
    let templates = Templates::new(&|_| Ok(None));
    let mut facts = given;
    add_spellings(&mut facts);
    for rule in rules {
        if facts.contains_key(&rule.name) {
            continue;
        }
        let Some(value) = first(&rule.any, &facts, look, &templates)? else {
            return Ok(None);
        };
        facts.insert(rule.name.clone(), value);
        add_spellings(&mut facts);
    }
    Ok(Some(facts))
}

fn first(
    places: &[Lookup],
    facts: &Facts,
    look: &dyn Fn(&Fact) -> Result<Option<String>>,
    templates: &Templates<'_>,
) -> Result<Option<String>> {
    let mut context = Context::new();
    context.insert("app", facts);
    for place in places {
        if let (Some(file), Some(query)) = (&place.file, &place.query) {
            let fact = Fact {
                file: templates.render(file, &context)?,
                query: templates.render(query, &context)?,
            };
            let Some(found) = look(&fact)? else { continue };
            context.insert("value", &found);
            if place.value.is_none() {
                return Ok(Some(found));
            }
        }
        if let Some(value) = &place.value {
            return Ok(Some(templates.render(value, &context)?));
        }
    }
    Ok(None)
}

/// The app's name in other spellings.
fn add_spellings(facts: &mut Facts) {
    if let Some(name) = facts.get("name").cloned() {
        facts.insert("pascal".to_owned(), name.to_upper_camel_case());
        facts.insert("snake".to_owned(), name.replace('-', "_"));
    }
}
