//! Plans of every generator that there is.

use std::collections::BTreeMap;

use super::*;
use crate::edit::Query;
use crate::facts;
use crate::stack::{APP, Fact, Stack};

/// Every generator's plan for `Admin.Room`, by its folder: in a new app, and where facts that it leaves empty are known.
fn plans() -> Vec<(String, Plan)> {
    let mut plans = Vec::new();
    for name in Stack::names() {
        plans.extend(plans_of(name, &new_app(name)));
        let mut known = new_app(name);
        let empty = known.values_mut().filter(|value| value.is_empty());
        empty.for_each(|value| *value = "Known".to_owned());
        plans.extend(plans_of(name, &known));
    }
    plans
}

/// What a new app of a stack says of itself.
fn new_app(stack: &str) -> facts::Facts {
    let given = ["name", "folder"].map(|fact| (fact.to_owned(), "my_app".to_owned()));
    let rules = Stack::read(stack).expect(stack).project.facts;
    let facts = facts::work_out(&rules, given.into(), &|_| Ok(None));
    facts.expect(stack).expect("a new app has every fact")
}

fn plans_of(name: &str, facts: &facts::Facts) -> Vec<(String, Plan)> {
    let mut plans = Vec::new();
    for generator in Generator::names(name).chain([APP]) {
        let templates = Templates::new(&|_| Ok(None)).with_shared().expect(name);
        let generator = Generator::read(name, generator, &templates).expect(generator);
        let secrets = generator.secrets.iter();
        let request = Request {
            way: None,
            name: generator.is_named().then(|| "Admin.Room".to_owned()),
            options: BTreeMap::new(),
            secrets: secrets
                .map(|s| (s.name.clone(), "secret".to_owned()))
                .collect(),
        };
        let planned = plan(&generator, &request, facts, &templates);
        plans.push((generator.folder.clone(), planned.expect(&generator.folder)));
    }
    plans
}

#[test]
fn the_same_request_makes_the_same_plan() {
    let shown = |plans: Vec<(String, Plan)>| format!("{plans:?}");

    assert_eq!(shown(plans()), shown(plans()));
}

#[test]
fn an_edit_with_a_condition_is_planned_where_that_holds() {
    let edited = |facts: &facts::Facts| -> Vec<_> {
        let plans = plans_of("phoenix", facts);
        let auth = plans.iter().find(|(folder, _)| folder == "phoenix/auth");
        let edits = &auth.expect("it is there").1.edits;
        edits.iter().map(|edit| edit.path.clone()).collect()
    };
    let endpoint = PathBuf::from("lib/my_app_web/endpoint.ex");
    let mut facts = new_app("phoenix");

    for (fact, planned) in [("", false), ("yes", true)] {
        facts.insert("auth_token".to_owned(), fact.to_owned());
        assert_eq!(edited(&facts).contains(&endpoint), planned, "{fact:?}");
    }
}

#[test]
fn every_query_is_one_of_tree_sitters_own() {
    let mut count = 0;
    for (folder, plan) in plans() {
        for edit in &plan.edits {
            let grammar = Grammar::of(&edit.path)
                .unwrap_or_else(|| panic!("{folder}: {}", edit.path.display()));
            let anchors = |part: &Part| {
                part.anchors
                    .iter()
                    .filter_map(|a| a.query.clone())
                    .collect::<Vec<_>>()
            };
            for part in &edit.edit.parts {
                let fixed = [
                    Some(part.present.clone()),
                    part.made.clone(),
                    part.within.clone(),
                    part.root.clone(),
                    part.clash.clone(),
                    part.bind.clone(),
                ];
                for query in fixed.into_iter().flatten().chain(anchors(part)) {
                    assert_is_query(&folder, grammar, &query);
                    count += 1;
                }
            }
        }
        for taken in &plan.taken {
            let grammar = Grammar::of(taken.file.as_ref()).expect(&folder);
            assert_is_query(&folder, grammar, &taken.query);
        }
    }
    assert!(count > 20, "{count} queries were found");
}

#[test]
fn every_query_for_a_fact_is_one_of_tree_sitters_own() {
    for name in Stack::names() {
        let stack = Stack::read(name).expect(name);
        let asked = std::cell::RefCell::new(Vec::new());
        let look = |fact: &Fact| {
            asked.borrow_mut().push(fact.clone());
            Ok(None)
        };
        let given = [("name".to_owned(), "my_app".to_owned())];
        facts::work_out(&stack.project.facts, given.into(), &look).expect(name);

        let project = stack.project;
        let asked = asked.into_inner().into_iter();
        for fact in asked.chain(project.markers).chain(project.nested) {
            let grammar = Grammar::of(fact.file.as_ref()).expect(name);
            assert_is_query(name, grammar, &fact.query);
        }
    }
}

fn assert_is_query(of: &str, grammar: Grammar, query: &str) {
    Query::parse(query).unwrap_or_else(|e| panic!("{of}: {query}\n{e:#}"));
    tree_sitter::Query::new(&grammar.language(), query)
        .unwrap_or_else(|e| panic!("{of}: {query}\n{e}"));
}

#[test]
fn an_edits_own_text_is_what_its_present_query_finds() {
    for (folder, plan) in plans() {
        let edits: Vec<_> = plan.edits.iter().filter(|edit| edit.create).collect();
        for edit in edits {
            let made = edit.applied_to(Vec::new()).expect(&folder);
            assert_ne!(made, b"", "{folder}: {}", edit.path.display());
            assert_eq!(
                edit.applied_to(made.clone()).expect(&folder),
                made,
                "{folder}: {}",
                edit.path.display()
            );
        }
    }
}
