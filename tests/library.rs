//! `gen library`: the way in for a crate that uses axum, and not axum-channels yet.
#![allow(
    clippy::disallowed_methods,
    reason = "tests look at the disk themselves"
)]

mod support;

use support::Sandbox;
use support::app::cargo;
use support::taken_back::different;

/// A crate that is one program, on this version of axum, with `files` in it.
fn program(axum: &str, files: &[(&str, &str)]) -> Sandbox {
    let sandbox = crate_of("", &[&[("src/main.rs", MAIN)], files].concat());
    let manifest = sandbox.read("my_app/Cargo.toml");
    let manifest = manifest.replace("axum = \"0.8\"", &format!("axum = \"{axum}\""));
    sandbox.write("my_app/Cargo.toml", &manifest);
    sandbox
}

/// A crate with `files`, and `more` in its manifest.
fn crate_of(more: &str, files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("my_app/Cargo.toml", &format!("{CARGO}{more}"));
    for (path, source) in files {
        sandbox.write(&format!("my_app/{path}"), source);
    }
    sandbox
}

const CARGO: &str = r#"[package]
name = "shop"
version = "0.1.0"
edition = "2024"

[dependencies]
axum = "0.8"
serde_json = "1"
tokio = { version = "1", features = ["full"] }
"#;

const MAIN: &str = "use axum::Router;\n\n#[tokio::main]\nasync fn main() {\n    let app = Router::new();\n    serve(app).await;\n}\n";

const ENDPOINT: &str = "    let endpoint = axum_channels::Endpoint::builder()\n        .socket::<UserSocket>(\"/socket\")\n        .build();\n    \
     let app = app.merge(endpoint.router()); // `app` is the router\n";

#[test]
fn a_crate_that_uses_axum_is_told_how_to_have_channels() {
    let sandbox = program("0.8", &[]);

    sandbox.run(&["gen", "channel", "Room", "--yes"]).misused(
        "error: shop uses axum, but axum-channels is not among its dependencies\nhelp: hello-sockets gen library\n",
    );
    let ran = sandbox.run(&["gen", "library"]).succeeded();

    let report = "* creating vendor/axum-channels\n* injecting Cargo.toml\n";
    assert!(ran.stdout.starts_with(report), "{}", ran.stdout);
    let manifest = sandbox.read("my_app/Cargo.toml");
    let end = "features = [\"full\"] }\naxum-channels = { path = \"vendor/axum-channels\" }\n\n[dev-dependencies]\n\
               axum-channels = { path = \"vendor/axum-channels\", features = [\"testing\"] }\n";
    assert!(manifest.ends_with(end), "{manifest}");
    assert!(sandbox.exists("my_app/vendor/axum-channels/src/lib.rs"));
    sandbox.run(&["gen", "library"]).found_all_identical();
    let ran = sandbox
        .run(&["gen", "channel", "Room", "--yes"])
        .succeeded();
    assert!(!ran.stdout.contains("feature `testing`"), "{}", ran.stdout);
}

#[test]
fn the_first_socket_comes_with_the_lines_of_an_endpoint_and_the_next_is_mounted_in_it() {
    let sandbox = program("0.8", &[]).after(&[&["gen", "library"]]);

    let ran = sandbox
        .run(&["gen", "channel", "Room", "--yes"])
        .succeeded();

    let step = format!(
        "where the app's `axum::Router` is made (there is no `src/endpoint.rs`):\n\n    use crate::channels::user_socket::UserSocket;\n\n{ENDPOINT}"
    );
    assert!(ran.stdout.contains(&step), "{}", ran.stdout);
    let pasted = sandbox
        .read("my_app/src/main.rs")
        .replace("    serve(", &format!("{ENDPOINT}    serve("));
    sandbox.write("my_app/src/main.rs", &pasted);

    sandbox.run(&["gen", "socket", "Device"]).succeeded();

    let main = sandbox.read("my_app/src/main.rs");
    let mounted = "        .socket::<UserSocket>(\"/socket\")\n        .socket::<DeviceSocket>(\"/device_socket\")\n";
    assert!(main.contains(mounted), "{main}");
}

#[test]
fn a_manifest_in_which_a_table_would_stand_twice_is_left_to_its_reader() {
    let own = "\n[\"dev-dependencies\"]\ntower = \"0.5\"\n";
    let sandbox = crate_of(own, &[("src/lib.rs", "")]);

    let ran = sandbox.run(&["gen", "library"]).succeeded();

    let manual = "Add this to `Cargo.toml` to depend on it, in `[dev-dependencies]`:\n\n    \
                  axum-channels = { path = \"vendor/axum-channels\", features = [\"testing\"] }\n";
    assert!(ran.stdout.contains(manual), "{}", ran.stdout);
    let expected = format!("{CARGO}axum-channels = {{ path = \"vendor/axum-channels\" }}\n{own}");
    assert_eq!(sandbox.read("my_app/Cargo.toml"), expected);
}

#[test]
fn an_older_axum_is_refused() {
    let sandbox = program("0.7.5", &[]);
    let before = sandbox.tree();

    sandbox.run(&["gen", "library"]).misused(
        "error: axum-channels works with axum 0.8, and Cargo.toml asks for 0.7.5\nhelp: cargo add axum@0.8\n",
    );

    for generator in [
        &["gen", "channel", "Room"][..],
        &["gen", "socket", "User"],
        &["gen", "auth"],
        &["gen", "presence"],
    ] {
        sandbox.run(generator).misused(
            "error: axum-channels works with axum 0.8, and Cargo.toml asks for 0.7.5\nhelp: cargo add axum@0.8, then hello-sockets gen library\n",
        );
    }

    assert_eq!(sandbox.tree(), before);
}

#[test]
fn an_axum_that_generated_code_would_not_find_is_refused_with_the_reason() {
    let renamed = "error: shop has axum under the name `web`, and generated code calls it `axum`\n\
                   help: call it `axum` in Cargo.toml and in the code of the crate\n";
    let of_targets = |table: &str| {
        format!(
            "error: shop has axum in `[target.{table}.dependencies]` only, and the generated modules would be in builds for all targets\n\
             help: move axum to `[dependencies]`; if other targets cannot have it, make the server a crate of its own\n"
        )
    };
    let triple = "x86_64-unknown-linux-gnu";
    let wasm = "'cfg(not(target_family = \"wasm\"))'";
    for (dependency, refusal) in [
        (
            "web = { package = \"axum\", version = \"0.8\" }".to_owned(),
            renamed.to_owned(),
        ),
        (
            "web.package = \"axum\"\nweb.workspace = true".to_owned(),
            renamed.to_owned(),
        ),
        (
            format!("[target.{wasm}.dependencies]\naxum = \"0.8\""),
            of_targets(wasm),
        ),
        (
            format!("[target.{triple}.dependencies.axum]\nversion = \"0.8\""),
            of_targets(triple),
        ),
    ] {
        let sandbox = program("0.8", &[]);
        let manifest = sandbox.read("my_app/Cargo.toml");
        let manifest = manifest.replace("axum = \"0.8\"\n", "") + &dependency;
        sandbox.write("my_app/Cargo.toml", &manifest);
        let before = sandbox.tree();

        for generator in ["library", "auth", "presence"] {
            sandbox.run(&["gen", generator]).misused(&refusal);
        }
        sandbox.run(&["gen", "channel", "Room"]).misused(&refusal);
        sandbox.run(&["gen", "socket", "User"]).misused(&refusal);

        assert_eq!(sandbox.tree(), before);
        // Beside it, the plain one is found.
        sandbox.write(
            "my_app/Cargo.toml",
            &manifest.replace("tokio =", "axum = \"0.8\"\ntokio ="),
        );
        sandbox.run(&["gen", "library"]).succeeded();
    }
}

