//! The list of presences that a channel pushes: the changes made before it are in it, those made after it are not.

mod support;

use axum_channels::{Channel, HandleInfo, Payload, Reply, Result, Socket, Topic, testing};
use serde_json::{Value, json};
use support::{Frame, Ws, plain, serve};

/// Looks who is there before it is there itself, as a channel that offers a free code or a free seat.
struct Seat;

struct AfterJoin;

impl Channel for Seat {
    async fn join(topic: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
        match topic.as_str() {
            "seat:join" => look_then_sit(socket)?,
            _ => socket.sender::<Self>().send(AfterJoin)?,
        }
        Ok(Self)
    }

    async fn handle_in(&mut self, _: &str, _: Payload, socket: &Socket) -> Result<Reply> {
        socket.presence().untrack("me")?;
        look_then_sit(socket)?;
        Ok(Reply::ok(json!({})))
    }
}

impl HandleInfo<AfterJoin> for Seat {
    async fn handle_info(&mut self, _: AfterJoin, socket: &Socket) -> Result<()> {
        look_then_sit(socket)
    }
}

fn look_then_sit(socket: &Socket) -> Result<()> {
    socket.presence().push_state()?;
    socket.presence().track("me", json!({}))?;
    Ok(())
}

async fn next(ws: &mut Ws) -> (String, Value) {
    let Frame::Text(text) = ws.next().await else {
        panic!("a message");
    };
    let frame: Value = serde_json::from_str(&text).expect("JSON");
    let event = frame[3].as_str().expect("an event").to_owned();
    (event, plain(frame[4].clone()))
}

#[tokio::test]
async fn a_list_that_is_pushed_before_the_channel_is_tracked_does_not_have_it() {
    for topic in ["seat:join", "seat:after_join"] {
        let endpoint = testing::endpoint::<Seat>("seat:*");
        let mut ws = Ws::open(serve(&endpoint).await).await;
        ws.send(&format!(r#"["1","1","{topic}","phx_join",{{}}]"#))
            .await;
        assert_eq!(ws.event().await, "phx_reply", "{topic}");
        assert_eq!(next(&mut ws).await, ("presence_state".into(), json!({})));
        let joined = json!({"joins": {"me": {"metas": [{}]}}, "leaves": {}});
        assert_eq!(next(&mut ws).await, ("presence_diff".into(), joined));
    }
}

#[tokio::test]
async fn a_list_comes_after_the_changes_before_it_and_before_the_reply() {
    let endpoint = testing::endpoint::<Seat>("seat:*");
    let mut ws = Ws::join(serve(&endpoint).await, "seat:join").await;
    for event in ["presence_state", "presence_diff"] {
        assert_eq!(ws.event().await, event);
    }
    ws.send(r#"["1","2","seat:join","again",{}]"#).await;
    let left = json!({"joins": {}, "leaves": {"me": {"metas": [{}]}}});
    assert_eq!(next(&mut ws).await, ("presence_diff".into(), left));
    assert_eq!(next(&mut ws).await, ("presence_state".into(), json!({})));
    assert_eq!(ws.event().await, "phx_reply");
    assert_eq!(ws.event().await, "presence_diff");
}
