//! Plans of all generators; [`cases`]: the test cases of all places.
#![allow(
    clippy::disallowed_methods,
    reason = "tests look at the disk themselves"
)]

mod cases;

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::catalogue::stack::{FactRule, Lookup};
use crate::catalogue::{Stack, Templates};
use crate::edit::{Language, Place, Query, Source, glob};
use crate::facts;
use crate::key;

/// Returns the facts of a new app.
fn new_app(stack: &str) -> Facts {
    let templates = Templates::default();
    let given = ["name", "folder", "parent"].map(|fact| (fact.to_owned(), "my_app".to_owned()));
    let rules = Stack::read(stack, &templates).expect(stack).project.facts;
    let facts = facts::work_out(&rules, given.into(), &templates, &|_| Ok(Vec::new()));
    facts.expect(stack).expect("a new app has every fact")
}

/// Returns the plans of all generators for `Admin.Room`, in a new app and with facts that are empty there.
fn plans() -> Vec<Plan> {
    let templates = Templates::default();
    let mut plans = Vec::new();
    for name in Stack::names(&templates) {
        let look = |_: &facts::Question| Ok(Vec::new());
        plans.extend(plans_of(name, &new_app(name), &look));
        let mut known = new_app(name);
        let empty = known.values_mut().filter(|value| value.is_empty());
        empty.for_each(|value| *value = "Known".to_owned());
        plans.extend(plans_of(name, &known, &look));
    }
    plans
}

fn plans_of(stack: &str, facts: &Facts, look: &Look<'_>) -> Vec<Plan> {
    let templates = Templates::default();
    let renderer = Renderer::new(&templates);
    let names = Generator::names(stack, &templates);
    let plans = names.into_iter().chain([APP]).map(|id| {
        let generator = Generator::read(stack, id, &templates).expect(id);
        let secrets = generator.secrets.iter();
        let request = Request {
            name: generator.name.is_some().then(|| "Admin.Room".to_owned()),
            secrets: secrets
                .map(|s| (s.name.clone(), "secret".to_owned()))
                .collect(),
            ..Request::default()
        };
        let stack = super::Stack::new(stack, facts, &renderer, look);
        let plan = stack.plan(id, &request);
        plan.unwrap_or_else(|e| panic!("{id}: {e:#}"))
    });
    plans.collect()
}

#[test]
fn the_same_request_makes_the_same_plan() {
    let shown = |plan: &Plan| format!("{:?} {:?} {:?}", plan.files, plan.steps, plan.follows.len());
    let (once, again) = (plans(), plans());

    for (one, other) in once.iter().zip(&again) {
        assert!(shown(one) == shown(other), "{}", one.generator.folder);
    }
}

#[test]
fn every_query_of_a_plan_is_one_of_tree_sitters_own() {
    // Tree-sitter takes milliseconds for each, so duplicates are skipped.
    let mut known = std::collections::BTreeSet::new();
    for plan in plans() {
        let folder = plan.generator.folder.as_str();
        for step in &plan.steps {
            let path = Path::new(&step.location.paths[0]);
            let language = Language::of(path).unwrap_or_else(|| panic!("{folder}: {path:?}"));
            let Location {
                holds,
                search_holds,
                prefer,
                ..
            } = &step.location;
            let location = [holds, search_holds, prefer];
            let queries = step.parts.iter().flat_map(queries);
            for query in queries.chain(location.into_iter().flatten()) {
                if known.insert((language.name.clone(), query.clone())) {
                    assert_is_query(folder, language, query);
                }
            }
        }
    }
    assert!(known.len() > 100, "{} queries were found", known.len());
}

/// Returns all queries of a place.
fn queries(place: &Place) -> impl Iterator<Item = &String> {
    let optional = [
        &place.within,
        &place.present,
        &place.blocked_by,
        &place.blocked_above,
        &place.barrier,
    ];
    let anchors = place.anchors.iter().filter_map(|a| a.query.as_ref());
    let conflicts = place.conflicts.iter().map(|conflict| &conflict.query);
    let manual = place.manual_text.iter().map(|manual| &manual.query);
    let optional = optional.into_iter().flatten().chain(&place.scope);
    optional.chain(anchors).chain(conflicts).chain(manual)
}

