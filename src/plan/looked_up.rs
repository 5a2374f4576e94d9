//! The name and the looked-up values of a plan, for the record: with them, the same plan is made later.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use crate::catalogue::generator::Kind;
use crate::facts::Facts;

impl Plan {
    /// Returns the name that the generator was given, spelled as a module.
    pub fn name(&self) -> Option<String> {
        let name = self.source.name.as_ref().and(self.variables.get("name"))?;
        Some(name.get_from_path("module")?.as_str()?.to_owned())
    }

    /// Returns the values of the options that are no flags.
    pub fn values(&self) -> BTreeMap<String, String> {
        let options = self.source.options.iter();
        let options = options.filter(|option| option.kind != Kind::Flag);
        let values = options.filter_map(|option| {
            let value = self.variables.get(option.variable().as_str())?;
            let module = value.get_from_path("module");
            let value = module.unwrap_or(value);
            Some((option.name.clone(), value.to_string()))
        });
        values.collect()
    }

    /// Returns the values of the generator's facts.
    pub fn facts(&self) -> Facts {
        let facts = self.source.facts.iter().filter_map(|fact| {
            let value = self.variables.get(fact.name.as_str())?.as_str()?;
            Some((fact.name.clone(), value.to_owned()))
        });
        facts.collect()
    }

    /// Returns the values of the generator's lists.
    pub fn lists(&self) -> BTreeMap<String, BTreeSet<String>> {
        let lists = self.source.lists.iter().filter_map(|list| {
            let value = serde_json::to_value(self.variables.get(list.name.as_str())?);
            let values = serde_json::from_value(value.ok()?).ok()?;
            Some((list.name.clone(), values))
        });
        lists.collect()
    }
}
