//! `hello-sockets new`, from outside.

mod support;

use std::process::Command;

use support::{Sandbox, finish, tree};

const NEW: [&str; 4] = ["new", "my_app", "--no-git", "--no-install"];

#[test]
fn the_name_comes_from_the_path_or_from_app() {
    let sandbox = Sandbox::new();

    sandbox.ok(&["new", "deep/er/chat", "--no-git", "--no-install"]);
    sandbox.ok(&[
        "new",
        "live-chat",
        "--app",
        "live_chat",
        "--no-git",
        "--no-install",
    ]);

    assert!(
        sandbox
            .read("deep/er/chat/Cargo.toml")
            .contains("name = \"chat\"\n")
    );
    assert!(
        sandbox
            .read("live-chat/Cargo.toml")
            .contains("name = \"live_chat\"\n")
    );
    assert!(
        sandbox
            .read("live-chat/assets/index.html")
            .contains("<title>LiveChat</title>")
    );
}

#[test]
fn for_the_name_of_a_device_another_folder_is_suggested() {
    let sandbox = Sandbox::new();
    let refused = "cannot be the app's name: Windows cannot have a file or folder of that name";
    for (args, way_out) in [
        (&["new", "apps/con"][..], "apps/con_app"),
        (
            &["new", "apps/live", "--app", "con"],
            "apps/live --app con_app",
        ),
    ] {
        let expected = format!("error: `con` {refused}\nhelp: hello-sockets new {way_out}\n");
        sandbox.run(args).misused(&expected);
    }
    assert_eq!(sandbox.tree(), []);
}

#[test]
fn invalid_app_names_are_refused_with_a_suggestion() {
    let refused = |name: &str, reason: &str, way_out: &str| {
        let sandbox = Sandbox::new();
        let expected = format!(
            "error: `{name}` cannot be the app's name: {reason}\nhelp: hello-sockets new {name} --app {way_out}\n"
        );
        sandbox.run(&["new", name]).misused(&expected);
        assert_eq!(sandbox.tree(), [], "{name}");
    };
    let spelling =
        "a name starts with a lower-case ASCII letter and goes on with those, digits, `_` and `-`";
    refused("MyApp", spelling, "myapp");
    refused("1app", spelling, "app");
    refused("größe", spelling, "grosse");
    refused("match", "it is a word of the Rust language", "match_app");
    refused("std", "a crate of that name comes with Rust", "std_app");
    refused("test", "a crate of that name comes with Rust", "test_app");
    refused(
        "tokio",
        "a crate of that name is among the app's own dependencies",
        "tokio_app",
    );
    refused(
        "axum_channels",
        "a crate of that name is among the app's own dependencies",
        "axum_channels_app",
    );
    refused("build", "Cargo has a folder of that name", "build_app");
}

#[test]
#[cfg(unix)]
fn a_folder_whose_name_is_no_text_needs_a_name() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["new"]);
    command.arg(std::ffi::OsStr::from_bytes(b"app\xff"));
    let ran = support::finish(command, "");
    ran.misused(
        "error: `app\u{fffd}` cannot be the app's name: a name starts with a lower-case ASCII letter and goes on with those, \
         digits, `_` and `-`\nhelp: hello-sockets new 'app\u{fffd}' --app app\n",
    );
}

#[test]
fn a_path_without_a_last_part_needs_a_name() {
    Sandbox::new().run(&["new", ".."]).misused(
        "error: `..` has no last part to name the app by\nhelp: hello-sockets new .. --app my_app\n",
    );
}

