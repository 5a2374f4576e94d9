//! The app's own state: reachable in `connect`, in channels and outside, and the reply to a join.

use axum_channels::testing::{connect, connect_with};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, HandleInfo, Params, Payload, Refused, Reply, Result,
    Socket, SocketHandler, Topic,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// State of an app: a count that every part of it increments.
#[derive(Clone, Default)]
struct Visits(Arc<AtomicU32>);

impl Visits {
    fn count(&self) -> u32 {
        self.0.fetch_add(1, Relaxed) + 1
    }
}

#[derive(Deserialize, Serialize)]
struct Welcome {
    visits: u32,
    of_admin: bool,
}

/// Messages of a room, each with its payload.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum In {
    Say { body: String },
    Visit,
    LateResponse,
}

struct Room;

impl Channel for Room {
    async fn join(topic: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
        match topic.as_str() {
            "room:plain" => return Ok(Self),
            "room:refused" => {
                socket.set_join_response(json!({"not": "sent"}));
                return Err(Refused::new("full").into());
            }
            _ => {}
        }
        socket.set_join_response(json!({"not": "the last"}));
        let of_admin = socket.try_handler::<Admin>().is_some();
        let visits = socket.state::<Visits>().count();
        socket.set_join_response(&Welcome { visits, of_admin });
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match payload.parse_event(event)? {
            In::Say { body } => {
                let line = BTreeMap::from([("body", body)]);
                socket.broadcast("line", &line);
                socket.push("own", &line);
                Ok(Reply::ok(&line))
            }
            In::Visit => {
                let visits = socket.endpoint().state::<Visits>().count();
                Ok(Reply::ok(&Welcome {
                    visits,
                    of_admin: false,
                }))
            }
            In::LateResponse => {
                socket.set_join_response(json!({"too": "late"}));
                socket.sender::<Self>().send(())?;
                Ok(Reply::none())
            }
        }
    }
}

impl HandleInfo<()> for Room {
    async fn handle_info(&mut self, _: (), socket: &Socket) -> Result<()> {
        socket.stop();
        Ok(())
    }
}

struct User;
struct Admin;

impl SocketHandler for User {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
    }

    async fn connect(_: &Params, info: &ConnectInfo) -> Result<Self> {
        match info.endpoint().state::<Visits>().count() {
            0..100 => Ok(Self),
            _ => Err(Refused::new("too many").into()),
        }
    }
}

impl SocketHandler for Admin {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

fn endpoint() -> Endpoint {
    Endpoint::builder()
        .socket::<User>("/socket")
        .socket::<Admin>("/admin")
        .state(Visits::default())
        .build()
}

#[tokio::test]
async fn state_is_one_value_for_connect_channels_and_the_rest_of_the_app() {
    let endpoint = endpoint();
    let client = connect(&endpoint, "/socket").await; // 1
    let mut room = client.join("room:1", json!({})).await; // 2
    let visits = |visits| Payload::from(json!({"visits": visits, "of_admin": false}));
    assert_eq!(room.join_response(), &visits(2));
    assert_eq!(
        room.push("visit", json!({})).reply().await,
        Reply::ok(visits(3))
    );
    assert_eq!(endpoint.state::<Visits>().count(), 4);
    assert!(endpoint.try_state::<u8>().is_none());
    endpoint.state::<Visits>().0.store(99, Relaxed);
    let refused = connect_with(&endpoint, "/socket", &[]).await.map(drop);
    assert_eq!(refused, Err(Refused::new("too many")));
}

#[tokio::test]
async fn a_channel_of_several_sockets_tells_them_apart() {
    let endpoint = endpoint();
    let admin = connect(&endpoint, "/admin").await;
    let room = admin.join("room:1", json!({})).await;
    let welcome: Welcome = room.join_response().parse().expect("a welcome");
    assert!(welcome.of_admin);
}

#[tokio::test]
async fn a_join_without_a_response_is_answered_with_an_empty_object() {
    let client = connect(&endpoint(), "/admin").await;
    let room = client.join("room:plain", json!({})).await;
    assert_eq!(room.join_response(), &Payload::empty());
    let refused = client.try_join("room:refused", json!({})).await;
    assert_eq!(
        refused.map(drop),
        Err(Reply::error(json!({"reason": "full"})))
    );
}

#[tokio::test]
async fn a_response_that_is_set_too_late_is_not_that_of_the_next_join() {
    let client = connect(&endpoint(), "/admin").await;
    let mut room = client.join("room:plain", json!({})).await;
    room.push("late_response", json!({}));
    room.assert_closed().await;
    let room = client.join("room:plain", json!({})).await;
    assert_eq!(room.join_response(), &Payload::empty());
}

#[tokio::test]
async fn anything_that_serializes_is_sent_by_reference() {
    let client = connect(&endpoint(), "/admin").await;
    let mut room = client.join("room:1", json!({})).await;
    let body = json!({"body": "hello"});
    let reply = room.push("say", &body).reply().await;
    assert_eq!(reply, Reply::ok(&body));
    room.assert_broadcast("line", &body).await;
    room.assert_push("own", &body).await;
}

#[tokio::test]
async fn an_event_that_is_no_variant_ends_the_channel_and_a_wrong_payload_does_not() {
    let client = connect(&endpoint(), "/admin").await;
    let mut room = client.join("room:1", json!({})).await;
    let wrong = room.push("say", json!({"body": null})).reply().await;
    let reason = "body: invalid type: null, expected a string";
    assert_eq!(wrong, Reply::error(json!({"reason": reason})));
    room.push("dance", json!({}));
    room.assert_crashed().await;
}

#[test]
#[should_panic(expected = "has no JSON: key must be a string")]
fn a_value_without_json_is_a_mistake_of_the_app() {
    let _ = Payload::from(&BTreeMap::from([((1, 2), 3)]));
}
