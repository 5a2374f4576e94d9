use super::process::Process;
use super::report::{Latencies, Measured};
use super::{AHEAD_BYTES, BATCH, Failed, Options, cluster};
use futures_util::future::try_join_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// Protocol of an engine.
#[derive(Clone, Copy)]
enum Protocol {
    Redis,
    /// With sharded channels.
    RedisCluster,
    Nats,
}

/// A server of the engine, over plain TCP connections, and the topics that it carries.
pub(crate) struct Lane {
    protocol: Protocol,
    addr: String,
    pub(crate) topics: Vec<String>,
}

/// Measures the engine: to each of its servers, one connection publishes and one receives.
pub(crate) async fn measure(options: &Options) -> Result<Measured, Failed> {
    let lanes = lanes(&options.url, options.topics).await?;
    let mut connections = Vec::new();
    for lane in &lanes {
        connections.push((lane.connected().await?, lane.subscribed().await?));
    }
    let latencies = {
        let (publisher, subscriber) = &mut connections[0];
        lanes[0].latencies(publisher, subscriber, options).await?
    };
    let began = Instant::now();
    let running = lanes.iter().zip(connections);
    let running = running.map(|(lane, (publisher, subscriber))| {
        let messages = options.messages * lane.topics.len() / options.topics;
        lane.publish(publisher, vec![subscriber], messages, options.bytes)
    });
    try_join_all(running).await?;
    let rate = options.messages as f64 / began.elapsed().as_secs_f64();
    Ok(Measured { rate, latencies })
}

/// Returns the servers of the engine that carry topics. All topics have names of the same length.
pub(crate) async fn lanes(url: &str, topics: usize) -> Result<Vec<Lane>, Failed> {
    let (scheme, rest) = url.split_once("://").ok_or("no URL")?;
    let protocol = match scheme {
        "redis" => Protocol::Redis,
        "redis-cluster" => Protocol::RedisCluster,
        "nats" => Protocol::Nats,
        _ => return Err("the engine alone is measured without TLS".into()),
    };
    let addr = rest.rsplit('@').next().unwrap_or(rest);
    let addr = addr.split(['/', ',']).next().unwrap_or(addr);
    let topics = (0..topics).map(|n| format!("bench.alone.{n:07}")).collect();
    let servers = match protocol {
        Protocol::RedisCluster => cluster::divide(addr, topics).await?,
        _ => vec![(addr.to_owned(), topics)],
    };
    let lanes = servers.into_iter().map(|(addr, topics)| Lane {
        protocol,
        addr,
        topics,
    });
    Ok(lanes.collect())
}

/// Returns the processes of the servers, if they are on this machine.
pub(crate) fn processes(lanes: &[Lane]) -> Result<Process, Failed> {
    let ports = lanes.iter().map(|lane| lane.addr.rsplit(':').next());
    let ports = ports.map(|port| Ok(port.ok_or("no port")?.parse()?));
    let ports = ports.collect::<Result<Vec<u16>, Failed>>()?;
    Ok(Process::listening_at(&ports)?)
}

impl Lane {
    pub(crate) async fn connected(&self) -> Result<TcpStream, Failed> {
        let mut stream = TcpStream::connect(&self.addr).await?;
        stream.set_nodelay(true)?;
        if let Protocol::Nats = self.protocol {
            let greeting = stream.read_u8().await?; // `INFO …`, of which the rest is read later
            if greeting != b'I' {
                return Err("this is no NATS".into());
            }
            let settings = b"CONNECT {\"verbose\":false}\r\nPING\r\n";
            stream.write_all(settings).await?;
            read_until(&mut stream, b"PONG\r\n").await?;
        }
        Ok(stream)
    }

    /// Returns a connection that is subscribed to all topics.
    pub(crate) async fn subscribed(&self) -> Result<TcpStream, Failed> {
        let mut stream = self.connected().await?;
        let (read, mut write) = stream.split();
        let commands = self.subscriptions();
        let end = match self.protocol {
            Protocol::Nats => "PONG\r\n".to_owned(),
            _ => format!("\r\n:{}\r\n", self.topics.len()),
        };
        let (written, ended) = tokio::join!(
            write.write_all(commands.as_bytes()),
            read_until(read, end.as_bytes())
        );
        written?;
        ended?;
        Ok(stream)
    }

    fn subscriptions(&self) -> String {
        let bulk = |text: &str| format!("${}\r\n{text}\r\n", text.len());
        match self.protocol {
            Protocol::Redis => {
                let commands = self.topics.chunks(BATCH).map(|topics| {
                    let names: String = topics.iter().map(|name| bulk(name)).collect();
                    format!("*{}\r\n{}{names}", topics.len() + 1, bulk("SUBSCRIBE"))
                });
                commands.collect()
            }
            Protocol::RedisCluster => {
                let command = |name| format!("*2\r\n{}{}", bulk("SSUBSCRIBE"), bulk(name));
                self.topics.iter().map(|name| command(name)).collect()
            }
            Protocol::Nats => {
                let lines = self
                    .topics
                    .iter()
                    .map(|name| format!("SUB {name} {name}\r\n"));
                lines.collect::<String>() + "PING\r\n"
            }
        }
    }

