//! State of `dev`, without processes and clocks: each event leads to effects.
//!
//! A server is *starting* until it is ready, and then *serving* in place of the one before, which goes on until then.

use std::path::PathBuf;
use std::time::SystemTime;

use super::change::Change;
use super::message::Message;
use super::problem::Problem;

/// Number of a build, or of a server.
pub type Id = u32;

/// Something that has happened.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    Changed(Vec<Change>),
    /// A build has ended.
    Built(Id, Result<Binary, Vec<Problem>>),
    /// A server accepts connections.
    Ready(Id),
    /// A server has ended, with a status such as `exit status: 1`.
    Ended(Id, String),
}

/// Something to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Start a build, in place of the one that runs.
    Build(Id),
    Start(Id, Binary),
    /// Let a server finish its requests and end.
    Stop(Id),
    Tell(Id, Message),
}

/// A built app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    pub path: PathBuf,
    /// Time of the last change.
    pub changed: SystemTime,
}

/// The server that answers browsers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// The app answers.
    App,
    /// There is no app yet, but may soon be one.
    Building,
    /// There is no app, because of these problems.
    Problems(Vec<Problem>),
}

/// The running build and the running servers.
#[derive(Debug, Default)]
pub struct State {
    last_id: Id,
    building: Option<Id>,
    starting: Option<Server>,
    serving: Option<Server>,
    /// Of the last build or start that ended.
    problems: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Server {
    id: Id,
    binary: Binary,
}

impl State {
    /// Returns the first build.
    pub fn start(&mut self) -> Vec<Effect> {
        vec![self.build()]
    }

    pub fn handle(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Changed(changes) => self.changed(&changes),
            Event::Built(id, result) if self.building == Some(id) => {
                self.building = None;
                match result {
                    Ok(binary) => self.built(binary),
                    Err(problems) => self.failed(problems),
                }
            }
            Event::Built(..) => Vec::new(),
            Event::Ready(id) => self.ready(id),
            Event::Ended(id, status) => self.ended(id, &status),
        }
    }

    pub fn view(&self) -> View {
        if self.serving.is_some() {
            View::App
        } else if self.building.is_some() || self.starting.is_some() {
            View::Building
        } else {
            View::Problems(self.problems.clone())
        }
    }

    fn build(&mut self) -> Effect {
        let id = self.next_id();
        self.building = Some(id);
        Effect::Build(id)
    }

    fn next_id(&mut self) -> Id {
        self.last_id += 1;
        self.last_id
    }

    fn changed(&mut self, changes: &[Change]) -> Vec<Effect> {
        let mut effects = self.tell(asset_change(changes));
        // Without a server, any change may be what it lacked.
        let is_down = matches!(self.view(), View::Problems(_)) && !changes.is_empty();
        if is_down || changes.contains(&Change::Code) {
            effects.push(self.build());
        }
        effects
    }

    fn built(&mut self, binary: Binary) -> Vec<Effect> {
        let was_broken = !std::mem::take(&mut self.problems).is_empty();
        let latest = self.starting.as_ref().or(self.serving.as_ref());
        if latest.is_some_and(|server| server.binary == binary) {
            let mended = was_broken.then(|| Message::Build(Vec::new()));
            return self.tell(mended);
        }
        let id = self.next_id();
        let server = Server {
            id,
            binary: binary.clone(),
        };
        let replaced = self.starting.replace(server);
        let stopped = replaced.map(|server| Effect::Stop(server.id));
        stopped
            .into_iter()
            .chain([Effect::Start(id, binary)])
            .collect()
    }

    fn failed(&mut self, problems: Vec<Problem>) -> Vec<Effect> {
        self.problems = problems;
        self.tell(Some(Message::Build(self.problems.clone())))
    }

    fn ready(&mut self, id: Id) -> Vec<Effect> {
        let Some(server) = self.starting.take_if(|server| server.id == id) else {
            return Vec::new();
        };
        let replaced = self.serving.replace(server);
        let mut effects: Vec<_> = replaced
            .map(|server| Effect::Stop(server.id))
            .into_iter()
            .collect();
        // A later build has failed meanwhile.
        if !self.problems.is_empty() {
            effects.extend(self.tell(Some(Message::Build(self.problems.clone()))));
        }
        effects
    }

