//! `gen library`: the way in for a crate that uses axum, and not axum-channels yet.

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

const MAIN: &str = "use axum::Router;\n\n#[tokio::main]\nasync fn main() {\n    let app = Router::new();\n    axum::serve(listener().await, app).await;\n}\n";

const ENDPOINT: &str = "    let endpoint = axum_channels::Endpoint::builder()\n        .socket::<UserSocket>(\"/socket\")\n        .build();\n    \
     let app = app.merge(endpoint.router());\n";

#[test]
fn a_crate_that_uses_axum_is_told_how_to_have_channels() {
    let sandbox = program("0.8", &[]);

    sandbox.run(&["gen", "channel", "Room", "--yes"]).misused(
        "error: shop uses axum, but axum-channels is not among its dependencies\nhelp: hello-sockets gen library\n",
    );
    let ran = sandbox.ok(&["gen", "library"]);

    let report = "* creating vendor/axum-channels\n* injecting Cargo.toml\n";
    assert!(ran.stdout.starts_with(report), "{}", ran.stdout);
    let manifest = sandbox.read("my_app/Cargo.toml");
    let end = "features = [\"full\"] }\naxum-channels = { path = \"vendor/axum-channels\" }\n\n[dev-dependencies]\n\
               axum-channels = { path = \"vendor/axum-channels\", features = [\"testing\"] }\n";
    assert!(manifest.ends_with(end), "{manifest}");
    assert!(sandbox.exists("my_app/vendor/axum-channels/src/lib.rs"));
    sandbox.run(&["gen", "library"]).found_all_identical();
    let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);
    assert!(!ran.stdout.contains("feature `testing`"), "{}", ran.stdout);
}

#[test]
fn the_first_socket_comes_with_the_lines_of_an_endpoint_and_the_next_is_mounted_in_it() {
    let sandbox = program("0.8", &[]).after(&[&["gen", "library"]]);

    let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);

    let step = format!(
        "in src/main.rs once `app` is complete, before it is served or becomes a service (there is no `src/endpoint.rs`):\n\n    use crate::channels::user_socket::UserSocket;\n\n{ENDPOINT}"
    );
    ran.prints(&step);
    let pasted = sandbox
        .read("my_app/src/main.rs")
        .replace("    axum::serve(", &format!("{ENDPOINT}    axum::serve("));
    sandbox.write("my_app/src/main.rs", &pasted);

    sandbox.ok(&["gen", "socket", "Device"]);

    let main = sandbox.read("my_app/src/main.rs");
    let mounted = "        .socket::<UserSocket>(\"/socket\")\n        .socket::<DeviceSocket>(\"/device_socket\")\n";
    assert!(main.contains(mounted), "{main}");
}

#[test]
fn a_manifest_in_which_a_table_would_stand_twice_is_left_to_its_reader() {
    let own = "\n[\"dev-dependencies\"]\ntower = \"0.5\"\n";
    let sandbox = crate_of(own, &[("src/lib.rs", "")]);

    let ran = sandbox.ok(&["gen", "library"]);

    let manual = "Add this to `Cargo.toml` to depend on it, in `[dev-dependencies]`:\n\n    \
                  axum-channels = { path = \"vendor/axum-channels\", features = [\"testing\"] }\n";
    ran.prints(manual);
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
        sandbox.ok(&["gen", "library"]);
    }
}

/// Modules of a binary in `src/bin` would be binaries, too.
#[test]
fn a_package_with_nothing_but_binaries_gets_a_library_that_they_share() {
    let serves = "fn main() {\n    axum::serve(listener, app);\n}\n";
    let files = [
        ("src/bin/web.rs", serves),
        ("src/bin/jobs.rs", "fn main() {}\n"),
    ];
    let [web, jobs] = ["web", "jobs"].map(|name| format!("\n[[bin]]\nname = \"{name}\"\n"));
    let path = |name: &str| format!("path = \"src/bin/{name}.rs\"\n");
    for binaries in [
        String::new(),
        format!("{web}{jobs}"),
        format!("{web}{}{jobs}{}", path("web"), path("jobs")),
    ] {
        let sandbox = crate_of(&binaries, &files).after(&[&["gen", "library"]]);
        let before = sandbox.tree();

        let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);

        for text in [
            "* creating src/lib.rs\n",
            "* creating tests/room_channel.rs\n",
            "\n    use shop::channels::user_socket::UserSocket;\n",
        ] {
            assert!(ran.stdout.contains(text), "{binaries}{}", ran.stdout);
        }
        sandbox.ok(&["gen", "presence", "--channel", "Room"]);
        assert_eq!(sandbox.read("my_app/src/lib.rs"), "pub mod channels;\n");
        sandbox.ok(&["destroy", "presence", "--channel", "Room"]);
        sandbox.ok(&["destroy", "channel", "Room", "--yes"]);
        assert_eq!(sandbox.tree(), before);
    }
}

