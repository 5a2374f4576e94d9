//! Forms of the report: JSON, quiet, verbose.

mod support;

use std::collections::BTreeSet;
#[cfg(target_os = "linux")]
use std::process::Stdio;

use serde_json::{Value, json};
use support::{Ran, Sandbox};

/// A script that has two sockets: the join becomes a manual step.
const TWO_SOCKETS: &str = "import {Socket} from \"phoenix\"\n\
    const one = new Socket(\"/socket\")\nconst two = new Socket(\"/socket\")\none.connect()\ntwo.connect()\n";

/// The report on standard output, and nothing on standard error.
#[track_caller]
fn report(ran: &Ran) -> Value {
    assert_eq!(ran.stderr, "");
    let report: Value = serde_json::from_str(&ran.stdout).expect(&ran.stdout);
    assert_eq!(report["exit_code"], json!(ran.code), "{report:#}");
    report
}

/// An app with a socket whose script has two sockets.
fn with_two_sockets() -> Sandbox {
    let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "User"]]);
    sandbox.write("my_app/assets/js/user_socket.js", TWO_SOCKETS);
    sandbox
}

#[test]
fn json_has_every_file_and_edit_with_its_outcome() {
    let sandbox = Sandbox::with_app();
    let report = report(&sandbox.run(&["gen", "channel", "Room", "--json"]));
    let made = |path: &str| json!({"path": path, "outcome": "created", "instead_of": null});
    let files = [
        "src/channels/room_channel.rs",
        "tests/room_channel.rs",
        "tests/support/mod.rs",
        "src/channels/user_socket.rs",
        "assets/js/user_socket.js",
    ];
    assert_eq!(report["files"], json!(files.map(made)));
    let edited = |edit: &&Value| edit["outcome"] == "edited";
    let edits = report["edits"].as_array().expect("a list").iter();
    let edits: Vec<_> = edits
        .filter(edited)
        .map(|edit| [&edit["path"], &edit["place"]])
        .collect();
    assert_eq!(
        json!(edits),
        json!([
            ["src/channels/mod.rs", "channels_module"],
            ["src/endpoint.rs", "endpoint_sockets"],
            ["assets/js/app.js", "script_imports"],
            ["src/channels/mod.rs", "channels_module"],
            ["src/channels/user_socket.rs", "socket_routes"],
            ["assets/js/user_socket.js", "script_join"],
        ])
    );
    assert_eq!(report["outcome"], "done");
    assert_eq!(report["questions"][0]["name"], "socket");
    assert_eq!(report["questions"][0]["answer"], true);
    let root = report["app"]["root"].as_str().expect("a path");
    assert!(std::path::Path::new(root).join(files[0]).exists(), "{root}");
}

#[test]
fn json_and_text_report_the_same_files() {
    let arguments = ["gen", "channel", "Room", "--dry-run"];
    let sandbox = Sandbox::with_app();
    let text = sandbox.ok(&arguments).stdout;
    let report = report(&sandbox.run(&[&arguments[..], &["--json"]].concat()));
    let entries = ["files", "edits"].map(|key| report[key].as_array().expect("a list").clone());
    let paths = entries
        .iter()
        .flatten()
        .filter(|entry| entry["outcome"] != "identical");
    let paths = paths
        .map(|entry| entry["path"].as_str().expect("a path"))
        .collect::<BTreeSet<_>>();
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("* ")?.split_once(' '));
    assert_eq!(lines.map(|(_, path)| path).collect::<BTreeSet<_>>(), paths);
}

#[test]
fn json_has_manual_steps_with_their_lines_and_the_exit_code_of_strict() {
    let sandbox = with_two_sockets();
    let report = report(&sandbox.run(&["gen", "channel", "Room", "--json", "--strict"]));
    assert_eq!(
        (&report["outcome"], &report["exit_code"]),
        (&json!("manual_steps"), &json!(3))
    );
    let step = &report["manual_steps"][0];
    assert_eq!(step["path"], "assets/js/user_socket.js");
    let lines = step["lines"][0].as_str().expect("a text");
    assert!(lines.contains(".channel(\"room:lobby\""), "{lines}");
    let count = |key: &str| step[key].as_array().map(Vec::len);
    assert_eq!(count("positions"), count("lines"));
}

