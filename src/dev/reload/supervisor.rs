//! The loop of `dev`: performs the effects of its state, with processes, watched files and the terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::build::Build;
use super::change::{Burst, Change};
use super::page::{self, Page};
use super::problem::Problem;
use super::server::{News, Server};
use super::state::{Effect, Event, Id, State, View};
use super::watch::{Contents, Watch};
use crate::address;
use crate::args;
use crate::catalogue::stack;
use crate::output::interrupt;
use crate::output::terminal::{self, Terminal};
use crate::project::Project;

/// Maximum time for servers to end after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(3);

/// Input of the loop.
enum Input {
    Paths(Vec<PathBuf>),
    Event(Event),
    Interrupted,
}

/// The processes that belong to a state.
pub struct Supervisor<'a> {
    settings: &'a stack::Dev,
    name: String,
    command: Vec<String>,
    /// Without links, as the paths of changes are.
    root: PathBuf,
    terminal: Terminal,
    sender: Sender<Input>,
    inputs: Receiver<Input>,
    listener: TcpListener,
    url: String,
    watch: Watch,
    contents: Contents,
    state: State,
    view: View,
    page: Option<Page>,
    build: Option<(Id, Build)>,
    build_started: Instant,
    servers: BTreeMap<Id, Server>,
}

impl<'a> Supervisor<'a> {
    /// Listens, and watches files.
    ///
    /// # Errors
    /// The address is not available, or the files cannot be watched.
    pub fn new(
        settings: &'a stack::Dev,
        args: &args::Dev,
        project: &Project,
        terminal: Terminal,
    ) -> Result<Self> {
        let (sender, inputs) = channel();
        let way_out = ": stop it, or choose another port with `--port`";
        let listener = address::listen(args.port, project.port(), way_out)?;
        let url = address::url(listener.local_addr().context("the socket has no address")?);
        let root = fs::canonicalize(&project.root).context("the app's folder cannot be read")?;
        let changes = sender.clone();
        let watch = Watch::start(&root, settings, move |paths| {
            let _ = changes.send(Input::Paths(paths)); // an error: the loop has ended
        })?;
        let interrupts = sender.clone();
        interrupt::on(move || drop(interrupts.send(Input::Interrupted)))?;
        Ok(Self {
            settings,
            name: project.facts.get("name").cloned().unwrap_or_default(),
            command: [&settings.build[..], &args.arguments].concat(),
            root,
            terminal,
            sender,
            inputs,
            listener,
            url,
            watch,
            contents: Contents::default(),
            state: State::default(),
            view: View::App,
            page: None,
            build: None,
            build_started: Instant::now(),
            servers: BTreeMap::new(),
        })
    }

    /// Runs the app until Ctrl-C, and ends it.
    ///
    /// # Errors
    /// Files can no longer be watched, or the state of the build cannot be served.
    pub fn run(mut self) -> Result<()> {
        let result = self.handle_inputs();
        self.end();
        result
    }

