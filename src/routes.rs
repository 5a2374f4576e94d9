//! `routes`: the sockets of the current app, their paths, topics, channels and scripts, and what is not wired. The stack
//! says what to look for.

mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use serde::Serialize;
use tera::Context;

use crate::catalogue::render::Renderer;
use crate::catalogue::stack::{Routes, Table};
use crate::edit::Row;
use crate::error::{Misuse, Problem};
use crate::facts::{Question, context};
use crate::name::Name;
use crate::project::Project;

pub use view::text;

/// The sockets of an app, and what is not wired.
#[derive(Debug, Default, Serialize)]
pub struct Wiring {
    pub sockets: Vec<Socket>,
    /// Parts that are not wired, each with the command that wires it.
    pub problems: Vec<Problem>,
    /// Errors, if nothing could be looked up.
    pub errors: Vec<Problem>,
}

impl Wiring {
    /// Returns the object of a command that an error has ended.
    pub fn of_error(error: &anyhow::Error) -> Self {
        Self {
            errors: Problem::all(error),
            ..Self::default()
        }
    }
}

#[derive(Debug, Serialize)]
pub struct Socket {
    pub name: String,
    /// Path and line: `src/channels/user_socket.rs:12`.
    pub at: String,
    pub mounts: Vec<Mount>,
    pub routes: Vec<Route>,
    /// Scripts that connect to one of the paths.
    pub scripts: Vec<PathBuf>,
}

#[derive(Debug, Serialize)]
pub struct Mount {
    pub path: String,
    pub at: String,
}

#[derive(Debug, Serialize)]
pub struct Route {
    pub topic: String,
    pub channel: String,
    pub at: String,
}

/// Returns the wiring of `project`.
///
/// # Errors
/// The stack has no tables for it, or they are invalid.
pub fn wiring(project: &Project) -> Result<Wiring> {
    let Some(routes) = &project.stack.routes else {
        let misuse = format!(
            "the stack `{}` has no tables for `routes`",
            project.stack.name
        );
        let help =
            "add `[routes]` to its stack.toml: `hello-sockets templates docs` prints the keys";
        return Err(Misuse::new(misuse).help(help).into());
    };
    Survey {
        project,
        routes,
        renderer: Renderer::new(&project.templates),
    }
    .wiring()
}

/// Returns the name of a module such as `MyAppWeb.UserSocket`, as generators take it.
pub fn name(project: &Project, module: &str, suffix: &str) -> Option<Name> {
    let web = project.facts.get("web").map_or("", String::as_str);
    let below = module.strip_prefix(web).unwrap_or(module);
    let below = below.trim_start_matches('.');
    let parsed: Result<Name, Misuse> = Name::parse(below, "", suffix, "");
    parsed.ok()
}

/// A match of a table.
struct Found {
    captures: BTreeMap<String, String>,
    path: PathBuf,
    at: String,
}

impl Found {
    fn get(&self, capture: &str) -> &str {
        self.captures.get(capture).map_or("", String::as_str)
    }
}

struct Survey<'a> {
    project: &'a Project,
    routes: &'a Routes,
    renderer: Renderer<'a>,
}

