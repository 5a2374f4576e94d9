//! `hello-sockets gen pubsub`: instances of an app that share a Redis.

mod support;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::server::Server;
use support::{Sandbox, app};

#[test]
fn the_app_is_connected_once_and_its_files_belong_to_it() {
    let sandbox = Sandbox::with_app();
    let report = sandbox.run(&["gen", "pubsub", "redis"]);
    let report = report.succeeded().stdout;
    let lines: Vec<_> = report
        .lines()
        .filter(|line| line.starts_with('*'))
        .collect();
    assert_eq!(
        lines,
        [
            "* creating src/pubsub.rs",
            "* creating tests/pubsub.rs",
            "* creating deploy/compose.yaml",
            "* creating deploy/compose.nginx.conf",
            "* injecting src/lib.rs",
            "* injecting Cargo.toml",
            "* injecting src/config.rs",
            "* injecting src/endpoint.rs",
        ]
    );
    assert!(!report.contains("Add this"), "{report}");
    let endpoint = sandbox.read("my_app/src/endpoint.rs");
    let line = "        .pubsub(pubsub::adapter(&app.config.redis))\n";
    assert_eq!(endpoint.matches(line).count(), 1, "{endpoint}");
    let table = sandbox.read("my_app/src/config.rs");
    let widths = table.lines().filter(|line| line.starts_with("//! |"));
    let widths: Vec<_> = widths.map(str::len).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{table}");

    let before = sandbox.tree();
    sandbox.run(&["gen", "pubsub"]).found_all_identical();
    assert_eq!(sandbox.tree(), before);

    sandbox.write("my_app/deploy/compose.yaml", "services: {}\n");
    let again = sandbox.ok(&["gen", "pubsub"]).stdout;
    assert!(again.contains("* skipping deploy/compose.yaml"), "{again}");
    assert_eq!(sandbox.read("my_app/deploy/compose.yaml"), "services: {}\n");
}

/// Returns the files of a new app, without those that have random keys, and the report of the last command.
fn files_after(commands: &[&[&str]]) -> (Vec<(String, Vec<u8>)>, String) {
    let sandbox = Sandbox::new();
    let mut report = String::new();
    for args in commands {
        report = sandbox.ok(args).stdout;
    }
    let has_keys = |path: &str| path.starts_with("my_app/config/") || path.ends_with("endpoint.ex");
    let mut files = sandbox.tree();
    files.retain(|(path, _)| path.ends_with("runtime.exs") || !has_keys(path));
    (files, report)
}

