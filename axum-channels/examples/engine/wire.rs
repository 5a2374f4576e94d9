use super::report::{Latencies, Measured};
use super::{AHEAD_BYTES, BATCH, Failed, Options};
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
    Nats,
}

/// Measures the engine: one connection publishes, one receives.
pub(crate) async fn measure(options: &Options) -> Result<Measured, Failed> {
    let (scheme, rest) = options.url.split_once("://").ok_or("no URL")?;
    let protocol = match scheme {
        "redis" => Protocol::Redis,
        "nats" => Protocol::Nats,
        _ => return Err("the engine alone is measured without TLS".into()),
    };
    let addr = rest.rsplit('@').next().unwrap_or(rest);
    let addr = addr.split('/').next().unwrap_or(addr);
    let mut publisher = connected(protocol, addr).await?;
    let mut subscriber = connected(protocol, addr).await?;
    subscribe(protocol, &mut subscriber, options.topics).await?;
    let latencies = latencies(protocol, &mut publisher, &mut subscriber, options).await?;
    let rate = rate(protocol, publisher, subscriber, options).await?;
    Ok(Measured { rate, latencies })
}

async fn connected(protocol: Protocol, addr: &str) -> Result<TcpStream, Failed> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    if let Protocol::Nats = protocol {
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

/// Returns the name of a topic. All have the same length.
fn topic(n: usize) -> String {
    format!("bench.alone.{n:07}")
}

async fn subscribe(
    protocol: Protocol,
    stream: &mut TcpStream,
    topics: usize,
) -> Result<(), Failed> {
    let names: Vec<String> = (0..topics).map(topic).collect();
    let (commands, end) = match protocol {
        Protocol::Redis => {
            let names = names
                .iter()
                .map(|name| format!("${}\r\n{name}\r\n", name.len()));
            let (count, names) = (topics + 1, names.collect::<String>());
            (
                format!("*{count}\r\n$9\r\nSUBSCRIBE\r\n{names}"),
                format!("\r\n:{topics}\r\n"),
            )
        }
        Protocol::Nats => {
            let lines = names.iter().map(|name| format!("SUB {name} {name}\r\n"));
            (
                lines.collect::<String>() + "PING\r\n",
                "PONG\r\n".to_owned(),
            )
        }
    };
    let (mut read, mut write) = stream.split();
    let (written, ended) = tokio::join!(
        write.write_all(commands.as_bytes()),
        read_until(&mut read, end.as_bytes())
    );
    written?;
    ended
}

/// Returns a message as it is published, and the number of bytes that arrive of it.
fn message(protocol: Protocol, topic: &str, bytes: usize) -> (String, usize) {
    let (text, length) = ("x".repeat(bytes), topic.len());
    match protocol {
        Protocol::Redis => (
            format!("*3\r\n$7\r\nPUBLISH\r\n${length}\r\n{topic}\r\n${bytes}\r\n{text}\r\n"),
            format!("*3\r\n$7\r\nmessage\r\n${length}\r\n{topic}\r\n${bytes}\r\n{text}\r\n").len(),
        ),
        Protocol::Nats => (
            format!("PUB {topic} {bytes}\r\n{text}\r\n"),
            format!("MSG {topic} {topic} {bytes}\r\n{text}\r\n").len(),
        ),
    }
}

async fn read_until(stream: &mut (impl AsyncReadExt + Unpin), end: &[u8]) -> Result<(), Failed> {
    let mut received = Vec::new();
    while !received.ends_with(end) {
        if stream.read_buf(&mut received).await? == 0 {
            return Err("the engine has closed the connection".into());
        }
    }
    Ok(())
}

async fn latencies(
    protocol: Protocol,
    publisher: &mut TcpStream,
    subscriber: &mut TcpStream,
    options: &Options,
) -> Result<Latencies, Failed> {
    let (message, length) = message(protocol, &topic(0), options.bytes);
    let mut received = vec![0; length];
    let mut times = Vec::with_capacity(options.probes);
    for _ in 0..options.probes {
        let began = Instant::now();
        publisher.write_all(message.as_bytes()).await?;
        subscriber.read_exact(&mut received).await?;
        times.push(began.elapsed());
        if let Protocol::Redis = protocol {
            publisher.read_exact(&mut [0; 4]).await?; // `:1`
        }
    }
    Ok(Latencies::new(times))
}

/// Returns the rate at which messages to all topics in turn are received, without reading what is in them.
async fn rate(
    protocol: Protocol,
    publisher: TcpStream,
    mut subscriber: TcpStream,
    options: &Options,
) -> Result<f64, Failed> {
    let messages = (0..options.topics).map(|n| message(protocol, &topic(n), options.bytes).0);
    let one_each: String = messages.collect();
    let sent_length = one_each.len() / options.topics;
    let (_, length) = message(protocol, &topic(0), options.bytes);
    let round = one_each.repeat(BATCH.div_ceil(options.topics));
    let total = options.messages * length;
    let received = Arc::new(AtomicUsize::new(0));
    let count = received.clone();
    let (mut answers, mut publisher) = publisher.into_split();
    let answering = tokio::spawn(async move {
        let mut bytes = vec![0; 64 * 1024];
        while answers.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
    });
    let began = Instant::now();
    let receiving = tokio::spawn(async move {
        let mut bytes = vec![0; 64 * 1024];
        while count.load(Relaxed) < total {
            match subscriber.read(&mut bytes).await {
                Ok(read @ 1..) => count.fetch_add(read, Relaxed),
                _ => return,
            };
        }
    });
    let mut left = options.messages;
    for batch in round.as_bytes().chunks(BATCH * sent_length).cycle() {
        let batch = &batch[..batch.len().min(left * sent_length)];
        while (options.messages - left) * length > received.load(Relaxed) + AHEAD_BYTES {
            sleep(Duration::from_micros(100)).await;
        }
        publisher.write_all(batch).await?;
        left -= batch.len() / sent_length;
        if left == 0 {
            break;
        }
    }
    receiving.await?;
    let took = began.elapsed().as_secs_f64();
    answering.abort();
    Ok(options.messages as f64 / took)
}
