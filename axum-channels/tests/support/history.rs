use axum_channels::{
    Channel, Channels, ConnectInfo, History, Params, Payload, Refused, Reply, Result, Socket,
    SocketHandler, Topic,
};
use serde_json::json;
use std::time::Duration;

/// Socket of topics with histories of all kinds, and one without. The id is the parameter `id`.
pub(crate) struct HistorySocket(Option<String>);

/// Age of the broadcasts of `short:*`, and of `tiny:*`.
pub(crate) const SHORT: Duration = Duration::from_secs(1);
pub(crate) const MAX_AGE: Duration = Duration::from_secs(60);

impl SocketHandler for HistorySocket {
    fn channels(routes: &mut Channels<Self>) {
        let room = History::last(100).for_minutes(5);
        let mut keep = |topics: &str, history: History| {
            routes.channel::<Room>(topics).history(history);
        };
        keep("room:*", room);
        keep("tiny:*", History::last(3).max_age(MAX_AGE));
        keep("busy:*", History::last(5000).max_bytes(1024 * 1024));
        keep("short:*", room.max_age(SHORT));
        keep("small:*", History::last(40).max_bytes(2000));
        let archive = History::last(1000);
        routes.channel::<Censor>("censored:*").history(room);
        routes.channel::<Censor>("archive:*").history(archive);
        routes.channel::<Room>("plain:*");
    }

    async fn connect(params: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self(params.get("id").map(str::to_owned)))
    }

    fn id(&self) -> Option<String> {
        self.0.clone()
    }
}

/// Sends events on to the others. A join may ask for a response, and for the presence of a user.
pub(crate) struct Room;

impl Channel for Room {
    async fn join(topic: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        if topic.ends_with(":locked") {
            return Err(Refused::new("unauthorized").into());
        }
        if let Some(response) = payload.get("respond") {
            socket.set_join_response(response);
        }
        if let Some(user) = payload.get("user") {
            let user = user.as_str().unwrap_or_default();
            socket.presence().track(user, json!({}))?;
        }
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        socket.broadcast_from(event, payload);
        Ok(Reply::ok(json!({})))
    }
}

/// Pushes intercepted broadcasts under another name, and drops those that are secret.
struct Censor;

impl Channel for Censor {
    const INTERCEPTS: &'static [&'static str] = &["said"];

    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self)
    }

    async fn handle_out(&mut self, _: &str, payload: Payload, socket: &Socket) -> Result<()> {
        tokio::task::yield_now().await;
        if payload.get("secret").is_none() {
            socket.push("printed", payload);
        }
        Ok(())
    }
}
