//! `hello-sockets gen release`: the files for deployment, tried.
//!
//! Ignored by default: compiles an app, needs npm, nginx, systemd and Caddy. `cargo test -- --ignored` runs them. Docker itself is not
//! tried; systemd and Caddy check their files, and do not run.

#[path = "../support/mod.rs"]
mod support;

mod checks;
mod image;
mod instance;
mod nginx;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use image::{Image, shell};
use instance::Instance;
use nginx::Nginx;
use support::Sandbox;

#[test]
fn the_files_are_made_once_and_belong_to_the_app() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "release", "--host", "chat.example.com"]);
    let nginx = sandbox.read("my_app/deploy/nginx.conf");
    assert!(
        nginx.contains("    server_name chat.example.com;\n"),
        "{nginx}"
    );

    sandbox.write("my_app/Dockerfile", "FROM scratch\n");
    let again = sandbox.ok(&["gen", "release"]);

    assert_eq!(sandbox.read("my_app/Dockerfile"), "FROM scratch\n");
    let skipped = "* skipping Dockerfile";
    again.prints(skipped);
}

#[test]
fn an_app_with_an_engine_is_deployed_with_its_url() {
    for (engine, variable, url) in [
        ("redis", "REDIS_URL", "redis://localhost:6379"),
        ("nats", "NATS_URL", "nats://localhost:4222"),
    ] {
        let sandbox = Sandbox::with_app().after(&[&["gen", "pubsub", engine]]);
        let ran = sandbox.ok(&["gen", "release"]);
        let option = format!(" -e {variable}={url} my_app\n");
        ran.prints(&option);
        let unit = sandbox.read("my_app/deploy/my_app.service");
        let line = format!("#     {variable}={url}\n");
        assert!(unit.contains(&line), "{unit}");
    }
    let alone = Sandbox::with_app();
    let ran = alone.ok(&["gen", "release"]);
    assert!(!ran.stdout.contains("_URL"), "{}", ran.stdout);
}

#[test]
fn a_crate_without_these_settings_is_refused() {
    let sandbox = Sandbox::with_app();
    let config = sandbox.path().join("my_app/src/config.rs");
    fs::remove_file(config).expect("it is there");
    sandbox.run(&["gen", "release"]).misused(
        "error: my_app has no src/config.rs with the settings that these files set\n\
         help: hello-sockets new my_app, then in it: hello-sockets gen release\n",
    );
}

/// A workspace with a package `core`, and an app of `new` that has become its member.
fn workspace_with_app() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "my_app/Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n",
    );
    let core = "[package]\nname = \"bits\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    sandbox.write("my_app/crates/core/Cargo.toml", core);
    sandbox.write("my_app/crates/core/src/lib.rs", "//! Bits.\n");
    sandbox.ok(&[
        "new",
        "crates/live",
        "--no-git",
        "--no-install",
        "--channel",
        "User",
    ]);
    sandbox.write(
        "my_app/Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n",
    );
    let manifest = sandbox.read("my_app/crates/live/Cargo.toml");
    let (manifest, _) = manifest
        .split_once("\n# The app is its own workspace")
        .expect("it is");
    let manifest = manifest.replace(
        "[dependencies]\n",
        "[dependencies]\nbits = { path = \"../core\" }\n",
    );
    sandbox.write("my_app/crates/live/Cargo.toml", &manifest);
    sandbox
}

#[test]
fn in_a_workspace_the_image_is_built_from_its_root() {
    let sandbox = workspace_with_app();
    let release = sandbox.ok(&["gen", "release"]);
    sandbox.ok(&["gen", "pubsub", "redis"]);

    let build = "    docker build -t live -f crates/live/Dockerfile .\n";
    release.prints(build);
    let image = sandbox.read("my_app/crates/live/Dockerfile");
    assert!(image.contains(&format!("# {build}")), "{image}");
    assert!(
        image.contains(
            "COPY crates/live/assets/package.json crates/live/assets/package-lock.json* ./\n"
        ),
        "{image}"
    );
    assert!(image.contains("WORKDIR /app\nCOPY . .\n"), "{image}");
    assert!(
        !sandbox
            .path()
            .join("my_app/crates/live/.dockerignore")
            .exists()
    );
    let compose = sandbox.read("my_app/crates/live/deploy/compose.yaml");
    let build = "    build:\n      # The root of the workspace.\n      context: ../../..\n      dockerfile: crates/live/Dockerfile\n    environment:\n";
    assert!(compose.contains(build), "{compose}");
}

