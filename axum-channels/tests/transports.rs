//! Options of transports: which there are, their paths, subprotocols, and what `connect` reads of a request.

mod support;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum_channels::testing::{connect, connect_with_headers};
use axum_channels::{
    ConnectInfo, Endpoint, Params, Payload, Refused, Result, SocketHandler, longpoll, websocket,
};
use serde_json::json;
use support::{Log, VALID, ask, endpoint_with, http, serve, serve_app, upgrade};
use tracing::Level;

const V2: &str = "vsn=2.0.0";

#[tokio::test]
async fn a_socket_may_have_no_websockets() {
    let addr = serve(&endpoint_with(longpoll())).await;
    let (status, _) = upgrade(addr, &format!("/socket/websocket?{V2}"), "").await;
    assert_eq!(status, 404);
    let (status, _, answer) = ask(addr, "GET", V2, "", "").await;
    assert_eq!((status, &answer["status"]), (200, &json!(410)));
}

#[tokio::test]
async fn each_transport_may_have_another_path() {
    let options = websocket().websocket_path("/v1/ws/").longpoll_path("/poll");
    let addr = serve(&endpoint_with(options)).await;
    for path in ["/socket/v1/ws", "/socket/v1/ws/", "/socket//v1/ws"] {
        let (status, _) = upgrade(addr, &format!("{path}?{V2}"), "").await;
        assert_eq!(status, 101, "{path}");
    }
    let (_, polled, _) = http(addr, "GET", &format!("/socket/poll?{V2}"), "").await;
    assert_eq!(polled, 200);
    for path in ["/socket/websocket", "/socket/longpoll", "/socket"] {
        let (_, status, _) = http(addr, "GET", &format!("{path}?{V2}"), VALID).await;
        assert_eq!(status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_transport_may_have_the_path_of_its_socket() {
    let addr = serve(&endpoint_with(websocket().websocket_path("/"))).await;
    for path in ["/socket", "/socket/"] {
        let (status, _) = upgrade(addr, &format!("{path}?{V2}"), "").await;
        assert_eq!(status, 101, "{path}");
    }
    let root = Endpoint::builder().socket_with::<Reader>("/", websocket().websocket_path("/"));
    let addr = serve(&root.build()).await;
    assert_eq!(
        upgrade(addr, &format!("/?{V2}"), "").await.0,
        403,
        "refused by `connect`"
    );
}

/// Phoenix ignores empty segments: `/users//websocket` is `/users/websocket`, which has no parameter.
#[tokio::test]
async fn a_parameter_of_the_path_is_never_empty() {
    let options = websocket().longpoll();
    let endpoint = Endpoint::builder().socket_with::<Reader>("/users/{user}", options);
    let addr = serve(&endpoint.build()).await;
    for (user, expected) in [("ann", [101, 200]), ("", [404, 404]), ("%20", [101, 200])] {
        let websocket = upgrade(addr, &format!("/users/{user}/websocket?{V2}"), "").await;
        let longpoll = format!("/users/{user}/longpoll?{V2}");
        let (_, longpoll, _) = http(addr, "GET", &longpoll, "").await;
        assert_eq!([websocket.0, longpoll], expected, "{user}");
    }
}

#[tokio::test]
async fn a_test_connects_wherever_the_path_of_the_transport_is() {
    let endpoint = endpoint_with(websocket().websocket_path("/ws"));
    let client = connect(&endpoint, "/socket").await;
    client.join("room:lobby", Payload::empty()).await;
}

#[tokio::test]
async fn a_socket_mounted_twice_has_options_for_each_transport() {
    let endpoint = Endpoint::builder()
        .socket_with::<Reader>("/socket", websocket())
        .socket_with::<Reader>("/socket", longpoll().max_message_bytes(10))
        .build();
    let addr = serve(&endpoint).await;
    assert_eq!(
        upgrade(addr, &format!("/socket/websocket?{V2}&user=a"), "")
            .await
            .0,
        101
    );
    let (_, _, answer) = ask(addr, "GET", &format!("{V2}&user=a"), "", "").await;
    let query = format!("{V2}&token={}", answer["token"].as_str().expect("a token"));
    let (_, _, answer) = ask(addr, "POST", &query, "", "more than ten bytes").await;
    assert_eq!(answer, json!({"status": 413}));
}

#[test]
#[should_panic = "`ws` is not the path of a transport: it starts with a slash"]
fn a_path_starts_with_a_slash() {
    let _ = websocket().websocket_path("ws");
}

#[tokio::test]
async fn the_first_subprotocol_of_the_socket_that_is_offered_is_selected() {
    let addr = serve(&endpoint_with(websocket().subprotocols(["mqtt", "sip"]))).await;
    let selected = async |offer: &str| {
        let header = format!("sec-websocket-protocol: {offer}\r\n");
        let (status, head) = upgrade(addr, &format!("/socket/websocket?{V2}"), &header).await;
        let selected = head.split_once("sec-websocket-protocol: ");
        let selected = selected.and_then(|(_, rest)| rest.lines().next());
        (status, selected.map(str::to_owned))
    };
    assert_eq!(selected("sip, mqtt").await, (101, Some("mqtt".to_owned())));
    assert_eq!(selected("other, sip").await, (101, Some("sip".to_owned())));
    assert_eq!(
        selected("phoenix, base64url.bearer.phx.dG9rZW4").await,
        (101, Some("phoenix".to_owned()))
    );
    assert_eq!(
        upgrade(addr, &format!("/socket/websocket?{V2}"), "")
            .await
            .0,
        101
    );

    let (log, _guard) = Log::collect(Level::ERROR);
    assert_eq!(selected("other").await, (403, None));
    let line = "[ERROR] Refused a request to transports::support::app::UserSocket with 403: it offers no subprotocol of the socket's `subprotocols`\n  Transport: websocket\n";
    assert_eq!(log.text(), line);
}

#[derive(Clone)]
struct Session {
    user: String,
}

/// Lets in who has a session, a cookie `user`, or a parameter of that name.
struct Reader {
    user: String,
}

impl SocketHandler for Reader {
    async fn connect(params: &Params, info: &ConnectInfo) -> Result<Self> {
        let session = info.extension::<Session>();
        let user = session.map(|session| &*session.user);
        let user = user.or_else(|| info.cookie("user")).or(params.get("user"));
        match user {
            Some(user) => Ok(Reader {
                user: user.to_owned(),
            }),
            None => Err(Refused::new("nobody").into()),
        }
    }

    fn id(&self) -> Option<String> {
        Some(self.user.clone())
    }
}

#[tokio::test]
async fn connect_reads_cookies() {
    let endpoint = Endpoint::builder().socket::<Reader>("/socket").build();
    for (cookies, expected) in [
        ("a=1; user=alice; b=2", Some("alice")),
        ("user=a=b", Some("a=b")),
        ("user=first; user=second", Some("first")),
        ("xuser=alice; user", None),
    ] {
        let client = connect_with_headers(&endpoint, "/socket", &[("cookie", cookies)]).await;
        let id = client.is_ok().then(|| expected.unwrap_or("somebody"));
        assert_eq!(id, expected, "{cookies}");
        let Ok(client) = client else { continue };
        endpoint.disconnect(expected.expect("a user"));
        assert_eq!(client.assert_closed().await, 1001, "{cookies}");
    }
}

#[tokio::test]
async fn connect_reads_the_session_that_a_layer_of_the_app_has_read() {
    let endpoint = Endpoint::builder().socket::<Reader>("/socket").build();
    let session = from_fn(|mut request: Request, next: Next| async {
        let is_signed = request
            .headers()
            .get("cookie")
            .is_some_and(|it| it == "session=signed");
        if is_signed {
            let user = "alice".to_owned();
            request.extensions_mut().insert(Session { user });
        }
        next.run(request).await
    });
    let addr = serve_app(endpoint.router().layer(session)).await;
    let target = format!("/socket/websocket?{V2}");
    assert_eq!(
        upgrade(addr, &target, "cookie: session=signed\r\n").await.0,
        101
    );
    assert_eq!(
        upgrade(addr, &target, "cookie: session=forged\r\n").await.0,
        403
    );
}