/// Modules of a binary in `src/bin` would be binaries, too.
#[test]
fn a_package_with_nothing_but_binaries_gets_a_library_that_they_share() {
    let serves = "fn main() {\n    axum::serve(listener, app);\n}\n";
    let sandbox = program(
        "0.8",
        &[
            ("src/bin/web.rs", serves),
            ("src/bin/jobs.rs", "fn main() {}\n"),
        ],
    );
    std::fs::remove_file(sandbox.path().join("my_app/src/main.rs")).expect("it is there");
    let sandbox = sandbox.after(&[&["gen", "library"]]);
    let before = sandbox.tree();

    let ran = sandbox
        .run(&["gen", "channel", "Room", "--yes"])
        .succeeded();

    assert!(
        ran.stdout.contains("* creating src/lib.rs\n"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("\n    use shop::channels::user_socket::UserSocket;\n"),
        "{}",
        ran.stdout
    );
    sandbox
        .run(&["gen", "presence", "--channel", "Room"])
        .succeeded();
    assert_eq!(sandbox.read("my_app/src/lib.rs"), "pub mod channels;\n");
    sandbox
        .run(&["destroy", "presence", "--channel", "Room"])
        .succeeded();
    sandbox
        .run(&["destroy", "channel", "Room", "--yes"])
        .succeeded();
    assert_eq!(sandbox.tree(), before);
}

const AUTH: &[&str] = &["gen", "auth", "--yes"];

#[test]
fn beside_a_module_auth_of_its_own_a_crate_gets_one_of_another_name() {
    for path in ["src/auth.rs", "src/auth/mod.rs"] {
        let own = "pub fn login() {}\n";
        let sandbox = program("0.8", &[(path, own)]).after(&[&["gen", "library"]]);

        let ran = sandbox.run(AUTH).succeeded();

        let made = "* creating src/socket_auth.rs\n* creating src/socket_auth/tests.rs\n";
        assert!(ran.stdout.starts_with(made), "{}", ran.stdout);
        let read = |path: &str| sandbox.read(&format!("my_app/{path}"));
        assert_eq!(read(path), own);
        assert!(read("src/main.rs").contains("mod socket_auth;\n"));
        let socket = read("src/channels/user_socket.rs");
        assert!(socket.contains("\nuse crate::socket_auth;\n"), "{socket}");
        assert!(
            socket.contains("let user = socket_auth::user(info)?;\n"),
            "{socket}"
        );
        let tests = read("src/socket_auth/tests.rs");
        assert!(
            tests.contains("\nuse crate::socket_auth as auth;\n"),
            "{tests}"
        );
        assert!(
            ran.stdout
                .contains("\n        .state(crate::socket_auth::signer("),
            "{}",
            ran.stdout
        );
        assert!(
            ran.stdout.contains("`current_user` in src/socket_auth.rs"),
            "{}",
            ran.stdout
        );
        let before = sandbox.tree();
        sandbox.run(AUTH).succeeded();
        assert_eq!(sandbox.tree(), before, "the same again");
    }
}

#[test]
fn gen_auth_takes_no_other_module_for_its_own() {
    let files = [
        ("src/auth.rs", ""),
        ("src/socket_auth.rs", "pub fn login() {}\n"),
    ];
    let sandbox = program("0.8", &files).after(&[&["gen", "library"]]);
    let before = sandbox.tree();

    sandbox.run(AUTH).misused(
        "error: another module is in src/socket_auth.rs: it has no `signer`\nhelp: give that another name, then run this again\n",
    );

    assert_eq!(sandbox.tree(), before);
}

const WITH_AUTH: &str = "    let endpoint = axum_channels::Endpoint::builder()\n        .socket::<UserSocket>(\"/socket\")\n        \
     .state(auth::signer(\n            &std::env::var(\"SECRET_KEY_BASE\").expect(\"it is set, to 64 bytes or more\"),\n        ))\n        \
     .build();\n    let app = app.merge(endpoint.router()); // `app` is the router\n    \
     let app = app.merge(auth::routes(&endpoint));\n";

/// Returns the printed `use` line and the others.
fn printed(crate_name: &str) -> [String; 2] {
    [
        format!("use {crate_name}::channels::user_socket::UserSocket;\n"),
        WITH_AUTH.replace("(auth::", &format!("({crate_name}::auth::")),
    ]
}

/// Returns src/main.rs with the printed lines, those of the router before `end`.
fn pasted(sandbox: &Sandbox, crate_name: &str, end: &str) -> String {
    let [uses, lines] = printed(crate_name);
    let main = sandbox.read("my_app/src/main.rs");
    let imports = "use axum::Router;\n";
    let main = main.replace(imports, &format!("{imports}{uses}"));
    main.replace(end, &format!("{lines}{end}"))
}

#[test]
#[ignore = "compiles crates"]
fn the_lines_of_an_endpoint_with_tokens_compile() {
    let main = MAIN
        .replace("let app =", "let app: Router =")
        .replace("serve(app).await", "drop(app)");
    for (files, crate_name) in [(&[][..], "crate"), (&[("src/lib.rs", "")], "shop")] {
        let files = [files, &[("src/main.rs", main.as_str())]].concat();
        let sandbox = program("0.8", &files).after(&[&["gen", "library"], AUTH]);
        let pasted = pasted(&sandbox, crate_name, "    drop(");
        sandbox.write("my_app/src/main.rs", &pasted);

        cargo(&sandbox.path().join("my_app"), &["check", "--offline"]);
    }
}

#[test]
#[ignore = "compiles a crate"]
fn a_program_with_a_sign_in_page_has_no_warnings() {
    let main = MAIN
        .replace("let app =", "let app: Router =")
        .replace("    serve(app).await", &format!("{ENDPOINT}    drop(app)"))
        .replace(
            "#[tokio",
            "use crate::channels::user_socket::UserSocket;\n\n#[tokio",
        );
    let sandbox =
        program("0.8", &[]).after(&[&["gen", "library"], &["gen", "channel", "Room", "--yes"]]);
    sandbox.write("my_app/src/main.rs", &format!("mod channels;\n\n{main}"));

    sandbox.run(&["gen", "auth", "--sign-in"]).succeeded();

    let folder = sandbox.path().join("my_app");
    cargo(&folder, &["check", "--offline"]);
    cargo(&folder, &["check", "--offline", "--tests"]);
}

#[test]
fn a_crate_without_an_endpoint_gets_the_lines_of_one_that_serves_tokens() {
    for (files, crate_name) in [(&[][..], "crate"), (&[("src/lib.rs", "")], "shop")] {
        let sandbox = program("0.8", files).after(&[&["gen", "library"]]);

        let ran = sandbox.run(AUTH).succeeded();

        let [uses, lines] = printed(crate_name);
        let step = format!(
            "\nAdd this to mount the socket and to serve tokens, where the app's `axum::Router` is made (there is no `src/endpoint.rs`):\n\n    \
             {uses}\n{lines}"
        );
        assert!(ran.stdout.contains(&step), "{}", ran.stdout);
        assert_eq!(ran.stdout.matches("Add this").count(), 1, "{}", ran.stdout);
        let pasted = pasted(&sandbox, crate_name, "    serve(");
        sandbox.write("my_app/src/main.rs", &pasted);

        let again = sandbox.run(AUTH).found_all_identical();

        assert!(!again.stdout.contains("Add this"), "{}", again.stdout);
        sandbox.run(&["gen", "socket", "Device"]).succeeded();
        let main = sandbox.read("my_app/src/main.rs");
        let device = format!("use {crate_name}::channels::device_socket::DeviceSocket;\n");
        assert!(main.contains(&device), "{main}");
    }
}

#[test]
fn tests_of_a_program_are_not_taken_for_its_endpoint() {
    let sandbox = program("0.8", &[]).after(&[&["gen", "library"]]);

    let ran = sandbox.run(&["gen", "auth", "--yes"]).succeeded();

    assert!(
        !ran.stdout.contains("Add this to `src/auth/tests.rs`"),
        "{}",
        ran.stdout
    );
    let ran = sandbox.run(&["gen", "channel", "Room"]).succeeded();
    assert!(
        ran.stdout.contains("Add this to mount the socket"),
        "{}",
        ran.stdout
    );
}

/// The dependencies of a crate with nothing but axum and the library, and after `commands`.
fn dependencies(commands: &[&[&str]]) -> [String; 2] {
    let manifest = |sandbox: &Sandbox| {
        let manifest = sandbox.read("my_app/Cargo.toml");
        let (_, dependencies) = manifest
            .split_once("[dependencies]\n")
            .expect("it has some");
        dependencies.to_owned()
    };
    let sandbox = program("0.8", &[]).after(&[&["gen", "library"]]);
    let path = "my_app/Cargo.toml";
    let all = sandbox.read(path);
    let lines = all
        .lines()
        .filter(|line| !line.starts_with("serde_json") && !line.starts_with("tokio"));
    sandbox.write(
        path,
        &lines.map(|line| format!("{line}\n")).collect::<String>(),
    );
    let before = manifest(&sandbox);
    let sandbox = sandbox.after(commands);
    let after = manifest(&sandbox);
    for command in commands {
        sandbox.run(command).found_all_identical();
    }
    [before, after]
}

const OF_TESTS: &str =
    "serde_json = \"1\"\ntokio = { version = \"1\", features = [\"macros\", \"rt\"] }\n";

#[test]
fn a_test_of_a_channel_brings_the_dependencies_that_the_crate_lacks() {
    let [before, after] = dependencies(&[&["gen", "channel", "Room", "--no-socket"]]);

    assert_eq!(after, format!("{before}{OF_TESTS}"));
}

#[test]
fn a_presence_brings_the_dependencies_that_the_crate_lacks() {
    let [before, after] = dependencies(&[&["gen", "presence"]]);

    let of_tests = OF_TESTS.replace("serde_json = \"1\"\n", "");
    let tests = "\n[dev-dependencies]\n";
    let before = before.replace(tests, &format!("serde_json = \"1\"\n{tests}"));
    assert_eq!(after, format!("{before}{of_tests}"));
}

#[test]
fn dependencies_that_the_crate_has_are_left_as_they_are() {
    let sandbox = program("0.8", &[]).after(&[&["gen", "library"]]);
    let before = sandbox.read("my_app/Cargo.toml");

    for command in [
        &["gen", "channel", "Room", "--no-socket"][..],
        &["gen", "presence"],
    ] {
        let ran = sandbox.run(command).succeeded();
        assert!(!ran.stdout.contains("Cargo.toml\n"), "{}", ran.stdout);
    }

    assert_eq!(sandbox.read("my_app/Cargo.toml"), before);
}

/// A server in the library, in its program, and in a program that does not name `Router`.
#[test]
fn lines_of_an_endpoint_are_for_the_file_that_serves_the_router() {
    let serves = "pub async fn serve(listener: tokio::net::TcpListener, app: axum::Router) {\n    axum::serve(listener, app).await.expect(\"it is bound\");\n}\n";
    let library = ("src/lib.rs", "pub mod http;\n");
    let main = ("src/main.rs", "fn main() {}\n");
    let crates = [
        (
            [library, ("src/http.rs", serves), main],
            "src/http.rs",
            "crate",
        ),
        (
            [("src/lib.rs", ""), main, ("src/main.rs", serves)],
            "src/main.rs",
            "shop",
        ),
    ];
    for (files, file, crate_name) in crates {
        let sandbox = program("0.8", &files).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let step = format!(
            "\nAdd this to mount the socket, in {file} before `axum::serve` (there is no `src/endpoint.rs`):\n\n    use {crate_name}::channels::user_socket::UserSocket;\n"
        );
        assert!(ran.stdout.contains(&step), "{}", ran.stdout);
    }
}

#[test]
fn servers_of_tests_are_not_the_one_that_lines_of_an_endpoint_are_for() {
    let tests = "#[cfg(test)]\nmod tests {\n    async fn start(listener: TcpListener, app: Router) {\n        \
                 axum::serve(listener, app.into_make_service()).await.unwrap();\n    }\n}\n";
    for served in [
        "axum::serve(listener, site)",
        "axum_server::from_tcp(listener).serve(site.into_make_service())",
    ] {
        let http = format!(
            "pub async fn run(listener: TcpListener, site: Router) {{\n    {served}.await.unwrap();\n}}\n\n{tests}"
        );
        let files = [
            ("src/lib.rs", "pub mod cache;\npub mod http;\n"),
            ("src/cache.rs", tests),
            ("src/http.rs", http.as_str()),
        ];
        let sandbox = program("0.8", &files).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        for text in [
            "\nAdd this to mount the socket, in src/http.rs before ",
            "\n    let site = site.merge(endpoint.router());\n",
        ] {
            assert!(ran.stdout.contains(text), "{}", ran.stdout);
        }
    }
}

/// The router has a name there, whether its service is made of it at once or not.
#[test]
fn lines_of_an_endpoint_name_the_router_that_is_served() {
    let instead = " // serve `app` instead";
    let named = " // `app` is the router";
    for (import, call, name, value, comment) in [
        ("", "axum::serve(listener, site)", "site", "site", ""),
        (
            "use axum::serve;\n",
            "serve(listener, site)",
            "site",
            "site",
            "",
        ),
        (
            "use axum::{Router, serve};\n",
            "serve(listener, site)",
            "site",
            "site",
            "",
        ),
        (
            "",
            "axum::serve(listener, web.into_make_service())",
            "web",
            "web",
            "",
        ),
        (
            "",
            "axum::serve(listener, web.clone().into_make_service_with_connect_info::<SocketAddr>())",
            "web",
            "web",
            "",
        ),
        // A variable cannot have the name of a static.
        (
            "",
            "axum::serve(listener, SITE.clone())",
            "app",
            "SITE.clone()",
            instead,
        ),
        (
            "",
            "axum::serve(listener, SITE.clone().into_make_service())",
            "app",
            "SITE.clone()",
            instead,
        ),
        (
            "",
            "axum::serve(listener, {\n        let pages = pages(db);\n        pages.layer(cors)\n    })",
            "app",
            "app",
            named,
        ),
        (
            "",
            "axum::serve(listener, self.web.clone().into_make_service())",
            "app",
            "self.web.clone()",
            instead,
        ),
        (
            "",
            "axum::serve(listener, self.web)",
            "app",
            "self.web",
            instead,
        ),
        (
            "",
            "axum::serve(listener, build_router(state))",
            "app",
            "build_router(state)",
            instead,
        ),
        (
            "",
            "axum::serve(listener, crate::web::router(state).into_make_service())",
            "app",
            "crate::web::router(state)",
            instead,
        ),
        (
            "",
            "axum::serve(listener, server.router().into_make_service_with_connect_info::<SocketAddr>())",
            "app",
            "server.router()",
            instead,
        ),
        (
            "",
            "axum::serve(listener, self.routes())",
            "app",
            "self.routes()",
            instead,
        ),
        (
            "",
            "axum::serve(listener, app(&config, pool.clone()).await?)",
            "app",
            "app(&config, pool.clone()).await?",
            instead,
        ),
        (
            "",
            "axum::serve(listener, routes().layer(cors).with_state(state.clone()))",
            "app",
            "routes().layer(cors).with_state(state.clone())",
            instead,
        ),
        (
            "",
            "axum::serve(listener, Router::new().merge(pages).into_make_service())",
            "app",
            "Router::new().merge(pages)",
            instead,
        ),
        (
            "",
            "axum::serve(listener, trimmed(web))",
            "app",
            "app",
            named,
        ),
    ] {
        let main = format!("{import}\nasync fn main() {{\n    {call}.await.unwrap();\n}}\n");
        let sandbox = program("0.8", &[("src/main.rs", &main)]).after(&[&["gen", "library"]]);

        let channel = sandbox.run(&["gen", "channel", "Room", "--yes"]);
        let auth = sandbox.run(&["gen", "auth"]);

        let lines = format!("    let {name} = {value}.merge(endpoint.router());{comment}\n");
        let tokens = format!("    let {name} = {name}.merge(crate::auth::routes(&endpoint));\n");
        let both = format!("{lines}{tokens}");
        for (ran, lines) in [(channel.succeeded(), &lines), (auth.succeeded(), &both)] {
            assert!(ran.stdout.contains(lines), "{}", ran.stdout);
            assert!(
                ran.stdout.contains(", in src/main.rs before `axum::serve`"),
                "{}",
                ran.stdout
            );
        }
    }
}

/// The layer's service is no router, into which one could be merged.
#[test]
fn lines_of_an_endpoint_are_before_the_layer_that_normalizes_paths_around_the_router() {
    for (service, before) in [
        (
            "NormalizePathLayer::trim_trailing_slash().layer(web)",
            "NormalizePathLayer",
        ),
        ("NormalizePath::trim_trailing_slash(web)", "NormalizePath"),
        (
            "Shared::new(NormalizePath::trim_trailing_slash(web))",
            "NormalizePath",
        ),
    ] {
        let main = format!(
            "async fn main() {{\n    let app = {service};\n    \
             axum::serve(listener, ServiceExt::<Request>::into_make_service(app)).await.unwrap();\n}}\n"
        );
        let sandbox = program("0.8", &[("src/main.rs", &main)]).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let place = format!(", in src/main.rs before `{before}` (");
        let lines = "\n    let web = web.merge(endpoint.router());\n";
        for text in [&place, lines] {
            assert!(ran.stdout.contains(text), "{}", ran.stdout);
        }
    }
}

/// A toolchain that the project chooses, for all of its members.
#[test]
fn a_toolchain_that_is_too_old_for_the_library_is_named() {
    let version = include_str!("../axum-channels/Cargo.toml")
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "))
        .expect("the library has one")
        .trim_matches('"');
    let minor: u32 = version["1.".len()..].parse().expect("it is a number");
    for (path, channel, is_old) in [
        ("my_app/rust-toolchain.toml", "1.62.0".to_owned(), true),
        ("rust-toolchain.toml", format!("1.{}", minor - 1), true),
        ("rust-toolchain.toml", version.to_owned(), false),
        ("rust-toolchain.toml", "1.100.0".to_owned(), false),
        (
            "rust-toolchain.toml",
            "nightly-2025-01-01".to_owned(),
            false,
        ),
    ] {
        let sandbox = program("0.8", &[("src/main.rs", "fn main() {}\n")]);
        sandbox.write(path, &format!("[toolchain]\nchannel = \"{channel}\"\n"));

        let ran = sandbox.run(&["gen", "library"]).succeeded();

        let shown = if path == "rust-toolchain.toml" {
            "../rust-toolchain.toml"
        } else {
            "rust-toolchain.toml"
        };
        let text = format!(
            "\n{shown} chooses Rust {channel}, and axum-channels needs {version} or later: change `channel` there.\n"
        );
        assert_eq!(
            ran.stdout.contains(&text),
            is_old,
            "{channel}: {}",
            ran.stdout
        );
    }
}

/// Macros, whose arguments are no expressions to a parser.
#[test]
fn lines_of_an_endpoint_are_before_the_macro_that_serves_the_router() {
    for (macro_name, arguments, lines) in [
        (
            "tokio::join",
            "axum::serve(listener, site), jobs()",
            "    let site = site.merge(endpoint.router());\n",
        ),
        (
            "tokio::join",
            "jobs(), axum::serve(listener, site.into_make_service()).into_future()",
            "    let site = site.merge(endpoint.router());\n",
        ),
        (
            "tokio::try_join",
            "async { axum::serve(bound((host, 80)).await, site).await }, jobs()",
            "    let site = site.merge(endpoint.router());\n",
        ),
        (
            "tokio::select",
            "done = axum::serve(listener, site) => done.unwrap(), _ = stop() => {}",
            "    let site = site.merge(endpoint.router());\n",
        ),
        (
            "tokio::select",
            "done = axum::serve(self.listener, self.site) => done.unwrap()",
            "\n    // at the end of the router that is served:\n    .merge(endpoint.router())\n",
        ),
        (
            "tokio::select",
            "done = axum::serve(listener, pages(db).into_make_service()) => done.unwrap()",
            "\n    // at the end of the router that is served, before `.into_make_service`:\n    .merge(endpoint.router())\n",
        ),
    ] {
        let main = format!("async fn main() {{\n    {macro_name}!({arguments});\n}}\n");
        let sandbox = program("0.8", &[("src/main.rs", &main)]).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let place = format!(", in src/main.rs before `{macro_name}!` (");
        for text in [&place, lines] {
            assert!(ran.stdout.contains(text), "{arguments}: {}", ran.stdout);
        }
    }
}

/// A router in several lines is not repeated in the report.
#[test]
fn lines_of_an_endpoint_end_a_router_that_stands_where_it_is_served() {
    for (call, before, end) in [
        (
            "axum::serve(\n        listener,\n        Router::new()\n            .merge(pages)\n            .layer(cors),\n    )",
            "axum::serve",
            "",
        ),
        (
            "axum::serve(\n        listener,\n        site::routes(db)\n            .layer(cors)\n            .into_make_service(),\n    )",
            "axum::serve",
            ", before `.into_make_service`",
        ),
        (
            "let site = Router::new()\n        .merge(pages)\n        .into_make_service();\n    axum::serve(listener, site)",
            "let site",
            ", before `.into_make_service`",
        ),
        (
            "let site = pages\n        .layer(cors)\n        .into_make_service();\n    axum::serve(listener, site)",
            "let site",
            ", before `.into_make_service`",
        ),
        (
            "axum_server::bind(address)\n        .serve(\n            Router::new()\n                .merge(pages)\n                \
             .into_make_service_with_connect_info::<SocketAddr>(),\n        )",
            "axum_server::bind",
            ", before `.into_make_service_with_connect_info`",
        ),
    ] {
        let main = format!("async fn main() {{\n    {call}\n    .await\n    .unwrap();\n}}\n");
        let sandbox = program("0.8", &[("src/main.rs", &main)]).after(&[&["gen", "library"]]);

        let channel = sandbox.run(&["gen", "channel", "Room", "--yes"]);
        let auth = sandbox.run(&["gen", "auth"]);

        let place = format!(", in src/main.rs before `{before}` (");
        let lines = format!(
            "        .build();\n\n    // at the end of the router that is served{end}:\n    .merge(endpoint.router())\n"
        );
        let tokens = format!("{lines}    .merge(crate::auth::routes(&endpoint))\n");
        for (ran, lines) in [(channel.succeeded(), &lines), (auth.succeeded(), &tokens)] {
            for text in [&place, lines] {
                assert!(ran.stdout.contains(text), "{call}: {}", ran.stdout);
            }
        }
    }
}

/// The statement of the service is one of several with that name, or the call has the router in several lines.
#[test]
fn lines_of_an_endpoint_are_before_the_statement_that_makes_the_service() {
    let app = "    let app = app\n        .merge(pages)\n        .with_state(state)\n        .into_make_service();\n";
    let ended = "\n    // at the end of the router that is served, before `.into_make_service`:\n    .merge(endpoint.router())\n";
    for (main, place, lines) in [
        (
            format!("async fn main() {{\n    let app = Router::new();\n{app}    for it in all {{\n        let app = app.clone();\n        run(it, app);\n    }}\n}}\n"),
            "before the `let app` that makes the service",
            ended,
        ),
        (
            "async fn main() {\n    axum::serve(\n        listener,\n        app\n            .fallback(missing)\n            .into_make_service(),\n    )\n    .await\n    .unwrap();\n}\n".to_owned(),
            "before `axum::serve`",
            "\n    let app = app.merge(endpoint.router());\n",
        ),
    ] {
        let sandbox = program("0.8", &[("src/main.rs", &main)]).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let place = format!(", in src/main.rs {place} (");
        for text in [place.as_str(), lines] {
            assert!(ran.stdout.contains(text), "{main}: {}", ran.stdout);
        }
    }
}

/// A function of any name, by the type that it returns; others may make a service, which is no router.
#[test]
fn lines_of_an_endpoint_name_a_function_that_returns_a_router() {
    let unknown = ("app", " // `app` is the router");
    for (function, call, known) in [
        ("pub fn build() -> axum::Router", "site::build()", true),
        (
            "pub fn all<T: Load>(db: &Db) -> Result<Router, Error>",
            "site::all(&db)?.with_state(db)",
            true,
        ),
        (
            "pub fn build<S: Store>(store: S) -> Router",
            "site::build::<Memory>(store)",
            true,
        ),
        (
            "pub fn site(self) -> Router<Db>",
            "shop.site().with_state(db)",
            true,
        ),
        (
            "pub fn build() -> NormalizePath<Service>",
            "site::build()",
            false,
        ),
        ("pub fn build_other() -> Router", "site::build()", false),
    ] {
        let main = format!(
            "mod site;\n\nasync fn main() {{\n    axum::serve(listener, {call}).await.unwrap();\n}}\n"
        );
        let site = format!("{function} {{\n    todo!()\n}}\n");
        let sandbox = program("0.8", &[("src/main.rs", &main), ("src/site.rs", &site)])
            .after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let (value, comment) = if known {
            (call, " // serve `app` instead")
        } else {
            unknown
        };
        let line = format!("    let app = {value}.merge(endpoint.router());{comment}\n");
        assert!(ran.stdout.contains(&line), "{function}: {}", ran.stdout);
    }
}

/// `ServiceExt` makes a service of what the layer made.
#[test]
fn lines_of_an_endpoint_are_before_any_layer_around_the_router() {
    let function = "ServiceExt::<Request>::into_make_service(wrapped)";
    for (layered, router, service) in [
        (
            "let wrapped = MapRequestLayer::new(rewrite).layer(site);",
            "site",
            function,
        ),
        (
            "let wrapped = ServiceBuilder::new().layer(trace).layer(compress).layer(site);",
            "site",
            function,
        ),
        // As axum's documentation of middleware has it.
        (
            "let middleware = from_fn(rewrite);\n    let wrapped = middleware.layer(app);",
            "app",
            "wrapped.into_make_service()",
        ),
        (
            "let wrapped = rewrite.layer(web_router);",
            "web_router",
            function,
        ),
        (
            "let wrapped = axum::middleware::from_fn(rewrite).layer(site);",
            "site",
            function,
        ),
        (
            "let wrapped = axum::middleware::from_fn(rewrite).layer(router);",
            "router",
            "wrapped.into_make_service()",
        ),
    ] {
        let main = format!(
            "async fn main() {{\n    {layered}\n    axum::serve(listener, {service}).await.unwrap();\n}}\n"
        );
        let sandbox = program("0.8", &[("src/main.rs", &main)]).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let place = ", in src/main.rs before `let wrapped` (";
        let lines = format!("\n    let {router} = {router}.merge(endpoint.router());\n");
        for text in [place, &lines] {
            assert!(ran.stdout.contains(text), "{}", ran.stdout);
        }
    }
}

/// A layer of the router, which makes another router, is none around it.
#[test]
fn lines_of_an_endpoint_are_behind_the_layers_of_the_router() {
    for layers in [
        "app.layer(cors)",
        "app.layer(TraceLayer::new()).layer(cors_layer)",
        "site.layer(Extension(a))\n        .layer(ServiceBuilder::new().layer(TraceLayer::new()))\n        .layer(cors)",
    ] {
        let main = format!(
            "async fn main() {{\n    let site = {layers};\n    \
             axum::serve(listener, site).await.unwrap();\n}}\n"
        );
        let sandbox = program("0.8", &[("src/main.rs", &main)]).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        for text in [
            ", in src/main.rs before `axum::serve` (",
            "\n    let site = site.merge(endpoint.router());\n",
        ] {
            assert!(ran.stdout.contains(text), "{}", ran.stdout);
        }
    }
}

/// Then nothing can be merged into it any more.
#[test]
fn lines_of_an_endpoint_are_before_the_service_that_is_made_of_the_router() {
    for (service, method, name, comment) in [
        (
            "let make = web.into_make_service();",
            "into_make_service",
            "web",
            "",
        ),
        (
            "let make = web.into_make_service_with_connect_info::<SocketAddr>();",
            "into_make_service_with_connect_info",
            "web",
            "",
        ),
        (
            "let make = traced(web).into_make_service();",
            "into_make_service",
            "app",
            " // `app` is the router",
        ),
        (
            "let other = web.into_make_service();",
            "axum::serve",
            "make",
            "",
        ),
    ] {
        let main = format!(
            "async fn main() {{\n    {service}\n    axum::serve(listener, make).await.unwrap();\n}}\n"
        );
        let sandbox = program("0.8", &[("src/main.rs", &main)]).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let step = format!(", in src/main.rs before `{method}` (");
        assert!(ran.stdout.contains(&step), "{}", ran.stdout);
        let line = format!("    let {name} = {name}.merge(endpoint.router());{comment}\n");
        assert!(ran.stdout.contains(&line), "{}", ran.stdout);
    }
}

/// `axum_server`, which serves TLS, and loops that accept connections themselves.
#[test]
fn a_router_that_another_server_serves_becomes_a_service_first() {
    for (serves, method) in [
        (
            "    axum_server::bind_rustls(addr, config).serve(web.into_make_service()).await\n",
            "into_make_service",
        ),
        (
            "    let mut make = web.into_make_service_with_connect_info::<SocketAddr>();\n    run(&mut make).await\n",
            "into_make_service_with_connect_info",
        ),
    ] {
        let http = format!("pub async fn listen(web: axum::Router) {{\n{serves}}}\n");
        let files = [
            ("src/main.rs", "mod http;\n\nfn main() {}\n"),
            ("src/http.rs", &http),
        ];
        let sandbox = program("0.8", &files).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let step = format!(", in src/http.rs before `{method}` (");
        assert!(ran.stdout.contains(&step), "{}", ran.stdout);
        let line = "    let web = web.merge(endpoint.router());\n";
        assert!(ran.stdout.contains(line), "{}", ran.stdout);
    }
}

/// Redirects to HTTPS, metrics and health checks have servers of their own, often the first in a file.
#[test]
fn lines_of_an_endpoint_are_for_the_router_of_the_app_among_several() {
    let tls = "    axum_server::bind_rustls(address, config).serve(site.into_make_service()).await.unwrap();\n";
    let redirect =
        "async fn redirect_to_https() {\n    axum::serve(listener, app).await.unwrap();\n}\n";
    for (main, before) in [
        (format!("{redirect}\nasync fn main() {{\n{tls}}}\n"), "into_make_service"),
        (
            format!("async fn main() {{\n    tokio::spawn(axum::serve(http, redirect.into_make_service()).into_future());\n{tls}}}\n"),
            "into_make_service",
        ),
        (
            "async fn main() {\n    tokio::try_join!(axum::serve(inner, metrics_app), axum::serve(outer, site)).unwrap();\n}\n".to_owned(),
            "tokio::try_join!",
        ),
        (
            "async fn start_metrics_server() {\n    let app = metrics();\n    axum::serve(inner, app).await.unwrap();\n}\n\n\
             async fn main() {\n    axum::serve(outer, site).await.unwrap();\n}\n".to_owned(),
            "axum::serve",
        ),
    ] {
        let sandbox = program("0.8", &[("src/main.rs", &main)]).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let place = format!(", in src/main.rs before `{before}` (");
        let lines = "\n    let site = site.merge(endpoint.router());\n";
        for text in [&place, lines] {
            assert!(ran.stdout.contains(text), "{main}: {}", ran.stdout);
        }
    }
}

/// Servers whose listeners alone say what they are for.
#[test]
fn lines_of_an_endpoint_are_not_for_the_server_of_another_listener() {
    for server in [
        "axum::serve(metrics_listener, Router::new()).await.unwrap();",
        "axum::serve(bind(config.metrics.addr).await, app).await.unwrap();",
        "axum::serve(\n        TcpListener::bind((host, health)).await.unwrap(),\n        Router::new(),\n    )\n    .await\n    .unwrap();",
        "tokio::spawn(async move { axum::serve(metrics, app).await });",
        "tokio::select! {\n        _ = axum::serve(metrics, app) => {}\n    }",
    ] {
        let main = format!(
            "async fn main() {{\n    {server}\n    axum::serve(listener, site).await.unwrap();\n}}\n"
        );
        let sandbox = program("0.8", &[("src/main.rs", &main)]).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let place = ", in src/main.rs before `axum::serve` (";
        let lines = "\n    let site = site.merge(endpoint.router());\n";
        for text in [place, lines] {
            assert!(ran.stdout.contains(text), "{main}: {}", ran.stdout);
        }
    }
}

#[test]
fn of_several_routers_that_are_served_none_is_guessed() {
    let app = "    let app = app.merge(endpoint.router()); // `app` is the router\n";
    let router = "    let router = router.merge(endpoint.router());\n";
    for (main, place, line) in [
        (
            "async fn site() {\n    let web = web();\n    axum::serve(a, web.clone()).await.unwrap();\n}\n\n\
             async fn admin() {\n    let admin = Router::new();\n    axum::serve(b, admin.into_make_service()).await.unwrap();\n}\n",
            "before the call that serves the app's router, `web` or `admin`",
            app,
        ),
        (
            "async fn main() {\n    tokio::try_join!(axum::serve(a, web), axum::serve(b, admin)).unwrap();\n}\n",
            "before the call that serves the app's router, `web` or `admin`",
            app,
        ),
        (
            "async fn main() {\n    tokio::spawn(async { axum::serve(a, api()).await });\n    axum::serve(b, pages()).await.unwrap();\n}\n",
            "before the call that serves the app's router, `api` or `pages`",
            app,
        ),
        // In different functions, or made in several steps.
        (
            "async fn site() {\n    let router = web();\n    axum::serve(a, router).await.unwrap();\n}\n\n\
             async fn admin() {\n    let router = Router::new();\n    axum::serve(b, router).await.unwrap();\n}\n",
            "once the app's `router` is complete, before it is served",
            router,
        ),
        (
            "async fn main() {\n    let router = web();\n    let router = router.layer(cors);\n    match tls {\n        Some(tls) => axum::serve(tls, router).await,\n        \
             None => axum::serve(tcp, router).await,\n    }\n}\n",
            "once the app's `router` is complete, before it is served",
            router,
        ),
    ] {
        let sandbox = program("0.8", &[("src/main.rs", main)]).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let place = format!(", in src/main.rs {place} (");
        for text in [place.as_str(), line] {
            assert!(ran.stdout.contains(text), "{main}: {}", ran.stdout);
        }
    }
}

/// A loop, or a closure, would merge it each time.
#[test]
fn lines_of_an_endpoint_are_behind_the_statement_of_a_router_that_is_cloned() {
    for served in ["site.clone()", "site.clone().into_make_service()"] {
        let main = format!(
            "async fn main() {{\n    let site = site();\n    loop {{\n        axum::serve(listener().await, {served}).await.unwrap();\n    }}\n}}\n"
        );
        let sandbox = program("0.8", &[("src/main.rs", &main)]).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        for text in [
            ", in src/main.rs after `let site = …` (",
            "\n    let site = site.merge(endpoint.router());\n",
        ] {
            assert!(ran.stdout.contains(text), "{}", ran.stdout);
        }
    }
}

/// Two listeners, such as one of TCP and one of a Unix socket, serve the same router.
#[test]
fn lines_of_an_endpoint_are_before_all_calls_that_serve_the_router() {
    for (site, place) in [
        ("let site = site();\n    ", "after `let site = …`"),
        ("", "before the first `axum::serve`"),
    ] {
        let main = format!(
            "async fn main() {{\n    {site}if let Some(tcp) = tcp {{\n        axum::serve(tcp, site.clone()).await.unwrap();\n    }}\n    \
             axum::serve(unix, site).await.unwrap();\n}}\n"
        );
        let sandbox = program("0.8", &[("src/main.rs", &main)]).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let place = format!(", in src/main.rs {place} (");
        let lines = "\n    let site = site.merge(endpoint.router());\n";
        for text in [&place, lines] {
            assert!(ran.stdout.contains(text), "{}", ran.stdout);
        }
    }
}

/// One of axum and one of another crate, each in a function of its own.
#[test]
fn lines_of_an_endpoint_are_before_servers_of_two_kinds_that_take_the_router() {
    let main = "async fn run() {\n    let router = build();\n    http(router.clone()).await;\n    https(router).await;\n}\n\n\
                async fn http(router: Router) {\n    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();\n}\n\n\
                async fn https(router: Router) {\n    axum_server::bind_rustls(address, tls).serve(router.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();\n}\n\n\
                fn spawn_http_redirector(ports: Ports) {\n    let router = redirects(ports);\n    axum::serve(listener, router).await.unwrap();\n}\n";
    let sandbox = program("0.8", &[("src/main.rs", main)]).after(&[&["gen", "library"]]);

    let ran = sandbox
        .run(&["gen", "channel", "Room", "--yes"])
        .succeeded();

    let place = ", in src/main.rs after `let router = …` (";
    let line = "    let router = router.merge(endpoint.router());\n";
    for text in [place, line] {
        assert!(ran.stdout.contains(text), "{}", ran.stdout);
    }
}

/// Tests and examples of a client serve routers of their own.
#[test]
fn of_several_files_that_serve_a_router_the_program_is_meant() {
    let serves = "async fn main() {\n    axum::serve(listener, web).await.unwrap();\n}\n";
    let other = "async fn stub() {\n    axum::serve(listener, stub).await.unwrap();\n}\n";
    let files = [("src/main.rs", serves), ("src/client.rs", other)];
    let sandbox = program("0.8", &files).after(&[&["gen", "library"]]);

    let ran = sandbox
        .run(&["gen", "channel", "Room", "--yes"])
        .succeeded();

    let step = ", in src/main.rs before `axum::serve` (";
    assert!(ran.stdout.contains(step), "{}", ran.stdout);
    let line = "    let web = web.merge(endpoint.router());\n";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
}

#[test]
fn of_several_programs_that_serve_a_router_none_is_guessed() {
    let call = "async fn main() {\n    axum::serve(listener, admin).await.unwrap();\n}\n";
    let in_macro = "async fn main() {\n    tokio::select! {\n        _ = axum::serve(listener, site) => {}\n        _ = done() => {}\n    }\n}\n";
    for programs in [[call, in_macro], [call, call], [in_macro, in_macro]] {
        let files = [
            ("src/bin/admin.rs", programs[0]),
            ("src/bin/site.rs", programs[1]),
        ];
        let sandbox = crate_of("", &files).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let step = "\nAdd this to mount the socket, where the app's `axum::Router` is made (there is no `src/endpoint.rs`):\n\n    \
                    use shop::channels::user_socket::UserSocket;\n";
        assert!(ran.stdout.contains(step), "{}", ran.stdout);
        let end = "with `cargo run --bin NAME` (its binaries: admin, site)\n";
        assert!(ran.stdout.ends_with(end), "{}", ran.stdout);
    }
}

/// It names the crate's library as another crate.
#[test]
fn lines_of_an_endpoint_in_a_program_name_its_library() {
    let call = "axum::serve(listener, app).await;";
    let in_macro = "tokio::select! {\n        _ = axum::serve(listener, app) => {}\n    }";
    let service = "axum_server::bind(address).serve(app.into_make_service()).await;";
    for (path, serves) in [
        ("src/main.rs", service),
        ("src/bin/site.rs", in_macro),
        ("src/web/main.rs", call),
    ] {
        let main = format!("async fn main() {{\n    let app = shop::app();\n    {serves}\n}}\n");
        let more = format!("\n[[bin]]\nname = \"site\"\npath = \"{path}\"\n");
        let sandbox = crate_of(&more, &[("src/lib.rs", ""), (path, &main)]);
        let sandbox = sandbox.after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let import = "\n    use shop::channels::user_socket::UserSocket;\n";
        assert!(ran.stdout.contains(import), "{path}: {}", ran.stdout);
    }
}

/// One server for each kind of address takes the service of the same router.
#[test]
fn lines_of_an_endpoint_are_before_all_servers_that_take_the_router() {
    let main = "impl Server {\n    async fn run(self) {\n        let site = site();\n        self.spawn(site.clone());\n        self.spawn(site);\n    }\n\n    \
                fn spawn(&self, site: Router) {\n        match self.kind {\n            Kind::Https => axum_server::bind(address).acceptor(acceptor).serve(site.into_make_service()),\n            \
                Kind::Redirect => axum_server::bind(address).serve(\n                Router::new()\n                    .fallback(to_https)\n                    .into_make_service(),\n            ),\n            \
                Kind::Http => axum_server::bind(address).serve(site.into_make_service()),\n        }\n    }\n}\n";
    let sandbox = program("0.8", &[("src/main.rs", main)]).after(&[&["gen", "library"]]);

    let ran = sandbox
        .run(&["gen", "channel", "Room", "--yes"])
        .succeeded();

    let place = ", in src/main.rs after `let site = …` (";
    let line = "    let site = site.merge(endpoint.router());\n";
    for text in [place, line] {
        assert!(ran.stdout.contains(text), "{}", ran.stdout);
    }
}

/// Cargo chooses none of several binaries, and a library has none.
#[test]
fn reports_start_the_app_as_cargo_can() {
    const SERVES: &str = "fn main() {\n    axum::serve(listener, app);\n}\n";
    const NONE: &str = "fn main() {}\n";
    const BIN: &str = "\n[[bin]]\nname = \"web\"\npath = \"src/bin/http.rs\"\n";
    const TOOL: &str = "\n[[bin]]\npath = \"tools/tool.rs\"\nname = \"tool\"\n";
    let run = |how: &str| format!("app with `cargo run{how}`\n");
    let any_of = |names| format!("app with `cargo run --bin NAME` (its binaries: {names})\n");
    let named = BIN
        .replace("web", "tool")
        .replace("path = \"src/bin/http.rs\"\n", "");
    for (files, manifest, end) in [
        (&[("src/main.rs", SERVES)][..], "", run("")),
        (&[("src/bin/http.rs", SERVES)], "", run("")),
        (&[("src/bin/http.rs", SERVES)], BIN, run("")),
        (
            &[("src/main.rs", SERVES), ("src/bin/seeds.rs", NONE)],
            "",
            run(" --bin shop"),
        ),
        (
            &[("src/main.rs", NONE), ("src/bin/http.rs", SERVES)],
            "",
            run(" --bin http"),
        ),
        (
            &[("src/bin/seeds.rs", NONE), ("src/bin/http/main.rs", SERVES)],
            "",
            run(" --bin http"),
        ),
        (
            &[("src/bin/seeds.rs", NONE), ("src/bin/http.rs", SERVES)],
            BIN,
            run(" --bin web"),
        ),
        // Of another folder than cargo's, beside its own.
        (&[("src/main.rs", SERVES)], TOOL, run(" --bin shop")),
        (
            &[("src/main.rs", SERVES), ("src/bin/tool.rs", NONE)],
            &named,
            run(" --bin shop"),
        ),
        (
            &[("src/main.rs", SERVES)],
            &named.replace("tool", "shop"),
            run(""),
        ),
        // The library or several of them serve the router.
        (
            &[
                ("src/bin/seeds.rs", NONE),
                ("src/bin/http/main.rs", NONE),
                ("src/web.rs", SERVES),
            ],
            "",
            any_of("seeds, http"),
        ),
        (
            &[("src/bin/a.rs", SERVES), ("src/bin/http.rs", SERVES)],
            BIN,
            any_of("web, a"),
        ),
        (
            &[("src/main.rs", NONE), ("src/web.rs", SERVES)],
            TOOL,
            any_of("tool, shop"),
        ),
        (&[], "", "app\n".to_owned()),
    ] {
        let files = [files, &[("src/lib.rs", "")]].concat();
        let sandbox = crate_of(manifest, &files).after(&[&["gen", "library"]]);

        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();

        let end = format!("\nStart or restart the {end}");
        assert!(ran.stdout.ends_with(&end), "{end}\n{}", ran.stdout);
    }
    let edition = "edition = \"2024\"\n";
    for (setting, end) in [
        ("default-run = \"shop\"\n", run("")),
        ("default-run = \"seeds\"\n", run(" --bin shop")),
        ("autobins = false\n", run("")),
    ] {
        let files = [("src/main.rs", SERVES), ("src/bin/seeds.rs", NONE)];
        let own = "\n[[bin]]\nname = \"shop\"\npath = \"src/main.rs\"\n";
        let sandbox = crate_of(own, &files);
        let manifest = sandbox.read("my_app/Cargo.toml");
        let manifest = manifest.replace(edition, &format!("{edition}{setting}"));
        sandbox.write("my_app/Cargo.toml", &manifest);

        let sandbox = sandbox.after(&[&["gen", "library"]]);
        let ran = sandbox.run(&["gen", "channel", "Room", "--yes"]);

        let ran = ran.succeeded();
        assert!(ran.stdout.ends_with(&end), "{setting}{}", ran.stdout);
    }
}

/// Then a build without it has no library, such as that of a page in WebAssembly.
#[test]
fn in_a_crate_whose_axum_is_optional_the_library_is_made_optional_by_hand() {
    let optional = "axum = { version = \"0.8\", optional = true }";
    let features = "\n[features]\nssr = [\"dep:axum\", \"dep:tokio\"]\n";
    let sandbox = crate_of(features, &[("src/lib.rs", "")]);
    let manifest = sandbox.read("my_app/Cargo.toml");
    let manifest = manifest.replace("axum = \"0.8\"", optional);
    sandbox.write("my_app/Cargo.toml", &manifest);

    let ran = sandbox.run(&["gen", "library"]).succeeded();

    let step = "
axum is optional in this crate: the feature `ssr` enables it. For builds without that feature, make axum-channels optional, too, in Cargo.toml

    [dependencies]
    axum-channels = { path = \"vendor/axum-channels\", optional = true }

    [features]
    ssr = [ …, \"dep:axum-channels\"]

and put `#[cfg(feature = \"ssr\")]` before the modules that `gen` adds to src/lib.rs, and `#![cfg(feature = \"ssr\")]` at the top of their tests.
";
    assert!(ran.stdout.contains(step), "{}", ran.stdout);
}

#[test]
fn the_feature_that_enables_axum_is_not_one_that_enables_that_feature() {
    for (features, feature) in [
        ("default = [\"axum\"]\naxum = [\"dep:axum\"]", "axum"),
        ("default = [\"server\"]\nserver = [\"axum\"]", "server"),
    ] {
        let sandbox = crate_of(
            &format!("\n[features]\n{features}\n"),
            &[("src/lib.rs", "")],
        );
        let manifest = sandbox.read("my_app/Cargo.toml");
        let optional = "axum = { version = \"0.8\", optional = true }";
        let manifest = manifest.replace("axum = \"0.8\"", optional);
        sandbox.write("my_app/Cargo.toml", &manifest);

        let ran = sandbox.run(&["gen", "library"]).succeeded();

        let step = format!("\n    {feature} = [ …, \"dep:axum-channels\"]\n");
        assert!(ran.stdout.contains(&step), "{}", ran.stdout);
    }
}

/// Only that of channels has a function `join`.
#[test]
fn support_of_other_tests_is_left_alone() {
    for path in ["tests/support/mod.rs", "tests/support.rs"] {
        let own = "pub fn join() -> String {\n    [\"a\", \"b\"].join(\"/\")\n}\n";
        let sandbox = crate_of("", &[("src/lib.rs", ""), (path, own)]);
        let sandbox = sandbox.after(&[&["gen", "library"], &["gen", "channel", "Room", "--yes"]]);

        let ran = sandbox.run(&["gen", "auth"]).succeeded();

        assert!(!ran.stdout.contains("support"), "{}", ran.stdout);
    }
}

/// Cargo does not find them by itself, and fails for one whose file is gone.
#[test]
fn tests_of_a_crate_without_autotests_are_listed_as_long_as_they_are_there() {
    let own = "\n[[test]]\nname = \"it\"\n\n[profile.dev]\ndebug = false\n";
    let manifest = CARGO.replace("edition", "autotests = false\nedition") + own;
    let sandbox = crate_of("", &[("src/lib.rs", ""), ("tests/it.rs", "")]);
    sandbox.write("my_app/Cargo.toml", &manifest);
    let sandbox = sandbox.after(&[&["gen", "library"]]);
    let before = sandbox.tree();
    let commands: [(&[&str], &[&str]); 3] = [
        (&["channel", "Room", "--yes"], &["room_channel"]),
        (&["presence", "--channel", "Room"], &["presence"]),
        (&["auth", "--sign-in"], &["auth", "sign_in"]),
    ];
    for (command, names) in commands {
        let command = [&["gen"], command].concat();
        sandbox.run(&command).succeeded();

        let listed: String = names
            .iter()
            .map(|name| format!("\n[[test]]\nname = \"{name}\"\n"))
            .collect();
        let manifest = sandbox.read("my_app/Cargo.toml");
        assert!(
            manifest.contains(&format!("{listed}\n[profile")),
            "{manifest}"
        );
        sandbox.run(&command).found_all_identical();
    }
    for (command, _) in commands.iter().rev() {
        sandbox.run(&[&["destroy"], *command].concat()).succeeded();
    }
    assert_eq!(different(&sandbox, &before), [""; 0]);

    // A test that stays is listed, and so is one of the crate's own.
    sandbox
        .run(&["gen", "channel", "Room", "--yes"])
        .succeeded();
    sandbox.write("my_app/tests/room_channel.rs", "// mine\n");
    let kept = ["destroy", "channel", "Room", "--yes", "--skip"];
    sandbox.run(&kept).succeeded();
    let listed = "\n[[test]]\nname = \"room_channel\"\n";
    assert!(sandbox.read("my_app/Cargo.toml").contains(listed));
    let own = manifest.replace("name = \"it\"", "name = \"hall_channel\"");
    sandbox.write("my_app/Cargo.toml", &own);
    let by_hand = sandbox.after(&[
        &["gen", "library"],
        &["gen", "channel", "Hall", "--yes"],
        &["destroy", "channel", "Hall", "--yes"],
        &["destroy", "library"],
    ]);
    assert_eq!(by_hand.read("my_app/Cargo.toml"), own);
}

/// Two versions of one crate have one name in tests.
#[test]
fn the_test_of_tokens_has_the_version_of_tower_that_the_crate_has() {
    for (own, version) in [
        ("", "0.5"),
        ("tower = \"0.4\"\n", "0.4"),
        (
            "tower = { version = \"0.4.13\", features = [\"limit\"] }\n",
            "0.4.13",
        ),
        ("\n[dependencies.tower]\nversion = \"0.4.13\"\n", "0.4.13"),
    ] {
        let sandbox = program("0.8", &[]);
        let manifest = sandbox.read("my_app/Cargo.toml");
        sandbox.write("my_app/Cargo.toml", &format!("{manifest}{own}"));

        let sandbox = sandbox.after(&[&["gen", "library"], &["gen", "auth", "--yes"]]);

        let manifest = sandbox.read("my_app/Cargo.toml");
        let line = format!(
            "\ntower = {{ version = \"{version}\", default-features = false, features = [\"util\"] }}\n"
        );
        let (_, of_tests) = manifest
            .split_once("[dev-dependencies]\n")
            .expect(&manifest);
        assert!(of_tests.contains(&line), "{manifest}");
    }
}

/// The lines of the manual step are in a function, with their `use`.
#[test]
fn a_socket_of_an_endpoint_in_a_function_is_taken_out_with_its_import() {
    let serves = "async fn main() {\n    axum::serve(listener, app).await.unwrap();\n}\n";
    for library in [None, Some(("src/lib.rs", ""))] {
        let files: Vec<_> = [("src/main.rs", serves)]
            .into_iter()
            .chain(library)
            .collect();
        let sandbox = program("0.8", &files).after(&[&["gen", "library"]]);
        let ran = sandbox
            .run(&["gen", "channel", "Room", "--yes"])
            .succeeded();
        let (_, step) = ran
            .stdout
            .split_once("`src/endpoint.rs`):\n\n")
            .expect("a step");
        let (lines, _) = step.split_once("\nOnce").expect("an end");
        let before = sandbox.read("my_app/src/main.rs");
        let pasted = before.replace("    axum::serve", &format!("{lines}    axum::serve"));
        sandbox.write("my_app/src/main.rs", &pasted);

        let ran = sandbox
            .run(&["destroy", "channel", "Room", "--yes"])
            .succeeded();

        assert!(!ran.stdout.contains("Take out"), "{}", ran.stdout);
        let left = "    let endpoint = axum_channels::Endpoint::builder().build();\n    \
                    let app = app.merge(endpoint.router());\n    axum::serve";
        assert_eq!(
            sandbox.read("my_app/src/main.rs"),
            serves.replace("    axum::serve", left)
        );
        sandbox.run(&["destroy", "library"]).misused(
            "error: src/main.rs uses axum-channels\n\
             help: take the lines that name it out of src/main.rs, such as the endpoint, then run this again\n",
        );
        sandbox.write("my_app/src/main.rs", &before);
        sandbox.run(&["destroy", "library"]).succeeded();
    }
}

#[test]
fn tokens_of_an_endpoint_in_a_function_are_taken_out() {
    let serves = "async fn main() {\n    axum::serve(listener, app).await.unwrap();\n}\n";
    for library in [None, Some(("src/lib.rs", ""))] {
        let files: Vec<_> = [("src/main.rs", serves)]
            .into_iter()
            .chain(library)
            .collect();
        let sandbox = program("0.8", &files)
            .after(&[&["gen", "library"], &["gen", "channel", "Room", "--yes"]]);
        let ran = sandbox.run(AUTH).succeeded();
        let (_, step) = ran
            .stdout
            .split_once("`src/endpoint.rs`):\n\n")
            .expect("a step");
        let (lines, _) = step.split_once("\nOnce").expect("an end");
        let before = sandbox.read("my_app/src/main.rs");
        let pasted = before.replace("    axum::serve", &format!("{lines}    axum::serve"));
        sandbox.write("my_app/src/main.rs", &pasted);

        let ran = sandbox.run(&["destroy", "auth"]).succeeded();

        assert!(!ran.stdout.contains("Take out"), "{}", ran.stdout);
        let crate_name = library.map_or("crate", |_| "shop");
        let left = format!(
            "    use {crate_name}::channels::user_socket::UserSocket;\n\n    \
             let endpoint = axum_channels::Endpoint::builder()\n        \
             .socket::<UserSocket>(\"/socket\")\n        .build();\n    \
             let app = app.merge(endpoint.router());\n    axum::serve"
        );
        let main = sandbox.read("my_app/src/main.rs");
        assert!(
            main.ends_with(&serves.replace("    axum::serve", &left)),
            "{main}"
        );
    }
}

/// The socket refuses all clients of an endpoint without the signer.
#[test]
fn after_gen_auth_the_lines_of_an_endpoint_have_the_tokens() {
    let sandbox = program("0.8", &[]).after(&[
        &["gen", "library"],
        &["gen", "channel", "Room", "--yes"],
        AUTH,
    ]);
    let auth = sandbox.run(AUTH).succeeded().stdout;
    let (_, auth) = auth.split_once("Add this to mount").expect("a step");
    let (auth, _) = auth.split_once("\nOnce").expect("an end");
    assert!(auth.contains("::signer(") && auth.contains("::routes(&endpoint)"));

    for line in [
        ["channel", "Lobby"],
        ["channel", "Room"],
        ["socket", "User"],
    ] {
        let ran = sandbox
            .run(&["gen", line[0], line[1], "--skip"])
            .succeeded();
        assert!(ran.stdout.contains(auth), "{auth}\n{}", ran.stdout);
    }
}

/// Another function uses the same import.
#[test]
fn an_import_in_a_function_that_others_name_stays_for_its_reader() {
    let main = "async fn main() {\n    use crate::channels::user_socket::UserSocket;\n    \
                let endpoint = axum_channels::Endpoint::builder()\n        .socket::<UserSocket>(\"/socket\")\n        \
                .build();\n}\n\nfn name() -> &'static str {\n    std::any::type_name::<UserSocket>()\n}\n";
    let sandbox = program("0.8", &[("src/main.rs", "async fn main() {}\n")])
        .after(&[&["gen", "library"], &["gen", "channel", "Room", "--yes"]]);
    let pasted = sandbox
        .read("my_app/src/main.rs")
        .replace("async fn main() {}\n", main);
    sandbox.write("my_app/src/main.rs", &pasted);

    let ran = sandbox
        .run(&["destroy", "channel", "Room", "--yes"])
        .succeeded();

    let left = "\nTake out of `src/main.rs` ";
    assert!(ran.stdout.contains(left), "{}", ran.stdout);
}

/// At the start of the file, and below the comment that it begins with.
#[test]
fn destroy_comments_out_no_import_that_a_reader_has_pasted() {
    for head in ["", "// The program.\n\n"] {
        let main = format!(
            "{head}use axum::Router;\n\n#[tokio::main]\nasync fn main() {{\n    let app = Router::new();\n    serve(app).await;\n}}\n"
        );
        let files = [("src/main.rs", main.as_str())];
        let sandbox = program("0.8", &files)
            .after(&[&["gen", "library"], &["gen", "channel", "Room", "--yes"]]);
        let path = "my_app/src/main.rs";
        let import = "use crate::channels::user_socket::UserSocket;\n";
        let pasted = sandbox
            .read(path)
            .replace("use axum::Router", &format!("{import}use axum::Router"))
            .replace("    serve(", &format!("{ENDPOINT}    serve("));
        sandbox.write(path, &pasted);

        sandbox.run(&["destroy", "channel", "Room", "--yes"]);

        let left = sandbox.read(path);
        assert!(!left.contains("UserSocket"), "{left}");
        assert!(
            left.starts_with(&format!("{head}use axum::Router;\n")),
            "{left}"
        );
    }
}

/// Stylesheets are no page of the app's own, nor are templates.
#[test]
fn a_crate_without_scripts_gets_none() {
    let style = ("assets/static/style.css", "body { margin: 0 }\n");
    let sandbox = program("0.8", &[style]).after(&[&["gen", "library"]]);

    for command in [
        &["gen", "channel", "Room", "--yes"][..],
        &["gen", "presence"],
        &["gen", "auth"],
    ] {
        let ran = sandbox.run(command).succeeded();
        assert!(!ran.stdout.contains("script"), "{}", ran.stdout);
    }

    assert!(!sandbox.exists("my_app/assets/js"));
}

/// Older style editions of rustfmt order imports differently.
#[test]
fn files_are_formatted_in_crates_of_any_edition() {
    let tabs = ("rustfmt.toml", "hard_tabs = true\n");
    let library = ("src/lib.rs", "");
    for (files, auth) in [
        (&[][..], &["gen", "auth"][..]),
        (&[library], &["gen", "auth"]),
        (&[library, tabs], &["gen", "auth", "--sign-in"]),
        (&[tabs], &["gen", "auth", "--sign-in"]),
    ] {
        let main = match files.contains(&tabs) {
            true => MAIN.replace("    ", "\t"),
            false => MAIN.to_owned(),
        };
        let files = [files, &[("src/main.rs", main.as_str())]].concat();
        let sandbox = program("0.8", &files).after(&[
            &["gen", "library"],
            &["gen", "channel", "Room", "--yes"],
            &["gen", "presence", "--channel", "Room"],
            auth,
            &["gen", "channel", "Inbox", "--per-user"],
        ]);
        let folder = sandbox.path().join("my_app");
        let paths = support::tree(&folder).into_iter().map(|(path, _)| path);
        let own = paths.filter(|path| path.ends_with(".rs") && !path.starts_with("vendor"));
        let own: Vec<_> = own.collect();
        for edition in ["2018", "2021", "2024"] {
            let mut rustfmt = std::process::Command::new("rustfmt");
            rustfmt.args(["--check", "--color", "never", "--edition", edition]);
            rustfmt.args(&own).current_dir(&folder);
            let ran = support::finish(rustfmt, "");
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{edition}");
        }
    }
}

/// There, a message of `assert!` without arguments is no format, and a warning: only `assert_eq!` and `assert_ne!` format it. And there
/// are fewer traits in the prelude.
#[test]
fn code_is_that_of_editions_before_2021() {
    let sandbox = program("0.8", &[("src/lib.rs", "")]).after(&[
        &["gen", "library"],
        &["gen", "channel", "Room", "--yes"],
        &["gen", "channel", "Inbox", "--per-user"],
        &["gen", "presence", "--channel", "Room"],
        &["gen", "auth", "--sign-in"],
    ]);

    let mut assertions = 0;
    let own = sandbox.tree().into_iter();
    for (path, _) in own.filter(|(path, _)| path.ends_with(".rs") && !path.contains("vendor/")) {
        let code = sandbox.read(&path);
        for newer in ["from_iter(", "try_from(", "try_into(", "].into_iter()"] {
            assert!(!code.contains(newer), "{path}: {newer}");
        }
        for (at, _) in code
            .match_indices("assert!(")
            .chain(code.match_indices("panic!("))
        {
            assertions += 1;
            let end = code[at..].find(");").map_or(code.len(), |end| at + end);
            let text = code[at..end].trim_end_matches([',', '\n', ' ']);
            let message = text.rsplit('"').nth(1).filter(|_| text.ends_with('"'));
            assert!(!message.is_some_and(|m| m.contains('{')), "{path}: {text}");
        }
    }
    assert!(assertions > 0);
}

/// Printed lines, new files, and files that show no indentation have that of rustfmt's settings, of which it reads one file.
#[test]
fn files_and_printed_lines_have_the_indentation_of_rustfmt() {
    let plain = "    ";
    for (settings, level) in [
        (&[("rustfmt.toml", "tab_spaces = 2\n")][..], "  "),
        (&[(".rustfmt.toml", "hard_tabs = true\n")], "\t"),
        (&[("rustfmt.toml", "tab_spaces = 4\n")], plain),
        (&[("rustfmt.toml", "tab_spaces = \"two\"\n")], plain),
        (
            &[
                ("rustfmt.toml", "max_width = 80\n"),
                ("../rustfmt.toml", "hard_tabs = true\n"),
            ],
            plain,
        ),
        (&[("../rustfmt.toml", "hard_tabs = true\n")], "\t"),
    ] {
        let sandbox = program("0.8", settings).after(&[&["gen", "library"]]);

        let ran = sandbox.run(&["gen", "channel", "Room", "--yes"]);

        let printed = ENDPOINT.replace("        .", &format!("    {level}."));
        assert!(ran.stdout.contains(&printed), "{}", ran.stdout);
        let socket = sandbox.read("my_app/src/channels/user_socket.rs");
        let routes = format!(
            "\n{level}fn channels(routes: &mut Channels<Self>) {{\n{level}{level}routes.channel"
        );
        assert!(socket.contains(&routes), "{socket}");
        // A function on one line shows none.
        let endpoint = "pub fn sockets() -> axum_channels::Endpoint { axum_channels::Endpoint::builder().build() }\n";
        sandbox.write("my_app/src/endpoint.rs", endpoint);
        sandbox.run(&["gen", "socket", "Device"]).succeeded();
        let edited = sandbox.read("my_app/src/endpoint.rs");
        let link = format!("builder()\n{level}.socket::<DeviceSocket>");
        assert!(edited.contains(&link), "{edited}");
        sandbox.run(&["destroy", "socket", "Device"]).succeeded();
        assert_eq!(sandbox.read("my_app/src/endpoint.rs"), endpoint);
    }
}

/// In the order in which one makes them: the endpoint is the one whose lines were printed for the channel.
#[test]
fn tokens_go_into_the_endpoint_whose_lines_were_printed_before() {
    let library = ("src/lib.rs", "");
    for (files, path, crate_name) in [
        (&[("src/main.rs", MAIN)][..], "src/main.rs", "crate"),
        (&[("src/main.rs", MAIN), library], "src/main.rs", "shop"),
        (
            &[("src/bin/web.rs", MAIN), library],
            "src/bin/web.rs",
            "shop",
        ),
    ] {
        let sandbox =
            crate_of("", files).after(&[&["gen", "library"], &["gen", "channel", "Room", "--yes"]]);
        let path = format!("my_app/{path}");
        let main = sandbox.read(&path);
        let main = main.replace("    serve(", &format!("{ENDPOINT}    serve("));
        let uses = format!("use {crate_name}::channels::user_socket::UserSocket;\n\n#[tokio");
        sandbox.write(&path, &main.replace("#[tokio", &uses));

        for command in [AUTH, &["gen", "auth", "--sign-in"]] {
            let own = sandbox.tree();
            let ran = sandbox.run(command).succeeded();

            assert!(!ran.stdout.contains("Add this"), "{}", ran.stdout);
            let secret = "\nThe app reads SECRET_KEY_BASE, a secret of 64 bytes or more, when it starts. For development, make one:\n\n    \
                          export SECRET_KEY_BASE=$(openssl rand -hex 32)\n";
            assert!(ran.stdout.contains(secret), "{}", ran.stdout);
            sandbox.run(command).found_all_identical();
            let with_sessions = command.contains(&"--sign-in");
            let session = if with_sessions {
                format!(
                    "        .state({crate_name}::sessions::Sessions::new(\n            &std::env::var(\"SECRET_KEY_BASE\").expect(\"it is set, to 64 bytes or more\"),\n        ))\n"
                )
            } else {
                String::new()
            };
            let route = if with_sessions {
                format!("    let app = app.merge({crate_name}::sign_in::routes(&endpoint));\n")
            } else {
                String::new()
            };
            let lines = format!(
                "    let endpoint = axum_channels::Endpoint::builder()
        .socket::<UserSocket>(\"/socket\")
        .state({crate_name}::auth::signer(
            &std::env::var(\"SECRET_KEY_BASE\").expect(\"it is set, to 64 bytes or more\"),
        ))
{session}        .build();
    let app = app.merge(endpoint.router()); // `app` is the router
{route}    let app = app.merge({crate_name}::auth::routes(&endpoint));
    serve(app)"
            );
            let main = sandbox.read(&path);
            assert!(main.contains(&lines), "{main}");

            sandbox.run(&["destroy", "auth"]).succeeded();
            assert_eq!(different(&sandbox, &own), [""; 0]);
        }
    }
}

/// One that is printed in a function, where a reader may leave it.
#[test]
fn lines_that_were_pasted_with_their_imports_are_not_imported_again() {
    let serves = MAIN.replace("serve(app)", "axum::serve(listener, app)");
    let files = [("src/main.rs", serves.as_str()), ("src/lib.rs", "")];
    let sandbox = program("0.8", &files).after(&[&["gen", "library"]]);
    let ran = sandbox.run(AUTH).succeeded();
    let (_, step) = ran
        .stdout
        .split_once("`src/endpoint.rs`):\n\n")
        .expect("a step");
    let (lines, _) = step.split_once("\nOnce").expect("an end");
    let pasted = serves.replace("    axum::serve", &format!("{lines}    axum::serve"));
    sandbox.write("my_app/src/main.rs", &pasted);

    sandbox.run(AUTH).found_all_identical();

    assert_eq!(sandbox.read("my_app/src/main.rs"), pasted);
}
