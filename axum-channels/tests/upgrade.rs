//! The response to a WebSocket request: an upgrade, or an error status.

mod support;

use axum_channels::{
    CheckOrigin, ConnectInfo, Endpoint, Params, Refused, Result, SocketHandler, TrustedProxies,
    websocket,
};
use std::net::SocketAddr;
use support::{VALID, Ws, endpoint, endpoint_with, http, raw, serve, upgrade};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PATH: &str = "/socket/websocket?token=undefined&vsn=2.0.0";

#[tokio::test]
async fn a_proper_request_is_answered_101_with_the_key_accepted() {
    let addr = serve(&endpoint()).await;
    let (status, head) = upgrade(addr, PATH, "").await;
    assert_eq!(status, 101);
    assert!(
        head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
        "{head}"
    );
    assert!(!head.contains("sec-websocket-protocol"), "{head}");
}

#[tokio::test]
async fn what_is_no_request_for_a_websocket_is_a_400() {
    let addr = serve(&endpoint()).await;
    assert_eq!(http(addr, "GET", PATH, "").await.1, 400);
    assert_eq!(
        http(addr, "POST", PATH, "content-length: 0\r\n").await.1,
        400
    );
    assert_eq!(
        http(addr, "GET", PATH, &VALID.replace("13", "8")).await.1,
        400
    );
}

#[tokio::test]
async fn a_body_is_not_read_as_frames() {
    let addr = serve(&endpoint()).await;
    let status = async |head: &str| http(addr, "GET", PATH, &format!("{VALID}{head}")).await;
    assert_eq!(status("content-length: 0\r\n").await.1, 101);
    assert_eq!(status("content-length: 5\r\n\r\nhello").await.1, 400);

    let awaited = "transfer-encoding: chunked\r\nexpect: 100-continue\r\n";
    for (body, expected) in [("5\r\nhello\r\n0\r\n\r\n", 400), ("0\r\n\r\n", 101)] {
        let (mut stream, status, _) = status(awaited).await;
        assert_eq!(status, 100);
        stream.write_all(body.as_bytes()).await.expect("sent");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("an answer");
        let answer = String::from_utf8_lossy(&answer);
        assert_eq!(answer, format!("HTTP/1.1 {expected}"), "{body}");
    }
}

#[tokio::test]
async fn the_path_without_its_transport_is_a_404() {
    let addr = serve(&endpoint()).await;
    assert_eq!(http(addr, "GET", "/socket", "").await.1, 404);
    assert_eq!(upgrade(addr, "/socket/longpoll?vsn=2.0.0", "").await.0, 404);
}

#[tokio::test]
async fn a_websocket_key_may_be_anything_but_absent() {
    let addr = serve(&endpoint()).await;
    for key in ["SGVsbG8sIHdvcmxkIQ==", "not base64"] {
        let headers = VALID.replace("dGhlIHNhbXBsZSBub25jZQ==", key);
        assert_eq!(http(addr, "GET", PATH, &headers).await.1, 101, "{key}");
    }
    let headers = VALID.replace("sec-websocket-key", "x-key");
    assert_eq!(http(addr, "GET", PATH, &headers).await.1, 400);
}

#[tokio::test]
async fn parameters_need_not_be_percent_encoded_except_for_three_characters() {
    let addr = serve(&endpoint()).await;
    let status = async |text: &str| upgrade(addr, &format!("{PATH}&filter={text}"), "").await.0;
    assert_eq!(status("{[a|b^c`d\\e'é~]}").await, 101);
    for refused in ['"', '<', '>'] {
        assert_eq!(status(&refused.to_string()).await, 400, "{refused}");
    }
    assert_eq!(status("%22%3C%3E").await, 101);
}

#[tokio::test]
async fn slashes_too_many_do_not_matter() {
    let addr = serve(&endpoint_with(websocket().longpoll())).await;
    // With `/socket//`, phoenix.js requests `/socket///websocket`.
    for (before, between, after) in [
        ("", "//", ""),
        ("", "/", "/"),
        ("/", "/", ""),
        ("", "///", ""),
        ("/", "///", "//"),
    ] {
        let path = |transport| format!("{before}/socket{between}{transport}{after}");
        let path_ws = path("websocket");
        assert_eq!(upgrade(addr, &path_ws, "").await.0, 101, "{path_ws}");
        let path_lp = path("longpoll");
        assert_eq!(http(addr, "GET", &path_lp, "").await.1, 200, "{path_lp}");
    }
    assert_eq!(upgrade(addr, "/socketwebsocket", "").await.0, 404);
}

