//! Inserts and their places.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use tera::{Context, Value};

use super::refuse_outside;
use crate::catalogue::Generator;
use crate::catalogue::generator::{self, Purpose};
use crate::catalogue::render::Renderer;
use crate::catalogue::templates::Origin;
use crate::edit::place::{Example, Insert, Location, Need};
use crate::edit::{Place, glob};
use crate::facts::{self, Facts};
use crate::record::{self, TextChange};

/// Inserts into one file: all are made, or none.
#[derive(Debug, Clone)]
pub struct Step {
    /// Name of the place.
    pub place: String,
    pub location: Location,
    pub parts: Vec<Place>,
    /// Purpose, for the manual step.
    pub manual: String,
    /// Condition.
    pub condition: String,
    /// Reported only if it changes something.
    pub quiet: bool,
    /// The project's own templates, if a place or the insert comes from them.
    pub origin: Origin,
    /// Files that need the text, for `destroy`.
    needed_by: Vec<Need>,
}

impl Step {
    /// Returns the files that need the text.
    pub fn needed_by(&self) -> &[Need] {
        &self.needed_by
    }

    /// Returns whether others may need the text as well: only the record of runs knows which run has inserted it.
    pub fn is_shared(&self) -> bool {
        self.parts.last().is_some_and(|part| part.shared)
    }

    /// Returns the text in the file at `path` as entries of the record have it, also of a place that is not shared.
    pub fn edited_text(&self, path: &Path) -> TextChange {
        TextChange {
            path: path.to_owned(),
            place: self.place.clone(),
            text: self
                .parts
                .last()
                .map(|part| part.text.clone())
                .unwrap_or_default(),
            change: record::Change::Inserted,
        }
    }

    /// Returns the record of a change of the text in the file at `path`.
    pub fn text_change(&self, path: &Path, change: record::Change) -> TextChange {
        let part = self.parts.last();
        let section = part.map(|part| part.section.as_str());
        let section = section.filter(|section| !section.is_empty());
        TextChange {
            path: path.to_owned(),
            place: match section {
                Some(section) => format!("{} in {section}", self.place),
                None => self.place.clone(),
            },
            text: part.map(|part| part.lines(&[])).unwrap_or_default(),
            change,
        }
    }
}

/// Reader of the places of a generator's inserts.
pub struct Places<'a> {
    pub generator: &'a Generator,
    /// The variable `app`.
    pub app: Value,
    pub renderer: &'a Renderer<'a>,
    pub rendered: &'a Rendered,
    pub purpose: Purpose,
}

/// Rendered places of one app, each with its origin, by what they were rendered from: generators use the same ones.
pub type Rendered = RefCell<HashMap<Template, (Place, Origin)>>;

/// A place with all that its rendering depends on.
#[derive(PartialEq, Eq, Hash)]
pub struct Template {
    /// Path of the file.
    path: String,
    place: String,
    with: BTreeMap<String, String>,
    text: Option<String>,
    keys: Keys,
}

/// Keys of a place to render, because rendering all of them is the main cost.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Keys {
    All,
    /// All but those that only `destroy` needs.
    ToInsert,
    /// Keys of the position of the text.
    ToLook,
}

