//! Generated apps on Phoenix itself: compiled, tested, served, and visited by a thief.
//!
//! Phoenix comes from hex.pm, which CI does not reach. `PHOENIX_APP` names the folder of an app that `new --stack phoenix`
//! made, in which `mix setup`, `mix compile` and `mix test` were run: what they fetched and compiled is copied.
//!
//! `PHOENIX_APP=/path/to/app cargo test --test phoenix real_phoenix -- --ignored`, with `mix`, npm and Chromium.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::elixir::GROWTH;
use crate::support::server::Server;
use crate::support::{Sandbox, app};

/// Gives the app in `sandbox` its dependencies, and returns its folder.
#[track_caller]
fn with_dependencies(sandbox: &Sandbox) -> PathBuf {
    let set_up = env::var("PHOENIX_APP").expect("PHOENIX_APP names an app that is set up");
    let folder = sandbox.path().join("my_app");
    let parts = ["deps", "mix.lock", "_build"].map(|part| Path::new(&set_up).join(part));
    run(Command::new("cp").arg("-a").args(parts).arg(&folder));
    // What was compiled of the app itself is another one.
    let own = ["dev", "test"].map(|env| folder.join("_build").join(env).join("lib/my_app"));
    run(Command::new("rm").arg("-rf").args(own));
    folder
}

/// Runs a program to its success, and returns what it printed.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let printed =
        [output.stdout, output.stderr].map(|out| String::from_utf8_lossy(&out).into_owned());
    let printed = printed.concat();
    assert!(output.status.success(), "{command:?}\n{printed}");
    printed
}

/// Checks that the app is formatted, compiles without a warning, and that its tests pass and log nothing.
#[track_caller]
fn is_sound(folder: &Path) {
    for args in [
        ["format", "--check-formatted"],
        ["compile", "--warnings-as-errors"],
        ["test", "--warnings-as-errors"],
    ] {
        let printed = run(Command::new("mix").args(args).current_dir(folder));
        assert!(!printed.contains("[error]"), "mix {args:?}\n{printed}");
    }
}

#[test]
#[ignore = "needs PHOENIX_APP: an app with Phoenix among its compiled dependencies"]
fn an_app_compiles_without_a_warning_and_its_tests_pass_at_every_step() {
    let sandbox = Sandbox::with_phoenix_app();
    let folder = with_dependencies(&sandbox);
    is_sound(&folder);
    for args in GROWTH {
        sandbox.ok(args);
        is_sound(&folder);
    }
}

#[test]
#[ignore = "needs PHOENIX_APP: an app with Phoenix among its compiled dependencies"]
fn pages_of_other_sites_get_nothing_and_the_apps_own_page_works() {
    let sandbox = app::full_phoenix();
    let folder = with_dependencies(&sandbox);
    run(Command::new("mix").arg("assets.build").current_dir(&folder));
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    app::npm(&["install"], &tests);
    let mut mix = Command::new("mix");
    mix.arg("phx.server").current_dir(&folder);
    let server = Server::of(mix);

    let status = Command::new("node")
        .args(["--test", "--test-force-exit", "foreign.test.mjs"])
        .current_dir(&tests)
        .env("APP_STACK", "phoenix")
        .env("APP_URL", format!("http://localhost:{}", server.port))
        .status()
        .expect("node starts");

    assert!(status.success(), "see above");
}