    /// Returns a message as it is published, and the number of bytes that arrive of it.
    fn message(&self, topic: &str, bytes: usize) -> (String, usize) {
        let (text, length) = ("x".repeat(bytes), topic.len());
        let redis = |command: &str, event: &str| {
            let rest = format!("${length}\r\n{topic}\r\n${bytes}\r\n{text}\r\n");
            let published = format!("*3\r\n${}\r\n{command}\r\n{rest}", command.len());
            let arrives = format!("*3\r\n${}\r\n{event}\r\n{rest}", event.len());
            (published, arrives.len())
        };
        match self.protocol {
            Protocol::Redis => redis("PUBLISH", "message"),
            Protocol::RedisCluster => redis("SPUBLISH", "smessage"),
            Protocol::Nats => (
                format!("PUB {topic} {bytes}\r\n{text}\r\n"),
                format!("MSG {topic} {topic} {bytes}\r\n{text}\r\n").len(),
            ),
        }
    }

    async fn latencies(
        &self,
        publisher: &mut TcpStream,
        subscriber: &mut TcpStream,
        options: &Options,
    ) -> Result<Latencies, Failed> {
        let (message, length) = self.message(&self.topics[0], options.bytes);
        let mut received = vec![0; length];
        let mut times = Vec::with_capacity(options.probes);
        for _ in 0..options.probes {
            let began = Instant::now();
            publisher.write_all(message.as_bytes()).await?;
            subscriber.read_exact(&mut received).await?;
            times.push(began.elapsed());
            if !matches!(self.protocol, Protocol::Nats) {
                publisher.read_exact(&mut [0; 4]).await?; // `:1`
            }
        }
        Ok(Latencies::new(times))
    }

    /// Publishes messages to all topics in turn, until all subscribers have received them, without reading what is in them.
    pub(crate) async fn publish(
        &self,
        publisher: TcpStream,
        subscribers: Vec<TcpStream>,
        messages: usize,
        bytes: usize,
    ) -> Result<(), Failed> {
        let one_each = self.topics.iter().map(|topic| self.message(topic, bytes).0);
        let one_each: String = one_each.collect();
        let sent_length = one_each.len() / self.topics.len();
        let (_, length) = self.message(&self.topics[0], bytes);
        let round = one_each.repeat(BATCH.div_ceil(self.topics.len()));
        let counts = subscribers.iter().map(|_| Arc::new(AtomicUsize::new(0)));
        let counts: Vec<_> = counts.collect();
        let receiving = subscribers.into_iter().zip(&counts);
        let receiving = receiving.map(|(it, count)| receive(it, count.clone(), messages * length));
        let receiving: Vec<_> = receiving.map(tokio::spawn).collect();
        let (answers, mut publisher) = publisher.into_split();
        let answering = tokio::spawn(read_until(answers, b"PONG\r\n"));
        let slowest = || counts.iter().map(|it| it.load(Relaxed)).min();
        let mut left = messages;
        let batches = round.as_bytes().chunks(BATCH * sent_length).cycle();
        for batch in batches {
            let batch = &batch[..batch.len().min(left * sent_length)];
            let sent = (messages - left) * length;
            while slowest().is_some_and(|received| sent > received + AHEAD_BYTES) {
                sleep(Duration::from_micros(100)).await;
            }
            publisher.write_all(batch).await?;
            left -= batch.len() / sent_length;
            if left == 0 {
                break;
            }
        }
        publisher.write_all(b"PING\r\n").await?;
        answering.await??;
        for receiving in receiving {
            receiving.await?;
        }
        Ok(())
    }
}

/// Reads until so many bytes have arrived.
async fn receive(mut subscriber: TcpStream, count: Arc<AtomicUsize>, total: usize) {
    let mut bytes = vec![0; 64 * 1024];
    while count.load(Relaxed) < total {
        match subscriber.read(&mut bytes).await {
            Ok(read @ 1..) => count.fetch_add(read, Relaxed),
            _ => return,
        };
    }
}

/// Reads until the last bytes are these.
async fn read_until(mut stream: impl AsyncReadExt + Unpin, end: &[u8]) -> Result<(), Failed> {
    let mut received = Vec::with_capacity(64 * 1024);
    while !received.ends_with(end) {
        let old = received.len().saturating_sub(end.len());
        received.drain(..old);
        if stream.read_buf(&mut received).await? == 0 {
            return Err("the engine has closed the connection".into());
        }
    }
    Ok(())
}