#[tokio::test]
async fn a_version_that_is_not_spoken_is_a_403() {
    let addr = serve(&endpoint()).await;
    for vsn in ["1.1.0", "3.0.0", "x", ""] {
        assert_eq!(
            upgrade(addr, &format!("/socket/websocket?vsn={vsn}"), "")
                .await
                .0,
            403,
            "{vsn}"
        );
    }
    for spoken in ["", "?vsn=1.0.0", "?vsn=2.0.5"] {
        let (status, _) = upgrade(addr, &format!("/socket/websocket{spoken}"), "").await;
        assert_eq!(status, 101, "{spoken}");
    }
}

#[tokio::test]
async fn a_refused_connection_gets_its_status_and_its_reason() {
    let addr = serve(&endpoint()).await;
    for (refuse, status, body) in [
        ("1", 403, r#"{"reason":"unauthorized"}"#),
        ("teapot", 418, r#"{"reason":"short and stout"}"#),
        ("error", 500, ""),
        ("panic", 500, ""),
    ] {
        let headers = VALID.replace("connection: upgrade", "connection: upgrade, close");
        let (mut stream, got, _) =
            http(addr, "GET", &format!("{PATH}&refuse={refuse}"), &headers).await;
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.expect("the body");
        assert_eq!((got, rest.as_str()), (status, body), "{refuse}");
    }
}

/// Returns the status of a request with this `Host` and this `Origin`.
async fn status_of(addr: SocketAddr, host: &str, origin: &str) -> u16 {
    let request = format!("GET {PATH} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\n{VALID}\r\n");
    raw(addr, &request).await.1
}

#[tokio::test]
async fn a_page_that_has_rebound_its_name_to_this_machine_is_a_403() {
    let addr = serve(&endpoint()).await;
    let port = addr.port();
    for (host, origin, status) in [
        ("evil.example", "http://evil.example", 403),
        (
            &format!("evil.example:{port}"),
            &format!("http://evil.example:{port}"),
            403,
        ),
        (&addr.to_string(), "http://example.com", 403),
        (&addr.to_string(), "null", 403),
        (&addr.to_string(), &format!("http://{addr}"), 101),
        (&addr.to_string(), &format!("http://localhost:{port}"), 101),
        ("evil.example", "http://localhost:5173", 101),
    ] {
        assert_eq!(
            status_of(addr, host, origin).await,
            status,
            "{host} {origin}"
        );
    }
    let target = PATH.replacen("/", "http://evil.example/", 1);
    let headers = "origin: http://evil.example\r\n";
    assert_eq!(
        upgrade(addr, &target, headers).await.0,
        403,
        "absolute-form"
    );
    assert_eq!(
        upgrade(addr, &target, "origin: http://localhost\r\n")
            .await
            .0,
        101
    );
}

#[tokio::test]
async fn pages_of_the_configured_url_may_connect_whatever_host_a_proxy_sends() {
    let url = "https://app.example".parse().expect("a URL");
    let builder = Endpoint::builder().socket::<support::UserSocket>("/socket");
    let addr = serve(&builder.state(42_u64).url(url).build()).await;
    for (host, origin, status) in [
        ("app.example", "https://app.example", 101),
        ("127.0.0.1:4000", "https://app.example", 101),
        ("127.0.0.1:4000", "http://localhost:4000", 403),
        ("evil.example", "https://evil.example", 403),
    ] {
        assert_eq!(
            status_of(addr, host, origin).await,
            status,
            "{host} {origin}"
        );
    }
}

#[tokio::test]
async fn a_refused_origin_is_a_403_before_anything_else_is_looked_at() {
    let addr = serve(&endpoint()).await;
    assert_eq!(
        http(
            addr,
            "GET",
            "/socket/websocket",
            "origin: http://example.com\r\n"
        )
        .await
        .1,
        403
    );
}

#[tokio::test]
async fn a_sockets_own_origin_check_is_the_one_that_counts() {
    let listed =
        websocket().check_origin(CheckOrigin::hosts(["https://example.com"]).expect("an origin"));
    let addr = serve(&endpoint_with(listed)).await;
    assert_eq!(
        upgrade(addr, PATH, "origin: https://example.com\r\n")
            .await
            .0,
        101
    );
    assert_eq!(
        upgrade(addr, PATH, &format!("origin: http://{addr}\r\n"))
            .await
            .0,
        403
    );
    let customers = CheckOrigin::predicate(|origin| origin.ends_with(".customer.example"));
    let addr = serve(&endpoint_with(websocket().check_origin(customers))).await;
    for (origin, status) in [
        ("https://a.customer.example", 101),
        ("https://a.example", 403),
    ] {
        let origin = format!("origin: {origin}\r\n");
        assert_eq!(upgrade(addr, PATH, &origin).await.0, status, "{origin}");
    }
    let addr = serve(&endpoint_with(websocket().check_origin(CheckOrigin::off()))).await;
    assert_eq!(upgrade(addr, PATH, "origin: null\r\n").await.0, 101);
}

#[tokio::test]
async fn phoenix_is_the_subprotocol_if_it_is_offered() {
    let addr = serve(&endpoint()).await;
    let offer = "sec-websocket-protocol: phoenix, base64url.bearer.phx.dG9rZW4\r\n";
    let (status, head) = upgrade(addr, PATH, offer).await;
    assert_eq!(status, 101);
    assert!(
        head.contains("sec-websocket-protocol: phoenix\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn frames_sent_together_with_the_request_are_not_lost() {
    let addr = serve(&endpoint()).await;
    let mut stream = tokio::net::TcpStream::connect(addr)
        .await
        .expect("connected");
    let mut request = format!("GET {PATH} HTTP/1.1\r\nhost: {addr}\r\n{VALID}\r\n").into_bytes();
    request.extend(support::frame(
        0x81,
        br#"[null,"1","phoenix","heartbeat",{}]"#,
    ));
    tokio::io::AsyncWriteExt::write_all(&mut stream, &request)
        .await
        .expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a response"));
    }
    Ws::over(stream)
        .await
        .expect(r#"[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
}

#[tokio::test]
async fn the_token_and_the_user_agent_are_known_when_connecting() {
    struct Asked;
    impl SocketHandler for Asked {
        async fn connect(_: &Params, info: &ConnectInfo) -> Result<Self> {
            let known = format!("{:?} {:?}", info.auth_token(), info.user_agent());
            Err(Refused::new(known).into())
        }
    }
    let endpoint = Endpoint::builder().socket::<Asked>("/socket").build();
    let addr = serve(&endpoint).await;
    for (headers, known) in [
        ("", "None None"),
        (
            "user-agent: test\r\nsec-websocket-protocol: phoenix, base64url.bearer.phx.dG9rZW4\r\n",
            r#"Some("token") Some("test")"#,
        ),
        (
            "sec-websocket-protocol: base64url.bearer.phx.Pz8_Pw==\r\n",
            r#"Some("????") None"#,
        ),
        (
            "sec-websocket-protocol: base64url.bearer.phx.Pz8/Pw\r\n",
            r#"Some("????") None"#,
        ),
        (
            "sec-websocket-protocol: base64url.bearer.phx./w\r\n",
            "None None",
        ),
        (
            "sec-websocket-protocol: base64url.bearer.phx.?\r\n",
            "None None",
        ),
    ] {
        let headers = VALID.replace("connection: upgrade", "connection: upgrade, close") + headers;
        let (mut stream, status, _) = http(addr, "GET", PATH, &headers).await;
        let mut body = String::new();
        stream.read_to_string(&mut body).await.expect("the body");
        let expected = serde_json::json!({"reason": known}).to_string();
        assert_eq!((status, body), (403, expected));
    }
}

#[tokio::test]
async fn the_address_of_a_client_is_its_own_word_only_if_a_trusted_proxy_passes_it_on() {
    struct Asked;
    impl SocketHandler for Asked {
        async fn connect(_: &Params, info: &ConnectInfo) -> Result<Self> {
            let peer = info.peer_addr().map(|peer| peer.ip());
            Err(Refused::new(format!("{:?} by {peer:?}", info.client_addr())).into())
        }
    }
    let local = TrustedProxies::networks(["127.0.0.1"]).expect("an address");
    for (proxies, client) in [
        (None, "Some(127.0.0.1)"),
        (Some(local), "Some(192.0.2.1)"),
        (
            Some(TrustedProxies::hops(1).with_forwarded_header()),
            "None",
        ),
    ] {
        let builder = Endpoint::builder().socket_with::<Asked>("/socket", websocket().longpoll());
        let builder = match proxies {
            Some(proxies) => builder.trusted_proxies(proxies),
            None => builder,
        };
        let addr = serve(&builder.build()).await;
        let headers = "x-forwarded-for: 6.6.6.6, 192.0.2.1\r\nforwarded: for=unknown\r\nconnection: close\r\n";
        for (transport, headers, expected) in [
            ("websocket", format!("{}{headers}", VALID), 403),
            ("longpoll", headers.to_owned(), 200), // with 403 in the body
        ] {
            let target = format!("/socket/{transport}?vsn=2.0.0");
            let (mut stream, status, _) = http(addr, "GET", &target, &headers).await;
            let mut body = String::new();
            stream.read_to_string(&mut body).await.expect("the body");
            let reason = format!(r#"{{"reason":"{client} by Some(127.0.0.1)"}}"#);
            assert!(
                status == expected && body.contains(&reason),
                "{transport}: {body}"
            );
        }
    }
}