#[test]
fn an_app_with_packages_of_its_own_is_built_with_them() {
    for (more, of) in [
        ("bits = { path = \"bits\" }\n", "[dependencies]\n"),
        ("members = [\"bits\"]\n", "[workspace]\n"),
    ] {
        let sandbox = Sandbox::with_app();
        let manifest = sandbox.read("my_app/Cargo.toml");
        sandbox.write(
            "my_app/Cargo.toml",
            &manifest.replace(of, &format!("{of}{more}")),
        );

        sandbox.ok(&["gen", "release"]);

        let image = sandbox.read("my_app/Dockerfile");
        assert!(image.contains("WORKDIR /app\nCOPY . .\n"), "{more} {image}");
        assert!(
            image.contains("#     docker build -t my_app .\n"),
            "{more} {image}"
        );
        assert!(
            !sandbox.path().join("my_app/.dockerignore").exists(),
            "{more}"
        );
    }
}

#[test]
#[ignore = "compiles a generated app, needs npm"]
fn the_steps_of_the_dockerfile_in_a_workspace_make_one_file_that_serves_the_page() {
    let sandbox = workspace_with_app();
    sandbox.ok(&["gen", "release"]);
    let root = sandbox.path().join("my_app");
    let image = Image::build(
        &root,
        &root.join("crates/live"),
        &sandbox.path().join("stages"),
    );

    let mut server = image.start(&[("HOST", "localhost")]);

    for (path, part) in [
        ("/", "<title>Live</title>"),
        (
            "/assets/node_modules/phoenix/priv/static/phoenix.mjs",
            "Socket",
        ),
    ] {
        let response = server.get(path);
        assert!(response.starts_with("HTTP/1.1 200 "), "{path}: {response}");
        assert!(response.contains(part), "{path}: {response}");
    }
    server.terminate();
    assert!(server.ends_within(Duration::from_secs(10)).success());
}

#[test]
#[ignore = "compiles a generated app, needs npm"]
fn the_steps_of_the_dockerfile_make_one_file_that_serves_the_page() {
    let image = Image::of_app();
    let mut server = image.start(&[("HOST", "localhost")]);

    let files = fs::read_dir(&image.root).expect("it is there");
    let files: Vec<_> = files
        .map(|entry| entry.expect("it is read").file_name())
        .collect();
    assert_eq!(files, ["server"]);
    for (path, kind, part) in [
        ("/", "text/html", "<title>MyApp</title>"),
        ("/assets/css/app.css", "text/css", "body"),
        ("/assets/favicon.svg", "image/svg+xml", "<svg"),
        ("/assets/js/app.js", "text/javascript", "import"),
        (
            "/assets/node_modules/phoenix/priv/static/phoenix.mjs",
            "application/javascript",
            "Socket",
        ),
    ] {
        let response = server.get(path);
        assert!(response.starts_with("HTTP/1.1 200 "), "{path}: {response}");
        assert!(response.contains(part), "{path}: {response}");
        assert_eq!(header(&response, "content-type"), kind, "{path}");
        assert_eq!(header(&response, "cache-control"), "no-cache", "{path}");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    }
    for path in [
        "/assets/index.html",
        "/assets/package.json",
        "/assets/js",
        "/assets/js/../package.json",
        "/assets/node_modules/phoenix/package.json",
        "/assets/js/%2e%2e/package.json",
    ] {
        assert!(server.get(path).starts_with("HTTP/1.1 404 "), "{path}");
    }

    server.terminate();
    assert!(server.ends_within(Duration::from_secs(10)).success());
}

#[test]
#[ignore = "compiles a generated app, needs npm"]
fn a_browser_gets_a_file_of_a_release_again_only_after_a_change() {
    let server = Image::of_app().start(&[]);
    let path = "/assets/js/app.js";
    let etag = header(&server.get(path), "etag").to_owned();
    let conditional = |path: &str, etag: &str| {
        let mut response = String::new();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {etag}\r\nConnection: close\r\n\r\n"
        );
        let read = server.send(&request).read_to_string(&mut response);
        read.expect("it answers");
        response
    };

    let unchanged = conditional(path, &etag);
    assert!(unchanged.starts_with("HTTP/1.1 304 "), "{unchanged}");
    assert!(unchanged.ends_with("\r\n\r\n"), "{unchanged}");
    assert_eq!(header(&unchanged, "etag"), etag);
    let another = conditional("/assets/js/frames.js", &etag);
    assert!(another.starts_with("HTTP/1.1 200 "), "{another}");
}