#[test]
fn json_has_all_errors_of_a_refused_command() {
    let sandbox = Sandbox::with_app();
    let ran = sandbox.run(&["gen", "channel", "room", "--topic", "R", "--json"]);
    let report = report(&ran);
    assert_eq!(
        (&report["outcome"], &report["exit_code"]),
        (&json!("refused"), &json!(2))
    );
    assert_eq!(
        report["errors"],
        json!([
            {
                "message": "`room` is not a channel name: each part of a name starts with a capital letter",
                "help": "hello-sockets gen channel Room",
            },
            {
                "message": "`R` is not a topic: a topic is the part before the colon, of lower-case letters, digits and `_`",
                "help": "--topic r",
            },
        ])
    );
}

#[test]
fn a_failed_survey_is_an_object_of_its_own_kind() {
    let nowhere = Sandbox::new();
    let ran = nowhere.run(&["routes", "--json"]);
    let object: Value = serde_json::from_str(&ran.stdout).expect(&ran.stdout);
    let message = object["errors"][0]["message"].as_str().expect("a text");
    assert!(message.starts_with("no app was found in "), "{message}");
    let errors = &object["errors"];
    let expected = json!({"sockets": [], "problems": [], "errors": errors});
    assert_eq!((ran.code, &object), (Some(2), &expected));

    let ran = nowhere.run(&["doctor", "--json", "--jsn"]);
    let object: Value = serde_json::from_str(&ran.stdout).expect(&ran.stdout);
    let errors = &object["errors"];
    let message = "unexpected argument '--jsn' found";
    assert_eq!(errors[0]["message"], message);
    let expected = json!({"checks": [], "errors": errors});
    assert_eq!((ran.code, &object), (Some(2), &expected));
}

#[test]
fn an_option_in_place_of_a_generator_is_an_error_that_lists_the_generators() {
    let sandbox = Sandbox::with_app();
    let message = "`gen` needs a generator before its options";
    let has = "auth, channel, library, presence, pubsub, release, socket";
    let report = report(&sandbox.run(&["gen", "--json"]));
    let help = format!("hello-sockets gen channel Room --json; the generators are {has}");
    assert_eq!(
        (&report["exit_code"], &report["errors"]),
        (&json!(2), &json!([{"message": message, "help": help}]))
    );
    sandbox.run(&["gen", "--yes", "channel", "Room"]).misused(&format!(
        "error: {message}\nhelp: hello-sockets gen channel Room --yes; the generators are {has}\n"
    ));
}

#[test]
fn an_invalid_command_line_is_json_as_well() {
    let sandbox = Sandbox::with_app();
    for arguments in [
        &["gen", "chanel", "Room", "--json"][..],
        &["new", "x", "--stak", "rust", "--json"],
    ] {
        let report = report(&sandbox.run(arguments));
        assert_eq!(report["outcome"], "refused");
        let help = report["errors"][0]["help"].as_str().expect("a text");
        assert!(help.contains("similar"), "{help}");
    }
}

#[test]
fn json_keeps_the_output_of_programs_apart() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["new", "my_app", "--json", "--no-install"]);
    let report: Value = serde_json::from_str(&ran.stdout).expect(&ran.stdout);
    let commands = report["commands"].as_array().expect("a list").iter();
    let git = commands
        .map(|command| &command["run"][0])
        .any(|program| program == "git");
    assert!(git, "{report:#}");
}