const AUTH: &[&str] = &["gen", "auth", "--yes"];

#[test]
fn beside_a_module_auth_of_its_own_a_crate_gets_one_of_another_name() {
    for path in ["src/auth.rs", "src/auth/mod.rs"] {
        let own = "pub fn login() {}\n";
        let sandbox = program("0.8", &[(path, own)]).after(&[&["gen", "library"]]);

        let ran = sandbox.ok(AUTH);

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
        ran.prints("\n        .state(crate::socket_auth::signer(");
        ran.prints("`current_user` in src/socket_auth.rs");
        let before = sandbox.tree();
        sandbox.ok(AUTH);
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
     .build();\n    let app = app.merge(endpoint.router());\n    \
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
        .replace("axum::serve(listener().await, app).await", "drop(app)");
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
        .replace(
            "    axum::serve(listener().await, app).await",
            &format!("{ENDPOINT}    drop(app)"),
        )
        .replace(
            "#[tokio",
            "use crate::channels::user_socket::UserSocket;\n\n#[tokio",
        );
    let sandbox =
        program("0.8", &[]).after(&[&["gen", "library"], &["gen", "channel", "Room", "--yes"]]);
    sandbox.write("my_app/src/main.rs", &format!("mod channels;\n\n{main}"));

    sandbox.ok(&["gen", "auth", "--sign-in"]);

    let folder = sandbox.path().join("my_app");
    cargo(&folder, &["check", "--offline"]);
    cargo(&folder, &["check", "--offline", "--tests"]);
}

#[test]
fn a_crate_without_an_endpoint_gets_the_lines_of_one_that_serves_tokens() {
    for (files, crate_name) in [(&[][..], "crate"), (&[("src/lib.rs", "")], "shop")] {
        let sandbox = program("0.8", files).after(&[&["gen", "library"]]);

        let ran = sandbox.ok(AUTH);

        let [uses, lines] = printed(crate_name);
        let step = format!(
            "\nAdd this to mount the socket and to serve tokens, in src/main.rs once `app` is complete, before it is served or becomes a service (there is no `src/endpoint.rs`):\n\n    \
             {uses}\n{lines}"
        );
        ran.prints(&step);
        assert_eq!(ran.stdout.matches("Add this").count(), 1, "{}", ran.stdout);
        let pasted = pasted(&sandbox, crate_name, "    axum::serve(");
        sandbox.write("my_app/src/main.rs", &pasted);

        let again = sandbox.run(AUTH).found_all_identical();

        assert!(!again.stdout.contains("Add this"), "{}", again.stdout);
        sandbox.ok(&["gen", "socket", "Device"]);
        let main = sandbox.read("my_app/src/main.rs");
        let device = format!("use {crate_name}::channels::device_socket::DeviceSocket;\n");
        assert!(main.contains(&device), "{main}");
    }
}

#[test]
fn tests_of_a_program_are_not_taken_for_its_endpoint() {
    let sandbox = program("0.8", &[]).after(&[&["gen", "library"]]);

    let ran = sandbox.ok(&["gen", "auth", "--yes"]);

    assert!(
        !ran.stdout.contains("Add this to `src/auth/tests.rs`"),
        "{}",
        ran.stdout
    );
    let ran = sandbox.ok(&["gen", "channel", "Room"]);
    ran.prints("Add this to mount the socket");
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
        let ran = sandbox.ok(command);
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

        let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);

        let step = format!(
            "\nAdd this to mount the socket, in {file} once `app` is complete, before it is served or becomes a service (there is no `src/endpoint.rs`):\n\n    use {crate_name}::channels::user_socket::UserSocket;\n"
        );
        ran.prints(&step);
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
            ("src/main.rs", "fn main() {}\n"),
        ];
        let sandbox = program("0.8", &files).after(&[&["gen", "library"]]);

        let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);

        for text in [
            "\nAdd this to mount the socket, in src/http.rs once `site` is complete, before it is served or becomes a service (",
            "\n    let site = site.merge(endpoint.router());\n",
        ] {
            ran.prints(text);
        }
    }
}

