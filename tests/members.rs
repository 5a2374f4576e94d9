//! Members of workspaces: the one that is meant, its paths from elsewhere, and the versions that it shares.

mod support;

use support::taken_back::different;
use support::{Ran, Sandbox, finish};

/// A workspace with a member for each manifest's `[dependencies]`, in `my_app`.
fn workspace(shared: &str, members: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    let root = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n\n[workspace.dependencies]\n{shared}"
    );
    sandbox.write("my_app/Cargo.toml", &root);
    for (name, dependencies) in members {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}"
        );
        sandbox.write(&format!("my_app/crates/{name}/Cargo.toml"), &manifest);
        sandbox.write(&format!("my_app/crates/{name}/src/main.rs"), MAIN);
    }
    sandbox
}

const MAIN: &str =
    "#[tokio::main]\nasync fn main() {\n    axum::serve(listener, app).await.unwrap();\n}\n";

fn run_in(sandbox: &Sandbox, member: &str, args: &[&str]) -> Ran {
    let mut command = sandbox.command(args);
    command.current_dir(sandbox.path().join("my_app/crates").join(member));
    finish(command, "")
}

#[test]
fn the_member_of_the_current_folder_is_meant_though_another_one_has_the_library() {
    let axum = "axum = \"0.8\"\n";
    let sandbox = workspace("", &[("api", axum), ("shop", axum)]);
    run_in(&sandbox, "api", &["gen", "library"]).succeeded();
    let other = sandbox.read("my_app/crates/api/Cargo.toml");

    run_in(&sandbox, "shop", &["gen", "channel", "Room", "--yes"]).misused(
        "error: shop uses axum, but axum-channels is not among its dependencies\nhelp: hello-sockets gen library\n",
    );
    let ran = run_in(&sandbox, "shop/src", &["gen", "library"]).succeeded();

    ran.prints("\nshop depends on axum-channels now");
    assert_eq!(sandbox.read("my_app/crates/api/Cargo.toml"), other);
}

