//! A channel closes the connection of its own client, and a refused one gets headers.

mod support;

use axum::http::{HeaderValue, header};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, HandleInfo, Params, Payload, Reason, Refused, Reply,
    Result, Socket, SocketHandler, Topic, websocket,
};
use serde_json::json;
use support::{Poll, Ws, serve, upgrade};

struct DeviceSocket;

impl SocketHandler for DeviceSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Device>("device:*");
    }

    async fn connect(params: &Params, _: &ConnectInfo) -> Result<Self> {
        match params.get("refuse") {
            Some(_) => Err(Refused::with(json!({"code": "rate_limit"}))
                .status(503)
                .header(header::RETRY_AFTER, 30.into())
                .header(
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("application/problem+json"),
                )
                .into()),
            None => Ok(Self),
        }
    }

    fn id(&self) -> Option<String> {
        Some("account:1".to_owned())
    }
}

struct Device;

struct Expired;

impl Channel for Device {
    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, _: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "expire" => socket.sender::<Self>().send(Expired)?,
            "reset" => {
                socket.push("resetting", json!({}));
                socket.disconnect();
            }
            _ => return Err(std::io::Error::other("on request").into()),
        }
        Ok(Reply::ok(json!({})))
    }

    fn terminate(&mut self, reason: Reason, socket: &Socket) {
        if reason == Reason::Crashed {
            socket.disconnect(); // the client does not join again on the same connection
        }
        socket.broadcast("left", json!({"reason": format!("{reason:?}")}));
    }
}

impl HandleInfo<Expired> for Device {
    async fn handle_info(&mut self, _: Expired, socket: &Socket) -> Result<()> {
        socket.push("expired", json!({}));
        socket.disconnect();
        Ok(())
    }
}

fn endpoint() -> Endpoint {
    Endpoint::builder()
        .socket_with::<DeviceSocket>("/socket", websocket().longpoll())
        .build()
}

#[tokio::test]
async fn a_channel_closes_its_clients_connection_and_no_other_with_the_same_id() {
    let addr = serve(&endpoint()).await;
    let reply = r#"["1","2","device:1","phx_reply",{"response":{},"status":"ok"}]"#;
    let cases: [(&str, &[&str], &str); 3] = [
        (
            "reset",
            &[r#"["1",null,"device:1","resetting",{}]"#],
            "Disconnected",
        ),
        (
            "expire",
            &[reply, r#"["1",null,"device:1","expired",{}]"#],
            "Disconnected",
        ),
        ("crash", &[], "Crashed"),
    ];
    for (event, sent_before, reason) in cases {
        let mut other = Ws::join(addr, "device:1").await;
        let mut client = Ws::join(addr, "device:1").await;
        client
            .send(&format!(r#"["1","2","device:1","{event}",{{}}]"#))
            .await;
        for text in sent_before {
            client.expect(text).await;
        }
        client.expect_close(1001).await;
        assert_eq!(other.payload().await, json!({"reason": reason}));
        other.expect_nothing().await;
    }
}

#[tokio::test]
async fn a_channel_ends_the_session_of_a_polling_client() {
    let poll = Poll::join(serve(&endpoint()).await, "device:1").await;
    poll.send(r#"["1","2","device:1","reset",{}]"#).await;
    assert_eq!(
        poll.poll().await["status"],
        410,
        "phoenix.js connects again"
    );
}

#[tokio::test]
async fn a_refused_client_gets_the_headers_of_the_refusal() {
    let addr = serve(&endpoint()).await;
    let path = "/socket/websocket?vsn=2.0.0&refuse=1";
    let (status, head) = upgrade(addr, path, "").await;
    assert_eq!(status, 503);
    assert!(head.contains("retry-after: 30\r\n"), "{head}");
    let kinds = head.matches("content-type: ").count();
    assert!(
        kinds == 1 && head.contains("application/problem+json\r\n"),
        "{head}"
    );
}