    fn ended(&mut self, id: Id, status: &str) -> Vec<Effect> {
        let is_it = |server: &mut Server| server.id == id;
        let text = if self.starting.take_if(is_it).is_some() {
            "ended at its start"
        } else if self.serving.take_if(is_it).is_some() {
            "has ended"
        } else {
            return Vec::new();
        };
        let problem = format!("The app {text} ({status}). The terminal shows its output.");
        self.failed(vec![Problem::new(problem)])
    }

    /// Returns the effect of a message to the pages of the app.
    fn tell(&self, message: Option<Message>) -> Vec<Effect> {
        let to = self.serving.as_ref().map(|server| server.id);
        let effect = to
            .zip(message)
            .map(|(id, message)| Effect::Tell(id, message));
        effect.into_iter().collect()
    }
}

/// Returns the message for changed files of pages. Anything but stylesheets alone reloads the page.
fn asset_change(changes: &[Change]) -> Option<Message> {
    let kinds = changes.iter().filter_map(|change| match change {
        Change::Asset(kind) => Some(kind),
        Change::Code => None,
    });
    let kind = kinds.max_by_key(|kind| *kind != "css")?;
    Some(Message::AssetsChange(kind.clone()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A binary that was built at a time.
    fn binary(time: u64) -> Binary {
        Binary {
            path: PathBuf::from("target/debug/app"),
            changed: SystemTime::UNIX_EPOCH + Duration::from_secs(time),
        }
    }

    fn problems(text: &str) -> Vec<Problem> {
        vec![Problem::new(text)]
    }

    fn asset(kind: &str) -> Change {
        Change::Asset(kind.to_owned())
    }

    fn code() -> Event {
        Event::Changed(vec![Change::Code])
    }

    fn reload(kind: &str) -> Message {
        Message::AssetsChange(kind.to_owned())
    }

    /// A state whose server 2 serves the binary of time 1.
    fn serving() -> State {
        let mut state = State::default();
        assert_eq!(state.start(), [Effect::Build(1)]);
        let start = [Effect::Start(2, binary(1))];
        assert_eq!(state.handle(Event::Built(1, Ok(binary(1)))), start);
        assert_eq!(state.handle(Event::Ready(2)), []);
        assert_eq!(state.view(), View::App);
        state
    }

    #[test]
    fn until_the_first_server_is_ready_browsers_get_the_state_of_the_build() {
        let mut state = State::default();
        state.start();
        assert_eq!(state.view(), View::Building);
        state.handle(Event::Built(1, Err(problems("no"))));
        assert_eq!(state.view(), View::Problems(problems("no")));
        assert_eq!(state.handle(code()), [Effect::Build(2)]);
        assert_eq!(state.view(), View::Building);
        state.handle(Event::Built(2, Ok(binary(1))));
        assert_eq!(state.view(), View::Building);
        assert_eq!(state.handle(Event::Ready(3)), []);
        assert_eq!(state.view(), View::App);
    }

    #[test]
    fn the_old_server_is_stopped_when_the_new_one_is_ready() {
        let mut state = serving();
        assert_eq!(state.handle(code()), [Effect::Build(3)]);
        assert_eq!(state.view(), View::App);
        let start = [Effect::Start(4, binary(2))];
        assert_eq!(state.handle(Event::Built(3, Ok(binary(2)))), start);
        assert_eq!(state.handle(Event::Ready(4)), [Effect::Stop(2)]);
        assert_eq!(state.handle(Event::Ended(2, "exit status: 0".into())), []);
        assert_eq!(state.view(), View::App);
    }

    #[test]
    fn a_change_replaces_the_build_that_runs_and_its_late_result_is_ignored() {
        let mut state = serving();
        assert_eq!(state.handle(code()), [Effect::Build(3)]);
        assert_eq!(state.handle(code()), [Effect::Build(4)]);
        assert_eq!(state.handle(Event::Built(3, Ok(binary(2)))), []);
        assert_eq!(state.handle(Event::Built(3, Err(problems("no")))), []);
        let start = [Effect::Start(5, binary(3))];
        assert_eq!(state.handle(Event::Built(4, Ok(binary(3)))), start);
    }

    #[test]
    fn a_failed_build_is_shown_on_pages_and_gone_when_mended() {
        let mut state = serving();
        state.handle(code());
        let shown = [Effect::Tell(2, Message::Build(problems("no")))];
        assert_eq!(state.handle(Event::Built(3, Err(problems("no")))), shown);
        assert_eq!(state.view(), View::App);

        // The change was taken back: the binary is that of the server.
        state.handle(code());
        let gone = [Effect::Tell(2, Message::Build(Vec::new()))];
        assert_eq!(state.handle(Event::Built(4, Ok(binary(1)))), gone);

        state.handle(code());
        assert_eq!(state.handle(Event::Built(5, Ok(binary(1)))), []);
    }

    #[test]
    fn a_server_that_gets_ready_after_a_failed_build_shows_it() {
        let mut state = serving();
        state.handle(code());
        state.handle(Event::Built(3, Ok(binary(2))));
        state.handle(code());
        let shown = |id| Effect::Tell(id, Message::Build(problems("no")));
        assert_eq!(
            state.handle(Event::Built(5, Err(problems("no")))),
            [shown(2)]
        );
        assert_eq!(state.handle(Event::Ready(4)), [Effect::Stop(2), shown(4)]);
    }

    #[test]
    fn a_newer_server_replaces_one_that_is_not_ready_yet() {
        let mut state = serving();
        state.handle(code());
        state.handle(Event::Built(3, Ok(binary(2))));
        state.handle(code());
        let effects = state.handle(Event::Built(5, Ok(binary(3))));
        assert_eq!(effects, [Effect::Stop(4), Effect::Start(6, binary(3))]);
        assert_eq!(state.handle(Event::Ready(4)), []);
        assert_eq!(state.handle(Event::Ended(4, "signal: 15".into())), []);
        assert_eq!(state.handle(Event::Ready(6)), [Effect::Stop(2)]);
    }

    #[test]
    fn an_app_that_ends_at_its_start_leaves_the_old_one_serving() {
        let mut state = serving();
        state.handle(code());
        state.handle(Event::Built(3, Ok(binary(2))));
        let text = "The app ended at its start (exit status: 1). The terminal shows its output.";
        let shown = [Effect::Tell(2, Message::Build(problems(text)))];
        assert_eq!(
            state.handle(Event::Ended(4, "exit status: 1".into())),
            shown
        );
        assert_eq!(state.view(), View::App);

        // The same binary is started again after the next change of code.
        state.handle(code());
        let start = [Effect::Start(6, binary(2))];
        assert_eq!(state.handle(Event::Built(5, Ok(binary(2)))), start);
    }

    #[test]
    fn without_a_server_any_change_starts_the_app_anew() {
        let mut state = serving();
        assert_eq!(state.handle(Event::Ended(2, "signal: 6".into())), []);
        let text = "The app has ended (signal: 6). The terminal shows its output.";
        assert_eq!(state.view(), View::Problems(problems(text)));

        let change = Event::Changed(vec![asset("html")]);
        assert_eq!(state.handle(change), [Effect::Build(3)]);
        assert_eq!(state.view(), View::Building);
        let start = [Effect::Start(4, binary(1))];
        assert_eq!(state.handle(Event::Built(3, Ok(binary(1)))), start);
    }

    #[test]
    fn stylesheets_are_swapped_and_anything_else_reloads_the_page() {
        let mut state = serving();
        for (kinds, kind) in [
            (&["css", "css"][..], "css"),
            (&["css", "js", "css"], "js"),
            (&["html"], "html"),
            (&[""], ""),
        ] {
            let changes = kinds.iter().map(|kind| asset(kind)).collect();
            let told = [Effect::Tell(2, reload(kind))];
            assert_eq!(state.handle(Event::Changed(changes)), told);
        }
        assert_eq!(state.handle(Event::Changed(Vec::new())), []);
    }

    #[test]
    fn one_burst_changes_pages_and_code() {
        let mut state = serving();
        let changes = vec![asset("css"), Change::Code];
        let effects = state.handle(Event::Changed(changes));
        assert_eq!(effects, [Effect::Tell(2, reload("css")), Effect::Build(3)]);
    }
}
