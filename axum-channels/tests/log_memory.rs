//! The log needs almost no memory for text that it cuts. (One test, since it measures the memory of the whole process.)

mod support;

use axum_channels::testing;
use axum_channels::{Channel, Payload, Result, Socket, Topic};
use peak_alloc::PeakAlloc;
use serde_json::json;
use support::{Ws, serve};
use tracing::Level;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

struct Anything;

impl Channel for Anything {
    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self)
    }
}

/// Returns the peak memory while a client joins with a payload.
async fn peak(payload: &str) -> usize {
    let join = format!(r#"["1","1","room","phx_join",{payload}]"#);
    let mut ws = Ws::open(serve(&testing::endpoint::<Anything>("room")).await).await;
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    ws.send(&join).await;
    ws.expect(r#"["1","1","room","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    MEMORY.peak_usage() - before
}

#[tokio::test]
async fn a_large_payload_is_not_read_for_the_few_kilobytes_that_are_shown() {
    for payload in [
        json!(vec![1; 500_000]),
        json!({"text": "x".repeat(1_000_000), "more": 1}),
        json!({"password": vec!["x"; 250_000], "more": 1}),
    ] {
        let payload = payload.to_string();
        let without = peak(&payload).await;
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::DEBUG)
            .with_writer(std::io::sink)
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let with = peak(&payload).await;
        assert!(
            with < without + 100_000,
            "{without} bytes without a log, {with} with one"
        );
    }
}
