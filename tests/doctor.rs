//! `hello-sockets doctor`, with programs that print what they are told to.
#![cfg(unix)]

mod support;

use std::net::TcpListener;

use serde_json::{Value, json};
use support::{Ran, Sandbox, finish};

const LOCK: &str = r#"version = 4

[[package]]
name = "axum"
version = "0.8.9"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "0"
dependencies = ["axum-core"]

[[package]]
name = "axum-core"
version = "0.5.6"
source = "registry+https://github.com/rust-lang/crates.io-index"
"#;

const MISSING_CRATES: [&str; 3] = [
    "downloaded crates",
    "the dependencies of the app are not downloaded",
    "cargo fetch",
];

/// Adds a program to the folder `bin`, which prints `text`.
fn install(sandbox: &Sandbox, program: &str, text: &str) {
    sandbox.write_program(&format!("bin/{program}"), &format!("echo '{text}'"));
}

/// Runs the command with only the programs of `bin`, and a free port.
fn run(sandbox: &Sandbox, args: &[&str]) -> Ran {
    run_at(sandbox, args, 0)
}

fn run_at(sandbox: &Sandbox, args: &[&str], port: u16) -> Ran {
    let mut command = sandbox.command(args);
    command.env("PATH", sandbox.path().join("bin"));
    command.env("CARGO_HOME", sandbox.path().join("cargo"));
    command.env_remove("RUSTUP_TOOLCHAIN"); // which `cargo test` sets
    command.env("PORT", port.to_string()).env_remove("IP");
    finish(command, "")
}

/// The problems by the names of the checks.
fn problems(sandbox: &Sandbox) -> Value {
    let ran = run(sandbox, &["doctor", "--json"]);
    let health: Value = serde_json::from_str(&ran.stdout).expect(&ran.stdout);
    let checks = health["checks"].as_array().expect("a list").iter();
    let bad = checks.filter(|check| !check["problem"].is_null());
    let bad: Value = bad
        .map(|check| {
            json!([
                check["name"],
                check["problem"]["message"],
                check["problem"]["help"]
            ])
        })
        .collect();
    assert_eq!(
        ran.code,
        Some(i32::from(bad != json!([]))),
        "{}",
        ran.stdout
    );
    bad
}

fn with_programs(sandbox: Sandbox) -> Sandbox {
    install(&sandbox, "cargo", "cargo 1.90.0 (840b83a10 2025-07-30)");
    install(&sandbox, "cc", "");
    install(&sandbox, "git", "git version 2.39.5");
    install(&sandbox, "npm", "10.8.2");
    install(&sandbox, "elixir", "1.18.4");
    install(&sandbox, "mix", "Hex:    2.1.1");
    sandbox
}

#[test]
fn a_healthy_rust_app_has_everything_with_its_version() {
    let sandbox = with_programs(Sandbox::with_app());
    sandbox.write("my_app/assets/node_modules/phoenix/package.json", "{}");
    sandbox.write("my_app/Cargo.lock", LOCK);
    sandbox.write("cargo/registry/cache/crates/axum-0.8.9.crate", "");
    let ran = run(&sandbox, &["doctor"]).succeeded();
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(
        lines[..6],
        [
            "* ok      cargo: 1.90.0",
            "* ok      linker: cc",
            "* ok      git: 2.39.5",
            "* ok      package manager: npm",
            "* ok      client of the page: assets/node_modules/phoenix",
            "* ok      downloaded crates: axum 0.8.9",
        ]
    );
    assert!(lines[6].starts_with("* ok      port: ") && lines[7].contains("open files"));
}

/// The lock names crates of all platforms and features, of which a build downloads some: axum is always among them.
#[test]
fn downloaded_crates_are_found_without_cargo() {
    let sandbox = with_programs(Sandbox::with_app());
    sandbox.write("my_app/assets/node_modules/phoenix/package.json", "{}");
    let missing = json!([MISSING_CRATES]);
    // Without a lock, cargo has not downloaded anything for this app.
    sandbox.write("cargo/registry/cache/crates/axum-0.8.9.crate", "");
    assert_eq!(problems(&sandbox), missing);
    for (version, expected) in [("0.8.9", json!([])), ("0.8.10", missing)] {
        // That of a workspace is above the app's folder.
        for lock in ["Cargo.lock", "my_app/Cargo.lock"] {
            sandbox.write(lock, &LOCK.replace("0.8.9", version));
            assert_eq!(problems(&sandbox), expected, "{version}");
            std::fs::remove_file(sandbox.path().join(lock)).expect("it is removed");
        }
    }
}

