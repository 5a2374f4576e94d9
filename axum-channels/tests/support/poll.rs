//! A client of the long-poll transport, request by request over TCP.

use super::PATIENCE;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) const NDJSON: &str = "content-type: application/x-ndjson\r\n";

/// The status of the response, its head, and its JSON.
pub(crate) async fn ask(
    addr: SocketAddr,
    method: &str,
    query: &str,
    headers: &str,
    body: &str,
) -> (u16, String, Value) {
    let mut stream = TcpStream::connect(addr).await.expect("the server listens");
    let request = format!(
        "{method} /socket/longpoll?{query} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut response = String::new();
    let read = timeout(PATIENCE, stream.read_to_string(&mut response)).await;
    read.expect("in time").expect("a response");
    let (head, body) = response.split_once("\r\n\r\n").expect("a head");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let body = serde_json::from_str(body).unwrap_or_default();
    (status.expect("a status"), head.to_ascii_lowercase(), body)
}

/// A client that polls.
pub(crate) struct Poll {
    pub(crate) addr: SocketAddr,
    pub(crate) query: String,
}

impl Poll {
    pub(crate) async fn open(addr: SocketAddr) -> Poll {
        let (status, head, answer) = ask(addr, "GET", "vsn=2.0.0", "", "").await;
        assert_eq!(
            (status, &answer["status"], &answer["messages"]),
            (200, &json!(410), &json!([]))
        );
        assert!(
            head.contains("access-control-allow-origin: *\r\n"),
            "{head}"
        );
        assert!(head.contains("cache-control: no-store\r\n"), "{head}");
        let token = answer["token"].as_str().expect("a token");
        Poll {
            addr,
            query: format!("vsn=2.0.0&token={token}"),
        }
    }

    pub(crate) async fn join(addr: SocketAddr, topic: &str) -> Poll {
        let poll = Poll::open(addr).await;
        poll.say(&format!(r#"["1","1","{topic}","phx_join",{{}}]"#))
            .await;
        let joined =
            format!(r#"["1","1","{topic}","phx_reply",{{"response":{{}},"status":"ok"}}]"#);
        assert_eq!(poll.hear().await, [joined]);
        poll
    }

    pub(crate) async fn say_for(&self, lines: &str) -> Value {
        let (_, _, answer) = ask(self.addr, "POST", &self.query, NDJSON, lines).await;
        answer["status"].clone()
    }

    pub(crate) async fn say(&self, lines: &str) {
        assert_eq!(self.say_for(lines).await, 200);
    }

    pub(crate) async fn poll(&self) -> Value {
        ask(self.addr, "GET", &self.query, "", "").await.2
    }

    pub(crate) async fn hear(&self) -> Vec<String> {
        let answer = self.poll().await;
        assert_eq!(answer["status"], 200, "{answer}");
        serde_json::from_value(answer["messages"].clone()).expect("texts")
    }
}
