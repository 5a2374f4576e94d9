//! Phoenix's own JavaScript client, in node, on a bad line to two nodes, which restart at random moments.
//!
//!     PHOENIX_JS=…/node_modules/phoenix HISTORY_SECONDS=60 cargo test --all-features --test engines phoenix_js -- --ignored

use super::app::connected;
use super::server::{Kind, Server};
use super::support::{
    HistorySocket, Publisher, Restarting, history_seed, recover_js, restart_at_random,
};
use super::users::endpoint;

on_each_engine! {
    phoenix_js_misses_nothing_on_a_bad_line_to_several_nodes,
}

on_a_cluster! {
    phoenix_js_misses_nothing_on_a_bad_line_to_several_nodes,
}

async fn phoenix_js_misses_nothing_on_a_bad_line_to_several_nodes(kind: Kind) {
    let server = Server::start(kind);
    let start = async || {
        let endpoint = endpoint::<HistorySocket>(server.url());
        connected(&endpoint, true).await;
        endpoint
    };
    let _publisher = Publisher::start(start().await);
    let mut nodes = [
        Restarting::start(start().await).await,
        Restarting::start(start().await).await,
    ];
    let seed = history_seed();
    let addrs = nodes.each_ref().map(Restarting::addr);
    let report = tokio::select! {
        report = recover_js(addrs, seed) => report,
        () = restart_at_random(&mut nodes, seed, start) => unreachable!("it has no end"),
    };
    println!("{kind:?}: {report}");
}
