use super::{PAUSES, unsettled};
use crate::error::Result;
use ::redis::aio::MultiplexedConnection;
use ::redis::{Cmd, ErrorKind, Pipeline, PushKind, RedisError, ServerErrorKind, Value, cmd};
use std::time::Duration;
use tokio::sync::RwLock;
use tokio::time::sleep;

/// A connection to a server of a cluster, for its subscriptions alone.
///
/// The server ends the subscriptions to a slot that it gives away by the same message that answers an unsubscription, and
/// the client takes that for the answer to the oldest request. So each answer is compared with its request: after one that
/// was not asked for, answers are brought in step with requests again. See
/// [valkey#1066](https://github.com/valkey-io/valkey/issues/1066).
pub(super) struct Subscriptions {
    /// Requests under way read it. It is written while answers are brought in step with requests: there are no others then.
    connection: RwLock<MultiplexedConnection>,
}

impl Subscriptions {
    pub(super) fn new(connection: MultiplexedConnection) -> Self {
        Subscriptions {
            connection: RwLock::new(connection),
        }
    }

    /// Subscribes to the messages of the cluster's other nodes on a channel that no slot has.
    pub(super) async fn subscribe_unsharded(&self, channel: &str) -> Result<()> {
        let mut connection = self.connection.write().await;
        Ok(connection.subscribe(channel).await?)
    }

    /// Subscribes to channels. Returns those whose slots another server has.
    pub(super) async fn subscribe(&self, channels: Vec<String>) -> Result<Vec<String>> {
        let kind = PushKind::SSubscribe;
        let places = self.ask("SSUBSCRIBE", &kind, &channels).await?;
        let places = channels.into_iter().zip(places);
        let elsewhere = places.filter(|(_, place)| *place == Place::Elsewhere);
        Ok(elsewhere.map(|(channel, _)| channel).collect())
    }

    /// Ends the subscription to a channel. There is none any more if another server has its slot.
    pub(super) async fn unsubscribe(&self, channel: &str) -> Result<()> {
        let kind = PushKind::SUnsubscribe;
        self.ask("SUNSUBSCRIBE", &kind, &[channel]).await?;
        Ok(())
    }

    /// Sends a command for each channel, again if its answer was lost, and returns the answers.
    async fn ask(
        &self,
        name: &str,
        kind: &PushKind,
        channels: &[impl AsRef<str>],
    ) -> Result<Vec<Place>> {
        let mut places = Vec::with_capacity(channels.len());
        for _ in PAUSES {
            for answer in self.send(name, &channels[places.len()..]).await? {
                let Some(channel) = channels.get(places.len()) else {
                    break;
                };
                places.extend(read(answer, kind, channel.as_ref())?);
            }
            if places.len() == channels.len() {
                return Ok(places);
            }
            self.ping().await?;
        }
        Err(unsettled())
    }

    /// Sends a command for each channel: those of one command would need the same slot. Some of the answers may be for
    /// other requests, or for none.
    async fn send(&self, name: &str, channels: &[impl AsRef<str>]) -> Result<Vec<Value>> {
        let mut pipe = Pipeline::with_capacity(channels.len());
        for channel in channels {
            let mut command = Cmd::new();
            command.arg(name).arg(channel.as_ref());
            pipe.add_command(command);
        }
        let current = self.connection.read().await;
        let mut connection = current.clone();
        let count = channels.len();
        Ok(connection.send_packed_commands(&pipe, 0, count).await?)
    }

    /// Checks that the server answers, and brings its answers in step with requests. Those that come without a request are
    /// dropped by the client.
    pub(super) async fn ping(&self) -> Result<()> {
        let mut connection = self.connection.write().await;
        for pause in PAUSES {
            let text = pause.to_string().into_bytes();
            let pong: Value = cmd("PING").arg(&text).query_async(&mut *connection).await?;
            if pong == Value::BulkString(text) {
                return Ok(());
            }
            sleep(Duration::from_millis(pause)).await;
        }
        Err(unsettled())
    }
}

/// Server that has the slot of a channel.
#[derive(Debug, PartialEq)]
enum Place {
    Here,
    Elsewhere,
}

