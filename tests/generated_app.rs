//! Builds of generated apps: no warnings, formatted, tests pass.
//!
//! Ignored by default: each test compiles an app with its dependencies. `cargo test -- --ignored` runs them.

mod support;

use support::Sandbox;
use support::app::{self, cargo, full};

#[track_caller]
fn is_sound(sandbox: &Sandbox) {
    let folder = sandbox.path().join("my_app");
    cargo(&folder, &["fmt", "--check"]);
    cargo(
        &folder,
        &["clippy", "--all-targets", "--", "-D", "warnings"],
    );
    let tests = cargo(&folder, &["test"]);
    assert!(
        tests.contains("test the_server_runs_until_it_is_shut_down ... ok"),
        "{tests}"
    );
}

#[test]
#[ignore = "compiles a generated app"]
fn with_everything_is_sound() {
    let sandbox = full();
    is_sound(&sandbox);

    let tests = cargo(
        &sandbox.path().join("my_app"),
        &["test", "--test", "admin_room_channel"],
    );
    assert!(tests.contains("test result: ok. 3 passed;"), "{tests}");
}

/// A pool in the state of an app: a field, its asynchronous constructor, and its type.
fn add_pool(sandbox: &Sandbox) {
    let path = "my_app/src/state.rs";
    let edits = [
        ("    pub config: Arc<Config>,\n", "    pub pool: Pool,\n"),
        (
            "        Ok(Self {\n",
            "            pool: Pool::connect(config.port).await?,\n",
        ),
    ];
    let mut state = sandbox.read(path);
    for (line, more) in edits {
        assert_eq!(state.matches(line).count(), 1, "{state}");
        state = state.replace(line, &format!("{line}{more}"));
    }
    sandbox.write(path, &(state + POOL));
}

const POOL: &str = "
/// Connections to a database.
#[derive(Debug, Clone)]
pub struct Pool {
    pub of_port: Arc<u16>,
}

impl Pool {
    async fn connect(port: u16) -> Result<Self, std::io::Error> {
        let connected = tokio::spawn(async move { Arc::new(port) });
        let of_port = connected.await?;
        Ok(Self { of_port })
    }
}
";

/// A test of the app: all parts reach the same pool.
const POOL_TEST: &str = "//! Tests of the pool.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::Request;
use axum::routing::get;
use axum_channels::testing::connect_as;
use axum_channels::{
    Channel, Channels, ConnectInfo, Params, Payload, Refused, Result, Socket, SocketHandler, Topic,
};
use my_app::endpoint::endpoint;
use my_app::state::App;
use serde_json::json;
use std::sync::Arc;
use tower::ServiceExt;

struct Visitor;

impl SocketHandler for Visitor {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Counter>(\"counter\");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Err(Refused::new(\"only tests connect\").into())
    }
}

struct Counter;

impl Channel for Counter {
    async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
        let pool = &socket.state::<App>().pool;
        socket.push(\"count\", json!({\"count\": Arc::strong_count(&pool.of_port)}));
        Ok(Self)
    }
}