#[test]
fn crates_of_other_sources_are_not_looked_for() {
    let sandbox = with_programs(Sandbox::with_app());
    sandbox.write("my_app/assets/node_modules/phoenix/package.json", "{}");
    let lock = |lock: &str| sandbox.write("my_app/Cargo.lock", lock);
    lock(LOCK);
    assert_eq!(problems(&sandbox), json!([MISSING_CRATES]));
    for path in ["my_app/.cargo/config.toml", "cargo/config.toml"] {
        sandbox.write(path, "[source.crates-io]\nreplace-with = \"vendored\"\n");
        assert_eq!(problems(&sandbox), json!([]), "{path}");
        std::fs::remove_file(sandbox.path().join(path)).expect("it is removed");
    }
    lock(&LOCK.replace(
        "registry+https://github.com/rust-lang/crates.io-index",
        "git+https://x",
    ));
    assert_eq!(problems(&sandbox), json!([]));
}

#[test]
fn what_a_rust_app_lacks_is_named_with_the_way_to_get_it() {
    let sandbox = Sandbox::with_app();
    install(&sandbox, "cargo", "cargo 1.70.0");
    assert_eq!(
        problems(&sandbox),
        json!([
            [
                "cargo",
                "its version is 1.70.0: the lowest is 1.88",
                "install or update Rust: https://rustup.rs"
            ],
            [
                "linker",
                "no linker was found, which cargo needs",
                "install a C compiler: `apt install build-essential`, `xcode-select --install`"
            ],
            [
                "git",
                "`git` was not found",
                "install git: https://git-scm.com/downloads"
            ],
            [
                "package manager",
                "none of npm, pnpm, bun and yarn was found, which install the page's client",
                "install Node.js, which contains npm: https://nodejs.org"
            ],
            [
                "client of the page",
                "the page's client is not installed",
                "npm install --prefix assets"
            ],
        ])
    );
    install(&sandbox, "cargo", "cargo 1.90.0");
    assert_eq!(problems(&sandbox)[4], json!(MISSING_CRATES));
}

#[test]
fn what_a_phoenix_app_lacks_is_named_with_the_way_to_get_it() {
    let sandbox = with_programs(Sandbox::with_phoenix_app());
    let dependencies = json!([[
        "dependencies",
        "the dependencies of the app are missing",
        "mix deps.get"
    ]]);
    assert_eq!(problems(&sandbox), dependencies);
    sandbox.write("my_app/deps/phoenix/mix.exs", "");
    assert_eq!(problems(&sandbox), json!([]));
    let found = run(&sandbox, &["doctor"]).stdout;
    assert!(found.contains("* ok      hex: 2.1.1\n"), "{found}");

    sandbox.write_program("bin/mix", "exit 1");
    let hex = "Hex, which fetches the dependencies of apps, is not installed";
    assert_eq!(problems(&sandbox), json!([["hex", hex, "mix local.hex"]]));

    std::fs::remove_file(sandbox.path().join("bin/mix")).expect("it is there");
    install(&sandbox, "elixir", "1.9.4");
    assert_eq!(
        problems(&sandbox),
        json!([
            [
                "elixir",
                "its version is 1.9.4: the lowest is 1.15",
                "install or update Elixir: https://elixir-lang.org/install.html"
            ],
            [
                "mix",
                "`mix` was not found",
                "install Elixir: https://elixir-lang.org/install.html"
            ],
        ])
    );
}

#[test]
fn the_lowest_elixir_is_what_the_app_asks_for() {
    let sandbox = with_programs(Sandbox::with_phoenix_app());
    sandbox.write("my_app/deps/phoenix/mix.exs", "");
    install(&sandbox, "elixir", "1.9.4");
    let mix = sandbox.read("my_app/mix.exs");
    for (asked, lowest) in [
        ("~> 1.15", Some("1.15")),
        (">= 1.18.1", Some("1.18.1")),
        ("~> 1.8", None),
        ("~> 1.8 and < 1.20.0", Some("1.11")),
    ] {
        let mix = mix.replace("elixir: \"~> 1.15\"", &format!("elixir: \"{asked}\""));
        sandbox.write("my_app/mix.exs", &mix);
        let message = |lowest| format!("its version is 1.9.4: the lowest is {lowest}");
        let message = lowest.map_or(Value::Null, |lowest| message(lowest).into());
        assert_eq!(problems(&sandbox)[0][1], message, "{asked}");
    }
}

#[test]
fn outside_of_an_app_the_programs_of_new_ones_are_checked() {
    let sandbox = with_programs(Sandbox::new());
    let ran = run(&sandbox, &["doctor"]).succeeded();
    let names: Vec<_> = ran
        .stdout
        .lines()
        .map(|line| line[10..].split(':').next().unwrap_or_default())
        .collect();
    assert_eq!(
        names,
        [
            "cargo",
            "linker",
            "git",
            "package manager",
            "port",
            "open files"
        ]
    );
}

#[test]
fn a_port_in_use_is_a_problem() {
    let sandbox = with_programs(Sandbox::new());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it has one").port();
    let ran = run_at(&sandbox, &["doctor"], port);
    assert_eq!(ran.code, Some(1));
    let problem = format!(
        "* problem port: another program uses port {port} on 127.0.0.1\n            stop it, or "
    );
    ran.prints(&problem);
}