#[test]
fn new_with_an_engine_makes_what_new_and_gen_pubsub_make() {
    for stack in ["rust", "phoenix"] {
        let new: &[&str] = &[
            "new",
            "my_app",
            "--stack",
            stack,
            "--no-git",
            "--no-install",
        ];
        let with = |more: &[&'static str]| files_after(&[&[new, more].concat()]);
        let then = |commands: &[&[&str]]| files_after(&[&[new], commands].concat()).0;

        let (alone, report) = with(&["--pubsub", "redis"]);

        assert_eq!(alone, then(&[&["gen", "pubsub", "redis"]]), "{stack}");
        assert_eq!(alone, then(&[&["gen", "pubsub"]]), "{stack}");
        let told = "\n\nInstances with the same REDIS_URL, such as redis://localhost:6379, reach each other's clients.\n";
        assert!(report.contains(told), "{report}");
        let (channel, _) = with(&[
            "--pubsub",
            "local",
            "--pubsub",
            "redis",
            "--channel",
            "Room",
        ]);
        let room: &[&str] = &["gen", "channel", "Room", "--yes"];
        assert_eq!(channel, then(&[room, &["gen", "pubsub"]]), "{stack}");
        let (local, report) = with(&["--pubsub", "local"]);
        assert_eq!(local, then(&[]), "{stack}");
        assert!(!report.contains("REDIS_URL"), "{report}");
    }
}

#[test]
fn nats_is_another_setting_of_the_same_width_and_not_for_an_app_with_redis() {
    let sandbox = Sandbox::new();
    let new = [
        "new",
        "my_app",
        "--no-git",
        "--no-install",
        "--pubsub",
        "nats",
    ];
    let report = sandbox.ok(&new).stdout;
    let told = "\n\nInstances with the same NATS_URL, such as nats://localhost:4222, reach each other's clients.\n";
    assert!(report.contains(told), "{report}");
    for (path, line) in [
        ("Cargo.toml", "features = [\"trim\", \"nats\"]"),
        ("src/pubsub.rs", "use axum_channels::cluster::Nats;\n"),
        (
            "src/endpoint.rs",
            ".pubsub(pubsub::adapter(&app.config.nats))\n",
        ),
        ("deploy/compose.yaml", "      NATS_URL: nats://nats:4222\n"),
    ] {
        let text = sandbox.read(&format!("my_app/{path}"));
        assert!(text.contains(line), "{path}: {text}");
        assert!(!text.to_lowercase().contains("redis"), "{path}: {text}");
    }
    let table = sandbox.read("my_app/src/config.rs");
    let widths = table.lines().filter(|line| line.starts_with("//! |"));
    let widths: Vec<_> = widths.map(str::len).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{table}");

    let again = sandbox.run(&["gen", "pubsub", "nats"]);
    again.found_all_identical();
    let before = sandbox.tree();
    sandbox.run(&["gen", "pubsub", "redis"]).misused(
        "error: src/pubsub.rs connects the instances by NATS already\n\
         help: hello-sockets destroy pubsub nats, then run this again\n",
    );
    assert_eq!(sandbox.tree(), before);
    sandbox.ok(&["destroy", "pubsub", "nats"]);
    sandbox.ok(&["gen", "pubsub", "redis"]);
}

#[test]
fn nats_is_refused_on_phoenix_with_a_way_out() {
    let sandbox = Sandbox::with_phoenix_app();
    let before = sandbox.tree();
    let ran = sandbox.run(&["gen", "pubsub", "nats"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("[possible values: redis]"), "{ran:?}");
    assert_eq!(sandbox.tree(), before);

    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["new", "my_app", "--stack", "phoenix", "--pubsub", "nats"]);
    ran.misused(
        "error: an app of the stack `phoenix` has no `--pubsub nats`\nhelp: it has: local, redis\n",
    );
    assert!(!sandbox.exists("my_app"));
    sandbox
        .run(&["new", "my_app", "--pubsub", "nats", "--no-install"])
        .succeeded();
}

#[test]
fn an_unknown_engine_is_refused_with_the_known_ones() {
    let sandbox = Sandbox::with_app();
    let before = sandbox.tree();
    let ran = sandbox.run(&["gen", "pubsub", "kafka"]);
    assert_eq!(ran.code, Some(2));
    let known = "error: invalid value 'kafka' for '[ENGINE]'\n  [possible values: redis, nats]\n";
    assert!(ran.stderr.starts_with(known), "{}", ran.stderr);
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn another_module_and_a_crate_without_settings_are_refused() {
    let sandbox = Sandbox::with_app();
    sandbox.write("my_app/src/pubsub.rs", "//! The app's own.\n");
    sandbox.run(&["gen", "pubsub"]).misused(
        "error: another module is in src/pubsub.rs\n\
         help: give that another name, then run this again\n",
    );
    let path = sandbox.path().join("my_app/src");
    fs::remove_file(path.join("pubsub.rs")).expect("it is there");
    fs::remove_file(path.join("config.rs")).expect("it is there");
    sandbox.run(&["gen", "pubsub"]).misused(
        "error: my_app has no src/config.rs with the settings that this adds to\n\
         help: hello-sockets new my_app, then in it: hello-sockets gen pubsub\n",
    );
}

/// Replaces a part of a file of the app, at all places.
#[track_caller]
fn replace(sandbox: &Sandbox, path: &str, from: &str, to: &str) {
    let path = format!("my_app/{path}");
    let before = sandbox.read(&path);
    assert!(before.contains(from), "{before}");
    sandbox.write(&path, &before.replace(from, to));
}

#[test]
fn settings_that_read_variables_in_another_way_are_a_manual_step() {
    let sandbox = Sandbox::with_app();
    replace(&sandbox, "src/config.rs", "(text(", "(plain(");
    replace(&sandbox, "src/config.rs", "let text ", "let plain ");
    let before = sandbox.read("my_app/src/config.rs");

    let report = sandbox.ok(&["gen", "pubsub"]).stdout;

    let row = before.lines().find(|line| line.contains("`PORT`"));
    let width = row.expect("the table has it").len();
    let (_, step) = report.split_once("\nAdd this").expect("a manual step");
    let (step, _) = step.split_once("\nOnce ").expect("the next steps");
    let lines: Vec<_> = step.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(
        lines,
        [
            " to `src/config.rs` to read REDIS_URL:",
            "  in `Config::read`, among the values of `Self`:",
            "    redis: pubsub::redis_url(text(\"REDIS_URL\")?)?,",
            "  among the `use` lines:",
            "    use crate::pubsub;",
            "  in the table at the top:",
            lines[6],
            "  in the struct `Config`:",
            "    pub redis: pubsub::RedisUrl,",
        ]
    );
    assert!(lines[6].starts_with("    //! | `REDIS_URL` "), "{step}");
    assert_eq!(lines[6].trim().len(), width);
    assert_eq!(sandbox.read("my_app/src/config.rs"), before);

    let value = "            redis: pubsub::redis_url(plain(\"REDIS_URL\")?)?,\n        })\n";
    replace(&sandbox, "src/config.rs", "        })\n", value);
    let field = "pub struct Config {\n    pub redis: pubsub::RedisUrl,";
    replace(&sandbox, "src/config.rs", "pub struct Config {", field);
    let import = "use crate::pubsub;\nuse crate::log::";
    replace(&sandbox, "src/config.rs", "use crate::log::", import);
    let again = sandbox.ok(&["gen", "pubsub"]).stdout;
    assert!(!again.contains("Add this"), "{again}");
}

#[test]
fn settings_in_a_file_of_their_folder_are_found() {
    let sandbox = Sandbox::with_app();
    let source = sandbox.path().join("my_app/src");
    let moved = fs::rename(source.join("config.rs"), source.join("config/mod.rs"));
    moved.expect("it is there");

    let report = sandbox.ok(&["gen", "pubsub"]).stdout;

    assert!(
        report.contains("\n* injecting src/config/mod.rs\n"),
        "{report}"
    );
    assert!(!report.contains("Add this"), "{report}");
}

#[test]
fn a_library_of_another_name_is_used_by_that_name() {
    let sandbox = Sandbox::with_app();
    let manifest = sandbox.read("my_app/Cargo.toml");
    let renamed = manifest.replacen(
        "axum-channels = {",
        "live = { package = \"axum-channels\",",
        1,
    );
    sandbox.write("my_app/Cargo.toml", &renamed);

    sandbox.ok(&["gen", "pubsub"]);

    let module = sandbox.read("my_app/src/pubsub.rs");
    assert!(module.contains("\nuse live::cluster::Redis;\n"), "{module}");
}

/// An engine with a port and a folder of its own, which ends with the test.
struct Redis {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Redis {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("it has one").port();
        drop(free); // redis-server cannot listen on port 0
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &port.to_string(), "--dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "redis-server does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self {
            process,
            port,
            _folder: folder,
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "compiles a generated app, needs npm and redis-server"]
fn clients_of_two_instances_hear_and_see_each_other() {
    let sandbox = Sandbox::with_app().after(&[
        &["gen", "channel", "User", "--yes"],
        &["gen", "presence", "--channel", "User"],
        &["gen", "pubsub", "redis"],
    ]);
    let folder = sandbox.path().join("my_app");
    app::cargo(&folder, &["test"]);
    app::cargo(&folder, &["fmt", "--check"]);
    let binary = sandbox.path().join("binary");
    app::alone(&folder, || {
        fs::copy(app::target().join("debug/my_app"), &binary)
    })
    .expect("it was built");
    let redis = Redis::start();
    let url = format!("redis://127.0.0.1:{}", redis.port);
    let variables = [("REDIS_URL", url.as_str())];
    let [one, two] = [0, 1].map(|_| Server::start(&binary, &folder, &variables));

    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    app::npm(&["install"], &tests);
    let status = Command::new("node")
        .args(["--test", "--test-force-exit", "instances.mjs"])
        .current_dir(&tests)
        .env("APP_URL", &one.url)
        .env("OTHER_URL", &two.url)
        .status();

    assert!(status.expect("node starts").success(), "see above");

    // With the same dependencies, only the library and the app are compiled again.
    let sandbox = Sandbox::with_app().after(&[&["gen", "pubsub", "nats"]]);
    let folder = sandbox.path().join("my_app");
    app::cargo(&folder, &["test", "--test", "pubsub"]);
    app::cargo(&folder, &["fmt", "--check"]);
}