/// Returns the report of `gen channel Room` in a program whose src/main.rs is `main`, and that of `gen auth` after it.
fn reports(main: &str) -> [String; 2] {
    let sandbox = program("0.8", &[("src/main.rs", main)]).after(&[&["gen", "library"]]);
    let channel = sandbox.run(&["gen", "channel", "Room", "--yes"]);
    let auth = sandbox.run(&["gen", "auth"]);
    [channel.succeeded().stdout, auth.succeeded().stdout]
}

/// Whatever serves it, and however often: then it is the only one that is served, or of which a service is made.
#[test]
fn lines_of_an_endpoint_name_the_variable_of_the_router() {
    let redirect =
        "async fn redirect_to_https() {\n    axum::serve(listener, app).await.unwrap();\n}\n";
    for (main, name) in [
        (
            "async fn main() {\n    axum::serve(listener, site).await.unwrap();\n}\n",
            "site",
        ),
        (
            "use axum::serve;\n\nasync fn main() {\n    serve(listener, site).await.unwrap();\n}\n",
            "site",
        ),
        (
            "use axum::{Router, serve};\n\nasync fn main() {\n    serve(listener, site).await.unwrap();\n}\n",
            "site",
        ),
        (
            "async fn main() {\n    axum::serve(listener, web.into_make_service()).await.unwrap();\n}\n",
            "web",
        ),
        (
            "async fn main() {\n    axum::serve(listener, web.clone().into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();\n}\n",
            "web",
        ),
        // Layers of the router make another router.
        (
            "async fn main() {\n    let site = app.layer(TraceLayer::new()).layer(cors_layer);\n    axum::serve(listener, site).await.unwrap();\n}\n",
            "site",
        ),
        (
            "async fn main() {\n    let site = site.layer(ServiceBuilder::new().layer(TraceLayer::new()))\n        .layer(cors);\n    axum::serve(listener, site).await.unwrap();\n}\n",
            "site",
        ),
        // Servers of TLS, and loops that accept connections themselves.
        (
            "async fn main() {\n    axum_server::bind_rustls(addr, config).serve(web.into_make_service()).await.unwrap();\n}\n",
            "web",
        ),
        (
            "async fn main() {\n    let make = web.into_make_service_with_connect_info::<SocketAddr>();\n    axum::serve(listener, make).await.unwrap();\n}\n",
            "web",
        ),
        (
            "async fn main() {\n    let mut make = web.into_make_service();\n    run(&mut make).await;\n}\n",
            "web",
        ),
        // Servers beside the app.
        (
            &format!(
                "{redirect}\nasync fn main() {{\n    axum_server::bind_rustls(addr, config).serve(site.into_make_service()).await.unwrap();\n}}\n"
            ),
            "site",
        ),
        (
            "async fn main() {\n    tokio::spawn(axum::serve(http, redirect.into_make_service()).into_future());\n    axum::serve(outer, site).await.unwrap();\n}\n",
            "site",
        ),
        (
            "async fn start_metrics_server() {\n    let app = metrics();\n    axum::serve(inner, app).await.unwrap();\n}\n\n\
             async fn main() {\n    axum::serve(outer, site).await.unwrap();\n}\n",
            "site",
        ),
        // Several servers, one after the other, in a loop, in branches, in functions.
        (
            "async fn main() {\n    loop {\n        axum::serve(listener().await, site.clone()).await.unwrap();\n    }\n}\n",
            "site",
        ),
        (
            "async fn main() {\n    if let Some(tcp) = tcp {\n        axum::serve(tcp, site.clone()).await.unwrap();\n    }\n    axum::serve(unix, site).await.unwrap();\n}\n",
            "site",
        ),
        (
            "async fn http(router: Router) {\n    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();\n}\n\n\
             async fn https(router: Router) {\n    axum_server::bind_rustls(address, tls).serve(router.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();\n}\n",
            "router",
        ),
    ] {
        let [channel, auth] = reports(main);

        let place = format!(
            ", in src/main.rs once `{name}` is complete, before it is served or becomes a service ("
        );
        let lines = format!("    let {name} = {name}.merge(endpoint.router());\n");
        let tokens =
            format!("{lines}    let {name} = {name}.merge(crate::auth::routes(&endpoint));\n");
        for (report, lines) in [(channel, &lines), (auth, &tokens)] {
            for text in [&place, lines] {
                assert!(report.contains(text), "{main}: {report}");
            }
        }
    }
}

