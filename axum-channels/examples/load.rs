//! Loads any server of Phoenix Channels, V2 JSON, and says what that cost it.
//!
//!     cargo run --release --example load -- idle   URL --connections 15000 --pid PID
//!     cargo run --release --example load -- echo   URL --connections 200 --inflight 16 --pid PID
//!     cargo run --release --example load -- fanout URL --connections 5000 --pid PID
//!
//! URL is as in `ws://127.0.0.1:4000/socket/websocket?vsn=2.0.0`. The server's channel must be joined as `room:…`, answer `ping`
//! with what it carried and broadcast `shout`. With `--pid`, the server's memory and CPU are read from `/proc`. Also:
//! `--seconds 8`, and `--unique` for a topic a connection in `idle`.
//!
//! Open enough files first: `ulimit -n 65536`.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// So many connections are being opened at once.
const OPENING: usize = 128;

struct Options {
    url: Url,
    connections: usize,
    inflight: usize,
    seconds: u64,
    unique: bool,
    pid: Option<u32>,
}

#[derive(Clone)]
struct Url {
    host: String,
    target: String,
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let mut args = std::env::args().skip(1);
    let kind = args.next().ok_or("idle, echo or fanout?")?;
    let options = Options::parse(args)?;
    let report = match kind.as_str() {
        "idle" => idle(&options).await?,
        "echo" => echo(&options).await?,
        "fanout" => fanout(&options).await?,
        other => return Err(format!("`{other}` is neither idle nor echo nor fanout").into()),
    };
    io::Write::write_all(&mut io::stdout(), report.as_bytes())?;
    Ok(())
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, Failed> {
        let url = args.next().ok_or("which URL?")?;
        let rest = url
            .strip_prefix("ws://")
            .ok_or("a URL that starts with ws://")?;
        let (host, target) = rest.split_at(rest.find('/').ok_or("a URL with a path")?);
        let mut options = Options {
            url: Url {
                host: host.to_owned(),
                target: target.to_owned(),
            },
            connections: 100,
            inflight: 1,
            seconds: 8,
            unique: false,
            pid: None,
        };
        while let Some(name) = args.next() {
            let mut value = || {
                args.next()
                    .ok_or_else(|| format!("{name} is followed by a number"))
            };
            match name.as_str() {
                "--connections" => options.connections = value()?.parse()?,
                "--inflight" => options.inflight = value()?.parse()?,
                "--seconds" => options.seconds = value()?.parse()?,
                "--pid" => options.pid = Some(value()?.parse()?),
                "--unique" => options.unique = true,
                other => return Err(format!("`{other}` is no option").into()),
            }
        }
        Ok(options)
    }

    fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// What connections cost that do nothing.
async fn idle(options: &Options) -> Result<String, Failed> {
    let before = Usage::of(options.pid);
    let begun = Instant::now();
    let topic = |n| match options.unique {
        true => format!("room:{n}"),
        false => "room:lobby".to_owned(),
    };
    let mut clients = open(options, topic).await?;
    let took = begun.elapsed().as_secs_f64();
    tokio::time::sleep(options.duration()).await;
    let (opened, count) = (Usage::of(options.pid), clients.len() as f64);
    for client in &mut clients {
        client
            .send(r#"[null,"hb","phoenix","heartbeat",{}]"#)
            .await?;
        while !client.next().await?.contains(r#""hb""#) {}
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let beaten = Usage::of(options.pid);
    drop(clients);
    tokio::time::sleep(options.duration()).await;
    let closed = Usage::of(options.pid);
    let mut report = String::new();
    writeln!(report, "connected and joined a second  {:.0}", count / took)?;
    if options.pid.is_some() {
        writeln!(
            report,
            "server CPU µs a connection     {:.1}",
            (opened.cpu - before.cpu) / count * 1e6
        )?;
        writeln!(
            report,
            "bytes a connection             {:.0}",
            (opened.rss - before.rss) / count
        )?;
        writeln!(
            report,
            "  after a heartbeat            {:.0}",
            (beaten.rss - before.rss) / count
        )?;
        writeln!(
            report,
            "server MB before, open, closed {:.1} {:.1} {:.1}",
            before.rss / 1e6,
            opened.rss / 1e6,
            closed.rss / 1e6
        )?;
    }
    Ok(report)
}

/// Pushes that are answered, each connection in a topic of its own.
async fn echo(options: &Options) -> Result<String, Failed> {
    let clients = open(options, |n| format!("room:{n}")).await?;
    let run = Run::begin(options);
    let span = (run.begun, run.begun + options.duration());
    let mut running = JoinSet::new();
    for (n, client) in clients.into_iter().enumerate() {
        running.spawn(ping(client, format!("room:{n}"), options.inflight, span));
    }
    let mut latencies = Vec::new();
    while let Some(one) = running.join_next().await {
        latencies.append(&mut one??);
    }
    run.report("reply", latencies)
}

/// Keeps so many pings on their way; how long each took, in µs.
async fn ping(
    mut client: Client,
    topic: String,
    inflight: usize,
    (begun, until): (Instant, Instant),
) -> Result<Vec<u32>, Failed> {
    let mut latencies = Vec::new();
    let message =
        |at: Duration| format!(r#"["1","2","{topic}","ping",{{"at":{}}}]"#, at.as_micros());
    let mut out = Vec::new();
    (0..inflight).for_each(|_| put(&mut out, &message(begun.elapsed())));
    client.stream.write_all(&out).await?;
    while Instant::now() < until {
        out.clear();
        let mut text = client.next().await?;
        loop {
            let sent: u64 = number(&text, "\"at\":").ok_or("a reply with what was sent")?;
            latencies.push((begun.elapsed().as_micros() as u64).saturating_sub(sent) as u32);
            put(&mut out, &message(begun.elapsed()));
            match client.take() {
                Some(more) => text = more,
                None => break,
            }
        }
        client.stream.write_all(&out).await?;
    }
    Ok(latencies)
}

/// One publishes as fast as all can hear it; everyone is on one topic.
async fn fanout(options: &Options) -> Result<String, Failed> {
    let clients = open(options, |_| "room:lobby".into()).await?;
    let mut publisher = Client::open(&options.url).await?;
    publisher.join("room:lobby").await?;
    let run = Run::begin(options);
    let begun = run.begun;
    let (heard, over) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut running = JoinSet::new();
    let listeners = clients.len() as u64;
    for client in clients {
        running.spawn(hear(client, begun, heard.clone(), over.clone()));
    }
    let mut published = 0;
    while begun.elapsed() < options.duration() {
        let at = begun.elapsed().as_micros();
        publisher
            .send(&format!(r#"["1",null,"room:lobby","shout",{{"at":{at}}}]"#))
            .await?;
        while !publisher.next().await?.contains("\"shout\"") {}
        published += 1;
        while heard.load(Relaxed) < published * listeners {
            tokio::time::sleep(Duration::from_micros(50)).await;
        }
    }
    over.store(true, Relaxed);
    publisher
        .send(r#"["1",null,"room:lobby","shout",{"at":0}]"#)
        .await?;
    let mut latencies = Vec::new();
    while let Some(one) = running.join_next().await {
        latencies.append(&mut one??);
    }
    run.report("delivery", latencies)
}

/// How long each broadcast took to come, in µs.
async fn hear(
    mut client: Client,
    begun: Instant,
    heard: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
) -> Result<Vec<u32>, Failed> {
    let mut latencies = Vec::new();
    loop {
        let text = client.next().await?;
        if over.load(Relaxed) {
            return Ok(latencies);
        }
        if let Some(sent) = number(&text, "\"at\":") {
            latencies.push((begun.elapsed().as_micros() as u64).saturating_sub(sent) as u32);
            heard.fetch_add(1, Relaxed);
        }
    }
}

/// What is measured from when to when.
struct Run {
    begun: Instant,
    before: Usage,
    pid: Option<u32>,
}

impl Run {
    fn begin(options: &Options) -> Run {
        Run {
            begun: Instant::now(),
            before: Usage::of(options.pid),
            pid: options.pid,
        }
    }

    /// `latencies` in µs.
    fn report(&self, what: &str, mut latencies: Vec<u32>) -> Result<String, Failed> {
        let (took, used) = (self.begun.elapsed().as_secs_f64(), Usage::of(self.pid));
        latencies.sort_unstable();
        let count = latencies.len() as f64;
        let ms = |of: f64| {
            let latency = latencies.get((count * of) as usize);
            latency.map_or(0.0, |micros| f64::from(*micros) / 1000.0)
        };
        let mut report = String::new();
        writeln!(report, "a second                   {:.0}", count / took)?;
        let (half, most, nearly_all) = (ms(0.5), ms(0.99), ms(0.999));
        writeln!(
            report,
            "latency ms p50, p99, p99.9 {half:.2} {most:.2} {nearly_all:.2}"
        )?;
        if self.pid.is_some() {
            let each = (used.cpu - self.before.cpu) / count * 1e6;
            writeln!(report, "server CPU µs a {what:<10} {each:.2}")?;
        }
        Ok(report)
    }
}

/// Opens all connections, and joins.
async fn open(options: &Options, topic: impl Fn(usize) -> String) -> Result<Vec<Client>, Failed> {
    let (gate, mut opening) = (Arc::new(Semaphore::new(OPENING)), JoinSet::new());
    for n in 0..options.connections {
        let (gate, url, topic) = (gate.clone(), options.url.clone(), topic(n));
        opening.spawn(async move {
            let _turn = gate.acquire().await?;
            let mut client = Client::open(&url).await?;
            client.join(&topic).await?;
            Ok::<_, Failed>((n, client))
        });
    }
    let mut clients = Vec::new();
    while let Some(client) = opening.join_next().await {
        clients.push(client??);
    }
    clients.sort_unstable_by_key(|(n, _)| *n);
    Ok(clients.into_iter().map(|(_, client)| client).collect())
}

struct Client {
    stream: TcpStream,
    /// What was read, the first `taken` bytes of which are used.
    read: Vec<u8>,
    taken: usize,
}

impl Client {
    async fn open(url: &Url) -> Result<Client, Failed> {
        let mut stream = TcpStream::connect(&url.host).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            url.target, url.host
        );
        stream.write_all(request.as_bytes()).await?;
        let mut client = Client {
            stream,
            read: Vec::new(),
            taken: 0,
        };
        let end = loop {
            client.fill().await?;
            if let Some(end) = client.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        if !client.read.starts_with(b"HTTP/1.1 101") {
            return Err(String::from_utf8_lossy(&client.read).into());
        }
        client.taken = end;
        Ok(client)
    }

    async fn join(&mut self, topic: &str) -> Result<(), Failed> {
        self.send(&format!(r#"["1","1","{topic}","phx_join",{{}}]"#))
            .await?;
        loop {
            let answer = self.next().await?;
            if answer.contains("phx_reply") {
                return if answer.contains(r#""ok""#) {
                    Ok(())
                } else {
                    Err(answer.into())
                };
            }
        }
    }

    async fn send(&mut self, text: &str) -> io::Result<()> {
        let mut out = Vec::new();
        put(&mut out, text);
        self.stream.write_all(&out).await
    }

    /// The text of the next frame.
    async fn next(&mut self) -> io::Result<String> {
        loop {
            if let Some(text) = self.take() {
                return Ok(text);
            }
            self.fill().await?;
        }
    }

    /// The same, if it is here already.
    fn take(&mut self) -> Option<String> {
        let read = &self.read[self.taken..];
        let (length, head) = match *read.get(1)? {
            126 => (
                usize::from(u16::from_be_bytes(*read.get(2..)?.first_chunk()?)),
                4,
            ),
            127 => (
                u64::from_be_bytes(*read.get(2..)?.first_chunk()?) as usize,
                10,
            ),
            length => (usize::from(length), 2),
        };
        let text = String::from_utf8_lossy(read.get(head..head + length)?).into_owned();
        self.taken += head + length;
        Some(text)
    }

    async fn fill(&mut self) -> io::Result<()> {
        self.read.drain(..self.taken);
        self.taken = 0;
        if self.read.is_empty() {
            self.read = Vec::new(); // thousands of these are idle
        }
        self.stream.readable().await?;
        self.read.reserve(4096);
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// A text frame, masked with zeros.
fn put(out: &mut Vec<u8>, text: &str) {
    out.push(0x81);
    match text.len() {
        length @ 0..126 => out.push(0x80 | length as u8),
        length => {
            out.push(0x80 | 126);
            out.extend((length as u16).to_be_bytes());
        }
    }
    out.extend([0; 4]);
    out.extend_from_slice(text.as_bytes());
}

fn number(text: &str, after: &str) -> Option<u64> {
    let (_, rest) = text.split_once(after)?;
    rest.split(|char: char| !char.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// What a process has used: resident bytes, and seconds of CPU.
#[derive(Default)]
struct Usage {
    rss: f64,
    cpu: f64,
}

impl Usage {
    #[expect(clippy::disallowed_methods, reason = "/proc is no file of ours")]
    fn of(pid: Option<u32>) -> Usage {
        let read = |file: &str| {
            pid.and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok())
        };
        let status = read("status").unwrap_or_default();
        let rss = status
            .lines()
            .find_map(|line| number(line.strip_prefix("VmRSS:")?.trim(), ""));
        // After the name in parentheses: user and system time are the 12th and 13th, in hundredths.
        let stat = read("stat").unwrap_or_default();
        let fields = stat
            .rsplit_once(") ")
            .map_or("", |(_, fields)| fields)
            .split(' ');
        let ticks: u64 = fields
            .skip(11)
            .take(2)
            .filter_map(|ticks| ticks.parse::<u64>().ok())
            .sum();
        Usage {
            rss: rss.unwrap_or(0) as f64 * 1024.0,
            cpu: ticks as f64 / 100.0,
        }
    }
}