impl Places<'_> {
    /// Returns an insert as a step.
    ///
    /// # Errors
    /// The place is missing or invalid, or the insert does not pass the variables of the place.
    pub fn step(&self, insert: &Insert) -> Result<Step> {
        let mut places = Vec::new();
        self.collect(insert, &mut places)?;
        let from_project = places.iter().any(|(_, origin)| *origin == Origin::Project);
        let mut parts: Vec<_> = places.into_iter().map(|(place, _)| place).collect();
        let main = parts.last().cloned().unwrap_or_default();
        let location = main.file;
        let location =
            location.with_context(|| format!("the place `{}` has no `file`", insert.place))?;
        if let Some(part) = parts.last_mut() {
            part.shared |= insert.shared;
        }
        let path = location.paths.first().or(location.search.first());
        let level = path.and_then(|path| self.level(path));
        for part in &mut parts {
            part.level.clone_from(&level);
        }
        if from_project {
            let searched = location.search.iter();
            let searched = searched.flat_map(|pattern| glob::alternatives(pattern));
            for path in location.paths.iter().cloned().chain(searched) {
                refuse_outside(path.as_ref())?;
            }
        }
        Ok(Step {
            place: insert.place.clone(),
            manual: insert.manual.clone().unwrap_or(main.manual),
            needed_by: match insert.shared {
                true => insert.needed_by.clone(),
                false => [main.needed_by, insert.needed_by.clone()].concat(),
            },
            location,
            parts,
            condition: insert.condition.clone(),
            quiet: insert.quiet,
            origin: match from_project {
                true => Origin::Project,
                false => Origin::BuiltIn,
            },
        })
    }

    /// Returns one level of indentation in files such as `path`, if the app has one of its own for their extension.
    pub fn level(&self, path: &str) -> Option<String> {
        let extension = Path::new(path).extension()?.to_str()?;
        let fact = format!("indent_{extension}");
        let level = self.app.get_from_path(&fact)?;
        let level = level.as_str().filter(|level| !level.is_empty());
        level.map(str::to_owned)
    }

    /// Returns the location of the file of the place `name`.
    pub fn location(&self, name: &str, with: &BTreeMap<String, String>) -> Result<Location> {
        let location = self.partial(name, with)?.file;
        location.with_context(|| format!("the place `{name}` has no `file`"))
    }

    /// Returns the place `name` for a look-up, with empty values for missing variables.
    pub fn partial(&self, name: &str, with: &BTreeMap<String, String>) -> Result<Place> {
        let mut insert = Insert {
            place: name.to_owned(),
            with: with.clone(),
            ..Insert::default()
        };
        let (table, _) = self.generator.place(name, self.renderer.templates())?;
        for need in needs(&table) {
            insert.with.entry(need.clone()).or_default();
        }
        Ok(self.place(&insert, Keys::ToLook)?.0)
    }

    /// Adds the place of `insert` after the places of its `also`.
    fn collect(&self, insert: &Insert, places: &mut Vec<(Place, Origin)>) -> Result<()> {
        let keys = match self.purpose {
            Purpose::Run => Keys::ToInsert,
            Purpose::Comparison => Keys::All,
        };
        let (main, origin) = self.place(insert, keys)?;
        for also in main.also.iter().chain(&insert.also) {
            self.collect(&also.insert(), places)?;
        }
        places.push((main, origin));
        Ok(())
    }

    /// Returns the rendered place of `insert`, and its origin.
    fn place(&self, insert: &Insert, keys: Keys) -> Result<(Place, Origin)> {
        let templates = self.renderer.templates();
        let (table, path) = self
            .generator
            .place(&insert.place, templates)
            .with_context(|| {
                format!("in {}: the place `{}`", self.generator.folder, insert.place)
            })?;
        let template = Template {
            path,
            place: insert.place.clone(),
            with: insert.with.clone(),
            text: insert.text.clone(),
            keys,
        };
        if let Some(known) = self.rendered.borrow().get(&template) {
            return Ok(known.clone());
        }
        let path = template.path.as_str();
        let place = self.render(&template, &table);
        let place = place
            .with_context(|| format!("in {} (`{}`)", templates.whereabouts(path), insert.place))?;
        let origin = templates.get(path).map(|(_, origin)| origin);
        let place = (place, origin.unwrap_or_default());
        let mut rendered = self.rendered.borrow_mut();
        rendered.insert(template, place.clone());
        Ok(place)
    }

    /// Renders a place from its table.
    fn render(&self, template: &Template, table: &toml::Table) -> Result<Place> {
        check_needs(table, &template.with)?;
        let keys_to_look = ["file", "within", "present", "elsewhere"];
        let not_of_inserts = ["about", "needs", "example", "text"];
        let about = table.get("about").cloned();
        let own = table.get("text").and_then(toml::Value::as_str);
        let own = own.unwrap_or_default();
        let is_wanted = |key: &str, _: &toml::Value| match template.keys {
            Keys::All => !not_of_inserts.contains(&key),
            Keys::ToInsert => !not_of_inserts.contains(&key) && key != "needed_by",
            Keys::ToLook => keys_to_look.contains(&key),
        };
        let mut context = Context::new();
        context.insert_value("app", self.app.clone());
        for (name, value) in &template.with {
            context.insert(name.clone(), value);
        }
        let text = match &template.text {
            Some(text) => text.clone(),
            None => self.renderer.text(own, &context)?,
        };
        context.insert("text", &text);
        let mut rendered = self.renderer.table(table, is_wanted, &context)?;
        rendered.insert("text".to_owned(), toml::Value::String(text));
        rendered.extend(about.map(|about| ("about".to_owned(), about)));
        Ok(rendered.try_into()?)
    }
}

/// Checks that an insert passes exactly the variables of its place.
fn check_needs(place: &toml::Table, with: &BTreeMap<String, String>) -> Result<()> {
    let is_needed = |name: &&String| needs(place).any(|need| need == *name);
    if let Some(unknown) = with.keys().find(|name| !is_needed(name)) {
        bail!("it does not need `{unknown}`");
    }
    match needs(place).find(|need| !with.contains_key(*need)) {
        Some(missing) => bail!("it needs `{missing}`, which `with` has to give"),
        None => Ok(()),
    }
}

/// Returns the variables of a place.
fn needs(place: &toml::Table) -> impl Iterator<Item = &String> {
    let needs = place.get("needs").and_then(toml::Value::as_table);
    needs.into_iter().flat_map(|needs| needs.keys())
}

/// Returns the parts of a place's example, for its test cases. `with` replaces some values of the example.
pub fn example(
    stack: &str,
    name: &str,
    facts: &Facts,
    renderer: &Renderer<'_>,
    with: BTreeMap<String, String>,
) -> Result<Vec<Place>> {
    let templates = renderer.templates();
    let (table, _) = generator::place(stack, name, templates)?;
    let example = table.get("example").cloned();
    let mut example: Example = example.map_or(Ok(Example::default()), toml::Value::try_into)?;
    for (name, value) in with {
        match name.strip_prefix("app.") {
            Some(fact) => example.app.insert(fact.to_owned(), value),
            None => example.with.insert(name, value),
        };
    }
    let generator = Generator {
        folder: format!("{stack}/{name}"),
        ..Generator::default()
    };
    let mut facts = facts.clone();
    facts.extend(example.app);
    let text = example
        .text
        .map(|text| renderer.text(&text, &Context::new()));
    let insert = Insert {
        place: name.to_owned(),
        with: example.with,
        text: text.transpose()?,
        also: example.also,
        ..Insert::default()
    };
    let places = Places {
        generator: &generator,
        app: facts::variable(&facts),
        renderer,
        rendered: &Rendered::default(),
        purpose: Purpose::Comparison,
    };
    let mut parts = Vec::new();
    places.collect(&insert, &mut parts)?;
    Ok(parts.into_iter().map(|(place, _)| place).collect())
}