/// Its variable is not certain, or it has none: no name is guessed, since a line for it could not compile.
#[test]
fn lines_of_an_endpoint_are_for_the_end_of_any_other_router() {
    let functions = "async fn site() {\n    axum::serve(a, web.clone()).await.unwrap();\n}\n\n\
                     async fn admin() {\n    axum::serve(b, admin.into_make_service()).await.unwrap();\n}\n";
    for statements in [
        "axum::serve(listener, SITE.clone())",
        "axum::serve(listener, self.web.clone().into_make_service())",
        "axum::serve(listener, app(&config, \"pool\").await?)",
        "axum::serve(listener, site::build::<Memory>(store).into_make_service())",
        "axum::serve(listener, Router::new().merge(pages).into_make_service())",
        "axum::serve(listener, pages.layer(cors))",
        "axum::serve(listener, trimmed(web))",
        "axum::serve(listener, {\n        let pages = pages(db);\n        pages.layer(cors)\n    })",
        "axum::serve(\n        listener,\n        pages\n            .layer(cors)\n            .into_make_service(),\n    )",
        "axum_server::bind(address)\n        .serve(\n            Router::new()\n                .merge(pages)\n                .into_make_service(),\n        )",
        "let app = pages\n        .layer(cors)\n        .into_make_service();\n    axum::serve(listener, app)",
        // Services around the router.
        "let app = NormalizePathLayer::trim_trailing_slash().layer(app);\n    axum::serve(listener, ServiceExt::<Request>::into_make_service(app))",
        "let app = NormalizePathLayer::trim_trailing_slash().layer(pages().await);\n    axum_server::bind(address).serve(app.into_make_service())",
        "let app = NormalizePath::trim_trailing_slash(web);\n    axum::serve(listener, Shared::new(app))",
        "let app = Shared::new(NormalizePath::trim_trailing_slash(web));\n    axum::serve(listener, app)",
        "let app = ServiceBuilder::new().layer(trace).layer(web);\n    axum::serve(listener, ServiceExt::<Request>::into_make_service(app))",
        "let make = ServiceExt::<Request>::into_make_service(wrapped);\n    axum::serve(listener, make)",
        "let app = axum::middleware::from_fn(rewrite).layer(site);\n    axum::serve(listener, app.into_make_service())",
        // As axum's documentation of middleware has it.
        "let middleware = from_fn(rewrite);\n    let wrapped = middleware.layer(app);\n    axum::serve(listener, wrapped.into_make_service())",
        // Arguments of macros are no expressions to a parser.
        "tokio::join!(axum::serve(listener, site), jobs())",
        "tokio::select! { done = axum::serve(listener, site) => done.unwrap() }",
        // Several.
        "tokio::spawn(axum::serve(a, web).into_future());\n    axum::serve(b, admin)",
        "tokio::try_join!(axum::serve(a, web), axum::serve(b, admin))",
        "tokio::spawn(async { axum::serve(a, api()).await });\n    axum::serve(b, pages())",
        "tokio::join!(axum::serve(a, web));\n    axum::serve(b, admin)",
    ]
    .map(|statements| format!("async fn main() {{\n    {statements}.await.unwrap();\n}}\n"))
    .iter()
    .map(String::as_str)
    .chain([functions])
    {
        let [channel, auth] = reports(statements);

        let place = ", in src/main.rs before the app's router is served (";
        let lines = "        .build();\n\n    // at the end of the app's router, before it becomes a service:\n    .merge(endpoint.router())\n";
        let tokens = format!("{lines}    .merge(crate::auth::routes(&endpoint))\n");
        for (report, lines) in [(channel, lines), (auth, tokens.as_str())] {
            for text in [place, lines] {
                assert!(report.contains(text), "{statements}: {report}");
            }
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

        let ran = sandbox.ok(&["gen", "library"]);

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

/// Tests and examples of a client serve routers of their own.
#[test]
fn of_several_files_that_serve_a_router_the_program_is_meant() {
    let serves = "async fn main() {\n    axum::serve(listener, web).await.unwrap();\n}\n";
    let other = "async fn stub() {\n    axum::serve(listener, stub).await.unwrap();\n}\n";
    let files = [("src/main.rs", serves), ("src/client.rs", other)];
    let sandbox = program("0.8", &files).after(&[&["gen", "library"]]);

    let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);

    let step =
        ", in src/main.rs once `web` is complete, before it is served or becomes a service (";
    ran.prints(step);
    let line = "    let web = web.merge(endpoint.router());\n";
    ran.prints(line);
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

        let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);

        let step = "\nAdd this to mount the socket, where the app's `axum::Router` is made (there is no `src/endpoint.rs`):\n\n    \
                    use shop::channels::user_socket::UserSocket;\n";
        ran.prints(step);
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

        let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);

        let import = "\n    use shop::channels::user_socket::UserSocket;\n";
        assert!(ran.stdout.contains(import), "{path}: {}", ran.stdout);
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

        let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);

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

    let ran = sandbox.ok(&["gen", "library"]);

    let step = "