#[test]
#[ignore = "compiles a generated app"]
fn a_release_without_the_client_of_its_page_is_not_built() {
    let sources = &Image::of_app().sources;
    let (client, away) = (sources.join("assets/node_modules"), sources.join("away"));
    fs::rename(&client, &away).expect("it is there");

    let output = shell("cargo build --release --quiet", sources);
    fs::rename(&away, &client).expect("it is moved back");

    let printed = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        printed,
        "error: my_app@0.1.0: assets/node_modules/phoenix/priv/static/phoenix.mjs is missing: run `npm install --prefix assets`\n\
         error: build script logged errors\n"
    );
    assert!(!output.status.success());
}

#[test]
fn an_app_that_does_not_embed_its_page_is_refused() {
    let sandbox = Sandbox::with_app();
    let build = sandbox.path().join("my_app/build.rs");
    fs::remove_file(build).expect("it is there");
    sandbox.run(&["gen", "release"]).misused(
        "error: my_app has no build.rs that embeds its page, and these files deploy one binary\n\
         help: copy build.rs, src/assets.rs and src/assets/ from a new app\n",
    );
}

#[test]
#[ignore = "compiles a generated app, needs npm and nginx"]
fn nginx_passes_websockets_of_the_site_on_and_no_others() {
    let image = Image::of_app();
    let server = image.start(&[
        ("HOST", "https://chat.example.com"),
        ("PROXIES", "127.0.0.1"),
    ]);
    let nginx = Nginx::before(server.port);

    let page = nginx.get("/");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");

    let path = "/socket/websocket";
    let (status, _) = nginx.upgrade(path, "https://evil.example");
    assert_eq!(status, "403");
    let (status, mut socket) = nginx.upgrade(path, "https://chat.example.com");
    assert_eq!(status, "101");
    heartbeat(&mut socket);
}

/// Adds a second instance to a configuration of nginx.
fn with_second(site: &str, second: u16) -> String {
    let lines = site.lines().map(|line| {
        let address = ["server app:4000", "server 127.0.0.1:4000"];
        let other = format!("server 127.0.0.1:{second}");
        match address.iter().find(|it| line.contains(**it)) {
            None => format!("{line}\n"),
            Some(first) => format!("{line}\n{}\n", line.replace(first, &other)),
        }
    });
    lines.collect()
}

#[test]
#[ignore = "needs nginx"]
fn nginx_passes_the_polls_of_a_client_to_one_instance_and_the_rest_to_any() {
    let (first, second) = (Instance::start(0), Instance::start(0));
    let commands: [&[&str]; 2] = [
        &["gen", "release", "--host", "chat.example.com"],
        &["gen", "pubsub", "redis", "--yes"],
    ];
    let sandbox = Sandbox::with_app().after(&commands);
    for file in ["nginx.conf", "compose.nginx.conf"] {
        let site = sandbox.read(&format!("my_app/deploy/{file}"));
        let nginx = Nginx::of(&with_second(&site, second.port), first.port);
        for (path, expected) in [
            ("/socket/longpoll?vsn=2.0.0", 1),
            ("/chat/socket/longpoll/", 1),
            ("/socket/websocket", 2),
            ("/", 2),
        ] {
            let port = |answer: String| answer[answer.len() - 5..].to_owned();
            let ports: BTreeSet<_> = (0..40).map(|_| port(nginx.get(path))).collect();
            assert_eq!(ports.len(), expected, "{file} {path}: {ports:?}");
        }
    }
}

#[test]
#[ignore = "needs nginx"]
fn nginx_uses_an_instance_as_soon_as_it_has_restarted() {
    let (first, second) = (Instance::start(0), Instance::start(0));
    let nginx = Nginx::with(first.port, |site| with_second(site, second.port));
    // Each instance is chosen at random.
    let both = || [(); 40].map(|()| nginx.get("/")[9..12].to_owned());
    assert_eq!(both(), ["200"; 40]);

    let port = first.port;
    drop(first);
    assert_eq!(both(), ["200"; 40]);
    let _first = Instance::start(port);
    drop(second);

    assert_eq!(both(), ["200"; 40]);
}

