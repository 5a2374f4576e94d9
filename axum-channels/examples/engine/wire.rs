use super::report::{Latencies, Measured};
use super::{Failed, Options};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// Number of messages that are written at once, as the adapter does at most.
const BATCH: usize = 512;

/// Maximum number of bytes that are published and not received yet.
const AHEAD: usize = 2 * 1024 * 1024;

const SUBJECT: &str = "bench.alone";

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
    subscribe(protocol, &mut subscriber).await?;
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

async fn subscribe(protocol: Protocol, stream: &mut TcpStream) -> Result<(), Failed> {
    let (command, end) = match protocol {
        Protocol::Redis => (format!("SUBSCRIBE {SUBJECT}\r\n"), &b":1\r\n"[..]),
        Protocol::Nats => (format!("SUB {SUBJECT} 1\r\nPING\r\n"), &b"PONG\r\n"[..]),
    };
    stream.write_all(command.as_bytes()).await?;
    read_until(stream, end).await
}

/// Returns a message as it is published, and the number of bytes that arrive of it.
fn message(protocol: Protocol, bytes: usize) -> (String, usize) {
    let (text, length) = ("x".repeat(bytes), SUBJECT.len());
    match protocol {
        Protocol::Redis => (
            format!("*3\r\n$7\r\nPUBLISH\r\n${length}\r\n{SUBJECT}\r\n${bytes}\r\n{text}\r\n"),
            format!("*3\r\n$7\r\nmessage\r\n${length}\r\n{SUBJECT}\r\n${bytes}\r\n{text}\r\n")
                .len(),
        ),
        Protocol::Nats => (
            format!("PUB {SUBJECT} {bytes}\r\n{text}\r\n"),
            format!("MSG {SUBJECT} 1 {bytes}\r\n{text}\r\n").len(),
        ),
    }
}

async fn read_until(stream: &mut TcpStream, end: &[u8]) -> Result<(), Failed> {
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
    let (message, length) = message(protocol, options.bytes);
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

/// Returns the rate at which messages are received, without reading what is in them.
async fn rate(
    protocol: Protocol,
    publisher: TcpStream,
    mut subscriber: TcpStream,
    options: &Options,
) -> Result<f64, Failed> {
    let (message, length) = message(protocol, options.bytes);
    let batch = message.repeat(BATCH);
    let batches = options.messages.div_ceil(BATCH).max(1);
    let total = batches * BATCH * length;
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
    for sent in 0..batches {
        while sent * BATCH * length > received.load(Relaxed) + AHEAD {
            sleep(Duration::from_micros(100)).await;
        }
        publisher.write_all(batch.as_bytes()).await?;
    }
    receiving.await?;
    let took = began.elapsed().as_secs_f64();
    answering.abort();
    Ok((batches * BATCH) as f64 / took)
}