/// Reads the answer to a command on a channel, which has this kind if it was carried out. `None` is the answer to another
/// command, or to none.
fn read(answer: Value, expected: &PushKind, channel: &str) -> Result<Option<Place>> {
    match answer {
        Value::Push { kind, data } => {
            let is_of = |of: &Value| *of == Value::BulkString(channel.into());
            let is_answer = kind == *expected && data.first().is_some_and(is_of);
            Ok(is_answer.then_some(Place::Here))
        }
        Value::ServerError(error) => {
            let error = RedisError::from(error);
            if error.kind() != ErrorKind::Server(ServerErrorKind::Moved) {
                return Err(error.into());
            }
            let slot = error.redirect_node().map(|(_, slot)| slot);
            Ok((slot == Some(super::slots::slot(channel))).then_some(Place::Elsewhere))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::engine::{config, open};
    use crate::sync::lock;
    use ::redis::Client;
    use std::sync::{Arc, Mutex};
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
    use tokio::net::tcp::OwnedReadHalf;
    use tokio::net::{TcpListener, TcpStream};

    /// Returns the message by which a server ends a subscription to a slot that it gives away.
    fn ended(channel: &str) -> String {
        push("sunsubscribe", channel)
    }

    fn push(kind: &str, channel: &str) -> String {
        let lengths = [kind, channel].map(str::len);
        let [of_kind, of_channel] = lengths;
        format!(">3\r\n${of_kind}\r\n{kind}\r\n${of_channel}\r\n{channel}\r\n:1\r\n")
    }

    /// Returns the words of the next command.
    async fn command(lines: &mut Lines<BufReader<OwnedReadHalf>>) -> Option<Vec<String>> {
        let count = lines.next_line().await.ok()??;
        let count = count.strip_prefix('*')?.parse().ok()?;
        let mut words = Vec::new();
        for _ in 0..count {
            lines.next_line().await.ok()??; // the length
            words.push(lines.next_line().await.ok()??);
        }
        Some(words)
    }

    /// Commands about channels that a server was sent.
    type Asked = Arc<Mutex<Vec<String>>>;

    /// Answers as a server that gives slots away while it is asked about `late` and `own`, has none of `moved` and `own`, and
    /// takes its time for `late`, `slow` and pings.
    async fn serve(client: TcpStream, asked: Asked) {
        client.set_nodelay(true).expect("a socket");
        let (read, mut write) = client.into_split();
        let mut lines = BufReader::new(read).lines();
        while let Some(words) = command(&mut lines).await {
            let (name, argument) = (&*words[0], words.get(1).map_or("", String::as_str));
            let is_first = match name.starts_with('S') {
                true => {
                    let mut asked = lock(&*asked);
                    asked.push(words.join(" "));
                    asked.iter().filter(|it| **it == words.join(" ")).count() == 1
                }
                false => false,
            };
            match (name, argument) {
                ("PING", _) => sleep(Duration::from_millis(5)).await,
                (_, "slow" | "late") => sleep(Duration::from_millis(20)).await,
                _ => {}
            }
            let mut answer = match argument {
                "late" if is_first => ended("another"),
                "own" if is_first => ended("own"),
                _ => String::new(),
            };
            answer += &match (name, argument) {
                ("HELLO", _) => "%1\r\n+proto\r\n:3\r\n".to_owned(),
                ("PING", _) => format!("${}\r\n{argument}\r\n", argument.len()),
                ("SSUBSCRIBE", "moved" | "own") => {
                    let slot = super::super::slots::slot(argument);
                    format!("-MOVED {slot} 127.0.0.1:7000\r\n")
                }
                ("SSUBSCRIBE", "refused") => "-NOPERM no\r\n".to_owned(),
                ("SSUBSCRIBE" | "SUNSUBSCRIBE", _) => push(&name.to_lowercase(), argument),
                _ => "+OK\r\n".to_owned(),
            };
            write.write_all(answer.as_bytes()).await.expect("a client");
        }
    }

    async fn subscriptions() -> (Subscriptions, Asked) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let asked = Asked::default();
        let server = asked.clone();
        tokio::spawn(async move {
            let (client, _) = listener.accept().await.expect("a client");
            serve(client, server).await;
        });
        let client = Client::open(format!("redis://{addr}/?protocol=resp3")).expect("a URL");
        let connection = open(&client, config()).await.expect("it answers");
        (Subscriptions::new(connection), asked)
    }

    fn texts(channels: &[&str]) -> Vec<String> {
        channels.iter().map(|it| (*it).to_owned()).collect()
    }

    #[tokio::test]
    async fn answers_are_in_step_again_after_subscriptions_that_the_server_has_ended() {
        let (it, asked) = subscriptions().await;
        let channels = texts(&["late", "moved", "own", "here", "slow"]);
        let elsewhere = it.subscribe(channels).await;
        assert_eq!(elsewhere.expect("it answers"), ["moved", "own"]);
        it.unsubscribe("here").await.expect("it answers");
        let refused = it.subscribe(texts(&["refused"])).await;
        let error = refused.expect_err("it is refused");
        assert!(error.to_string().contains("NoPerm"), "{error}");
        let asked = lock(&*asked).join(", ");
        let expected = "SSUBSCRIBE late, SSUBSCRIBE moved, SSUBSCRIBE own, SSUBSCRIBE here, SSUBSCRIBE slow, \
                        SSUBSCRIBE here, SSUBSCRIBE slow, SUNSUBSCRIBE here, SSUBSCRIBE refused";
        assert_eq!(asked, expected, "only what had no answer is sent again");
    }

    #[tokio::test]
    async fn requests_that_were_made_together_have_their_own_answers() {
        let (it, _) = subscriptions().await;
        let channels = ["here", "late", "moved", "own", "slow"];
        let [here, late, moved, own, slow] =
            channels.map(|channel| it.subscribe(texts(&[channel])));
        let answers = tokio::join!(here, late, moved, own, slow);
        let answers: [_; 5] = answers.into();
        let elsewhere = answers.map(|answer| answer.expect("it answers"));
        assert_eq!(elsewhere.concat(), ["moved", "own"]);
    }
}