    fn handle_inputs(&mut self) -> Result<()> {
        self.terminal.report("listening on", &self.url);
        let effects = self.state.start();
        self.perform(effects)?;
        let mut burst = Burst::default();
        loop {
            let input = match burst.end() {
                Some(end) => {
                    let left = end.saturating_duration_since(Instant::now());
                    self.inputs.recv_timeout(left)
                }
                None => {
                    let input = self.inputs.recv();
                    input.map_err(|_| RecvTimeoutError::Disconnected)
                }
            };
            match input {
                Ok(Input::Paths(paths)) => burst.add(paths, Instant::now()),
                Ok(Input::Event(event)) => self.handle(event)?,
                Err(RecvTimeoutError::Timeout) => self.handle_burst(&burst.take())?,
                Ok(Input::Interrupted) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    fn handle_burst(&mut self, paths: &BTreeSet<PathBuf>) -> Result<()> {
        let root = &self.root;
        let below = paths.iter().map(|path| path.strip_prefix(root).ok());
        let paths: Vec<_> = below.flatten().collect();
        self.watch.renew(paths.iter().copied())?;
        let (mut changes, mut changed) = (Vec::new(), Vec::new());
        for path in paths {
            if let Some(change) = self.change(path) {
                changes.push(change);
                changed.push(path);
            }
        }
        let Some((first, more)) = changed.split_first() else {
            return Ok(());
        };
        let more = match more.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        self.terminal
            .report("changed", format!("{}{more}", first.display()));
        self.handle(Event::Changed(changes))
    }

    /// Returns the effect of a changed path; `None` for files that are no part of the app, and for those that a build
    /// script has written again.
    fn change(&mut self, path: &Path) -> Option<Change> {
        // The root itself stands for all files.
        let change = match path.as_os_str().is_empty() {
            true => Change::Code,
            false => Change::of(&path.to_string_lossy(), self.settings)?,
        };
        let are_new = self.contents.are_new(&self.root.join(path));
        (are_new || self.build.is_none()).then_some(change)
    }

    fn handle(&mut self, event: Event) -> Result<()> {
        self.note(&event);
        let effects = self.state.handle(event);
        self.perform(effects)
    }

    /// Reports an event, and forgets processes that have ended.
    fn note(&mut self, event: &Event) {
        match event {
            Event::Ready(_) => {
                let seconds = self.build_started.elapsed().as_secs_f32();
                let serving = format!("{} (after {seconds:.1} s)", self.url);
                self.terminal.report("serving", serving);
            }
            Event::Built(id, _) => drop(self.build.take_if(|(running, _)| running == id)),
            Event::Ended(id, status) => {
                let server = self.servers.remove(id);
                if server.is_some_and(|server| !server.is_stopped()) {
                    let warning = format!("the app has ended ({status}); a change starts it again");
                    self.terminal.warn(&warning);
                }
            }
            Event::Changed(_) => {}
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) -> Result<()> {
        for effect in effects {
            match effect {
                Effect::Build(id) => self.start_build(id),
                Effect::Start(id, binary) => self.start_server(id, &binary.path),
                Effect::Stop(id) => self.servers.get_mut(&id).into_iter().for_each(Server::stop),
                Effect::Tell(id, message) => {
                    let server = self.servers.get_mut(&id);
                    server.into_iter().for_each(|server| server.tell(&message));
                }
            }
        }
        self.show()
    }

    fn start_build(&mut self, id: Id) {
        self.cancel_build();
        self.build_started = Instant::now();
        self.terminal.report("building", &self.name);
        let then = self.on_event(move |built| Event::Built(id, built));
        match Build::start(&self.command, &self.root, &self.name, then.clone()) {
            Ok(build) => self.build = Some((id, build)),
            Err(error) => {
                let problem = format!("`{}` cannot be started: {error}", self.command[0]);
                self.terminal.warn(&problem);
                then(Err(vec![Problem::new(problem)]));
            }
        }
    }

    fn start_server(&mut self, id: Id, binary: &Path) {
        let news = self.on_event(move |news| match news {
            News::Ready => Event::Ready(id),
            News::Ended(status) => Event::Ended(id, status),
        });
        match Server::start(binary, &self.root, &self.listener, news.clone()) {
            Ok(server) => drop(self.servers.insert(id, server)),
            Err(error) => {
                let problem = format!("`{}` cannot be started: {error}", binary.display());
                self.terminal.warn(&problem);
                news(News::Ended(error.to_string()));
            }
        }
    }

    /// Returns a function that sends an event to the loop.
    fn on_event<T, E>(&self, event: E) -> impl Fn(T) + Clone + use<T, E>
    where
        E: Fn(T) -> Event + Clone,
    {
        let sender = self.sender.clone();
        move |value| drop(sender.send(Input::Event(event(value)))) // an error: the loop has ended
    }

    /// Shows browsers the state of the build, unless the app answers.
    fn show(&mut self) -> Result<()> {
        let view = self.state.view();
        if view == self.view {
            return Ok(());
        }
        let html = match &view {
            View::App => None,
            View::Building => Some(page::building(&self.name)),
            View::Problems(problems) => Some(page::problems(&self.name, problems)),
        };
        match (&self.page, html) {
            (_, None) => self.page = None,
            (Some(page), Some(html)) => page.replace(html),
            (None, Some(html)) => {
                let page = Page::serve(&self.listener, html);
                self.page = Some(page.context("the state of the build cannot be served")?);
            }
        }
        self.view = view;
        Ok(())
    }

    fn cancel_build(&mut self) {
        if let Some((_, build)) = self.build.take() {
            build.cancel();
        }
    }

    /// Ends all processes. Servers finish their requests, unless there is another Ctrl-C.
    fn end(mut self) {
        self.cancel_build();
        self.page = None;
        self.servers.values_mut().for_each(Server::stop);
        let deadline = Instant::now() + PATIENCE;
        while !self.servers.is_empty() {
            match self
                .inputs
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(Input::Event(Event::Ended(id, _))) => drop(self.servers.remove(&id)),
                Ok(Input::Event(_) | Input::Paths(_)) => {}
                Ok(Input::Interrupted) | Err(_) => {
                    self.servers.values().for_each(Server::kill);
                    break;
                }
            }
        }
        terminal::interrupted("the app has ended");
    }
}