#[test]
fn another_app_in_the_folder_is_one_obstacle() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "User"]]);
    let before = sandbox.tree();

    sandbox.run(&["new", "../my_app"]).misused(
        "\n`../my_app` is not empty (it has `src/channels/user_socket.rs`). Make the app in it? [yN] N (end of input: the default)\n\
         error: `../my_app` is not empty; nothing was written\n\
         help: choose another folder, or add --yes, which answers every question with yes, except about files that differ\n",
    );
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_folder_with_other_files_needs_a_yes() {
    let sandbox = Sandbox::new();
    sandbox.write("my_app/notes.txt", "mine");

    let ran = sandbox.run(&NEW);

    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.ends_with(
        "`my_app` is not empty (it has `notes.txt`). Make the app in it? [yN] N (end of input: the default)\n\
         error: `my_app` is not empty; nothing was written\n\
         help: choose another folder, or add --yes, which answers every question with yes, except about files that differ\n"
    ), "{}", ran.stderr);
    assert_eq!(
        sandbox.tree(),
        [("my_app/notes.txt".to_owned(), b"mine".to_vec())]
    );

    sandbox.answer(&NEW, "y\n").succeeded();

    assert!(sandbox.exists("my_app/src/main.rs"));
    assert_eq!(sandbox.read("my_app/notes.txt"), "mine");
}

#[test]
fn a_repository_is_initialised_unless_there_is_one() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["new", "outside", "--no-install"]);
    assert!(sandbox.exists("outside/.git/HEAD"));

    let status = Command::new("git")
        .args(["init", "--quiet", "repository"])
        .current_dir(sandbox.path())
        .status();
    assert!(status.expect("git is installed").success());
    let ran = sandbox.ok(&["new", "repository/inside", "--no-install"]);
    assert!(!ran.stdout.contains("git init"), "{}", ran.stdout);
    assert!(!sandbox.exists("repository/inside/.git"));

    sandbox.ok(&["new", "without", "--no-install", "--no-git"]);
    assert!(!sandbox.exists("without/.git"));
}

#[test]
fn a_repository_beside_the_app_is_not_around_it() {
    let sandbox = Sandbox::new();
    let mut git = Command::new("git");
    git.args(["init", "--quiet", "repository"])
        .current_dir(sandbox.path());
    assert!(git.status().expect("git is installed").success());

    let mut command = sandbox.command(&["new", "../beside", "--no-install"]);
    command.current_dir(sandbox.path().join("repository"));
    finish(command, "").succeeded();

    assert!(sandbox.exists("beside/.git/HEAD"));
}

#[test]
fn missing_programs_are_reported_with_a_fix() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["new", "my_app", "--yes"]);
    command.env("PATH", sandbox.path());

    let ran = finish(command, "").succeeded();

    assert_eq!(
        ran.stderr,
        "\nFetch and install dependencies? [Yn] Y\n\
        warning: `git` was not found: the app has no repository; create one with `git init`\n\
        warning: `npm` was not found: the page needs the client that it installs; once Node.js is installed, run `npm install --prefix assets` in the app\n\
        warning: `cargo` was not found: the first build will try again\n"
    );
    assert!(sandbox.exists("my_app/src/main.rs"));
}

#[test]
fn a_dry_run_reports_the_same_and_touches_nothing() {
    let sandbox = Sandbox::new();

    let dry = sandbox.ok(&[
        "new",
        "my_app",
        "--channel",
        "User",
        "--install",
        "--dry-run",
    ]);
    assert_eq!(sandbox.tree(), []);
    let wet = sandbox.ok(&[
        "new",
        "my_app",
        "--channel",
        "User",
        "--no-git",
        "--no-install",
    ]);

    let lines = |report: &str, verb: &str| -> Vec<String> {
        report
            .lines()
            .filter(|l| l.starts_with(verb))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(
        lines(&dry.stdout, "* creating"),
        lines(&wet.stdout, "* creating")
    );
    assert_eq!(
        lines(&dry.stdout, "* running"),
        [
            "* running git init --quiet",
            "* running npm install --prefix assets --no-audit --no-fund",
            "* running cargo fetch",
        ]
    );
    assert!(
        dry.stdout.ends_with("\nDry run: nothing was written.\n"),
        "{}",
        dry.stdout
    );
}

#[test]
fn a_channel_asked_for_is_made_and_wired() {
    let sandbox = Sandbox::new();
    sandbox.ok(&[
        "new",
        "one_go",
        "--no-git",
        "--no-install",
        "--channel",
        "User",
        "--channel",
        "Room",
    ]);

    sandbox.ok(&NEW);
    sandbox
        .answer(&["gen", "channel", "User"], "y\n")
        .succeeded();
    sandbox.ok(&["gen", "channel", "Room"]);

    let renamed = |tree: Vec<(String, Vec<u8>)>| -> Vec<(String, String)> {
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes)
                .expect("text")
                .replace("one_go", "my_app")
                .replace("OneGo", "MyApp")
        };
        tree.into_iter()
            .map(|(path, bytes)| (path, text(bytes)))
            .collect()
    };
    assert_eq!(
        renamed(tree(&sandbox.path().join("one_go"))),
        renamed(tree(&sandbox.path().join("my_app")))
    );
}