axum is optional in this crate: the feature `ssr` enables it. For builds without that feature, make axum-channels optional, too, in Cargo.toml

    [dependencies]
    axum-channels = { path = \"vendor/axum-channels\", optional = true }

    [features]
    ssr = [ …, \"dep:axum-channels\"]

and put `#[cfg(feature = \"ssr\")]` before the modules that `gen` adds to src/lib.rs, and `#![cfg(feature = \"ssr\")]` at the top of their tests.
";
    ran.prints(step);
}

/// The module of tokens uses them in builds of all features. With an optional axum, that is a matter of all modules.
#[test]
fn optional_dependencies_that_tokens_need_are_named() {
    let told = "\nsrc/auth.rs needs `tracing` in all builds: in Cargo.toml, take away `optional = true`, and the entries in `[features]`.\n";
    for (dependency, told) in [
        ("tracing = { version = \"0.1\", optional = true }", told),
        ("tracing.version = \"0.1\"\ntracing.optional = true", told),
        (
            "tracing = \"0.1\"\nurl = { version = \"2\", optional = true }",
            "",
        ),
        (
            "tracing = { version = \"0.1\", optional = true }\naxum = { version = \"0.8\", optional = true }",
            "",
        ),
    ] {
        let sandbox = program("0.8", &[]);
        let manifest = sandbox.read("my_app/Cargo.toml");
        let without = if dependency.contains("axum") {
            manifest.replace("axum = \"0.8\"\n", "")
        } else {
            manifest
        };
        let manifest = without.replace(
            "[dependencies]\n",
            &format!("[dependencies]\n{dependency}\n"),
        );
        sandbox.write("my_app/Cargo.toml", &manifest);
        let sandbox = sandbox.after(&[&["gen", "library"]]);

        let ran = sandbox.ok(AUTH);

        let is_told = ran.stdout.contains("in all builds");
        assert_eq!(
            (is_told, ran.stdout.contains(told)),
            (!told.is_empty(), true),
            "{dependency}: {}",
            ran.stdout
        );
    }
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

        let ran = sandbox.ok(&["gen", "library"]);

        let step = format!("\n    {feature} = [ …, \"dep:axum-channels\"]\n");
        ran.prints(&step);
    }
}