#[test]
#[ignore = "compiles a generated app, needs npm and nginx"]
fn the_app_works_below_a_path_of_its_site_whether_nginx_removes_the_path_or_not() {
    let image = Image::of_app();
    let server = image.start(&[
        ("HOST", "https://chat.example.com/chat"),
        ("PROXIES", "127.0.0.1"),
    ]);
    for target in ["http://my_app", "http://my_app/"] {
        let nginx = Nginx::with(server.port, |site| {
            let site = site.replace("location / {", "location /chat/ {");
            site.replace(
                "proxy_pass http://my_app;",
                &format!("proxy_pass {target};"),
            )
        });

        let other = nginx.get("/");
        assert!(!other.contains("<title>MyApp</title>"), "{target}: {other}");
        let moved = nginx.get("/chat");
        assert!(moved.starts_with("HTTP/1.1 301 "), "{target}: {moved}");
        let page = format!("http://chat.example.com:{}/chat/", nginx.port);
        assert_eq!(header(&moved, "Location"), page);
        let page = nginx.get("/chat/");
        assert!(page.contains("<title>MyApp</title>"), "{target}: {page}");
        let links = page.split(['"', '\'']).filter_map(|text| {
            let text = text.strip_prefix("./").unwrap_or(text);
            text.starts_with("assets/").then_some(text)
        });
        let links: BTreeSet<_> = links.collect();
        assert_eq!(links.len(), 4, "stylesheet, icon, client, script");
        for link in links {
            let file = nginx.get(&format!("/chat/{link}"));
            assert!(file.starts_with("HTTP/1.1 200 "), "{target} {link}: {file}");
        }
        let (status, mut socket) =
            nginx.upgrade("/chat/socket/websocket", "https://chat.example.com");
        assert_eq!(status, "101", "{target}");
        heartbeat(&mut socket);
        let token = nginx.response(
            "POST /chat/token HTTP/1.1\r\nHost: chat.example.com\r\nOrigin: https://chat.example.com\r\n\
             X-Requested-With: fetch\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
        assert!(token.starts_with("HTTP/1.1 200 "), "{target}: {token}");
    }
}

/// Sends a heartbeat over a WebSocket, and checks the reply.
fn heartbeat(socket: &mut TcpStream) {
    let heartbeat = br#"[null,"1","phoenix","heartbeat",{}]"#;
    let head = [0x81, 0x80 | heartbeat.len() as u8, 0, 0, 0, 0]; // text, masked by zeros
    socket
        .write_all(&[&head[..], heartbeat].concat())
        .expect("it is sent");
    let reply = br#"[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#;
    let mut received = vec![0; 2 + reply.len()];
    socket.read_exact(&mut received).expect("it replies");
    assert_eq!(&received[2..], reply, "{}", received.escape_ascii());
}

/// Returns the value of a header of a response, or nothing.
fn header<'a>(response: &'a str, name: &str) -> &'a str {
    let lines = response.lines().take_while(|line| !line.is_empty());
    let mut pairs = lines.filter_map(|line| line.split_once(": "));
    let value = pairs.find(|(key, _)| *key == name);
    value.map_or("", |(_, value)| value)
}

#[test]
fn a_phoenix_app_whose_release_would_not_serve_is_refused() {
    let server = "config :my_app, MyAppWeb.Endpoint, server: true";
    for settings in [
        String::new(),
        format!("if System.get_env(\"CHAT_PHX_SERVER\") do\n  {server}\nend\n"),
        format!("# if System.get_env(\"PHX_SERVER\") do\n#   {server}\n# end\n"),
        format!("if config_env() == :dev do\n  {server}\nend\n"),
    ] {
        let sandbox = Sandbox::with_phoenix_app();
        let settings = format!("import Config\n\n{settings}");
        sandbox.write("my_app/config/runtime.exs", &settings);
        sandbox.run(&["gen", "release"]).misused(
            "error: no config/runtime.exs starts the server of my_app by PHX_SERVER, which the unit sets\n\
             help: `mix phx.gen.release` of Phoenix 1.6.3 or later prints the lines to add\n",
        );
    }
}