/// Crates that use axum choose their port as they like.
#[test]
fn the_port_of_a_crate_that_does_not_read_the_variable_is_not_checked() {
    for (main, checked) in [
        ("fn main() {\n    bind(\"127.0.0.1:3000\");\n}\n", false),
        ("fn main() {\n    bind(std::env::var(\"PORT\"));\n}\n", true),
    ] {
        let sandbox = with_programs(Sandbox::new());
        let manifest = "[package]\nname = \"shop\"\n\n[dependencies]\naxum = \"0.8\"\naxum-channels = \"0.1\"\n";
        sandbox.write("my_app/Cargo.toml", manifest);
        sandbox.write("my_app/src/main.rs", main);

        let ran = run(&sandbox, &["doctor"]);

        assert_eq!(
            ran.stdout.contains("* ok      port: "),
            checked,
            "{}",
            ran.stdout
        );
        ran.prints("open files");
    }
}

#[test]
fn a_projects_own_stack_names_no_programs() {
    let sandbox = Sandbox::with_app();
    let stack = include_str!("../templates/rust/stack.toml");
    sandbox.write("my_app/.hello-sockets/templates/rust/stack.toml", stack);
    run(&sandbox, &["doctor"]).misused(
        "error: the project's own `stack.toml` names programs to run\nhelp: remove `[[doctor]]` from it\n",
    );
}

/// They are not started in the app's folder, and another version is in use there.
#[test]
fn versions_that_a_file_of_the_app_chooses_are_not_asked_for() {
    for (sandbox, program, choice) in [
        (Sandbox::with_app(), "cargo", ["rust-toolchain", "1.90"]),
        (
            Sandbox::with_app(),
            "cargo",
            ["rust-toolchain.toml", "[toolchain]\npath = \"/rust\"\n"],
        ),
        (
            Sandbox::with_app(),
            "cargo",
            ["mise.toml", "[tools]\nrust = \"1.90\"\n"],
        ),
        (
            Sandbox::with_phoenix_app(),
            "elixir",
            [".tool-versions", "erlang 27.1\nelixir 1.18\n"],
        ),
    ] {
        let sandbox = with_programs(sandbox);
        install(&sandbox, program, "1.0.0");
        let too_old = "its version is 1.0.0: the lowest is";
        let first = |problems: Value| problems[0][1].as_str().map(str::to_owned);
        let before = first(problems(&sandbox)).unwrap_or_default();
        assert!(before.starts_with(too_old), "{before}");

        sandbox.write(&format!("my_app/{}", choice[0]), choice[1]);

        let after = first(problems(&sandbox)).unwrap_or_default();
        assert!(!after.starts_with(too_old), "{choice:?}: {after}");
    }
}

/// rustup reads the name from this variable where it does not see the file; a path would be one to a program of the app.
#[test]
fn the_toolchain_of_the_app_is_asked_for_its_version() {
    let sandbox = with_programs(Sandbox::with_app());
    sandbox.write_program("bin/cargo", "echo \"cargo 1.${RUSTUP_TOOLCHAIN:-none}\"");
    for (channel, result) in [
        ("95.2", "* ok      cargo: 1.95.2\n"),
        (
            "/proc/self/cwd/evil",
            "* problem cargo: its version is 1.none",
        ),
    ] {
        let file = format!("[toolchain]\nchannel = \"{channel}\"\n");
        sandbox.write("my_app/rust-toolchain.toml", &file);
        let ran = run(&sandbox, &["doctor"]);
        assert!(ran.stdout.starts_with(result), "{}", ran.stdout);
    }
}

#[test]
fn a_toolchain_that_is_not_installed_is_named_with_the_command_that_installs_it() {
    let sandbox = with_programs(Sandbox::with_app());
    sandbox.write("my_app/assets/node_modules/phoenix/package.json", "{}");
    // As the cargo of rustup, which would install it by itself.
    let script = "[ \"$RUSTUP_AUTO_INSTALL\" = 0 ] && exit 1\necho 'cargo 1.99.0'";
    sandbox.write_program("bin/cargo", script);
    assert_eq!(
        problems(&sandbox),
        json!([[
            "cargo",
            "`cargo --version` fails",
            "install or update Rust: https://rustup.rs"
        ]])
    );
    for path in ["rust-toolchain.toml", "my_app/rust-toolchain.toml"] {
        sandbox.write(path, "[toolchain]\nchannel = \"1.60.0\"\n");
        assert_eq!(
            problems(&sandbox),
            json!([[
                "cargo",
                "the toolchain `1.60.0` of rust-toolchain.toml is not installed",
                "rustup toolchain install 1.60.0"
            ]])
        );
        std::fs::remove_file(sandbox.path().join(path)).expect("it is removed");
    }
    install(&sandbox, "cargo", "nothing");
    assert_eq!(
        problems(&sandbox)[0][1],
        "`cargo --version` prints no version"
    );
}