/// A dependency below the workspace is a member of it: `cargo test` at its root would run the tests of the library.
#[test]
fn the_library_is_no_member_of_the_workspace() {
    let sandbox = workspace(
        "",
        &[("admin", "axum = \"0.8\"\n"), ("shop", "axum = \"0.8\"\n")],
    );
    let before = sandbox.tree();

    for member in ["admin", "shop", "admin"] {
        run_in(&sandbox, member, &["gen", "library"]).succeeded();
    }

    let manifest = sandbox.read("my_app/Cargo.toml");
    let lines = "members = [\"crates/*\"]\nexclude = [\"crates/admin/vendor/axum-channels\"]\n";
    assert!(manifest.contains(lines), "{manifest}");
    for member in ["shop", "admin"] {
        run_in(&sandbox, member, &["destroy", "library"]).succeeded();
    }
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn the_library_is_no_member_of_the_crate_s_own_workspace() {
    let sandbox = workspace("", &[("shop", "axum = \"0.8\"\n")]);
    let manifest = sandbox.read("my_app/Cargo.toml");
    let package =
        "[package]\nname = \"my_app\"\nversion = \"0.1.0\"\n\n[dependencies]\naxum = \"0.8\"\n\n";
    sandbox.write("my_app/Cargo.toml", &format!("{package}{manifest}"));
    sandbox.write("my_app/src/main.rs", "fn main() {}\n");

    sandbox.ok(&["gen", "library"]);

    let manifest = sandbox.read("my_app/Cargo.toml");
    let lines = "members = [\"crates/*\"]\nexclude = [\"vendor/axum-channels\"]\n";
    assert!(manifest.contains(lines), "{manifest}");
}

/// Cargo reads no workspace with two packages of one name.
#[test]
fn members_of_a_workspace_share_the_library_of_the_first_one() {
    let axum = "axum = \"0.8\"\n";
    let sandbox = workspace("", &[("admin", axum), ("shop", axum), ("wiki", axum)]);
    run_in(&sandbox, "shop", &["gen", "library"]).succeeded();
    let path = "my_app/crates/shop/vendor/axum-channels/src/lib.rs";
    assert!(sandbox.exists(path));

    for member in ["admin", "wiki"] {
        let ran = run_in(&sandbox, member, &["gen", "library"]).succeeded();

        assert_eq!(
            ran.stdout,
            format!(
                "* injecting Cargo.toml\n\n{member} depends on axum-channels now, in ../shop/vendor/axum-channels:\n\
                 a workspace has only one package of that name. \
                 To make a channel and its socket, run\n\n    hello-sockets gen channel Room\n"
            )
        );
        let manifest = sandbox.read(&format!("my_app/crates/{member}/Cargo.toml"));
        let shared = "path = \"../shop/vendor/axum-channels\"";
        assert_eq!(manifest.matches(shared).count(), 2, "{manifest}");
        assert!(!sandbox.exists(&format!("my_app/crates/{member}/vendor")));
        run_in(&sandbox, member, &["gen", "library"]).found_all_identical();
        run_in(&sandbox, member, &["gen", "channel", "Room", "--yes"]).succeeded();
    }
}

#[test]
fn the_library_of_a_member_stays_while_another_one_uses_it() {
    let axum = "axum = \"0.8\"\n";
    let sandbox = workspace("", &[("admin", axum), ("shop", axum)]);
    let own = sandbox.tree();
    for member in ["shop", "admin"] {
        run_in(&sandbox, member, &["gen", "library"]).succeeded();
    }
    let before = sandbox.tree();

    run_in(&sandbox, "shop", &["destroy", "library"]).misused(
        "error: crates/admin/Cargo.toml depends on the axum-channels of this crate\n\
         help: first run `hello-sockets destroy library` in crates/admin\n",
    );

    assert_eq!(sandbox.tree(), before);
    for member in ["admin", "shop"] {
        run_in(&sandbox, member, &["destroy", "library"]).succeeded();
    }
    assert_eq!(different(&sandbox, &own), [""; 0]);
}

#[test]
fn manual_steps_in_a_member_name_its_files_from_the_root_of_the_workspace() {
    let sandbox = workspace("", &[("shop", "axum = \"0.8\"\n")]);

    sandbox.ok(&["gen", "library"]);
    let socket = sandbox.ok(&["gen", "socket", "User"]);
    let channel = sandbox.ok(&["gen", "channel", "Room"]);
    let auth = sandbox.ok(&["gen", "auth", "--sign-in"]);

    for ran in [&socket, &channel, &auth] {
        ran.prints(", in crates/shop/src/main.rs once `app` is complete, before it is served or becomes a service (there is no `crates/shop/src/endpoint.rs`):\n");
    }
    let page = "until `is_password` in crates/shop/src/sign_in.rs looks up your users.\n";
    auth.prints(page);
}

#[test]
fn an_older_axum_of_the_workspace_is_refused_unless_the_member_has_one_of_its_own() {
    for shared in [
        "axum = \"0.7.9\"\n",
        "axum = { version = \"0.7.9\", features = [\"ws\"] }\n",
        "\n[workspace.dependencies.axum]\nversion = \"0.7.9\"\n",
    ] {
        for own in [
            "axum = { workspace = true, features = [\"ws\"] }\n",
            "axum.workspace = true\n",
            "\n[dependencies.axum]\nworkspace = true\n",
        ] {
            let sandbox = workspace(shared, &[("shop", own)]);
            let before = sandbox.tree();

            run_in(&sandbox, "shop", &["gen", "library"]).misused(
                "error: axum-channels works with axum 0.8, and the workspace asks for 0.7.9\nhelp: update axum in `[workspace.dependencies]`\n",
            );

            assert_eq!(sandbox.tree(), before);
        }
        let sandbox = workspace(shared, &[("shop", "axum = \"0.8\"\n")]);
        run_in(&sandbox, "shop", &["gen", "library"]).succeeded();
    }
}

/// Two versions of one crate have one name in tests.
#[test]
fn the_test_of_tokens_has_the_tower_that_the_member_shares() {
    for own in [
        "tower = { workspace = true, features = [\"limit\"] }\n",
        "tower.workspace = true\n",
        "\n[dependencies.tower]\nworkspace = true\n",
    ] {
        let dependencies = format!("axum = \"0.8\"\n{own}");
        let sandbox = workspace("tower = \"0.4\"\n", &[("shop", &dependencies)]);

        sandbox.ok(&["gen", "library"]);
        sandbox.ok(&["gen", "auth", "--yes"]);

        let manifest = sandbox.read("my_app/crates/shop/Cargo.toml");
        let (_, of_tests) = manifest
            .split_once("[dev-dependencies]\n")
            .expect(&manifest);
        let line = "\ntower = { workspace = true, features = [\"util\"] }\n";
        assert!(of_tests.contains(line), "{manifest}");
    }
}

#[test]
fn an_axum_that_the_workspace_has_under_another_name_is_refused_with_the_reason() {
    let renamed = "web = { package = \"axum\", version = \"0.8\" }\nserde = \"1\"\n";
    let sandbox = workspace(
        renamed,
        &[
            ("shop", "web.workspace = true\n"),
            ("api", "web = { workspace = true, features = [\"ws\"] }\n"),
            ("tool", "serde.workspace = true\n"),
        ],
    );
    let before = sandbox.tree();

    for member in ["shop", "api"] {
        for args in [&["gen", "library"][..], &["gen", "channel", "Room"]] {
            run_in(&sandbox, member, args).misused(&format!(
                "error: {member} has axum under the name `web`, and generated code calls it `axum`\n\
                 help: call it `axum` in `[workspace.dependencies]`, in the Cargo.toml of each member that uses it, and in their code\n"
            ));
        }
    }
    let other = run_in(&sandbox, "tool", &["gen", "library"]);
    let apps = "holds several apps\nhelp: go to one: `crates/api`, `crates/shop`\n";
    assert!(other.stderr.ends_with(apps), "{}", other.stderr);

    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_renamed_axum_of_some_targets_is_refused_with_the_reason() {
    let sandbox = workspace("", &[("shop", "")]);
    let manifest = sandbox.read("my_app/crates/shop/Cargo.toml")
        + "\n[target.'cfg(unix)'.dependencies]\nweb = { package = \"axum\", version = \"0.8\" }\n";
    sandbox.write("my_app/crates/shop/Cargo.toml", &manifest);

    run_in(&sandbox, "shop", &["gen", "library"]).misused(
        "error: shop has axum under the name `web`, and generated code calls it `axum`\n\
         help: call it `axum` in Cargo.toml and in the code of the crate\n",
    );
}

#[test]
fn of_many_apps_five_are_named() {
    let members: Vec<_> = (1..=7).map(|number| format!("app{number}")).collect();
    let axum = |member| (member, "axum = \"0.8\"\n");
    let members: Vec<_> = members.iter().map(|it| axum(it.as_str())).collect();
    let five = "holds several apps\n\
                help: go to one: `crates/app1`, `crates/app2`, `crates/app3`, `crates/app4`, `crates/app5`";
    for (count, others) in [
        (5, ""),
        (6, ", or the other one"),
        (7, ", or one of 2 others"),
    ] {
        let ran = workspace("", &members[..count]).run(&["routes"]);

        let apps = format!("{five}{others}\n");
        assert!(ran.stderr.ends_with(&apps), "{}", ran.stderr);
    }
}
