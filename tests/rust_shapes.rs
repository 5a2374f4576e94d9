//! Existing Rust crates: the changes of `gen` compile and pass their tests.

mod support;

use std::path::Path;

use support::Sandbox;
use support::app::cargo;
use support::taken_back::{by_destroy, by_undo};

/// A crate: files below `my_app`, in which `LIBRARY` stands for the path of the library.
struct Shape {
    files: &'static [(&'static str, &'static str)],
    /// Report of the first run.
    report: &'static str,
    /// Whole files after both runs.
    after: &'static [(&'static str, &'static str)],
}

/// A channel with a socket, and a presence in it.
const COMMANDS: [&[&str]; 2] = [
    &["gen", "channel", "Zebra", "--yes"],
    &["gen", "presence", "--channel", "Zebra"],
];

const CARGO: &str = r#"[package]
name = "shop"
version = "0.1.0"
edition = "2024"

[dependencies]
axum-channels = { path = "LIBRARY" }
serde_json = "1"
tokio = { version = "1", features = ["macros", "rt"] }

[dev-dependencies]
axum-channels = { path = "LIBRARY", features = ["testing"] }
"#;

const ENDPOINT: &str = "\
use axum_channels::Endpoint;

pub fn sockets() -> Endpoint {
    Endpoint::builder()
        .state(\"what all of the sockets and channels share\")
        .build()
}
";

const MOUNTED: &str = "\
use axum_channels::Endpoint;

use crate::channels::user_socket::UserSocket;

pub fn sockets() -> Endpoint {
    Endpoint::builder()
        .socket::<UserSocket>(\"/socket\")
        .state(\"what all of the sockets and channels share\")
        .build()
}
";

const MODULES: &str = "\
//! Channels and sockets.

pub mod presence;
pub mod user_socket;
pub mod zebra_channel;
";

const PROGRAM: Shape = Shape {
    files: &[
        ("Cargo.toml", CARGO),
        ("src/endpoint.rs", ENDPOINT),
        (
            "src/main.rs",
            "mod endpoint;\n\nfn main() {\n    let _router: axum_channels::Endpoint = endpoint::sockets();\n}\n",
        ),
    ],
    report: "\
* creating src/channels/zebra_channel.rs
* creating src/channels/zebra_channel/tests.rs

The default socket handler - shop::channels::UserSocket - was not found.
* creating src/channels/user_socket.rs
* injecting src/main.rs
* creating src/channels/mod.rs
* injecting src/endpoint.rs

Start or restart the app with `cargo run`
",
    after: &[
        (
            "src/main.rs",
            "mod channels;\nmod endpoint;\n\nfn main() {\n    let _router: axum_channels::Endpoint = endpoint::sockets();\n}\n",
        ),
        ("src/endpoint.rs", MOUNTED),
        ("src/channels/mod.rs", MODULES),
    ],
};

const MODULES_BESIDE_THEIR_FOLDER: Shape = Shape {
    files: &[
        ("Cargo.toml", CARGO),
        ("src/endpoint/mod.rs", ENDPOINT),
        ("src/channels.rs", "//! Ours.\n"),
        ("src/lib.rs", "pub mod channels;\npub mod endpoint;\n"),
    ],
    report: "\
* creating src/channels/zebra_channel.rs
* creating tests/zebra_channel.rs

The default socket handler - shop::channels::UserSocket - was not found.
* creating src/channels/user_socket.rs
* injecting src/channels.rs
* injecting src/endpoint/mod.rs

Start or restart the app
",
    after: &[
        (
            "src/channels.rs",
            "//! Ours.\n\npub mod presence;\npub mod user_socket;\npub mod zebra_channel;\n",
        ),
        ("src/endpoint/mod.rs", MOUNTED),
    ],
};

const LIBRARY_ELSEWHERE: Shape = Shape {
    files: &[
        (
            "Cargo.toml",
            r#"[package]
name = "shop"
version = "0.1.0"
edition = "2024"

[lib]
name = "shop_core"
path = "source/core.rs"

[dependencies]
chan = { package = "axum-channels", path = "LIBRARY" }
serde_json = "1"
tokio = { version = "1", features = ["macros", "rt"] }

[dev-dependencies]
chan = { package = "axum-channels", path = "LIBRARY", features = ["testing"] }
"#,
        ),
        (
            "source/web/sockets.rs",
            "use chan::Endpoint as Sockets;\n\npub fn sockets() -> Sockets {\n    Sockets::builder()\n        .state(\"what all of the sockets and channels share\")\n        .build()\n}\n",
        ),
        ("source/web.rs", "pub mod sockets;\n"),
        ("source/core.rs", "pub mod web;\n"),
    ],
    report: "\
* creating source/channels/zebra_channel.rs
* creating tests/zebra_channel.rs

The default socket handler - shop_core::channels::UserSocket - was not found.
* creating source/channels/user_socket.rs
* injecting source/core.rs
* creating source/channels/mod.rs
* injecting source/web/sockets.rs

Start or restart the app
",
    after: &[
        ("source/core.rs", "pub mod channels;\npub mod web;\n"),
        ("source/channels/mod.rs", MODULES),
        (
            "source/web/sockets.rs",
            "use chan::Endpoint as Sockets;\n\nuse crate::channels::user_socket::UserSocket;\n\npub fn sockets() -> Sockets {\n    \
             Sockets::builder()\n        .socket::<UserSocket>(\"/socket\")\n        .state(\"what all of the sockets and channels share\")\n        .build()\n}\n",
        ),
    ],
};

const MEMBER_OF_A_WORKSPACE: Shape = Shape {
    files: &[
        (
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"] # all\n",
        ),
        (
            "crates/core/Cargo.toml",
            "[package]\nname = \"bits\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        ),
        ("crates/core/src/lib.rs", "//! Bits.\n"),
        ("crates/shop/Cargo.toml", CARGO),
        ("crates/shop/src/endpoint.rs", ENDPOINT),
        ("crates/shop/src/lib.rs", "pub mod endpoint;\n"),
        ("crates/shop/src/main.rs", "fn main() {}\n"),
    ],
    report: "\
* creating crates/shop/src/channels/zebra_channel.rs
* creating crates/shop/tests/zebra_channel.rs

The default socket handler - shop::channels::UserSocket - was not found.
* creating crates/shop/src/channels/user_socket.rs
* injecting crates/shop/src/lib.rs
* creating crates/shop/src/channels/mod.rs
* injecting crates/shop/src/endpoint.rs

Start or restart the app with `cargo run -p shop`
",
    after: &[
        ("crates/shop/src/endpoint.rs", MOUNTED),
        ("crates/shop/src/channels/mod.rs", MODULES),
        (
            "crates/shop/src/lib.rs",
            "pub mod channels;\npub mod endpoint;\n",
        ),
    ],
};

/// A socket handler in its own file that is not mounted.
const SOCKET_ELSEWHERE: Shape = Shape {
    files: &[
        ("Cargo.toml", CARGO),
        ("src/endpoint.rs", ENDPOINT),
        ("src/lib.rs", "pub mod endpoint;\npub mod web;\n"),
        ("src/web/mod.rs", "pub mod sockets;\n"),
        (
            "src/web/sockets.rs",
            "use axum_channels::{Channels, ConnectInfo, Params, Result, SocketHandler as Handler};

pub struct UserSocket;

impl Handler for UserSocket {
    fn channels(_routes: &mut Channels<Self>) {}

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}
",
        ),
    ],
    report: "\
* creating src/channels/zebra_channel.rs
* creating tests/zebra_channel.rs
* injecting src/lib.rs
* creating src/channels/mod.rs
* injecting src/web/sockets.rs
* injecting src/endpoint.rs

Start or restart the app
",
    after: &[
        (
            "src/endpoint.rs",
            "use axum_channels::Endpoint;

use crate::web::sockets::UserSocket;

pub fn sockets() -> Endpoint {
    Endpoint::builder()
        .socket::<UserSocket>(\"/socket\")
        .state(\"what all of the sockets and channels share\")
        .build()
}
",
        ),
        (
            "src/web/sockets.rs",
            "use axum_channels::{Channels, ConnectInfo, Params, Result, SocketHandler as Handler};

use crate::channels::zebra_channel::ZebraChannel;

pub struct UserSocket;

impl Handler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<ZebraChannel>(\"zebra:*\");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}
",
        ),
    ],
};

/// An app of `new` before it had a state: `fn endpoint` takes the settings.
const OLDER_APP: Shape = Shape {
    files: &[
        (
            "Cargo.toml",
            r#"[package]
name = "shop"
version = "0.1.0"
edition = "2024"

[dependencies]
axum = { version = "0.8", default-features = false, features = ["http1", "tokio"] }
axum-channels = { path = "LIBRARY" }
serde_json = "1"
tokio = { version = "1", features = ["macros", "rt"] }
tracing = "0.1"

[dev-dependencies]
axum-channels = { path = "LIBRARY", features = ["testing"] }
"#,
        ),
        (
            "src/config.rs",
            "#[derive(Clone)]
pub struct Config {
    pub secret_key_base: String,
}

impl Config {
    pub fn for_tests() -> Self {
        Self {
            secret_key_base: \"s\".repeat(64),
        }
    }
}
",
        ),
        (
            "src/endpoint.rs",
            "use axum::Router;
use axum::middleware::map_response;
use axum::response::Response;
use axum_channels::Endpoint;

use crate::config::Config;

pub fn endpoint(config: &Config) -> Endpoint {
    Endpoint::builder().state(config.clone()).build()
}

pub fn router(endpoint: &Endpoint, _config: &Config) -> Router {
    Router::new()
        .merge(endpoint.router())
        .layer(map_response(secure))
}

async fn secure(response: Response) -> Response {
    response
}
",
        ),
        ("src/lib.rs", "pub mod config;\npub mod endpoint;\n"),
        (
            "tests/support/mod.rs",
            "//! Helpers for the tests of all channels.

use axum_channels::testing::{self, TestChannel};
use axum_channels::{Channel, Endpoint};

use shop::{config::Config, endpoint};

/// The endpoint of the app, with its sockets and routes. Clients join it in memory.
pub fn endpoint() -> Endpoint {
    endpoint::endpoint(&Config::for_tests())
}

/// A client in a topic. It connects and joins through the endpoint, as a browser does.
pub async fn join<C: Channel>(endpoint: &Endpoint, topic: &str) -> TestChannel {
    testing::join::<C>(endpoint, topic).await
}
",
        ),
    ],
    report: "\
* creating src/channels/zebra_channel.rs
* creating tests/zebra_channel.rs
* skipping tests/support/mod.rs

The default socket handler - shop::channels::UserSocket - was not found.
* creating src/channels/user_socket.rs
* injecting src/lib.rs
* creating src/channels/mod.rs
* injecting src/endpoint.rs

Start or restart the app, and open http://localhost:4000
",
    after: &[],
};

#[test]
#[ignore = "compiles a crate"]
fn an_app_made_before_apps_had_a_state_gets_tokens_and_more_channels() {
    let sandbox = generate(&OLDER_APP).after(&[
        &["gen", "auth"],
        &["gen", "channel", "Lion"],
        &["gen", "auth", "--socket", "Device", "--yes"],
    ]);
    let folder = sandbox.path().join("my_app");

    cargo(&folder, &["fmt", "--all", "--check"]);
    let tests = cargo(&folder, &["test", "--offline"]);

    assert!(tests.contains("other_sites_get_no_token ... ok"), "{tests}");
}

#[test]
#[ignore = "compiles a crate"]
fn an_app_made_before_apps_had_a_state_gets_a_sign_in_page() {
    let sandbox = generate(&OLDER_APP).after(&[&["gen", "auth", "--sign-in"]]);

    let tests = cargo(&sandbox.path().join("my_app"), &["test", "--offline"]);

    let passed = "a_user_that_signs_out_is_disconnected_and_stays_out ... ok";
    assert!(tests.contains(passed), "{tests}");
}

/// A crate that denies what strict crates deny. With these lints, too, what is generated compiles.
const STRICT: Shape = Shape {
    files: &[
        (
            "Cargo.toml",
            r#"[package]
name = "shop"
version = "0.1.0"
edition = "2024"

[dependencies]
axum = "0.8"
axum-channels = { path = "LIBRARY" }
serde_json = "1"
tokio = { version = "1", features = ["macros", "rt"] }

[dev-dependencies]
axum-channels = { path = "LIBRARY", features = ["testing"] }

[lints.rust]
elided_lifetimes_in_paths = "deny"
let_underscore_drop = "deny"
missing_copy_implementations = "deny"
missing_debug_implementations = "deny"
missing_docs = "deny"
rust_2018_idioms = { level = "deny", priority = -1 }
single_use_lifetimes = "deny"
trivial_casts = "deny"
trivial_numeric_casts = "deny"
unreachable_pub = "deny"
unsafe_code = "forbid"
unused_lifetimes = "deny"
unused_qualifications = "deny"

[lints.clippy]
expect_used = "deny"
unwrap_used = "deny"
"#,
        ),
        (
            "src/endpoint.rs",
            "//! The sockets.

use axum_channels::Endpoint;

/// Returns the endpoint.
pub fn sockets() -> Endpoint {
    Endpoint::builder()
        .state(\"what all of the sockets and channels share\")
        .build()
}
",
        ),
        ("src/lib.rs", "//! A shop.\n\npub mod endpoint;\n"),
    ],
    report: "",
    after: &[],
};

#[test]
#[ignore = "compiles a crate"]
fn what_is_made_in_a_crate_with_strict_lints_compiles() {
    for auth in [&["gen", "auth"][..], &["gen", "auth", "--sign-in"]] {
        let sandbox = sandbox(&STRICT).after(&[
            COMMANDS[0],
            COMMANDS[1],
            auth,
            &["gen", "channel", "Inbox", "--per-user"],
            &["gen", "channel", "News", "--history"],
            &["gen", "socket", "Device", "--longpoll"],
        ]);

        let clippy = ["clippy", "--offline", "--all-targets"];
        cargo(&sandbox.path().join("my_app"), &clippy);
    }
}

/// Nothing of a program can be reached by other crates: its lints name what is `pub`.
fn strict_program() -> Sandbox {
    let sandbox = sandbox(&STRICT);
    std::fs::remove_file(sandbox.path().join("my_app/src/lib.rs")).expect("it is there");
    // Nothing uses the tokens: that would be a manual step.
    let manifest = sandbox.read("my_app/Cargo.toml");
    let manifest = manifest.replace("[lints.rust]\n", "[lints.rust]\ndead_code = \"allow\"\n");
    sandbox.write("my_app/Cargo.toml", &manifest);
    let endpoint = sandbox.read("my_app/src/endpoint.rs");
    let endpoint = endpoint.replace("pub fn", "pub(crate) fn");
    sandbox.write("my_app/src/endpoint.rs", &endpoint);
    let main = "//! A shop.\n\nmod endpoint;\n\nfn main() {\n    let _endpoint = endpoint::sockets();\n}\n";
    sandbox.write("my_app/src/main.rs", main);
    sandbox.after(&[
        COMMANDS[0],
        COMMANDS[1],
        &["gen", "auth", "--sign-in"],
        &["gen", "channel", "Inbox", "--per-user"],
    ])
}

#[test]
fn a_program_with_a_lint_against_pub_gets_items_that_are_not() {
    let sandbox = strict_program();

    for file in [
        "auth.rs",
        "sessions.rs",
        "sign_in.rs",
        "channels/mod.rs",
        "channels/presence.rs",
        "channels/user_socket.rs",
        "channels/inbox_channel.rs",
    ] {
        let text = sandbox.read(&format!("my_app/src/{file}"));
        assert!(
            text.contains("pub(crate) ") && !text.contains("pub "),
            "{file}: {text}"
        );
    }
}

#[test]
#[ignore = "compiles a crate"]
fn what_is_made_in_a_program_with_strict_lints_compiles() {
    let sandbox = strict_program();

    let folder = sandbox.path().join("my_app");
    cargo(&folder, &["fmt", "--all", "--check"]);
    cargo(&folder, &["clippy", "--offline", "--all-targets"]);
}

/// Returns a sandbox with the crate.
fn sandbox(shape: &Shape) -> Sandbox {
    let sandbox = Sandbox::new();
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("axum-channels");
    for (path, text) in shape.files {
        let text = text.replace("LIBRARY", &library.display().to_string());
        sandbox.write(&format!("my_app/{path}"), &text);
    }
    sandbox
}

#[track_caller]
fn generate(shape: &Shape) -> Sandbox {
    let sandbox = sandbox(shape);
    let [channel, presence] = COMMANDS;
    let ran = sandbox.ok(channel);
    assert_eq!(ran.stdout, shape.report);
    sandbox.ok(presence);
    for (path, text) in shape.after {
        assert_eq!(sandbox.read(&format!("my_app/{path}")), *text, "{path}");
    }
    for command in COMMANDS {
        let before = sandbox.tree();
        sandbox.ok(&[command, &["--skip"]].concat());
        assert_eq!(sandbox.tree(), before, "{command:?} again");
    }
    sandbox
}

/// Checks that the crate is formatted, has no warnings and passes its tests.
#[track_caller]
fn compiles(shape: &Shape) {
    let sandbox = generate(shape);
    let folder = sandbox.path().join("my_app");
    cargo(&folder, &["fmt", "--all", "--check"]);
    let tests = cargo(&folder, &["test", "--offline", "--workspace"]);
    assert!(
        tests.contains("ping_replies_with_its_payload ... ok"),
        "{tests}"
    );
}

#[test]
fn a_program_without_a_library_has_modules_in_its_root_and_tests_beside_them() {
    generate(&PROGRAM);
}

#[test]
fn modules_beside_their_folder_are_where_new_ones_are_declared() {
    generate(&MODULES_BESIDE_THEIR_FOLDER);
}

#[test]
fn a_library_elsewhere_under_other_names_is_found_by_what_its_manifest_says() {
    generate(&LIBRARY_ELSEWHERE);
}

/// Tests in `tests/` mount sockets of their own.
#[test]
fn a_library_beside_its_manifest_has_no_code_in_its_tests() {
    let cargo = r#"[package]
name = "shop"
version = "0.1.0"
edition = "2024"

[lib]
path = "lib.rs"

[dependencies]
axum = "0.8"
"#;
    let sandbox = Sandbox::new();
    sandbox.write("my_app/Cargo.toml", cargo);
    sandbox.write("my_app/lib.rs", "//! A shop.\n");
    let made: [&[&str]; 5] = [
        &["library"],
        &["channel", "Room", "--socket", "Other", "--yes"],
        &["auth", "--socket", "Other"],
        &["presence"],
        &["channel", "Lobby", "--yes"],
    ];
    for run in made {
        sandbox.ok(&[&["gen"], run].concat());
    }

    assert!(
        sandbox
            .read("my_app/channels/room_channel.rs")
            .contains("presence")
    );
    for run in made.iter().rev() {
        sandbox.ok(&[&["destroy"], *run].concat());
    }
    assert_eq!(sandbox.read("my_app/Cargo.toml"), cargo);
}

#[test]
fn a_root_is_the_same_file_however_its_manifest_spells_the_path() {
    for (table, root) in [("[lib]", "src/lib.rs"), ("[[bin]]", "src/shop.rs")] {
        let plain = format!(
            "[package]\nname = \"shop\"\n\n{table}\nname = \"shop\"\npath = \"{root}\"\n\n[dependencies]\naxum = \"0.8\"\n"
        );
        let dotted = plain.replace(root, &format!("./{root}"));
        let reports = [plain, dotted].map(|cargo| {
            let sandbox = Sandbox::new();
            sandbox.write("my_app/Cargo.toml", &cargo);
            sandbox.write(&format!("my_app/{root}"), "//! A shop.\n");
            sandbox.ok(&["gen", "library"]);
            sandbox.run(&["gen", "channel", "Room", "--yes"]).stdout
        });
        assert_eq!(reports[0], reports[1]);
        assert!(reports[0].contains(&format!("* injecting {root}\n")));
    }
}

#[test]
fn the_one_app_of_a_workspace_is_found_from_its_root() {
    generate(&MEMBER_OF_A_WORKSPACE);
}

#[test]
fn a_socket_handler_that_is_not_mounted_is_found_where_it_is_and_mounted() {
    generate(&SOCKET_ELSEWHERE);
}

#[test]
fn of_two_endpoints_or_two_handlers_none_is_guessed() {
    let two = |files: &[(&str, &str)]| {
        let sandbox = sandbox(&SOCKET_ELSEWHERE);
        for (path, text) in files {
            sandbox.write(&format!("my_app/{path}"), text);
        }
        sandbox.ok(&["gen", "channel", "Zebra", "--yes"]).stdout
    };

    let endpoints = two(&[("src/admin.rs", ENDPOINT)]);
    let line = "\nAdd this to `src/endpoint.rs` to mount the socket, the second line after `Endpoint::builder()` (files `src/endpoint.rs` and \
                `src/admin.rs` would do):\n";
    assert!(endpoints.contains(line), "{endpoints}");

    let socket = SOCKET_ELSEWHERE.files[4].1;
    let handlers = two(&[("src/channels/user_socket.rs", socket)]);
    let line = "\nAdd this to `src/channels/user_socket.rs` to route the channel, the second line in `fn channels` (files `src/channels/user_socket.rs` and \
                `src/web/sockets.rs` would do):\n";
    assert!(handlers.contains(line), "{handlers}");
}

/// The library under a name of the workspace, and a socket that a helper in another file mounts.
const RENAMED_BY_THE_WORKSPACE: Shape = Shape {
    files: &[
        (
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n\n[workspace.dependencies]\n\
             chan = { package = \"axum-channels\", path = \"LIBRARY\", features = [\"testing\"] }\n",
        ),
        (
            "crates/shop/Cargo.toml",
            r#"[package]
name = "shop"
version = "0.1.0"
edition = "2024"

[dependencies]
chan.workspace = true
serde_json = "1"
tokio = { version = "1", features = ["macros", "rt"] }
"#,
        ),
        (
            "crates/shop/src/endpoint.rs",
            "use chan::Endpoint;\n\npub fn sockets() -> Endpoint {\n    Endpoint::builder()\n        .state(String::new())\n        .build()\n}\n",
        ),
        ("crates/shop/src/lib.rs", "pub mod endpoint;\n"),
    ],
    report: "\
* creating crates/shop/src/channels/zebra_channel.rs
* creating crates/shop/tests/zebra_channel.rs

The default socket handler - shop::channels::UserSocket - was not found.
* creating crates/shop/src/channels/user_socket.rs
* injecting crates/shop/src/lib.rs
* creating crates/shop/src/channels/mod.rs
* injecting crates/shop/src/endpoint.rs

The test needs the feature `testing` of chan. In Cargo.toml, with the source that chan has among the dependencies:

    [dev-dependencies]
    chan = { …, features = [\"testing\"] }

Start or restart the app
",
    after: &[("crates/shop/src/channels/mod.rs", MODULES)],
};

/// They are started by programs of their own, from their folder.
#[test]
fn apps_of_other_frameworks_and_hosts_are_started_as_those_start_them() {
    for (dependency, command) in [
        ("shuttle-runtime = \"0.57\"", "shuttle run"),
        ("shuttle-runtime.workspace = true", "shuttle run"),
        ("lambda_http = \"1\"", "cargo lambda watch"),
        ("tauri = { version = \"2\" }", "cargo tauri dev"),
        ("loco-rs = \"0.16\"", "cargo loco start"),
        ("leptos_axum = \"0.8\"", "cargo leptos watch"),
        ("tauri-utils = \"2\" # tauri", "cargo run"),
    ] {
        let manifest = CARGO.replace("\ntokio", &format!("\n{dependency}\ntokio"));
        let files = [
            ("Cargo.toml", manifest.as_str()),
            ("src/endpoint.rs", ENDPOINT),
            ("src/main.rs", "mod endpoint;\n\nfn main() {}\n"),
        ];
        let sandbox = Sandbox::new();
        for (path, text) in files {
            sandbox.write(&format!("my_app/{path}"), text);
            sandbox.write(&format!("all/members/{path}"), text);
        }
        sandbox.write("all/Cargo.toml", "[workspace]\nmembers = [\"members\"]\n");

        let ran = sandbox.ok(COMMANDS[0]);

        let start = format!("\nStart or restart the app with `{command}`\n");
        assert!(ran.stdout.ends_with(&start), "{}", ran.stdout);
        // One that serves its router itself can be run without the host.
        if command == "shuttle run" || command == "cargo lambda watch" {
            let main =
                "mod endpoint;\n\nasync fn main() {\n    axum::serve(listener, app).await;\n}\n";
            sandbox.write("my_app/src/main.rs", main);
            let ran = sandbox.ok(COMMANDS[0]);
            let start = "\nStart or restart the app with `cargo run`\n";
            assert!(ran.stdout.ends_with(start), "{}", ran.stdout);
        }
        if command != "cargo run" {
            let mut of_all = sandbox.command(COMMANDS[0]);
            of_all.current_dir(sandbox.path().join("all"));
            let ran = support::finish(of_all, "").succeeded();
            let start = format!("\nStart or restart the app with `{command}` in members\n");
            assert!(ran.stdout.ends_with(&start), "{}", ran.stdout);
        }
    }
}

#[test]
fn a_library_that_the_workspace_calls_otherwise_is_known_by_that_name() {
    let sandbox = generate(&RENAMED_BY_THE_WORKSPACE);

    let channel = sandbox.read("my_app/crates/shop/src/channels/zebra_channel.rs");
    assert!(channel.contains("\nuse chan::{Channel, "), "{channel}");
    sandbox.ok(&["gen", "auth"]);
    let manifest = sandbox.read("my_app/crates/shop/Cargo.toml");
    let features = "chan.workspace = true\nchan.features = [\"token\"]\n";
    assert!(manifest.contains(features), "{manifest}");
}

#[test]
fn a_socket_that_a_function_or_a_macro_of_another_file_mounts_is_mounted() {
    for elsewhere in [
        "use axum_channels::EndpointBuilder;\n\nuse crate::web::sockets::UserSocket;\n\n\
         pub fn mount(builder: EndpointBuilder) -> EndpointBuilder {\n    builder.socket::<UserSocket>(\"/ws\")\n}\n",
        "#[macro_export]\nmacro_rules! mount {\n    ($builder:expr) => {\n        \
         $builder.socket::<$crate::web::sockets::UserSocket>(\"/ws\")\n    };\n}\n",
    ] {
        let sandbox = sandbox(&SOCKET_ELSEWHERE);
        sandbox.write("my_app/src/web/mount.rs", elsewhere);

        let ran = sandbox.ok(&["gen", "channel", "Zebra"]);

        assert!(!ran.stdout.contains("src/endpoint.rs"), "{}", ran.stdout);
        assert_eq!(sandbox.read("my_app/src/endpoint.rs"), ENDPOINT);
        // In a macro of the file itself it names no import.
        if elsewhere.starts_with("#[macro_export]") {
            let own = elsewhere.to_owned() + "\n" + ENDPOINT;
            std::fs::remove_file(sandbox.path().join("my_app/src/web/mount.rs"))
                .expect("it was there");
            sandbox.write("my_app/src/endpoint.rs", &own);
            sandbox.ok(&["gen", "channel", "Lion"]);
            assert_eq!(sandbox.read("my_app/src/endpoint.rs"), own);
        }
    }
}

#[test]
fn what_a_macro_does_with_a_socket_is_not_guessed() {
    let sandbox = sandbox(&SOCKET_ELSEWHERE);
    let endpoint = ENDPOINT.replace(
        "    Endpoint::builder()",
        "    served![UserSocket];\n    Endpoint::builder()",
    );
    sandbox.write("my_app/src/endpoint.rs", &endpoint);

    let ran = sandbox.ok(&["gen", "channel", "Zebra"]);

    let line = "\nAdd this to `src/endpoint.rs` to mount the socket, the second line after `Endpoint::builder()`:\n";
    ran.prints(line);
    assert_eq!(sandbox.read("my_app/src/endpoint.rs"), endpoint);
}

#[test]
fn an_app_in_the_folder_of_a_workspaces_members_is_excluded_there() {
    let sandbox = Sandbox::new();
    let workspace = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n";
    sandbox.write("Cargo.toml", workspace);
    sandbox.write(
        "crates/core/Cargo.toml",
        "[package]\nname = \"bits\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    sandbox.write("crates/core/src/lib.rs", "");
    let new = ["new", "crates/live", "--no-git", "--no-install"];

    let ran = sandbox.ok(&new);

    ran.prints("* injecting ../../Cargo.toml\n");
    assert_eq!(
        sandbox.read("Cargo.toml"),
        format!("{workspace}exclude = [\"crates/live\"]\n")
    );
    let metadata = [
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ];
    assert!(cargo(sandbox.path(), &metadata).contains("\"name\":\"bits\""));
    assert!(cargo(&sandbox.path().join("crates/live"), &metadata).contains("\"name\":\"live\""));
    let before = sandbox.tree();
    sandbox.run(&new).found_all_identical();
    assert_eq!(sandbox.tree(), before);
    // Outside of the members, it belongs to no workspace.
    sandbox.ok(&["new", "apart", "--no-git", "--no-install"]);
    assert!(!sandbox.read("Cargo.toml").contains("apart"));
}

#[test]
fn what_is_made_in_crates_of_other_shapes_is_taken_back() {
    for shape in [
        PROGRAM,
        MODULES_BESIDE_THEIR_FOLDER,
        LIBRARY_ELSEWHERE,
        MEMBER_OF_A_WORKSPACE,
        SOCKET_ELSEWHERE,
        RENAMED_BY_THE_WORKSPACE,
        OLDER_APP,
    ] {
        let sandbox = sandbox(&shape);
        // Its socket is not mounted; once it is, it stays.
        if std::ptr::eq(shape.files, SOCKET_ELSEWHERE.files) {
            sandbox.ok(&["gen", "channel", "Lion"]);
        }
        // Once its builder is on several lines, a line is taken out as a whole.
        let is_older = std::ptr::eq(shape.files, OLDER_APP.files);
        let auth = [&["auth"][..]].into_iter().filter(|_| !is_older);
        for command in COMMANDS.iter().map(|command| &command[1..]).chain(auth) {
            if command == &COMMANDS[0][1..] {
                by_undo(&sandbox, command);
            }
            by_destroy(&sandbox, command);
            sandbox.ok(&[&["gen"], command].concat());
        }
    }
}

#[test]
#[ignore = "compiles crates"]
fn what_is_made_in_crates_of_other_shapes_compiles_and_passes_its_tests() {
    for shape in [
        PROGRAM,
        MODULES_BESIDE_THEIR_FOLDER,
        LIBRARY_ELSEWHERE,
        MEMBER_OF_A_WORKSPACE,
        SOCKET_ELSEWHERE,
        RENAMED_BY_THE_WORKSPACE,
    ] {
        compiles(&shape);
    }
}