#[test]
fn an_unknown_stack_or_command_is_answered_with_those_there_are() {
    let ran = Sandbox::new().run(&["new", "my_app", "--stack", "rails"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("possible values: phoenix, rust"),
        "{}",
        ran.stderr
    );

    let ran = Sandbox::new().run(&["neww", "my_app"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("a similar subcommand exists: 'new'"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_librarys_vendored_copy_is_the_library() {
    let sandbox = Sandbox::with_app();
    let library = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("axum-channels");

    let vendored = sandbox.path().join("my_app/vendor/axum-channels");

    for folder in ["src", "trim/src"] {
        assert_eq!(tree(&vendored.join(folder)), tree(&library.join(folder)));
    }
    for manifest in ["Cargo.toml", "trim/Cargo.toml"] {
        let read = |folder: &std::path::Path| std::fs::read(folder.join(manifest)).expect(manifest);
        assert_eq!(read(&vendored), read(&library));
    }
}

#[test]
fn invalid_requests_are_refused_before_any_output() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "");
    let refused = |args: &[&str], stderr: &str| {
        let ran = sandbox.run(args).misused(stderr);
        assert_eq!(ran.stdout, "");
    };
    refused(
        &["new", "my_app", "--channel", "room"],
        "error: `room` is not a channel name: each part of a name starts with a capital letter\nhelp: --channel Room\n",
    );
    refused(
        &["new", "file"],
        "error: `file` is a file\nhelp: name a folder that is not there yet\n",
    );
    assert_eq!(sandbox.tree(), [("file".to_owned(), Vec::new())]);
}

#[test]
fn paths_in_next_steps_are_quoted() {
    let sandbox = Sandbox::new();
    let ran = sandbox.ok(&["new", "my dir/chat", "--no-git", "--no-install"]);
    ran.prints("    cd 'my dir/chat'\n");

    let ran = sandbox.run(&["new", "my app"]);
    assert!(
        ran.stderr
            .ends_with("help: hello-sockets new 'my app' --app my_app\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn without_npm_the_next_steps_have_what_npm_would_have_done() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["new", "my_app", "--install", "--no-git"]);
    command.env("PATH", sandbox.path());

    let ran = finish(command, "");

    let next = "\nMyApp is created, but some dependencies are missing. Resolve the warnings above, then start it:\n\n    \
                cd my_app\n    npm install --prefix assets\n    hello-sockets dev\n";
    ran.prints(next);
    assert!(!ran.stdout.contains("is ready"), "{}", ran.stdout);
    assert_eq!(ran.code, Some(1), "it was asked for by a flag");
}

#[cfg(unix)]
#[test]
fn the_client_is_installed_by_the_package_manager_that_the_app_uses_or_that_is_there() {
    for (lock, programs, expected) in [
        (
            "",
            "npm pnpm bun yarn",
            "npm install --prefix assets --no-audit --no-fund",
        ),
        ("", "yarn bun pnpm", "pnpm install --dir assets"),
        ("", "bun yarn", "bun install --cwd assets"),
        ("", "yarn", "yarn --cwd assets install"),
        (
            "package-lock.json",
            "npm pnpm",
            "npm install --prefix assets --no-audit --no-fund",
        ),
        (
            "pnpm-lock.yaml",
            "npm pnpm bun yarn",
            "pnpm install --dir assets",
        ),
        ("bun.lock", "npm bun", "bun install --cwd assets"),
        ("bun.lockb", "npm bun", "bun install --cwd assets"),
        (
            "yarn.lock",
            "npm pnpm bun yarn",
            "yarn --cwd assets install",
        ),
    ] {
        let sandbox = Sandbox::new();
        for program in programs.split(' ').chain(["cargo"]) {
            sandbox.write_program(&format!("programs/{program}"), "echo \"$0 $*\" >>called");
        }
        if !lock.is_empty() {
            sandbox.write(&format!("my_app/assets/{lock}"), "");
        }
        let programs = sandbox.path().join("programs");
        let new = ["new", "my_app", "--install", "--no-git"];
        let mut command = sandbox.command(&new);
        command.env("PATH", &programs);

        let ran = finish(command, "").succeeded();

        let expected = [expected, "cargo fetch"];
        let reported = ran.stdout.lines();
        let reported: Vec<_> = reported
            .filter_map(|line| line.strip_prefix("* running "))
            .collect();
        assert_eq!(reported, expected, "{lock}");
        let called = sandbox.read("my_app/called");
        let folder = format!("{}/", programs.display());
        assert_eq!(
            called.replace(&folder, ""),
            expected.join("\n") + "\n",
            "{lock}"
        );
        let ready = "\nMyApp is ready. Start it:\n";
        assert!(ran.stdout.contains(ready), "{lock}: {}", ran.stdout);
        let has_modules = sandbox.exists("my_app/assets/.yarnrc.yml");
        assert_eq!(has_modules, expected[0].starts_with("yarn"), "{lock}");
    }
}

#[cfg(unix)]
#[test]
fn the_next_steps_and_a_warning_name_the_package_manager_that_is_there() {
    let sandbox = Sandbox::new();
    sandbox.write_program("programs/bun", "exit 1");
    let new = |args: &[&str]| {
        let mut command = sandbox.command(&[&["new"], args].concat());
        command.env("PATH", sandbox.path().join("programs"));
        finish(command, "")
    };

    let without = new(&["without", "--no-install", "--no-git"]).succeeded();
    let failed = new(&["failed", "--yes", "--no-git"]).succeeded();

    for (ran, folder) in [(&without, "without"), (&failed, "failed")] {
        let next =
            format!("    cd {folder}\n    bun install --cwd assets\n    hello-sockets dev\n");
        ran.prints(&next);
    }
    let warning = "warning: `bun` failed (exit status: 1): the page needs the client that it installs: run `bun install \
                   --cwd assets` in the app\n";
    assert!(failed.stderr.contains(warning), "{}", failed.stderr);
}

#[test]
fn an_app_without_its_dependencies_is_not_called_ready() {
    for stack in ["rust", "phoenix"] {
        let sandbox = Sandbox::new();
        let ran = sandbox.ok(&[
            "new",
            "my_app",
            "--no-install",
            "--no-git",
            "--stack",
            stack,
        ]);

        ran.prints("\nMyApp is created. ");
        assert!(!ran.stdout.contains("ready"), "{}", ran.stdout);
    }
}

#[test]
fn the_same_command_again_completes_an_app_whose_dependencies_were_interrupted() {
    for stack in ["rust", "phoenix"] {
        let sandbox = Sandbox::new();
        let channels = ["--channel", "User", "--channel", "Room"];
        let new = [
            "new",
            "my_app",
            "--no-install",
            "--no-git",
            "--stack",
            stack,
        ];
        let new = [&new[..], &channels].concat();
        sandbox.ok(&new);
        let before = sandbox.tree();

        let ran = sandbox.run_outside(&new).succeeded();

        let others = ran.stdout.lines().filter(|line| line.starts_with("* "));
        let others: Vec<_> = others
            .filter(|line| !line.starts_with("* identical") && !line.starts_with("* skipping"))
            .collect();
        assert_eq!(others, [""; 0], "{stack}");
        assert_eq!(sandbox.tree(), before);
    }
}

#[test]
fn a_new_app_without_a_folder_and_without_a_terminal_is_refused() {
    let sandbox = Sandbox::new();

    sandbox.run(&["new"]).misused(
        "error: a new app needs a folder, and none was given\nhelp: hello-sockets new my_app\n",
    );
}
