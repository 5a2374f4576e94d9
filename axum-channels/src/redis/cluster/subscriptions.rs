use crate::error::{Error, Result};
use ::redis::aio::MultiplexedConnection;
use ::redis::{Cmd, ErrorKind, Pipeline, PushKind, RedisError, ServerErrorKind, Value, cmd};

/// A connection to a server of a cluster, for its subscriptions alone.
///
/// The server ends the subscriptions to a slot that it gives away by the same message that answers an unsubscription, and
/// the client takes that for the answer to the oldest request. So each answer is compared with its request: after one that
/// was not asked for, none is trusted. See [valkey#1066](https://github.com/valkey-io/valkey/issues/1066).
pub(super) struct Subscriptions(MultiplexedConnection);

impl Subscriptions {
    pub(super) fn new(connection: MultiplexedConnection) -> Self {
        Subscriptions(connection)
    }

    /// Subscribes to the messages of the cluster's other nodes on a channel that no slot has.
    pub(super) async fn subscribe_unsharded(&self, channel: &str) -> Result<()> {
        Ok(self.0.clone().subscribe(channel).await?)
    }

    /// Subscribes to channels. Returns those whose slots another server has.
    pub(super) async fn subscribe(&self, channels: Vec<String>) -> Result<Vec<String>> {
        let answers = self.ask("SSUBSCRIBE", &channels).await?;
        let mut elsewhere = Vec::new();
        for (channel, answer) in channels.into_iter().zip(answers) {
            match read(answer, &PushKind::SSubscribe, &channel)? {
                Place::Here => {}
                Place::Elsewhere => elsewhere.push(channel),
            }
        }
        Ok(elsewhere)
    }

    /// Ends the subscription to a channel. There is none any more if another server has its slot.
    pub(super) async fn unsubscribe(&self, channel: String) -> Result<()> {
        for answer in self
            .ask("SUNSUBSCRIBE", std::slice::from_ref(&channel))
            .await?
        {
            read(answer, &PushKind::SUnsubscribe, &channel)?;
        }
        Ok(())
    }

    /// Sends a command for each channel: those of one command would need the same slot.
    async fn ask(&self, name: &str, channels: &[String]) -> Result<Vec<Value>> {
        let mut pipe = Pipeline::with_capacity(channels.len());
        for channel in channels {
            let mut command = Cmd::new();
            command.arg(name).arg(channel);
            pipe.add_command(command);
        }
        let mut connection = self.0.clone();
        Ok(connection
            .send_packed_commands(&pipe, 0, channels.len())
            .await?)
    }

    /// Checks that the server answers, and that its answers are for their requests.
    pub(super) async fn ping(&self) -> Result<()> {
        match cmd("PING").query_async(&mut self.0.clone()).await? {
            Value::SimpleString(pong) if pong == "PONG" => Ok(()),
            _ => Err(out_of_step()),
        }
    }
}

/// Server that has the slot of a channel.
#[derive(Debug, PartialEq)]
enum Place {
    Here,
    Elsewhere,
}

/// Reads the answer to a command on a channel, which has this kind if it was carried out.
fn read(answer: Value, expected: &PushKind, channel: &str) -> Result<Place> {
    match answer {
        Value::Push { kind, data } => match data.first() {
            Some(Value::BulkString(of)) if kind == *expected && of == channel.as_bytes() => {
                Ok(Place::Here)
            }
            _ => Err(out_of_step()),
        },
        Value::ServerError(error) => {
            let error = RedisError::from(error);
            let slot = error.redirect_node().map(|(_, slot)| slot);
            match error.kind() {
                ErrorKind::Server(ServerErrorKind::Moved)
                    if slot == Some(super::slots::slot(channel)) =>
                {
                    Ok(Place::Elsewhere)
                }
                ErrorKind::Server(ServerErrorKind::Moved) => Err(out_of_step()),
                _ => Err(error.into()),
            }
        }
        _ => Err(out_of_step()),
    }
}

fn out_of_step() -> Error {
    Error::msg("Redis moved a slot while an answer was awaited")
}
