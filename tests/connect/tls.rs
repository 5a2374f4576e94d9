//! wss, with a certificate that no system knows.

use std::io::{Read, Write};

use crate::odd::{CERTIFICATE, CERTIFICATE_OF_AN_ISSUER, EXPIRED_CERTIFICATE, Odd};
use crate::support::Sandbox;

#[test]
fn a_certificate_of_a_file_is_trusted() {
    for certificate in [CERTIFICATE, CERTIFICATE_OF_AN_ISSUER] {
        let server = Odd::tls(certificate);
        let url = format!("wss://localhost:{}/socket", server.port);
        let args = ["connect", &url, "room:1", "--cacert", certificate];
        let ran = Sandbox::new().ok(&args);
        ran.prints("  room:1 phx_reply ok {}");
        server.end();
    }
}

#[test]
fn a_certificate_of_a_file_is_trusted_for_its_host_alone() {
    for certificate in [CERTIFICATE, CERTIFICATE_OF_AN_ISSUER] {
        let server = Odd::tls(certificate);
        let url = format!("wss://127.0.0.1:{}/socket", server.port);
        let ran = Sandbox::new().run(&["connect", &url, "room:1", "--cacert", certificate]);
        let help = "help: the file for --cacert has to hold the server's certificate, or that of its issuer, for this host\n";
        assert!(ran.stderr.ends_with(help), "{}", ran.stderr);
        assert_eq!(ran.code, Some(1));
        server.end();
    }
}

#[test]
fn another_certificate_of_an_issuer_is_not_trusted() {
    let server = Odd::tls(CERTIFICATE_OF_AN_ISSUER);
    let url = format!("wss://localhost:{}/socket", server.port);
    let ran = Sandbox::new().run(&["connect", &url, "room:1", "--cacert", CERTIFICATE]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    server.end();
}

#[test]
fn an_expired_certificate_is_not_trusted() {
    let server = Odd::tls(EXPIRED_CERTIFICATE);
    let url = format!("wss://localhost:{}/socket", server.port);
    let ran = Sandbox::new().run(&["connect", &url, "room:1", "--cacert", EXPIRED_CERTIFICATE]);
    assert!(ran.stderr.contains("certificate expired"), "{}", ran.stderr);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    server.end();
}

#[test]
fn an_unknown_certificate_is_refused_with_the_way_out() {
    let server = Odd::tls(CERTIFICATE);
    let url = format!("wss://localhost:{}/socket", server.port);
    let ran = Sandbox::new().run(&["connect", &url, "room:1"]);
    let error = format!(
        "error: no TLS connection to localhost:{}: invalid peer certificate: ",
        server.port
    );
    assert!(ran.stderr.starts_with(&error), "{}", ran.stderr);
    let help = "help: to trust a certificate that the system does not know: --cacert FILE\n";
    assert!(ran.stderr.ends_with(help), "{}", ran.stderr);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    server.end();
}

#[test]
fn a_server_without_tls_is_named() {
    let server = Odd::start(|mut tcp| {
        // The first byte of TLS is enough for a server that expects a request.
        tcp.read_exact(&mut [0]).expect("the client sends");
        let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        tcp.write_all(answer).expect("the client reads");
    });
    let url = format!("wss://localhost:{}/socket", server.port);
    let ran = Sandbox::new().run(&["connect", &url]);
    assert_eq!(ran.code, Some(1));
    let help = "help: without TLS, the URL starts with ws://\n";
    assert!(ran.stderr.ends_with(help), "{}", ran.stderr);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let server = Odd::start(drop);
    let url = format!("wss://localhost:{}/socket", server.port);
    let ran = Sandbox::new().run(&["connect", &url, "--cacert", "nope.pem"]);
    assert!(
        ran.stderr.starts_with("error: `nope.pem` cannot be read: "),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.code, Some(1));
    server.end();
}
