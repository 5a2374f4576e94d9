//! A socket that requires a signed token, sent in any way.
#![cfg(feature = "token")]

use axum_channels::testing::{connect_with, connect_with_token};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Params, Payload, Refused, Reply, Result, Signer,
    Socket, SocketHandler, Topic,
};
use serde_json::json;

struct UserSocket {
    user: String,
}

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Account>("account");
    }

    async fn connect(params: &Params, info: &ConnectInfo) -> Result<Self> {
        let token = info.auth_token();
        let token = token.as_deref().or_else(|| params.get("token"));
        match info.state::<Signer>().verify(token.unwrap_or_default()) {
            Ok(user) => Ok(Self { user }),
            Err(why) => Err(Refused::new(why.to_string()).status(401).into()),
        }
    }
}

struct Account;

impl Channel for Account {
    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self)
    }

    async fn handle_in(&mut self, _: &str, _: Payload, socket: &Socket) -> Result<Reply> {
        Ok(Reply::ok(json!(socket.handler::<UserSocket>().user)))
    }
}

fn endpoint() -> (Endpoint, Signer) {
    let signer = Signer::new("a secret of the app", "user socket");
    let endpoint = Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .state(signer.clone())
        .build();
    (endpoint, signer)
}

#[tokio::test]
async fn a_token_says_who_it_is_by_subprotocol_and_by_parameter() {
    let (endpoint, signer) = endpoint();
    let token = signer.sign("zoë");
    let params = [("token", token.as_str())];
    for client in [
        connect_with_token(&endpoint, "/socket", &token).await,
        connect_with(&endpoint, "/socket", &params).await,
    ] {
        let client = client.expect("the token is good");
        let mut account = client.join("account", json!({})).await;
        assert_eq!(
            account.push("who", json!({})).reply().await,
            Reply::ok(json!("zoë"))
        );
    }
}

#[tokio::test]
async fn no_token_and_a_wrong_one_are_refused() {
    let (endpoint, signer) = endpoint();
    let wrong = Refused::new("the token is not valid").status(401);
    let without = connect_with(&endpoint, "/socket", &[]).await;
    assert_eq!(without.expect_err("no token"), wrong);
    let other = Signer::new("another secret", "user socket").sign("zoë");
    let refused = connect_with_token(&endpoint, "/socket", &other).await;
    assert_eq!(refused.expect_err("another's token"), wrong);
    let changed = signer.sign("zoë") + "A";
    let refused = connect_with_token(&endpoint, "/socket", &changed).await;
    assert_eq!(refused.expect_err("a changed token"), wrong);
}
