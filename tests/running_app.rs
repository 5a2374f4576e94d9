//! The binary of a generated app: settings, origins, shutdown.
//!
//! Ignored by default: compiles an app. `cargo test -- --ignored` runs them.

mod support;

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
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
        let lib = sandbox.read("my_app/src/lib.rs");
        let end = "    Ok(axum_channels::serve(";
        let log = r#"    tracing::debug!(target: "my_pool::query", "SELECT 1");
    tracing::info!(target: "my_pool::query", "connected");
    tracing::debug!("the app's own");
"#;
        assert!(lib.contains(end));
        let lib = lib.replace(end, &format!("{log}{end}"));
        sandbox.write("my_app/src/lib.rs", &lib);
        let endpoint = with_metrics(&sandbox.read("my_app/src/endpoint.rs"));
        sandbox.write("my_app/src/endpoint.rs", &endpoint);
        app::cargo(&sandbox.path().join("my_app"), &["build"]);
        // Other tests build apps with the same name in the same folder.
        let binary = app::target().join("debug/my_app");
        std::fs::copy(binary, sandbox.path().join("binary")).expect("it is copied");
        sandbox
    });
    (sandbox.path().join("my_app"), sandbox.path().join("binary"))
}

/// Returns the routes of an app with the one for metrics that docs/deployment.md has.
fn with_metrics(endpoint: &str) -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deployment.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let (_, section) = page.split_once("\n## Metrics\n").expect("a section");
    let (before, section) = section.split_once("\n```rust\n").expect("code");
    let (code, _) = section.split_once("\n```\n").expect("its end");
    let route = before.split('`').find(|text| text.starts_with(".route("));
    let (route, ready) = (route.expect("a line"), ".route(\"/ready\", get(ready))");
    assert!(endpoint.contains(ready));
    let endpoint = endpoint.replace(ready, &format!("{ready}\n        {route}"));
    format!("{endpoint}\n{code}\n")
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
    let origins =
        format!("ORIGINS is invalid: `example.com` is not an origin: it has no scheme; {origins}");
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
            "HOST is invalid: `example.com:8443` is not a public URL: it has no scheme; \
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
        "SHUTDOWN_DELAY",
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
fn the_documented_route_has_the_metrics_of_the_endpoint() {
    let server = start(&[]);
    let (status, _socket) = server.upgrade("localhost", "http://localhost");
    assert_eq!(status, "101");
    let response = server.get("/metrics");
    let (_, metrics) = response.split_once("\r\n\r\n").expect("a body");
    assert_eq!(
        metrics,
        "connections 1\nsubscriptions 0\nengine_connected 0\nmessages_lost_total 0\n"
    );
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

#[test]
#[ignore = "compiles a generated app"]
fn until_the_delay_of_a_shutdown_is_over_only_readiness_changes() {
    let mut server = start(&[("SHUTDOWN_DELAY", "600")]);
    assert_eq!(server.status("/ready"), "200");

    server.terminate();
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.status("/ready") != "503" {
        assert!(Instant::now() < deadline, "it is still ready");
    }

    for path in ["/up", "/", "/assets/js/app.js"] {
        assert_eq!(server.status(path), "200", "{path}");
    }
    assert_eq!(server.upgrade("localhost", "http://localhost").0, "101");
    server.terminate();
    let status = server.ends_within(Duration::from_secs(10));
    assert_eq!(status.code(), Some(143));
}

#[test]
#[ignore = "compiles a generated app"]
fn a_host_with_a_path_is_the_address_of_the_app_and_its_pages_may_connect() {
    let server = start(&[("HOST", "https://chat.example/chat")]);

    assert_eq!(server.url, "https://chat.example/chat");
    for (path, expected) in [("/", "200"), ("/chat/", "200"), ("/other/", "404")] {
        assert_eq!(server.status(path), expected, "{path}");
    }
    for (origin, expected) in [
        ("https://chat.example", "101"),
        ("https://evil.example", "403"),
    ] {
        let (status, _) = server.upgrade("chat.example", origin);
        assert_eq!(status, expected, "{origin}");
    }
}

/// Paths that are requested in the tests of the log: a health check, a readiness check, a file of the page, and another.
const PATHS: [&str; 4] = ["/up", "/ready", "/assets/css/app.css", "/nowhere"];

/// Returns the next line of the log that is of a request, without its duration, which is checked.
fn request_line(server: &Server) -> String {
    let line = server.log_line(" sent ");
    let split = line.split_once(" in ");
    let (request, duration) = split.unwrap_or_else(|| panic!("it has no duration: {line}"));
    let number = duration.trim_end_matches(|unit: char| unit.is_alphabetic());
    assert!(number.parse::<u64>().is_ok(), "{line}");
    request.to_owned()
}

#[test]
#[ignore = "compiles a generated app"]
fn each_request_is_a_line_of_the_log_and_those_of_checks_and_files_are_at_trace() {
    let server = start(&[]);
    PATHS.iter().for_each(|path| drop(server.get(path)));
    assert_eq!(request_line(&server), "[info] GET /nowhere sent 404");

    server.get("/\u{9b}31m\u{202e}é");
    let escaped = r"[info] GET /\u{9b}31m\u{202e}\u{e9} sent 404";
    assert_eq!(request_line(&server), escaped);

    // Collectors of logs split a line of 16 KiB or more, and would show the rest as another one.
    let long = "A".repeat(30_000);
    let _connection = server.send(&format!(
        "{long} /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    ));
    let cut = &long[..4096];
    let expected = format!("[info] {cut}... /{}... sent 404", &cut[1..]);
    assert!(request_line(&server) == expected, "it is not cut");

    let server = start(&[("RUST_LOG", "my_app=trace")]);
    PATHS.iter().for_each(|path| drop(server.get(path)));
    let lines = PATHS.map(|_| request_line(&server));
    assert_eq!(
        lines,
        [
            "[trace] GET /up sent 200",
            "[trace] GET /ready sent 200",
            "[trace] GET /assets/css/app.css sent 200",
            "[info] GET /nowhere sent 404",
        ]
    );

    let server = start(&[("RUST_LOG", "warn,my_app=info"), ("LOG_FORMAT", "text")]);
    server.get("/nowhere?token=secret");
    let line = request_line(&server);
    let (time, rest) = line.split_once(' ').expect("it has the time");
    assert!(time.starts_with("20") && time.ends_with('Z'), "{line}");
    assert_eq!(rest, "[info] GET /nowhere sent 404");
}

#[test]
#[ignore = "compiles a generated app"]
fn lines_of_dependencies_are_at_info_and_name_their_module() {
    let server = start(&[]);
    let line = server.log_line("my_pool");
    assert_eq!(line, "[info] my_pool::query: connected");
    let line = server.log_line("own");
    assert_eq!(line, "[debug] the app's own");

    let server = start(&[("RUST_LOG", "debug"), ("LOG_FORMAT", "text")]);
    let line = server.log_line("SELECT");
    assert!(
        line.ends_with("Z [debug] my_pool::query: SELECT 1"),
        "{line}"
    );
}

#[test]
#[ignore = "compiles a generated app"]
fn requests_and_channels_are_objects_in_a_log_of_json() {
    let server = start(&[("LOG_FORMAT", "json")]);
    server.get("/nowhere");
    let (_, mut socket) = server.upgrade("localhost", "http://localhost");
    let join = br#"["1","1","user:lobby","phx_join",{}]"#;
    let push = br#"["1","2","user:lobby","ping",{}]"#;
    for text in [&join[..], push] {
        let head = [0x81, 0x80 | text.len() as u8, 0, 0, 0, 0]; // masked by zeros
        let frame = [&head[..], text].concat();
        socket.write_all(&frame).expect("it is sent");
    }

    let objects = ["GET /nowhere", "CONNECTED TO", "JOINED", "HANDLED"];
    let objects = objects.map(|part| {
        let line = server.log_line(part);
        let mut object: Value = serde_json::from_str(&line).expect("it is JSON");
        for (name, value) in object.as_object_mut().expect("an object") {
            // Values that differ from run to run.
            if name.ends_with("_us") {
                assert!(value.is_u64(), "{line}");
                *value = json!("a number");
            }
            let text = value.as_str().unwrap_or_default();
            if let Some((request, _)) = text.split_once(" in ") {
                *value = json!(format!("{request} in a number"));
            } else if name == "timestamp" {
                assert!(text.ends_with('Z'), "{line}");
                *value = json!("the time");
            }
        }
        object
    });
    let (socket, channel) = (
        "my_app::channels::user_socket::UserSocket",
        "my_app::channels::user_channel::UserChannel",
    );
    assert_eq!(
        objects,
        [
            json!({
                "timestamp": "the time", "level": "INFO", "target": "my_app::log",
                "message": "GET /nowhere sent 404 in a number", "method": "GET", "path": "/nowhere", "status": 404,
                "duration_us": "a number",
            }),
            json!({
                "timestamp": "the time", "level": "INFO", "target": "axum_channels", "message": "CONNECTED TO",
                "socket": socket, "duration_us": "a number", "transport": "websocket", "serializer": "V2 JSON",
                "params": "{\"vsn\": \"2.0.0\"}",
            }),
            json!({
                "timestamp": "the time", "level": "INFO", "target": "axum_channels", "message": "JOINED",
                "topic": "user:lobby", "channel": channel, "socket": socket, "duration_us": "a number",
                "params": "{}",
            }),
            json!({
                "timestamp": "the time", "level": "DEBUG", "target": "axum_channels", "message": "HANDLED",
                "event": "ping", "topic": "user:lobby", "channel": channel, "socket": socket,
                "duration_us": "a number", "params": "{}",
            }),
        ]
    );
}
