use super::addresses::{Address, Login};
use super::*;

fn address(host: &str, port: u16) -> Address {
    Address {
        host: host.to_owned(),
        port,
    }
}

#[test]
fn a_url_has_a_user_or_a_token_and_one_server_or_more() {
    let parsed = |url: &str| {
        let Addresses { servers, login, .. } = Addresses::parse(url).expect(url);
        (servers, login)
    };
    let localhost = || vec![address("localhost", 4222)];
    assert_eq!(parsed("nats://localhost"), (localhost(), Login::None));
    assert_eq!(parsed("nats://localhost/"), (localhost(), Login::None));
    let (user, password) = ("us:er".to_owned(), "p@ss".to_owned());
    assert_eq!(
        parsed("nats://us%3Aer:p%40ss@localhost"),
        (localhost(), Login::Password { user, password })
    );
    assert_eq!(
        parsed("nats://s3cr3t@[::1]:4333"),
        (vec![address("::1", 4333)], Login::Token("s3cr3t".into()))
    );
    assert_eq!(
        parsed("nats://a:1,b:2, nats://c"),
        (
            vec![address("a", 1), address("b", 2), address("c", 4222)],
            Login::None
        )
    );
}

#[test]
fn tls_needs_its_feature() {
    let tls = Nats::new("tls://localhost").err();
    let expected = (!cfg!(feature = "nats-tls")).then_some(NatsError::TlsIsOff);
    assert_eq!(tls, expected);
}

#[test]
fn another_url_is_refused_without_its_password() {
    for url in [
        "",
        "localhost:4222",
        "http://user:secret@localhost",
        "redis://user:secret@localhost",
        "secret@localhost:4222",
        "user:secret@nats://localhost",
        "nats://user:secret@localhost:port",
        "nats://user:secret@",
        "nats://user:secret%@localhost",
        "nats://user:secret@local host",
        "nats://user:secret@a,",
        "nats:secret",
    ] {
        let error = Nats::new(url).expect_err(url);
        let text = error.to_string();
        assert!(matches!(error, NatsError::InvalidUrl { .. }), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn the_password_is_not_shown() {
    let nats = Nats::new("nats://user:secret@localhost,[::1]:4000").expect("a URL");
    let shown = format!("{nats:?}");
    assert_eq!(
        shown,
        r#"Nats { addr: localhost:4222,[::1]:4000, subject: "axum_channels.leaving", lease: 15s, .. }"#
    );
}

#[tokio::test]
async fn an_engine_that_does_not_answer_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    drop(listener);
    let nats = Nats::new(format!("nats://user:secret@{addr}")).expect("a URL");
    let error = nats.check().await.expect_err("nobody listens");
    let refusal = std::net::TcpStream::connect(addr).expect_err("nobody listens");
    let text = format!("NATS at {addr} does not answer: {refusal}");
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn a_server_of_another_kind_is_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n").await;
    });
    let nats = Nats::new(format!("nats://{addr}")).expect("a URL");
    let error = nats.check().await.expect_err("it is no NATS");
    let reason = "it does not speak the protocol of NATS";
    assert_eq!(
        error.to_string(),
        format!("NATS at {addr} does not answer: {reason}")
    );
}
