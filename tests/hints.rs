//! The nearest word, wherever a typed one is unknown.

mod support;

use support::Sandbox;

/// Runs the command, and returns the line of its error with the hint.
#[track_caller]
fn hint(sandbox: &Sandbox, args: &str) -> String {
    let args: Vec<_> = args.split(' ').collect();
    let ran = sandbox.run(&args);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    let mut lines = ran.stderr.lines().map(str::trim);
    let hint = lines.find(|line| line.starts_with("tip: ") || line.starts_with("help: "));
    hint.unwrap_or_else(|| panic!("{}", ran.stderr)).to_owned()
}

#[test]
fn commands_generators_options_and_values_have_hints() {
    let sandbox = Sandbox::new();
    for (typed, expected) in [
        ("nwe my_app", "tip: a similar subcommand exists: 'new'"),
        ("doctr", "tip: a similar subcommand exists: 'doctor'"),
        (
            "chanel Room",
            "tip: a similar subcommand exists: 'gen channel'",
        ),
        (
            "presence",
            "tip: a similar subcommand exists: 'gen presence'",
        ),
        (
            "gen chanel Room",
            "tip: a similar subcommand exists: 'channel'",
        ),
        (
            "help gen chanel",
            "tip: a similar subcommand exists: 'channel'",
        ),
        ("help docter", "tip: a similar subcommand exists: 'doctor'"),
        ("templates tst", "tip: a similar subcommand exists: 'test'"),
        (
            "gen channel Room --sokcet X",
            "tip: a similar argument exists: '--socket'",
        ),
        (
            "new my_app --chanel User",
            "tip: a similar argument exists: '--channel'",
        ),
        (
            "new my_app --stack phenix",
            "tip: a similar value exists: 'phoenix'",
        ),
        ("completions bsh", "tip: a similar value exists: 'bash'"),
        ("routes --jsn", "tip: a similar argument exists: '--json'"),
        ("new gen --jsn", "tip: a similar argument exists: '--json'"),
        (
            "gen --color never channel Room --jsn",
            "tip: a similar argument exists: '--json'",
        ),
    ] {
        assert_eq!(hint(&sandbox, typed), expected, "{typed}");
    }
}

#[test]
fn the_generators_of_the_project_are_hints_as_well() {
    let sandbox = Sandbox::with_app();
    let generator = "my_app/.hello-sockets/templates/rust/worker/generator.toml";
    sandbox.write(generator, "about = \"Makes a worker\"\n");
    assert_eq!(
        hint(&sandbox, "gen wroker"),
        "tip: a similar subcommand exists: 'worker'"
    );
}

#[test]
fn channels_and_sockets_have_hints_on_both_stacks() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let sandbox = sandbox.after(&[
            &["gen", "channel", "User"],
            &["gen", "channel", "Room"],
            &["gen", "socket", "Device"],
        ]);
        let channel = "help: hello-sockets gen presence --channel User";
        assert_eq!(hint(&sandbox, "gen presence --channel Usr"), channel);
        let all = "help: hello-sockets gen presence --channel Room, or --channel User";
        assert_eq!(hint(&sandbox, "gen presence --channel Sensor"), all);
        for (generator, options) in [
            ("gen channel Sensor", ""),
            ("gen auth", ""),
            ("gen channel Sensor", " --yes"),
        ] {
            let found = format!(
                "help: hello-sockets {generator} --socket Device; for another one, first hello-sockets gen socket Devise"
            );
            let before = sandbox.tree();
            assert_eq!(
                hint(&sandbox, &format!("{generator} --socket Devise{options}")),
                found
            );
            assert_eq!(sandbox.tree(), before, "a typing error makes no files");
        }
        let args = ["gen", "channel", "Sensor", "--socket", "Kiosk", "--dry-run"];
        let printed = sandbox.ok(&args).stdout;
        assert!(printed.contains(" was not found.\n"), "{printed}");
    }
}
