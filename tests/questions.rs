//! Questions in a pseudo-terminal.
#![cfg(unix)]

mod support;

use rexpect::session::PtySession;
use support::Sandbox;
use support::terminal::{self, end};

const SOCKET: &str = "my_app/src/channels/user_socket.rs";
const QUESTION: &str = "Do you want to create it? [Yn] ";

/// Runs `gen channel User` up to its question.
fn asked(sandbox: &Sandbox) -> PtySession {
    let mut session = start(sandbox, &["gen", "channel", "User"]);
    session.exp_string(QUESTION).expect("it asks");
    session
}

fn start(sandbox: &Sandbox, args: &[&str]) -> PtySession {
    let plain = [args, &["--color", "never"]].concat();
    terminal::start(sandbox.command(&plain))
}

#[test]
fn enter_y_and_yes_are_yes() {
    for answer in ["", "y", "Y", "yes", " YES "] {
        let sandbox = Sandbox::with_app();
        let mut session = asked(&sandbox);
        session.send_line(answer).expect("it listens");
        let (rest, code) = end(session);

        assert_eq!(code, 0);
        assert!(
            rest.contains("* creating src/channels/user_socket.rs\n"),
            "{answer:?}: {rest}"
        );
        assert!(sandbox.exists(SOCKET));
    }
}

#[test]
fn nobody_is_asked_with_json() {
    let sandbox = Sandbox::with_app();
    let (shown, code) = end(start(&sandbox, &["gen", "channel", "User", "--json"]));
    assert_eq!(code, 0);
    assert!(!shown.contains(QUESTION), "{shown}");
    let report: serde_json::Value = serde_json::from_str(&shown).expect(&shown);
    assert_eq!(report["questions"][0]["answer"], true);
    assert!(sandbox.exists(SOCKET));

    sandbox.write("my_app/src/channels/room_channel.rs", "// mine\n");
    let (shown, code) = end(start(&sandbox, &["gen", "channel", "Room", "--json"]));
    assert_eq!(code, 2);
    assert!(
        shown.contains("`src/channels/room_channel.rs` exists and differs"),
        "{shown}"
    );
}

#[test]
fn quiet_asks_with_the_reason_of_the_question() {
    let sandbox = Sandbox::with_app();
    let mut session = start(&sandbox, &["gen", "channel", "User", "-q"]);
    let before = session.exp_string(QUESTION).expect("it asks");
    let before = before.replace("\r\n", "\n");
    assert_eq!(
        before,
        "\nThe default socket handler - my_app::channels::UserSocket - was not found.\n\n"
    );
    session.send_line("y").expect("it reads");
    assert_eq!(end(session), (String::new(), 0));
}

#[test]
fn n_is_no() {
    for answer in ["n", "N", "no"] {
        let sandbox = Sandbox::with_app();
        let mut session = asked(&sandbox);
        session.send_line(answer).expect("it listens");
        let (rest, code) = end(session);

        assert_eq!(code, 0);
        assert!(
            rest.contains("hello-sockets gen channel User --yes --skip\n"),
            "{rest}"
        );
        assert!(!sandbox.exists(SOCKET));
        assert!(sandbox.exists("my_app/src/channels/user_channel.rs"));
    }
}

#[test]
fn junk_is_asked_again() {
    let sandbox = Sandbox::with_app();
    let mut session = asked(&sandbox);
    session.send_line("maybe").expect("it listens");
    session
        .exp_string("Please answer y or n, or q to leave.")
        .expect("it explains the answers");
    session.exp_string(QUESTION).expect("it asks again");
    session.send_line("n").expect("it listens");

    assert_eq!(end(session).1, 0);
    assert!(!sandbox.exists(SOCKET));
}