#[test]
fn a_phoenix_app_whose_release_always_serves_gets_its_unit() {
    let server = "config :my_app, MyAppWeb.Endpoint, http: [port: port], server: true";
    for (file, settings) in [
        (
            "runtime.exs",
            format!("if config_env() == :prod do\n  {server}\nend\n"),
        ),
        ("runtime.exs", format!("{server}\n")),
        ("releases.exs", format!("{server}\n")),
        ("prod.exs", format!("{server}\n")),
    ] {
        let sandbox = Sandbox::with_phoenix_app();
        sandbox.write("my_app/config/runtime.exs", "import Config\n");
        let path = format!("my_app/config/{file}");
        sandbox.write(&path, &format!("import Config\n\nport = 4003\n{settings}"));

        sandbox.ok(&["gen", "release"]);

        let unit = sandbox.read("my_app/deploy/my_app.service");
        assert!(!unit.contains("PHX_HOST"), "{unit}");
        let proxy = sandbox.read("my_app/deploy/nginx.conf");
        assert!(
            proxy.contains("port 4000 of the same machine, with\n# PORT=4000.\n"),
            "{proxy}"
        );
    }
}

#[test]
fn a_dockerfile_is_named_where_phoenix_makes_one() {
    for (version, is_named) in [
        ("1.2.5", false),
        ("1.6.2", false),
        ("1.6.3", true),
        ("1.6.16", true),
        ("1.10.0", true),
    ] {
        let sandbox = Sandbox::with_phoenix_app();
        let lock = format!("%{{\"phoenix\": {{:hex, :phoenix, \"{version}\", \"abc\"}}}}\n");
        sandbox.write("my_app/mix.lock", &lock);

        let release = sandbox.ok(&["gen", "release"]);

        let named = release.stdout.contains("mix phx.gen.release --docker");
        assert_eq!(named, is_named, "{version}: {}", release.stdout);
    }
}

#[test]
fn an_older_phoenix_app_reads_how_its_release_serves() {
    let sandbox = Sandbox::with_phoenix_app();
    let lock = "%{\"phoenix\": {:hex, :phoenix, \"1.4.17\", \"abc\"}}\n";
    sandbox.write("my_app/mix.lock", lock);
    sandbox.write("my_app/config/runtime.exs", "import Config\n");

    sandbox.run(&["gen", "release"]).misused(
        "error: no config/runtime.exs starts the server of my_app by PHX_SERVER, which the unit sets\n\
         help: add `server: true` to the settings of the endpoint in config/prod.exs\n",
    );
}

#[test]
fn a_release_of_distillery_runs_in_the_foreground() {
    for (version, task) in [
        ("1.5.5", "release"),
        ("2.0.14", "release"),
        ("2.1.1", "distillery.release"),
    ] {
        let sandbox = Sandbox::with_phoenix_app();
        let mix = sandbox.read("my_app/mix.exs");
        let with_it = "{:distillery, \"~> 1.5 or ~> 2.0\"},\n      {:phoenix,";
        sandbox.write("my_app/mix.exs", &mix.replace("{:phoenix,", with_it));
        let lock = format!(
            "%{{\n  \"distillery\": {{:hex, :distillery, \"{version}\", \"abc\"}},\n  \
             \"phoenix\": {{:hex, :phoenix, \"1.4.17\", \"abc\"}}\n}}\n"
        );
        sandbox.write("my_app/mix.lock", &lock);

        let release = sandbox.ok(&["gen", "release"]);

        let steps = format!("\n    MIX_ENV=prod mix {task}\n");
        assert!(release.stdout.ends_with(&steps), "{}", release.stdout);
        let unit = sandbox.read("my_app/deploy/my_app.service");
        let start = "ExecStart=/opt/my_app/bin/my_app foreground\n";
        let folder = "Environment=RELEASE_MUTABLE_DIR=/tmp\n";
        assert!(unit.contains(start) && unit.contains(folder), "{unit}");
    }
}

#[test]
fn a_phoenix_app_without_assets_deploys_none() {
    let sandbox = Sandbox::with_phoenix_app();
    let mix = sandbox.read("my_app/mix.exs");
    sandbox.write(
        "my_app/mix.exs",
        &mix.replace("\"assets.deploy\":", "other:"),
    );

    let release = sandbox.ok(&["gen", "release"]);

    let steps = "\n    mix deps.get --only prod\n    MIX_ENV=prod mix release\n";
    release.prints(steps);

    // Before Phoenix 1.6, webpack or Brunch builds them.
    let package = "{\"scripts\": {\"deploy\": \"webpack --mode production\"}}\n";
    sandbox.write("my_app/assets/package.json", package);
    let release = sandbox.ok(&["gen", "release"]);
    let steps = "\n    mix deps.get --only prod\n    npm run deploy --prefix assets\n    \
                 MIX_ENV=prod mix phx.digest\n    MIX_ENV=prod mix release\n";
    release.prints(steps);
}
