//! Colours of the report: `--color`, `NO_COLOR` and `CLICOLOR_FORCE`.

mod support;

use support::Sandbox;

#[test]
fn colours_follow_the_option_and_then_the_environment() {
    let sandbox = Sandbox::with_app();
    let force = ("CLICOLOR_FORCE", "1");
    let no_color = ("NO_COLOR", "1");
    for (option, variables, coloured) in [
        ("auto", &[][..], false), // standard output is a pipe
        ("auto", &[force], true),
        ("auto", &[force, no_color], false),
        ("always", &[no_color], true),
        ("never", &[force], false),
    ] {
        let mut command = sandbox.command(&["gen", "socket", "User", "--dry-run"]);
        command
            .args(["--color", option])
            .envs(variables.iter().copied());

        let ran = support::finish(command, "").succeeded();

        let green = ran.stdout.contains("\u{1b}[32m* creating\u{1b}[0m ");
        assert_eq!(green, coloured, "{option} {variables:?}: {}", ran.stdout);
        assert_eq!(ran.stdout.contains('\u{1b}'), coloured, "{}", ran.stdout);
    }
}

#[test]
#[cfg(unix)]
fn clicolor_turns_colours_off_in_a_terminal() {
    let sandbox = Sandbox::with_app();
    let question = "Do you want to create it? [Yn] ";
    for (value, coloured) in [("1", true), ("0", false)] {
        let mut command = sandbox.command(&["gen", "channel", "User", "--dry-run"]);
        command.env("CLICOLOR", value).env("TERM", "xterm");

        let shown = support::terminal::transcript(command, question, "Y");

        assert_eq!(
            shown.contains('\u{1b}'),
            coloured,
            "CLICOLOR={value}: {shown}"
        );
    }
}