#[test]
fn quiet_prints_nothing_if_nothing_is_left_to_do() {
    let sandbox = Sandbox::with_app();
    let ran = sandbox.run(&["gen", "channel", "Room", "-q"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (Some(0), "", "")
    );
}

#[test]
fn quiet_prints_manual_steps_errors_and_warnings() {
    let sandbox = with_two_sockets();
    let whole = sandbox.ok(&["gen", "channel", "Room", "--dry-run"]).stdout;
    let quiet = sandbox.ok(&["gen", "channel", "Room", "-q"]).stdout;
    assert!(
        quiet.starts_with("\nAdd this to `assets/js/user_socket.js` "),
        "{quiet}"
    );
    assert!(whole.contains(&quiet), "{whole}");
    assert_eq!(sandbox.run(&["gen", "channel", "room", "-q"]).code, Some(2));
    let phoenix = Sandbox::with_phoenix_app();
    let whole = phoenix.ok(&["gen", "socket", "Device", "--dry-run"]).stdout;
    let quiet = phoenix.ok(&["gen", "socket", "Device", "-q"]).stdout;
    let warning = whole.split("* creating").next().expect("a part");
    assert!(!warning.is_empty());
    assert_eq!(quiet, warning.trim_end().to_owned() + "\n");
}

#[test]
fn verbose_prints_look_ups_and_the_place_of_each_edit() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "User"]]);
    std::fs::rename(
        sandbox.path().join("my_app/src/channels/user_socket.rs"),
        sandbox.path().join("my_app/src/channels/users.rs"),
    )
    .expect("it is renamed");
    let printed = sandbox.ok(&["gen", "channel", "Room", "-v"]).stdout;
    for line in [
        "* looked up `browser` of `rust/channel`: assets/js\n",
        "* injecting src/channels/mod.rs  (place `channels_module`, file found by its path)\n",
        "* injecting src/channels/users.rs  (place `socket_routes`, file found by its contents)\n",
    ] {
        assert!(printed.contains(line), "{printed}");
    }
}

/// Adds the keys of `value`: `files[].path`.
fn collect(value: &Value, path: &str, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = format!("{path}{}{key}", if path.is_empty() { "" } else { "." });
                let path = match value {
                    Value::Array(values) if values.first().is_some_and(Value::is_object) => {
                        path + "[]"
                    }
                    _ => path,
                };
                keys.insert(path.clone());
                collect(value, &path, keys);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, path, keys)),
        _ => {}
    }
}

#[test]
fn every_key_is_documented_and_every_documented_key_is_there() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scripts-and-ci.md");
    let page = std::fs::read_to_string(page).expect("it is there");
    let keys = page
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned()));
    let documented: BTreeSet<_> = keys.collect();
    let sandbox = with_two_sockets();
    let mut keys = BTreeSet::new();
    let mut outputs = Vec::new();
    for arguments in [
        &["gen", "channel", "Room", "--verbose"][..],
        &["gen", "presence", "--channel", "Usr"],
        &["gen", "channel", "Sensor", "--socket", "Device"],
        &["new", "other", "--dry-run"],
    ] {
        let ran = sandbox.run(&[arguments, &["--json"]].concat());
        let report = report(&ran);
        outputs.push(report);
    }
    outputs
        .iter()
        .for_each(|report| collect(report, "", &mut keys));
    // An empty list has the key of a list of objects.
    keys.retain(|key| !documented.contains(&format!("{key}[]")));
    assert_eq!(keys, documented);
}

/// `/dev/full` is a full disk.
#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_printed_is_a_failure_and_a_closed_pipe_is_none() {
    let full = |sandbox: &Sandbox, args: &[&str]| {
        let disk = std::fs::File::create("/dev/full").expect("Linux has one");
        let mut command = sandbox.command(args);
        let ran = command.stdin(Stdio::null()).stdout(disk).output();
        let ran = ran.expect("it runs");
        let errors = String::from_utf8_lossy(&ran.stderr).into_owned();
        (ran.status.code(), errors)
    };
    let sandbox = Sandbox::with_app();
    let error =
        "error: the output cannot be printed: No space left on device (os error 28)\n".to_owned();
    for args in [
        &["routes", "--json"][..],
        &["routes"],
        &["gen", "channel", "Room", "--yes", "--json"],
        &["gen", "channel", "--help"],
        &["--version"],
        &["completions", "bash"],
    ] {
        assert_eq!(full(&sandbox, args), (Some(1), error.clone()), "{args:?}");
    }
    // A report in text is no result: a run that fails has written nothing.
    let reported = full(&sandbox, &["gen", "channel", "Hall"]);
    assert_eq!(reported, (Some(0), String::new()));
    assert!(sandbox.exists("my_app/src/channels/hall_channel.rs"));
    let refused = full(&sandbox, &["gen", "channel", "room", "--json"]);
    let reason = "error: `room` is not a channel name: each part of a name starts with a capital letter\n\
                  help: hello-sockets gen channel Room\n";
    assert_eq!(refused, (Some(2), reason.to_owned()));

    let mut command = sandbox.command(&["completions", "bash"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let ran = command.stdout(writer).output().expect("it runs");
    assert_eq!(
        (ran.status.code(), ran.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}
