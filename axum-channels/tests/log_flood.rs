//! Floods of events are rate limited in the log. (In a process of its own, since the limits are global.)

mod support;

use axum_channels::testing::connect;
use serde_json::json;
use std::time::Duration;
use support::{Log, endpoint};
use tracing::Level;

#[tokio::test(start_paused = true)]
async fn ten_lines_of_a_kind_are_logged_in_a_second_and_then_how_many_more_there_were() {
    let (log, _guard) = Log::collect(Level::WARN);
    let client = connect(&endpoint(), "/socket").await;
    for _ in 0..100 {
        client
            .try_join("nope", json!({}))
            .await
            .expect_err("unmatched");
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let line = "[WARN] Ignoring unmatched topic \"nope\" in log_flood::support::app::UserSocket\n";
    assert_eq!(
        log.text(),
        line.repeat(10) + "[WARN] and 90 more of this kind: unmatched topic\n"
    );
}
