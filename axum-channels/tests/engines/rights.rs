//! The smallest sets of rights, as docs/scaling.md has them.

use super::server::{Kind, Server};
use super::support::eventually;
use super::users::{Node, User};
use serde_json::json;

on_each_engine! {
    a_user_with_the_documented_rights_has_everything_that_nodes_need,
}

on_a_cluster! {
    a_user_with_the_documented_rights_has_everything_that_nodes_need,
}

/// Returns the rest of the line of the documentation that starts with these words.
fn documented(start: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/scaling.md");
    let docs = std::fs::read_to_string(path).expect("a file");
    let mut lines = docs.lines();
    let rest = lines.find_map(|line| line.trim().strip_prefix(start));
    rest.expect("the documented rights").to_owned()
}

/// Returns the settings of an engine with the user `my_app` alone.
fn settings(kind: Kind) -> String {
    match kind {
        Kind::Redis => {
            let rules = documented("ACL SETUSER ");
            format!("user {rules}\nuser default off")
        }
        Kind::RedisCluster => {
            let [rules, more] = ["ACL SETUSER ", "ACL SETUSER my_app +asking"].map(documented);
            format!("user {rules} +asking{more}") // and the default user, for the test
        }
        Kind::Nats => {
            let permissions = documented("permissions: ");
            let user = "user: my_app, password: secret";
            format!("authorization {{ users: [{{ {user}, permissions: {permissions} }}] }}")
        }
    }
}

async fn a_user_with_the_documented_rights_has_everything_that_nodes_need(kind: Kind) {
    let server = Server::start_with(kind, &settings(kind));
    let url = format!("{}://my_app:secret@{}", kind.scheme(), server.addr());
    let [a, b] = [Node::start(url.clone()).await, Node::start(url).await];
    let task = a.endpoint.track("room:1", "task", json!({"n": 1}));
    let mut user = User::join(a.addr, "room:1").await;
    b.say("room:1", 1);
    user.hear("said", [1]).await;
    let position = user.position.clone();
    drop(user);
    a.say("room:1", 2);
    let mut user = User::come_back(b.addr, "room:1", &position).await;
    user.recovered(1);
    user.hear("said", [2]).await;
    let present = || b.endpoint.presences("room:1").iter().count();
    eventually("the presence is known", || present() == 1).await;
    drop(task);
    eventually("it is gone", || present() == 0).await;
    a.endpoint.shutdown().await;
    for node in [&a, &b] {
        let stats = node.endpoint.stats().cluster;
        let counts = (stats.refusing, stats.lost, stats.reconnects);
        assert_eq!(counts, (false, 0, 0));
    }
}
