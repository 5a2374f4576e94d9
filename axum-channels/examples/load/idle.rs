//! Measures the cost of connections that are opened, stay idle and are closed.

use crate::client::{contains, frame};
use crate::options::Options;
use crate::report::Report;
use crate::span::{Span, Usage};
use crate::{Failed, connections};
use std::time::Duration;
use tokio::time::sleep;

/// Time for the server's work after its last answer.
const AFTERWARDS: Duration = Duration::from_millis(300);

pub(crate) async fn measure(options: &Options) -> Result<Report, Failed> {
    let resident = || {
        let usage = options.pid.map(Usage::of).transpose()?;
        Ok::<_, Failed>(usage.map(|usage| usage.resident))
    };
    let before = resident()?;
    let opening = Span::begin(options.pid)?;
    let mut clients = connections::open(options, options.topics).await?;
    let joined_after = opening.begun().elapsed();
    sleep(AFTERWARDS).await;
    let opening = opening.end()?;
    sleep(options.duration).await;
    let open = resident()?;

    let heartbeat = frame(r#"[null,"hb","phoenix","heartbeat",{}]"#);
    for client in &mut clients {
        client.write(&heartbeat).await?;
    }
    for client in &mut clients {
        while !contains(client.next().await?, br#""hb""#) {}
    }
    sleep(AFTERWARDS).await;
    let beaten = resident()?;

    let count = clients.len() as f64;
    let closing = Span::begin(options.pid)?;
    connections::close(clients).await?;
    sleep(AFTERWARDS + options.duration).await;
    let closing = closing.end()?;

    let mut report = Report::default();
    report.add("joins_a_second", count / joined_after.as_secs_f64());
    if let (Some(opening), Some(closing)) = (opening.server, closing.server) {
        let both = (opening + closing) / count * 1e6;
        report.add("server_cpu_us_a_connection", both);
    }
    let client = (opening.client + closing.client) / count * 1e6;
    report.add("client_cpu_us_a_connection", client);
    if let (Some(before), Some(open), Some(beaten), Some(closed)) =
        (before, open, beaten, resident()?)
    {
        report.add("bytes_a_connection", (open - before) / count);
        report.add("bytes_after_heartbeat", (beaten - before) / count);
        report.add("mb_before", before / 1e6);
        report.add("mb_open", open / 1e6);
        report.add("mb_closed", closed / 1e6);
    }
    Ok(report)
}
