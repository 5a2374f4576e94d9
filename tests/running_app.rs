//! The binary of a generated app: settings, origins, shutdown.
//!
//! Ignored by default: compiles an app. `cargo test -- --ignored` runs them.

mod support;

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use support::server::Server;
use support::{Sandbox, app};

/// An app with an open socket and with tokens, built once for all tests here: its folder and its binary.
fn built() -> (PathBuf, PathBuf) {
    static APP: OnceLock<Sandbox> = OnceLock::new();
    let sandbox = APP.get_or_init(|| {
        let commands: [&[&str]; 2] = [
            &["gen", "channel", "User", "--yes"],
            &["gen", "auth", "--socket", "Device", "--yes"],
        ];
        let sandbox = Sandbox::with_app().after(&commands);
        app::cargo(&sandbox.path().join("my_app"), &["build"]);
        // Other tests build apps with the same name in the same folder.
        let binary = app::target().join("debug/my_app");
        std::fs::copy(binary, sandbox.path().join("binary")).expect("it is copied");
        sandbox
    });
    (sandbox.path().join("my_app"), sandbox.path().join("binary"))
}

fn start(variables: &[(&str, &str)]) -> Server {
    let (folder, binary) = built();
    Server::start(&binary, &folder, variables)
}

#[test]
#[ignore = "compiles a generated app"]
fn a_wrong_setting_ends_the_start_with_one_sentence() {
    let (folder, binary) = built();
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = taken.local_addr().expect("it has one").port().to_string();
    let another_program = format!(
        "PORT is `{port}`: another program uses this port on 127.0.0.1: stop it, or choose another port"
    );
    let origins = "expected one such as `https://example.com`, `//example.com` (any scheme and port) or \
                   `//*.example.com` (subdomains, too); or `null`, `file://`, `*`";
    let origins = format!(
        "ORIGINS is `example.com`: `example.com` is not an origin: it has no scheme; {origins}"
    );
    for (variable, value, expected) in [
        (
            "PORT",
            "http",
            "PORT is `http`: expected a number from 0 to 65535, such as 4000",
        ),
        ("PORT", &port, &another_program),
        (
            "IP",
            "192.0.2.1",
            "IP is `192.0.2.1`: this machine does not have this address: use 127.0.0.1, or 0.0.0.0 for all of its addresses",
        ),
        (
            "IP",
            "localhost",
            "IP is `localhost`: expected an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them",
        ),
        (
            "HOST",
            "example.com:8443",
            "HOST is `example.com:8443`: `example.com:8443` is not a public URL: it has no scheme; \
             expected one such as `https://chat.example.com:8443`",
        ),
        ("ORIGINS", "example.com", &origins),
        (
            "SECRET_KEY_BASE",
            "short",
            "SECRET_KEY_BASE has 5 bytes and needs 64 or more: `openssl rand -hex 64` makes one for it",
        ),
        (
            "ASSETS",
            "/nowhere",
            "ASSETS is `/nowhere`, which has no index.html: set it to the app's folder `assets`",
        ),
    ] {
        let mut command = Command::new(&binary);
        command
            .current_dir(&folder)
            .env("PORT", "0")
            .env(variable, value);
        let ran = support::finish(command, "");

        let expected = (Some(1), format!("error: {expected}\n"));
        assert_eq!((ran.code, ran.stderr), expected, "{variable}={value}");
    }
}

#[test]
#[ignore = "compiles a generated app"]
fn empty_variables_are_unset_ones_and_the_working_folder_stays_private() {
    let sandbox = Sandbox::new();
    sandbox.write(".env", "PASSWORD=hunter2");
    let (_, binary) = built();
    let names = [
        "HOST",
        "IP",
        "ORIGINS",
        "PROXIES",
        "SECRET_KEY_BASE",
        "ASSETS",
    ];
    let empty = names.map(|name| (name, ""));

    let server = Server::start(&binary, sandbox.path(), &empty);

    assert_eq!(server.url, format!("http://localhost:{}", server.port));
    assert!(server.get("/").starts_with("HTTP/1.1 200 "));
    for path in ["/assets/.env", "/assets/js/../../.env", "/.env"] {
        let response = server.get(path);
        assert!(response.starts_with("HTTP/1.1 404 "), "{path}: {response}");
    }
}

#[test]
#[ignore = "compiles a generated app"]
fn pages_of_host_may_connect_whatever_host_the_request_names() {
    let server = start(&[("HOST", "https://chat.example")]);
    assert_eq!(server.url, "https://chat.example");

    for (host, origin, expected) in [
        // By default, a proxy such as nginx sends the name of its upstream.
        ("127.0.0.1:4000", "https://chat.example", "101"),
        ("chat.example", "https://chat.example", "101"),
        ("chat.example", "http://localhost:4000", "403"),
        ("evil.example", "http://evil.example", "403"),
        ("evil.example", "null", "403"),
    ] {
        assert_eq!(server.upgrade(host, origin).0, expected, "{host} {origin}");
    }
}

#[test]
#[ignore = "compiles a generated app"]
fn without_a_host_pages_of_this_machine_may_connect_and_a_refusal_names_the_variable() {
    let server = start(&[]);

    for origin in [
        "http://localhost:4000",
        "http://127.0.0.1",
        "http://[::1]:8080",
    ] {
        assert_eq!(server.upgrade("localhost", origin).0, "101", "{origin}");
    }
    let refused = server.upgrade("evil.example", "http://evil.example").0;

    assert_eq!(refused, "403");
    let shown = ["Origin of the request:", "Allowed:", "To allow it:"];
    let shown = shown.map(|part| server.log_line(part).trim().to_owned());
    assert_eq!(
        shown,
        [
            "Origin of the request: http://evil.example",
            "Allowed: pages of `localhost`",
            "To allow it: change the variable `HOST`",
        ]
    );
}

#[test]
#[ignore = "compiles a generated app"]
fn half_sent_requests_do_not_hold_up_sigterm() {
    for half in [
        "",
        "GET / HTTP/1.1\r\nHost: localhost\r\n",
        "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /assets/js/app.js HTT",
    ] {
        let mut server = start(&[]);
        let held = server.send(half);
        server.get("/");

        server.terminate();

        let status = server.ends_within(Duration::from_secs(10));
        assert_eq!(status.code(), Some(0), "{half:?}");
        drop(held);
    }
}

#[test]
#[ignore = "compiles a generated app"]
fn a_client_that_does_not_leave_is_waited_for_and_no_longer_after_a_second_signal() {
    let mut server = start(&[]);
    let (status, _silent) = server.upgrade("localhost", "http://localhost");
    assert_eq!(status, "101");

    server.terminate();
    server.stops_listening();
    server.terminate();

    // Otherwise, the server waits for 5 seconds and the exit code is 0.
    let status = server.ends_within(Duration::from_secs(4));
    assert_eq!(status.code(), Some(143));
}