#[test]
fn every_query_for_a_fact_or_a_list_is_one_of_tree_sitters_own() {
    let templates = Templates::default();
    for name in Stack::names(&templates) {
        let asked = std::cell::RefCell::new(std::collections::BTreeSet::new());
        let look = |question: &facts::Question| {
            if question.program.is_some() {
                return Ok(Vec::new()); // there is no query
            }
            let search = question.search.iter().flat_map(|p| glob::alternatives(p));
            let file = question.file.iter().cloned().chain(search).next();
            let file = file.expect("it looks into files");
            if !question.key.is_empty() {
                let language = Language::of(file.as_ref()).expect(name);
                assert!(key::parse(&language.name, "").is_some(), "{question:?}");
            }
            let matches = question.matches.as_deref().map(regex_lite::Regex::new);
            assert!(matches.is_none_or(|regex| regex.is_ok()), "{question:?}");
            let queries = [&question.query, &question.within];
            let queries = queries.into_iter().flatten();
            asked
                .borrow_mut()
                .extend(queries.map(|query| (file.clone(), query.clone())));
            Ok(Vec::new())
        };
        let project = Stack::read(name, &templates).expect(name).project;
        // Without its file, a look-up is not made.
        let files = [("lock", "mix.lock"), ("server", "src/main.rs")];
        let files = files.map(|(name, file)| (name.to_owned(), file.to_owned()));
        let mut app = new_app(name);
        app.extend(files.clone());
        plans_of(name, &app, &look);
        let mut given = facts::Facts::from(files);
        given.insert("name".to_owned(), "my_app".to_owned());
        facts::work_out(&project.facts, given, &templates, &look).expect(name);

        let nested = project
            .nested
            .and_then(|nested| Some((nested.file, nested.query?)));
        let markers = project.markers.into_iter().chain(project.almost);
        let markers = markers.filter_map(|fact| Some((fact.file, fact.query?)));
        for (file, query) in asked.into_inner().into_iter().chain(markers).chain(nested) {
            let language = Language::of(file.as_ref()).expect(name);
            assert_is_query(name, language, &query);
        }
    }
}

fn assert_is_query(of: &str, language: &'static Language, query: &str) {
    Query::parse(query, language).unwrap_or_else(|e| panic!("{of}: {query}\n{e:#}"));
    tree_sitter::Query::new(language.grammar(), query)
        .unwrap_or_else(|e| panic!("{of}: {query}\n{e}"));
}

#[test]
fn a_file_without_a_name_is_not_looked_for() {
    let unnamed = Lookup {
        file: Some("{{ app.nothing }}".to_owned()),
        ..Lookup::default()
    };
    let otherwise = Lookup {
        value: Some("none".to_owned()),
        ..Lookup::default()
    };
    let rule = FactRule {
        name: "kind".to_owned(),
        needed: false,
        any: vec![unnamed, otherwise],
    };
    let given = [("nothing".to_owned(), String::new())].into();
    let templates = Templates::default();

    let look = |question: &facts::Question| panic!("{question:?}");
    let facts = facts::work_out(&[rule], given, &templates, &look);

    let facts = facts.expect("nothing fails").expect("it has a value");
    assert_eq!(facts["kind"], "none");
}

/// A shared file would have to be rendered by each command.
#[test]
fn all_stacks_have_the_same_names_of_scripts_in_other_languages() {
    let templates = Templates::default();
    let patterns = Stack::names(&templates).into_iter().map(|stack| {
        let pattern = new_app(stack).remove("foreign_scripts").expect(stack);
        let (_, names) = pattern.rsplit_once('/').expect("it is in a folder");
        names.to_owned()
    });
    let patterns: BTreeSet<_> = patterns.collect();
    assert_eq!(patterns.len(), 1, "{patterns:?}");
}

#[test]
fn a_file_that_a_step_starts_is_what_that_step_finds_in_it() {
    for plan in plans() {
        for step in plan.steps.iter().filter(|step| step.location.create) {
            let path = Path::new(&step.location.paths[0]);
            let made = cases::applied(&step.parts, path, "").expect("it is made");
            assert_ne!(made, "", "{path:?}");
            assert_eq!(
                cases::applied(&step.parts, path, &made).expect("again"),
                made
            );
        }
    }
}

#[test]
fn a_query_that_names_no_node_of_the_language_is_an_error() {
    let language = Language::of(Path::new("a.rs")).expect("Rust");
    let source = Source::new("mod a;".to_owned(), language);

    for query in [
        "(mod_itm)",
        "(mod_item nam: (identifier))",
        "(mod_item !bodi)",
        "(mod_item \"modd\")",
    ] {
        let error = source
            .find(query)
            .err()
            .unwrap_or_else(|| panic!("{query} is taken"));
        assert!(format!("{error:#}").contains("it has no "), "{error:#}");
    }
}

#[test]
fn an_insert_gives_what_its_place_needs_and_no_more() {
    let facts = new_app("rust");
    let templates = Templates::default();
    let renderer = Renderer::new(&templates);
    let generator = Generator {
        folder: "rust/mine".to_owned(),
        ..Generator::default()
    };
    let refused = |with: &[&str]| {
        let insert = crate::edit::place::Insert {
            place: "crate_module".to_owned(),
            with: with
                .iter()
                .map(|name| ((*name).to_owned(), "x".to_owned()))
                .collect(),
            ..Default::default()
        };
        let places = Places {
            generator: &generator,
            app: facts::variable(&facts),
            renderer: &renderer,
            rendered: &Rendered::default(),
            purpose: Purpose::Comparison,
        };
        let step = places.step(&insert);
        step.err().map(|error| format!("{error:#}"))
    };

    let place = "in templates/rust/places/crate_module.toml (`crate_module`): ";
    assert_eq!(refused(&["name"]), None);
    assert_eq!(
        refused(&[]),
        Some(format!("{place}it needs `name`, which `with` has to give"))
    );
    assert_eq!(
        refused(&["name", "nmae"]),
        Some(format!("{place}it does not need `nmae`"))
    );
}
