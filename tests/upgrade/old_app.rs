//! An app of an earlier version, without a record.

use super::support::Sandbox;
use super::support::app::cargo;
use super::support::taken_back::different;
use super::{files, is_up_to_date};

/// A file of the library that no version has any more.
const GONE: &str = "my_app/vendor/axum-channels/src/within.rs";

/// The app, with another library.
fn old_app() -> Sandbox {
    let sandbox = Sandbox::with_app().after(&[
        &["gen", "channel", "User", "--yes"],
        &["gen", "channel", "Admin.Room", "--topic", "admin_room"],
        &["gen", "socket", "Device"],
        &["gen", "channel", "Sensor", "--socket", "Device"],
        &["gen", "presence", "--channel", "User"],
        &["gen", "auth", "--socket", "Device"],
    ]);
    let sandbox = sandbox.made_by_an_earlier_version();
    let library = "my_app/vendor/axum-channels";
    sandbox.write(&format!("{library}/src/lib.rs"), "// Old.\n");
    sandbox.write(GONE, "// Gone.\n");
    sandbox
}

/// A killed upgrade has left a draft in the library.
#[test]
fn a_draft_is_no_file_of_the_library() {
    let sandbox = old_app();
    let draft = "my_app/vendor/axum-channels/src/.lib.rs.hello-sockets";
    sandbox.write(draft, "half a fi");

    sandbox.ok(&FORCE);

    assert!(!sandbox.exists(draft));
}

const FORCE: [&str; 3] = ["upgrade", "--made-by-new", "--force"];

#[test]
fn without_a_decision_no_file_of_it_is_overwritten() {
    let sandbox = old_app();
    let before = sandbox.tree();

    let ran = sandbox.run(&["upgrade", "--made-by-new"]);

    let library = "error: `vendor/axum-channels` differs from the library of this version; nothing was written\n";
    assert!(ran.stderr.contains(library), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("error: `src/endpoint.rs` exists and differs")
    );
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        sandbox.run(&["upgrade", "--made-by-new", "--check"]).code,
        Some(4)
    );
    assert_eq!(different(&sandbox, &before), [""; 0]);
    assert_eq!(sandbox.runs(), []);
}

#[test]
fn files_that_are_kept_are_merged_by_the_next_upgrade() {
    let sandbox = old_app();
    let readme = sandbox.read("my_app/README.md");
    sandbox.ok(&["upgrade", "--made-by-new", "--skip"]);
    assert_eq!(sandbox.read("my_app/README.md"), readme);
    let ran = sandbox.run(&["upgrade", "--check"]);
    assert_eq!(files(&ran), ["* conflict vendor/axum-channels"]);
    sandbox.ok(&["upgrade", "--force"]);
    assert_eq!(sandbox.read("my_app/README.md"), readme);
    is_up_to_date(&sandbox);
}

#[test]
fn what_the_app_shows_is_generated_again() {
    let sandbox = old_app();
    let before = sandbox.tree();

    let ran = sandbox.ok(&FORCE);

    let lines = files(&ran);
    let vendored: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("vendor"))
        .collect();
    assert_eq!(vendored, [&"* overwriting vendor/axum-channels"]);
    assert!(!sandbox.exists(GONE));
    let endpoint = sandbox.read("my_app/src/endpoint.rs");
    for socket in ["User", "Device"] {
        assert!(
            endpoint.contains(&format!(".socket::<{socket}Socket>(")),
            "{endpoint}"
        );
    }
    let routes = sandbox.ok(&["routes"]);
    for topic in ["user:*", "admin_room:*", "sensor:*"] {
        routes.prints(topic);
    }
    is_up_to_date(&sandbox);
    sandbox.ok(&["undo"]);
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn the_shown_diffs_name_their_files_and_have_the_lines_that_gen_has_inserted() {
    let sandbox = old_app();
    let ran = sandbox.ok(&["upgrade", "--made-by-new", "--dry-run"]);
    let [yours, new] = [
        "--- src/channels/device_socket.rs (yours)",
        "+++ src/channels/device_socket.rs (generated)",
    ];
    assert!(
        ran.stderr.contains(&format!("{yours}\n{new}\n")),
        "{}",
        ran.stderr
    );
    for inserted in [
        "routes.channel::<SensorChannel>",
        "export const sensorChannel",
        ".socket_with::<DeviceSocket>",
        "mod device_socket",
        "import \"./device_socket.js\"",
    ] {
        let goes = |line: &&str| line.starts_with('-') && line.contains(inserted);
        let comes = |line: &&str| line.starts_with('+') && line.contains(inserted);
        let [gone, come] = [
            ran.stderr.lines().filter(goes).count(),
            ran.stderr.lines().filter(comes).count(),
        ];
        assert_eq!(gone, come, "{inserted}: {}", ran.stderr);
    }
}

#[test]
fn unless_new_has_made_it_only_sockets_and_channels_are_compared() {
    let sandbox = old_app();
    let ran = sandbox.answer(&["upgrade", "--dry-run"], "n\n").succeeded();
    let question = "Has `hello-sockets new` made this app? No record shows it. [yN] n\n";
    assert!(ran.stderr.starts_with(question), "{}", ran.stderr);
    let lines = files(&ran);
    assert!(
        lines.contains(&"* conflict src/channels/user_channel.rs"),
        "{lines:?}"
    );
    assert!(!lines.contains(&"* conflict src/endpoint.rs"), "{lines:?}");
}

#[test]
#[ignore = "compiles a generated app"]
fn after_the_upgrade_it_builds_and_its_tests_pass() {
    let sandbox = old_app();
    sandbox.ok(&FORCE);

    let tests = cargo(&sandbox.path().join("my_app"), &["test"]);

    for test in [
        "the_server_runs_until_it_is_shut_down",
        "ping_replies_with_its_payload",
    ] {
        assert!(tests.contains(&format!("test {test} ... ok")), "{tests}");
    }
}