/// Only that of channels has a function `join`.
#[test]
fn support_of_other_tests_is_left_alone() {
    for path in ["tests/support/mod.rs", "tests/support.rs"] {
        let own = "pub fn join() -> String {\n    [\"a\", \"b\"].join(\"/\")\n}\n";
        let sandbox = crate_of("", &[("src/lib.rs", ""), (path, own)]);
        let sandbox = sandbox.after(&[&["gen", "library"], &["gen", "channel", "Room", "--yes"]]);

        let ran = sandbox.ok(&["gen", "auth"]);

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
        sandbox.ok(&command);

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
        sandbox.ok(&[&["destroy"], *command].concat());
    }
    assert_eq!(different(&sandbox, &before), [""; 0]);

    // A test that stays is listed, and so is one of the crate's own.
    sandbox.ok(&["gen", "channel", "Room", "--yes"]);
    sandbox.write("my_app/tests/room_channel.rs", "// mine\n");
    let kept = ["destroy", "channel", "Room", "--yes", "--skip"];
    sandbox.ok(&kept);
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
        let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);
        let (_, step) = ran
            .stdout
            .split_once("`src/endpoint.rs`):\n\n")
            .expect("a step");
        let (lines, _) = step.split_once("\nOnce").expect("an end");
        let before = sandbox.read("my_app/src/main.rs");
        let pasted = before.replace("    axum::serve", &format!("{lines}    axum::serve"));
        sandbox.write("my_app/src/main.rs", &pasted);

        let ran = sandbox.ok(&["destroy", "channel", "Room", "--yes"]);

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
        sandbox.ok(&["destroy", "library"]);
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
        let ran = sandbox.ok(AUTH);
        let (_, step) = ran
            .stdout
            .split_once("`src/endpoint.rs`):\n\n")
            .expect("a step");
        let (lines, _) = step.split_once("\nOnce").expect("an end");
        let before = sandbox.read("my_app/src/main.rs");
        let pasted = before.replace("    axum::serve", &format!("{lines}    axum::serve"));
        sandbox.write("my_app/src/main.rs", &pasted);

        let ran = sandbox.ok(&["destroy", "auth"]);

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
    let auth = sandbox.ok(AUTH).stdout;
    let (_, auth) = auth.split_once("Add this to mount").expect("a step");
    let (auth, _) = auth.split_once("\nOnce").expect("an end");
    assert!(auth.contains("::signer(") && auth.contains("::routes(&endpoint)"));

    for line in [
        ["channel", "Lobby"],
        ["channel", "Room"],
        ["socket", "User"],
    ] {
        let ran = sandbox.ok(&["gen", line[0], line[1], "--skip"]);
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

    let ran = sandbox.ok(&["destroy", "channel", "Room", "--yes"]);

    let left = "\nTake out of `src/main.rs` ";
    ran.prints(left);
}

/// At the start of the file, and below the comment that it begins with.
#[test]
fn destroy_comments_out_no_import_that_a_reader_has_pasted() {
    for head in ["", "// The program.\n\n"] {
        let main = format!(
            "{head}use axum::Router;\n\n#[tokio::main]\nasync fn main() {{\n    let app = Router::new();\n    axum::serve(listener().await, app).await;\n}}\n"
        );
        let files = [("src/main.rs", main.as_str())];
        let sandbox = program("0.8", &files)
            .after(&[&["gen", "library"], &["gen", "channel", "Room", "--yes"]]);
        let path = "my_app/src/main.rs";
        let import = "use crate::channels::user_socket::UserSocket;\n";
        let pasted = sandbox
            .read(path)
            .replace("use axum::Router", &format!("{import}use axum::Router"))
            .replace("    axum::serve(", &format!("{ENDPOINT}    axum::serve("));
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
        let ran = sandbox.ok(command);
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
        ran.prints(&printed);
        let socket = sandbox.read("my_app/src/channels/user_socket.rs");
        let routes = format!(
            "\n{level}fn channels(routes: &mut Channels<Self>) {{\n{level}{level}routes.channel"
        );
        assert!(socket.contains(&routes), "{socket}");
        // A function on one line shows none.
        let endpoint = "pub fn sockets() -> axum_channels::Endpoint { axum_channels::Endpoint::builder().build() }\n";
        sandbox.write("my_app/src/endpoint.rs", endpoint);
        sandbox.ok(&["gen", "socket", "Device"]);
        let edited = sandbox.read("my_app/src/endpoint.rs");
        let link = format!("builder()\n{level}.socket::<DeviceSocket>");
        assert!(edited.contains(&link), "{edited}");
        sandbox.ok(&["destroy", "socket", "Device"]);
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
        let main = main.replace("    axum::serve(", &format!("{ENDPOINT}    axum::serve("));
        let uses = format!("use {crate_name}::channels::user_socket::UserSocket;\n\n#[tokio");
        sandbox.write(&path, &main.replace("#[tokio", &uses));

        for command in [AUTH, &["gen", "auth", "--sign-in"]] {
            let own = sandbox.tree();
            let ran = sandbox.ok(command);

            assert!(!ran.stdout.contains("Add this"), "{}", ran.stdout);
            let secret = "\nThe app reads SECRET_KEY_BASE, a secret of 64 bytes or more, when it starts. For development, make one:\n\n    \
                          export SECRET_KEY_BASE=$(openssl rand -hex 32)\n";
            ran.prints(secret);
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
    let app = app.merge(endpoint.router());
{route}    let app = app.merge({crate_name}::auth::routes(&endpoint));
    axum::serve(listener().await, app)"
            );
            let main = sandbox.read(&path);
            assert!(main.contains(&lines), "{main}");

            sandbox.ok(&["destroy", "auth"]);
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
    let ran = sandbox.ok(AUTH);
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