impl Survey<'_> {
    fn wiring(&self) -> Result<Wiring> {
        let [mounts, routed] = [
            self.find(&self.routes.mounts)?,
            self.find(&self.routes.routes)?,
        ];
        let scripts = self.find(&self.routes.scripts)?;
        let loaded = self.loaded(&scripts)?;
        let mut wiring = Wiring::default();
        for found in self.find(&self.routes.sockets)? {
            let mut socket = socket(&found, &mounts, &routed, &scripts);
            self.check(&socket, &loaded, &mut wiring.problems)?;
            for script in &mut socket.scripts {
                *script = self.project.display_path(script);
            }
            wiring.sockets.push(socket);
        }
        for channel in self.find(&self.routes.channels)? {
            let name = channel.get("channel").to_owned();
            if routed.iter().all(|route| route.get("channel") != name) {
                let what = format!("`{name}` ({}): no socket routes a topic to it", channel.at);
                wiring
                    .problems
                    .push(self.problem(what, &self.routes.route, &[("name", &name)])?);
            }
        }
        Ok(wiring)
    }

    /// Adds what a socket lacks.
    fn check(&self, socket: &Socket, loaded: &[PathBuf], to: &mut Vec<Problem>) -> Result<()> {
        let Socket { name, at, .. } = socket;
        if socket.mounts.is_empty() {
            let what = format!("`{name}` ({at}): no endpoint mounts it");
            to.push(self.problem(what, &self.routes.mount, &[("name", name)])?);
        }
        let is_loaded = |script: &&PathBuf| loaded.contains(script);
        for script in socket.scripts.iter().filter(|script| !is_loaded(script)) {
            let what = format!("`{}`: no script or page loads it", self.shown(script));
            let variables = [("name", name), ("script", &script.display().to_string())];
            to.push(self.problem(what, &self.routes.load, &variables)?);
        }
        Ok(())
    }

    fn problem(
        &self,
        message: String,
        help: &str,
        variables: &[(&'static str, &String)],
    ) -> Result<Problem> {
        let mut context = self.context();
        for (name, value) in variables {
            context.insert(*name, value);
        }
        let help = Some(self.renderer.text(help, &context)?);
        Ok(Problem { message, help })
    }

    /// Returns the scripts among `scripts` that an import or a page names.
    fn loaded(&self, scripts: &[Found]) -> Result<Vec<PathBuf>> {
        let stem = |script: &Found| Some(script.path.file_stem()?.to_string_lossy().into_owned());
        // Other scripts are not parsed: an app may have thousands.
        let imports = Table {
            mentions: scripts.iter().filter_map(stem).collect(),
            ..self.routes.imports.clone()
        };
        if imports.mentions.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.find(&imports)?;
        let imports = found
            .iter()
            .map(|import| target(&import.path, import.get("script")));
        let imports: Vec<_> = imports.collect();
        let ends = found
            .iter()
            .filter_map(|import| after_alias(import.get("script")));
        let ends: Vec<_> = ends.collect();
        let mut loaded = Vec::new();
        for script in scripts {
            let path = &script.path;
            let bare = path.with_extension("");
            let is_imported = imports.contains(&bare) || ends.iter().any(|end| bare.ends_with(end));
            if is_imported || self.is_in_a_page(path)? {
                loaded.push(path.clone());
            }
        }
        Ok(loaded)
    }

    /// Returns whether a page names the script, also if it is compiled to JavaScript, or imports it without its extension.
    fn is_in_a_page(&self, script: &Path) -> Result<bool> {
        let text = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let [name, stem] = [script.file_name(), script.file_stem()].map(text);
        let folder = text(script.parent().and_then(Path::file_name));
        let mut names = vec![format!("/{name}"), format!("/{stem}.js")];
        for folder in [".", "@", &folder] {
            names.extend(["'", "\""].map(|quote| format!("{folder}/{stem}{quote}")));
        }
        for pattern in &self.routes.pages {
            let pattern = self.renderer.text(pattern, &self.context())?;
            for page in self
                .project
                .list(&pattern)?
                .iter()
                .filter(|page| *page != script)
            {
                if self.project.mentions(page, &names)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Returns the matches of a table, with the names of sockets and channels.
    fn find(&self, table: &Table) -> Result<Vec<Found>> {
        let context = self.context();
        let text = |text: &String| self.renderer.text(text, &context);
        let question = Question {
            search: table.search.iter().map(text).collect::<Result<_>>()?,
            mentions: table.mentions.iter().map(text).collect::<Result<_>>()?,
            within: table.within.as_ref().map(text).transpose()?,
            query: Some(text(&table.query)?),
            ..Question::default()
        };
        let rows = self.project.rows(&question)?.into_iter();
        let found: Result<Vec<_>> = rows.map(|(row, path)| self.named(row, path)).collect();
        let mut found = found?;
        // A module with several routes matches several times.
        let mut seen = BTreeSet::new();
        let meant = ["socket", "channel", "path", "topic", "script"];
        found.retain(|row| {
            seen.insert((row.at.clone(), meant.map(|name| row.get(name).to_owned())))
        });
        Ok(found)
    }

    fn named(&self, row: Row, path: PathBuf) -> Result<Found> {
        let at = format!("{}:{}", self.shown(&path), row.line);
        let mut captures = row.captures;
        for capture in ["socket", "channel"] {
            if let (Some(name), Some(value)) = (&self.routes.name, captures.get_mut(capture)) {
                let mut context = self.context();
                context.insert("value", value.as_str());
                *value = self.renderer.text(name, &context)?;
            }
        }
        Ok(Found { captures, path, at })
    }

    fn context(&self) -> Context {
        context(&self.project.facts)
    }

    fn shown(&self, path: &Path) -> String {
        self.project.display_path(path).display().to_string()
    }
}

fn socket(found: &Found, mounts: &[Found], routed: &[Found], scripts: &[Found]) -> Socket {
    let name = found.get("socket").to_owned();
    let of_it = |row: &Found| row.get("socket") == name;
    let mounts = mounts.iter().filter(|row| of_it(row)).map(|mount| Mount {
        path: mount.get("path").to_owned(),
        at: mount.at.clone(),
    });
    let mounts: Vec<_> = mounts.collect();
    let routes = routed.iter().filter(|row| of_it(row)).map(|route| Route {
        topic: route.get("topic").to_owned(),
        channel: route.get("channel").to_owned(),
        at: route.at.clone(),
    });
    let mut scripts: Vec<_> = scripts
        .iter()
        .filter(|script| mounts.iter().any(|mount| mount.path == script.get("path")))
        .map(|script| script.path.clone())
        .collect();
    scripts.dedup();
    Socket {
        at: found.at.clone(),
        routes: routes.collect(),
        mounts,
        scripts,
        name,
    }
}

/// Returns the end of the path that `import` means, if it starts with an alias of the bundler: what follows it, as in
/// `@js/user_socket`.
fn after_alias(import: &str) -> Option<PathBuf> {
    let end: PathBuf = target(Path::new(""), import).iter().skip(1).collect();
    let is_relative = import.starts_with(['.', '/']);
    (!is_relative && !end.as_os_str().is_empty()).then_some(end)
}

/// Returns the path that `import` in the script at `path` means, without its extension.
fn target(path: &Path, import: &str) -> PathBuf {
    let mut target = path.parent().unwrap_or(path).to_owned();
    for part in Path::new(import).components() {
        match part {
            Component::ParentDir => drop(target.pop()),
            Component::Normal(part) => target.push(part),
            _ => {}
        }
    }
    let is_script = target
        .extension()
        .is_some_and(|end| ["js", "ts", "jsx", "tsx", "mjs"].iter().any(|e| end == *e));
    match is_script {
        true => target.with_extension(""),
        false => target,
    }
}