#[test]
fn ctrl_c_leaves_nothing_half_done() {
    let sandbox = Sandbox::with_app();
    let before = sandbox.tree();
    let mut session = asked(&sandbox);
    session.send_control('c').expect("it listens");
    let (rest, code) = end(session);

    assert_eq!(code, 130);
    assert!(
        rest.contains("interrupted: nothing listed above was written\n"),
        "{rest}"
    );
    assert!(
        rest.contains("\u{1b}[?25h"),
        "the cursor is shown: {rest:?}"
    );
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn q_exits_as_ctrl_c_does() {
    let sandbox = Sandbox::with_app();
    let before = sandbox.tree();
    let mut session = asked(&sandbox);
    session.send_line("q").expect("it listens");
    let (rest, code) = end(session);

    assert_eq!(code, 130);
    assert!(
        rest.contains("interrupted: nothing listed above was written\n"),
        "{rest}"
    );
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn ctrl_d_at_a_conflict_keeps_the_file_and_reports_it() {
    let sandbox = Sandbox::with_app();
    let channel = "my_app/src/channels/user_channel.rs";
    sandbox.write(channel, "// mine\n");
    let mut session = start(&sandbox, &["gen", "channel", "User", "--yes"]);
    session.exp_string("[q]uit ").expect("it asks");
    session.send_control('d').expect("it listens");
    let (rest, code) = end(session);

    assert_eq!(code, 0, "{rest}");
    assert!(rest.contains("N (end of input: the default)\n"), "{rest}");
    assert_eq!(sandbox.read(channel), "// mine\n");
}

#[test]
fn the_question_about_a_file_is_printed_once_and_fits_80_columns() {
    let sandbox = Sandbox::with_app();
    let name = "AVeryLongNameOfAChannelThatHasEverythingInIt";
    let path = "src/channels/a_very_long_name_of_a_channel_that_has_everything_in_it_channel.rs";
    sandbox.write(&format!("my_app/{path}"), "// mine\n");
    let mut session = start(&sandbox, &["gen", "channel", name, "--yes"]);
    let above = session.exp_string("[q]uit ").expect("it asks");
    session.send_line("n").expect("it listens");
    let (rest, code) = end(session);

    assert_eq!(code, 0, "{rest}");
    let question = above.lines().last().expect("a line");
    assert!(question.len() + "[q]uit ".len() <= 80, "{question}");
    let count = |text: &str| text.matches("Overwrite it?").count();
    assert_eq!((count(&above), count(&rest)), (1, 0), "{above}{rest}");
}

#[test]
fn ctrl_d_takes_the_default_and_reports_it() {
    let sandbox = Sandbox::with_app();
    let mut session = asked(&sandbox);
    session.send_control('d').expect("it listens");
    let (rest, code) = end(session);

    assert_eq!(code, 0);
    assert!(rest.contains("Y (end of input: the default)\n"), "{rest}");
    assert!(sandbox.exists(SOCKET));
}

#[test]
fn a_piped_line_is_the_answer_and_the_end_of_input_the_default() {
    let transcripts = [
        ("y\n", "Y\n", true),
        ("\n", "Y\n", true),
        ("n\n", "n\n", false),
        // As in Phoenix: any answer but yes is a no, because a pipe cannot be asked again.
        ("maybe\n", "n\n", false),
        ("\u{e9}\u{0}\n", "n\n", false),
        ("", "Y (end of input: the default)\n", true),
    ];
    for (input, shown, made) in transcripts {
        let sandbox = Sandbox::with_app();
        let ran = sandbox
            .answer(&["gen", "channel", "User"], input)
            .succeeded();
        assert_eq!(ran.stderr, format!("\n{QUESTION}{shown}"), "{input:?}");
        assert_eq!(sandbox.exists(SOCKET), made, "{input:?}");
    }
}

#[test]
fn a_file_that_differs_is_asked_about_and_kept_by_default() {
    let sandbox = Sandbox::with_app();
    let channel = "my_app/src/channels/user_channel.rs";
    sandbox.write(channel, "// mine\n");
    let conflict = "Overwrite it? [y]es [N]o [d]iff [a]ll [q]uit ";
    let answer = |keys: &str| {
        let mut session = start(&sandbox, &["gen", "channel", "User", "--yes"]);
        session
            .exp_string("`src/channels/user_channel.rs` exists and differs.\r\n")
            .expect("it names the file");
        for key in keys.split(' ') {
            session.exp_string(conflict).expect("it asks");
            session.send_line(key).expect("it listens");
        }
        end(session)
    };

    let (quit, code) = answer("q");
    assert_eq!(code, 130);
    assert!(
        quit.contains("interrupted: nothing listed above was written\n"),
        "{quit}"
    );
    assert!(!sandbox.exists(SOCKET));

    let (kept, code) = answer("what d ");
    assert_eq!(code, 0, "{kept}");
    assert!(
        kept.contains("* skipping src/channels/user_channel.rs\n"),
        "{kept}"
    );
    assert_eq!(sandbox.read(channel), "// mine\n");

    let (overwritten, code) = answer("y");
    assert_eq!(code, 0, "{overwritten}");
    assert!(
        sandbox
            .read(channel)
            .contains("impl Channel for UserChannel")
    );
}

#[test]
fn the_diff_shows_what_would_go_and_what_would_come() {
    let sandbox = Sandbox::with_app();
    sandbox.write("my_app/src/channels/user_channel.rs", "// mine\n");
    let mut session = start(&sandbox, &["gen", "channel", "User", "--yes"]);
    session.exp_string("[q]uit ").expect("it asks");
    session.send_line("d").expect("it listens");
    for line in [
        "--- src/channels/user_channel.rs (yours)",
        "+++ src/channels/user_channel.rs (generated)",
        "-// mine",
        "+//! The channel for `user:*`.",
        "Overwrite it?",
    ] {
        session
            .exp_string(line)
            .expect("it shows the difference and asks again");
    }
    session.send_line("n").expect("it listens");
    assert_eq!(end(session).1, 0);
}

#[test]
fn all_asks_about_no_further_file() {
    let sandbox = Sandbox::with_app();
    for path in [
        "my_app/src/channels/user_channel.rs",
        "my_app/tests/user_channel.rs",
    ] {
        sandbox.write(path, "// mine\n");
    }
    let mut session = start(&sandbox, &["gen", "channel", "User", "--yes"]);
    session.exp_string("[q]uit ").expect("it asks");
    session.send_line("a").expect("it listens");
    let (rest, code) = end(session);

    assert_eq!(code, 0, "{rest}");
    assert!(
        rest.contains("* overwriting tests/user_channel.rs\n"),
        "{rest}"
    );
    assert!(
        sandbox
            .read("my_app/tests/user_channel.rs")
            .contains("ping_replies_with_its_payload")
    );
}

#[test]
fn ctrl_c_at_a_conflict_leaves_everything_as_it_was() {
    let sandbox = Sandbox::with_app();
    sandbox.write("my_app/src/channels/user_channel.rs", "// mine\n");
    let before = sandbox.tree();
    let mut session = start(&sandbox, &["gen", "channel", "User", "--yes"]);
    session.exp_string("[q]uit ").expect("it asks");
    session.send_control('c').expect("it listens");
    let (rest, code) = end(session);

    assert_eq!(code, 130, "{rest}");
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_new_app_asks_whether_to_install() {
    let sandbox = Sandbox::new();
    let mut session = start(&sandbox, &["new", "my_app", "--no-git"]);
    session
        .exp_string("Fetch and install dependencies? [Yn] ")
        .expect("it asks");
    session.send_line("n").expect("it listens");
    let (rest, code) = end(session);

    assert_eq!(code, 0);
    assert!(!rest.contains("* running"), "{rest}");
    assert!(
        rest.contains("    cd my_app\n    npm install --prefix assets\n    hello-sockets dev\n"),
        "{rest}"
    );
}

#[test]
fn new_without_a_path_asks_for_folder_stack_first_channel_and_options() {
    let sandbox = Sandbox::new();
    let mut session = start(&sandbox, &["new", "--no-install"]);
    session.exp_string("Stack of the new app").expect("it asks");
    session.exp_string("phoenix").expect("it shows them all");
    session.send("j").expect("it listens"); // down
    session.send_line("").expect("it listens");
    session.exp_string("Its folder").expect("it asks");
    session.send_line("Live Chat").expect("it listens");
    session
        .exp_string("a name starts with a lower-case ASCII letter")
        .expect("it asks again");
    session.exp_string("live_chat").expect("it suggests a name");
    // A module of Elixir.
    session.send_line("kernel").expect("it listens");
    session.exp_string("kernel_app").expect("it asks again");
    session.send_line("live_chat").expect("it listens");
    session.exp_string("First channel").expect("it asks");
    session.send_line("room").expect("it listens");
    session
        .exp_string("each part of a name starts with a capital letter")
        .expect("it asks again");
    session.send_line("Room").expect("it listens");
    session.exp_string("Engine").expect("it asks");
    session.exp_string("redis").expect("it shows them all");
    session.send("j").expect("it listens");
    session.send_line("").expect("it listens");
    session
        .exp_string("Initialise a git repository? [Yn] ")
        .expect("it asks");
    session.send_line("n").expect("it listens");
    let (rest, code) = end(session);

    assert_eq!(code, 0, "{rest}");
    assert!(sandbox.exists("live_chat/mix.exs"), "{rest}");
    assert!(!sandbox.exists("live_chat/.git"), "{rest}");
    let channel = "live_chat/lib/live_chat_web/channels/room_channel.ex";
    assert!(sandbox.exists(channel), "{rest}");
    let mix = sandbox.read("live_chat/mix.exs");
    assert!(mix.contains(":phoenix_pubsub_redis"), "{mix}");
}

#[test]
fn ctrl_c_in_the_dialogue_of_new_makes_nothing() {
    let sandbox = Sandbox::new();
    let mut session = start(&sandbox, &["new", "--no-git", "--no-install"]);
    session.exp_string("Stack of the new app").expect("it asks");
    session.send_line("").expect("it listens");
    session.exp_string("Its folder").expect("it asks");
    session.send_line("live_chat").expect("it listens");
    session.exp_string("First channel").expect("it asks");
    session.send_control('c').expect("it listens");
    let (rest, code) = end(session);

    assert_eq!(code, 130, "{rest}");
    assert!(!sandbox.exists("live_chat"));
}
