use super::slots::{Host, slot};
use crate::engine::{Refusals, Refused, Write};
use crate::error::{Error, Result};
use crate::message::Topic;
use crate::pubsub::History;
use crate::redis::names::Names;
use crate::redis::refusal::{Source, of_answer, refusal};
use crate::redis::server::Server;
use ::redis::{Cmd, ErrorKind, Pipeline, RedisError, ServerError, ServerErrorKind, Value, cmd};

/// A command, or what it is made of by the server that it is sent to.
pub(super) enum Request {
    Write(Write),
    History {
        topic: Topic,
        limits: History,
    },
    Command {
        /// Key that it is about.
        key: String,
        command: Cmd,
    },
}

/// A request and its number among those that were made together.
pub(super) type Numbered = (usize, Request);

/// The result of requests to one server.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) answers: Vec<(usize, Value)>,
    /// Requests that another server has to carry out, in order.
    pub(super) redirected: Vec<(Numbered, Redirection)>,
    /// Writes that the server refuses.
    pub(super) refused: Refusals,
}

/// A server's answer to a request that is not for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Redirection {
    /// Another server has the slot.
    Moved,
    /// Another server has the key, and will have the slot.
    Ask(Host),
    /// The keys are on two servers at the moment.
    TryAgain,
}

/// Terms on which a server carries out requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Terms {
    /// It has the slot.
    Owner,
    /// It will have the slot.
    Asked,
}

impl Request {
    /// Returns the slot of the keys.
    pub(super) fn slot(&self, names: &Names) -> u16 {
        match self {
            Request::Write(write) => slot(&names.topic(write.topic())),
            Request::History { topic, .. } => slot(&names.topic(topic)),
            Request::Command { key, .. } => slot(key),
        }
    }

    async fn command(&self, server: &Server) -> Result<Option<Cmd>> {
        match self {
            Request::Write(write) => server.command(write).await,
            Request::History { topic, limits } => {
                let (scripts, names) = server.scripts().await?;
                scripts.load(names, topic, *limits).map(Some)
            }
            Request::Command { command, .. } => Ok(Some(command.clone())),
        }
    }
}

/// Sends requests to a server, in order.
pub(super) async fn send(
    server: &Server,
    (host, terms): (&Host, Terms),
    requests: Vec<Numbered>,
) -> Result<Sent> {
    let mut sent = Sent::default();
    let mut pipe = Pipeline::with_capacity(requests.len());
    let mut under_way = Vec::with_capacity(requests.len());
    for (number, request) in requests {
        match request.command(server).await {
            Err(error) => sent.refuse(&request, refusal(&error), error)?,
            Ok(Some(command)) => {
                if terms == Terms::Asked {
                    pipe.add_command(cmd("ASKING"));
                }
                pipe.add_command(command);
                under_way.push((number, request));
            }
            Ok(None) => {}
        }
    }
    if pipe.is_empty() {
        return Ok(sent); // no commands are an error
    }
    let count = pipe.len();
    let mut connection = server.connection.clone();
    let answers = connection.send_packed_commands(&pipe, 0, count).await?;
    let each = match terms {
        Terms::Owner => 1,
        Terms::Asked => 2,
    };
    let answers = answers.into_iter().skip(each - 1).step_by(each);
    for ((number, request), answer) in under_way.into_iter().zip(answers) {
        match answer {
            Value::ServerError(error) => sent.failed((number, request), error, host)?,
            answer => sent.answers.push((number, answer)),
        }
    }
    Ok(sent)
}

impl Sent {
    /// Records an error that the server at `by` has answered.
    fn failed(&mut self, numbered: Numbered, answer: ServerError, by: &Host) -> Result<()> {
        let refused = of_answer(&answer);
        match Redirection::read(answer.into(), by) {
            Ok(redirection) => self.redirected.push((numbered, redirection)),
            Err(error) => self.refuse(&numbered.1, refused, error.into())?,
        }
        Ok(())
    }

    /// Records a write that is refused. For another request, that is an error.
    fn refuse(&mut self, request: &Request, refused: Option<Refused>, error: Error) -> Result<()> {
        match (request, refused) {
            (Request::Write(write), Some(reason)) => {
                self.refused.add(Source::of(write), reason);
                Ok(())
            }
            _ => Err(error),
        }
    }
}

impl Redirection {
    /// Reads an error of the server at `by`.
    fn read(error: RedisError, by: &Host) -> Result<Self, RedisError> {
        match error.kind() {
            ErrorKind::Server(ServerErrorKind::Moved) => Ok(Redirection::Moved),
            ErrorKind::Server(ServerErrorKind::TryAgain) => Ok(Redirection::TryAgain),
            ErrorKind::Server(ServerErrorKind::Ask) => {
                let to = error.redirect_node();
                let to = to.and_then(|(to, _)| Host::parse(to, &by.name));
                to.map(Redirection::Ask).ok_or(error)
            }
            _ => Err(error),
        }
    }
}