#[tokio::test]
async fn all_parts_reach_the_same_pool() {
    let app = App::for_tests().await;
    let endpoint = endpoint(&app);

    let mut counter = connect_as(&endpoint, Visitor)
        .await
        .join(\"counter\", json!({}))
        .await;
    let pushed = counter.next_push(\"count\").await.to_value();
    let show = async |State(app): State<App>| Arc::strong_count(&app.pool.of_port).to_string();
    let router = Router::new()
        .route(\"/\", get(show))
        .with_state(endpoint.clone());
    let request = Request::get(\"/\").body(Body::empty()).expect(\"valid\");
    let response = router.oneshot(request).await.expect(\"infallible\");
    let shown = to_bytes(response.into_body(), 100).await.expect(\"short\");

    // One in `app`, one in the endpoint, and one in the handler.
    assert_eq!(pushed[\"count\"], 2);
    assert_eq!(&*shown, b\"3\");
}
";

#[test]
#[ignore = "compiles a generated app"]
fn a_pool_is_added_in_one_file_and_generators_before_and_after_it_are_sound() {
    let sandbox = Sandbox::with_app().after(&[
        &["gen", "channel", "User", "--yes"],
        &["gen", "presence"],
        &["gen", "auth"],
    ]);

    add_pool(&sandbox);
    sandbox.write("my_app/tests/pool.rs", POOL_TEST);
    let sandbox = sandbox.after(&[
        &["gen", "channel", "Room"],
        &["gen", "presence", "Room"],
        &["gen", "channel", "Inbox", "--per-user"],
        &["gen", "auth", "--socket", "Device", "--yes"],
        &["gen", "channel", "Sensor", "--socket", "Device"],
    ]);

    for channel in ["room", "inbox"] {
        let path = format!("my_app/src/channels/{channel}_channel.rs");
        let accepts = "        Ok(Self)\n";
        let source = sandbox.read(&path);
        assert_eq!(source.matches(accepts).count(), 1, "{source}");
        let reads = "        let _pool = &socket.state::<crate::state::App>().pool;\n";
        sandbox.write(
            &path,
            &source.replace(accepts, &format!("{reads}{accepts}")),
        );
    }

    is_sound(&sandbox);
    let tests = cargo(
        &sandbox.path().join("my_app"),
        &["test", "--test", "pool", "--test", "room_channel"],
    );
    assert!(
        tests.contains("test all_parts_reach_the_same_pool ... ok"),
        "{tests}"
    );
}

/// A name from the socket handler, and the users of a database, in place of the generated ones.
#[test]
#[ignore = "compiles a generated app"]
fn tests_pass_when_names_come_from_the_handler_and_users_from_the_state() {
    let sandbox = Sandbox::with_app().after(&[
        &["gen", "channel", "User", "--yes"],
        &["gen", "auth"],
        &["gen", "presence"],
    ]);
    let edits = [
        (
            "my_app/src/channels/presence.rs",
            "    let id = socket.id().unwrap_or(\"guest\");\n    id.split_once(':').map_or(id, |(_, name)| name)\n",
            "    &socket.handler::<super::user_socket::UserSocket>().user\n",
        ),
        (
            "my_app/src/auth.rs",
            "    let token = info.auth_token().unwrap_or_default();\n",
            "    let _app = info.state::<crate::state::App>();\n    let token = info.auth_token().unwrap_or_default();\n",
        ),
        (
            "my_app/src/auth.rs",
            "    let known = user_of_old_token(&parts.headers, endpoint);\n",
            "    let State(_app) = State::<crate::state::App>::from_request_parts(parts, endpoint)\n        .await\n        .ok()?;\n    \
             let known = user_of_old_token(&parts.headers, endpoint);\n",
        ),
    ];
    for (path, before, after) in edits {
        let source = sandbox.read(path);
        assert_eq!(source.matches(before).count(), 1, "{source}");
        sandbox.write(path, &source.replace(before, after));
    }

    is_sound(&sandbox);
}

#[test]
#[ignore = "compiles a generated app"]
fn topics_per_user_before_there_are_tokens_are_sound() {
    is_sound(&Sandbox::with_app().after(&[
        &["gen", "channel", "Inbox", "--per-user", "--yes"],
        &["gen", "presence", "--channel", "Inbox"],
    ]));
}

#[test]
#[ignore = "compiles a generated app"]
fn with_a_sign_in_page_is_sound() {
    let sandbox = Sandbox::with_app().after(&[
        &["gen", "auth", "--sign-in", "--yes"],
        &["gen", "channel", "Inbox", "--per-user"],
        &["gen", "presence", "--channel", "Inbox"],
    ]);

    is_sound(&sandbox);
}

#[test]
#[ignore = "compiles a generated app"]
fn with_a_sign_in_page_beside_a_module_auth_of_its_own_is_sound() {
    let sandbox = Sandbox::with_app();
    sandbox.write("my_app/src/auth.rs", "//! Not of a generator.\n");
    let modules = sandbox.read("my_app/src/lib.rs");
    let modules = modules.replace("pub mod assets;\n", "pub mod assets;\npub mod auth;\n");
    sandbox.write("my_app/src/lib.rs", &modules);

    is_sound(&sandbox.after(&[
        &["gen", "auth", "--sign-in", "--yes"],
        &["gen", "channel", "Inbox", "--per-user", "--yes"],
    ]));
}

#[test]
#[ignore = "compiles a generated app"]
fn only_tests_have_the_clients_of_tests() {
    let sandbox = Sandbox::with_app();
    let folder = sandbox.path().join("my_app");
    let features = |edges| cargo(&folder, &["tree", "--edges", edges]);
    let testing = "axum-channels feature \"testing\"";
    assert!(features("normal,dev,features").contains(testing));
    assert!(!features("normal,build,features").contains(testing));
    cargo(&folder, &["check"]); // without warnings
}

#[test]
#[ignore = "compiles a generated app"]
fn without_a_socket_is_sound() {
    let sandbox = Sandbox::with_app();
    is_sound(&sandbox);
    sandbox
        .answer(&["gen", "channel", "User"], "n\n")
        .succeeded();
    is_sound(&sandbox);

    let tests = cargo(
        &sandbox.path().join("my_app"),
        &["test", "--test", "user_channel"],
    );
    assert!(tests.contains("test result: ok. 3 passed;"), "{tests}");
}

#[test]
#[ignore = "compiles a generated app"]
fn with_a_lonely_socket_is_sound() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "socket", "Device"]);
    is_sound(&sandbox);
}

#[test]
#[ignore = "compiles a generated app"]
fn with_tokens_from_the_start_is_sound() {
    let sandbox = Sandbox::with_app();
    for args in [
        &["gen", "auth", "--yes"][..],
        &["gen", "channel", "User"],
        &["gen", "presence"],
    ] {
        sandbox.ok(args);
    }
    is_sound(&sandbox);
}

#[test]
#[ignore = "compiles a generated app"]
fn with_long_names_is_sound() {
    let sandbox = Sandbox::with_app();
    for args in [
        &["gen", "channel", "NotificationPreferences", "--yes"][..],
        &[
            "gen",
            "channel",
            "Accounting.MonthlyStatementReconciliation",
        ],
        &["gen", "channel", "X"],
        &["gen", "channel", "X", "--history"],
        &[
            "gen",
            "channel",
            "Accounting.MonthlyStatementReconciliation",
            "--history",
        ],
        &["gen", "socket", "WarehouseTemperatureTelemetry"],
    ] {
        sandbox.ok(args);
    }
    is_sound(&sandbox);
}

#[test]
#[ignore = "compiles a generated app"]
fn in_somebodys_workspace_is_sound() {
    let sandbox = Sandbox::new();
    sandbox.write("Cargo.toml", "[workspace]\nmembers = [\"other\"]\n");
    sandbox.write("other/Cargo.toml", "[package]\nname = \"other\"\n");
    sandbox.write("other/src/lib.rs", "");
    sandbox.ok(&[
        "new",
        "my_app",
        "--channel",
        "User",
        "--no-git",
        "--no-install",
    ]);
    is_sound(&sandbox);
}

#[test]
#[ignore = "compiles a generated app, needs npm"]
fn a_release_needs_its_secret_and_a_port_that_is_one() {
    let sandbox = Sandbox::with_app();
    let folder = sandbox.path().join("my_app");
    app::npm(&["install", "--prefix", "assets"], &folder);
    cargo(&folder, &["build", "--release"]);
    let binary = app::target().join("release/my_app");
    let start = |name: &str, value: &str| {
        let mut command = std::process::Command::new(&binary);
        command
            .env_remove("SECRET_KEY_BASE")
            .env(name, value)
            .current_dir(&folder);
        let ran = support::finish(command, "");
        (ran.code, ran.stderr)
    };

    assert_eq!(
        start("PORT", "0"),
        (
            Some(1),
            "error: SECRET_KEY_BASE is not set, and a release needs a value: `openssl rand -hex 64` makes one for it\n"
                .to_owned()
        )
    );
    assert_eq!(
        start("PORT", "http"),
        (
            Some(1),
            "error: PORT is `http`: expected a number from 0 to 65535, such as 4000\n".to_owned()
        )
    );
}
