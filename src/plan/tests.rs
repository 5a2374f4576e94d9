//! Plans of every generator that there is.

use std::collections::BTreeMap;

use super::*;
use crate::edit::Query;
use crate::stack::{APP, Stack};

/// Every generator's plan for `Admin.Room`, by its folder.
fn plans() -> Vec<(String, Plan)> {
    let facts = ["name", "folder"].map(|fact| (fact.to_owned(), "my_app".to_owned()));
    let mut plans = Vec::new();
    for name in Stack::names() {
        let stack = Stack::read(name).expect(name);
        for generator in stack.generators().chain([APP]) {
            let templates = Templates::new(&|_| Ok(None));
            let generator = stack.generator(generator, &templates).expect(generator);
            let named = !generator.suffix.is_empty();
            let request = Request {
                name: named.then(|| "Admin.Room".to_owned()),
                options: BTreeMap::new(),
            };
            let planned = plan(&generator, &request, &facts.clone().into(), &templates);
            plans.push((generator.folder.clone(), planned.expect(&generator.folder)));
        }
    }
    plans
}

#[test]
fn the_same_request_makes_the_same_plan() {
    let shown = |plans: Vec<(String, Plan)>| format!("{plans:?}");

    assert_eq!(shown(plans()), shown(plans()));
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
                    part.within.clone(),
                    part.bind.clone(),
                ];
                for query in fixed.into_iter().flatten().chain(anchors(part)) {
                    Query::parse(&query).unwrap_or_else(|e| panic!("{folder}: {query}\n{e:#}"));
                    tree_sitter::Query::new(&grammar.language(), &query)
                        .unwrap_or_else(|e| panic!("{folder}: {query}\n{e}"));
                    count += 1;
                }
            }
        }
    }
    assert!(count > 20, "{count} queries were found");
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
