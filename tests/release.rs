//! `hello-sockets gen release`: the files for deployment, tried.
//!
//! Ignored by default: compiles an app, needs npm, nginx, systemd and Caddy. `cargo test -- --ignored` runs them. Docker itself is not
//! tried; systemd and Caddy check their files, and do not run.

#![expect(
    clippy::disallowed_methods,
    reason = "the test carries out what docker would"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use support::Sandbox;
use support::server::Server;

const SECRET: &str = "a secret for tests, which is as long as the settings ask: 64 bytes or more";

#[test]
fn the_files_are_made_once_and_belong_to_the_app() {
    let sandbox = Sandbox::with_app();
    sandbox
        .run(&["gen", "release", "--host", "chat.example.com"])
        .succeeded();
    let nginx = sandbox.read("my_app/deploy/nginx.conf");
    assert!(
        nginx.contains("    server_name chat.example.com;\n"),
        "{nginx}"
    );

    sandbox.write("my_app/Dockerfile", "FROM scratch\n");
    let again = sandbox.run(&["gen", "release"]).succeeded();

    assert_eq!(sandbox.read("my_app/Dockerfile"), "FROM scratch\n");
    let skipped = "* skipping Dockerfile";
    assert!(again.stdout.contains(skipped), "{}", again.stdout);
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

#[test]
#[ignore = "compiles a generated app, needs npm"]
fn the_steps_of_the_dockerfile_make_a_server_with_its_page_and_nothing_else() {
    let image = Image::of_app();
    let mut server = image.start(&[("HOST", "localhost")]);

    assert!(server.get("/").starts_with("HTTP/1.1 200"));
    let client = server.get("/assets/node_modules/phoenix/priv/static/phoenix.mjs");
    assert!(client.starts_with("HTTP/1.1 200"), "{client}");
    let mut files: Vec<_> = fs::read_dir(image.root.join("app"))
        .expect("it is there")
        .map(|entry| entry.expect("it is read").file_name())
        .collect();
    files.sort();
    assert_eq!(files, ["assets", "server"]);

    server.terminate();
    assert!(server.ends_within(Duration::from_secs(10)).success());
}

/// Runs a program that checks a file, and returns its messages.
#[track_caller]
fn check(mut command: Command) -> String {
    let output = command.output().expect("it is installed");
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).expect("UTF-8");
    assert!(output.status.success(), "{printed}");
    printed
}

#[test]
#[ignore = "needs systemd-analyze"]
fn systemd_finds_no_fault_in_the_unit() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "release"]]);
    let unit = sandbox.read("my_app/deploy/my_app.service");
    sandbox.write("root/etc/systemd/system/my_app.service", &unit);
    let binary = sandbox.path().join("root/opt/my_app/my_app");
    fs::create_dir_all(binary.parent().expect("it has a folder")).expect("it is made");
    fs::copy("/bin/true", binary).expect("it is copied"); // any program

    let mut verify = Command::new("systemd-analyze");
    // The units of the system, which it requires, are not in this root.
    verify.args(["verify", "--man=no", "--recursive-errors=no", "--root"]);
    verify
        .arg(sandbox.path().join("root"))
        .arg("my_app.service");

    assert_eq!(check(verify), "");
}

#[test]
#[ignore = "needs Caddy"]
fn caddy_finds_no_fault_in_its_configuration() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "release"]]);
    let file = sandbox.path().join("my_app/deploy/Caddyfile");
    let caddy = |args: &[&str]| {
        let mut command = Command::new("caddy");
        command.args(args).arg(&file).env("HOME", sandbox.path());
        check(command)
    };

    let validated = caddy(&["validate", "--adapter", "caddyfile", "--config"]);
    assert!(validated.contains("Valid configuration"), "{validated}");
    assert_eq!(caddy(&["fmt"]), sandbox.read("my_app/deploy/Caddyfile"));
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

    let page =
        nginx.request("GET / HTTP/1.1\r\nHost: chat.example.com\r\nConnection: close\r\n\r\n");
    let mut response = String::new();
    page.take(4096)
        .read_to_string(&mut response)
        .expect("it answers");
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");

    let (status, _) = nginx.upgrade("https://evil.example");
    assert_eq!(status, "403");
    let (status, mut socket) = nginx.upgrade("https://chat.example.com");
    assert_eq!(status, "101");
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

/// The result of a Dockerfile, whose instructions are carried out in plain folders, one for each stage.
struct Image {
    root: PathBuf,
    variables: Vec<(String, String)>,
    entrypoint: PathBuf,
}

impl Image {
    /// The image of an app with a channel, built once for all tests here.
    fn of_app() -> &'static Image {
        static BUILT: OnceLock<(Image, Sandbox)> = OnceLock::new();
        let (image, _) = BUILT.get_or_init(|| {
            let commands: [&[&str]; 2] = [
                &["gen", "channel", "User", "--yes"],
                &["gen", "release", "--host", "chat.example.com"],
            ];
            let sandbox = Sandbox::with_app().after(&commands);
            let app = sandbox.path().join("my_app");
            (Image::build(&app, &sandbox.path().join("stages")), sandbox)
        });
        image
    }

    fn build(app: &Path, stages: &Path) -> Image {
        let context = stages.join("context");
        let ignored = fs::read_to_string(app.join(".dockerignore")).expect("it is made");
        for path in ignored.lines().filter_map(|line| line.strip_prefix('!')) {
            copy(&app.join(path), &context.join(path));
        }
        for path in ignored
            .lines()
            .filter(|line| !line.starts_with(['!', '#', '*']))
        {
            let _ = fs::remove_dir_all(context.join(path));
        }

        let mut named = BTreeMap::new();
        let mut image = Image {
            root: PathBuf::new(),
            variables: Vec::new(),
            entrypoint: PathBuf::new(),
        };
        let mut folder = PathBuf::new();
        let dockerfile = fs::read_to_string(app.join("Dockerfile")).expect("it is made");
        for (number, line) in dockerfile.lines().enumerate() {
            let (instruction, rest) = line.split_once(' ').unwrap_or((line, ""));
            let words: Vec<_> = rest.split_whitespace().collect();
            match instruction {
                "FROM" => {
                    image.root = stages.join(number.to_string());
                    image.variables.clear();
                    if let [_, "AS", name] = words[..] {
                        named.insert(name, image.root.clone());
                    }
                }
                "WORKDIR" => {
                    folder = image.path(rest);
                    fs::create_dir_all(&folder).expect("it is made");
                }
                "COPY" => {
                    let (from, paths) = match words[0].strip_prefix("--from=") {
                        Some(stage) => (&named[stage], &words[1..]),
                        None => (&context, &words[..]),
                    };
                    let (to, paths) = paths.split_last().expect("it names a target");
                    for path in paths {
                        let source = from.join(path.trim_start_matches('/').trim_end_matches('*'));
                        if path.ends_with('*') && !source.exists() {
                            continue;
                        }
                        let name = source.file_name().expect("it has a name");
                        let target = folder.join(to);
                        match to.ends_with('/') {
                            true => copy(&source, &target.join(name)),
                            false => copy(&source, &target),
                        }
                    }
                }
                "RUN" => run(rest, &folder),
                "ENV" => {
                    let variables = words
                        .iter()
                        .map(|word| word.split_once('=').expect("a value"));
                    let variables: Vec<_> = variables
                        .map(|(name, value)| (name.to_owned(), image.value(value)))
                        .collect();
                    image.variables.extend(variables);
                }
                "ENTRYPOINT" => {
                    image.entrypoint = image.path(rest.trim_matches(['[', ']', '"']));
                }
                "" | "#" | "USER" | "EXPOSE" => {}
                other => panic!("unknown instruction {other}"),
            }
        }
        image
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    fn value(&self, value: &str) -> String {
        match value.starts_with('/') {
            true => self.path(value).display().to_string(),
            false => value.to_owned(),
        }
    }

    fn start(&self, variables: &[(&str, &str)]) -> Server {
        let mut command = Command::new(&self.entrypoint);
        command
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .envs(variables.iter().copied())
            .env("SECRET_KEY_BASE", SECRET)
            .env("IP", "127.0.0.1")
            .current_dir(&self.root);
        Server::of(command)
    }
}

fn run(line: &str, folder: &Path) {
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env_remove("CARGO_TARGET_DIR")
        // Not what is tried here, and most of the time.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .output()
        .expect("there is a shell");
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}\n{printed}");
}

fn copy(from: &Path, to: &Path) {
    if !from.exists() {
        return; // docker matches no file with such a line of .dockerignore
    }
    fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it is made");
    if from.is_file() {
        fs::copy(from, to).expect("it is copied");
        return;
    }
    fs::create_dir_all(to).expect("it is made");
    let contents = from.join(".");
    let copied = Command::new("cp").arg("-r").arg(contents).arg(to).status();
    assert!(copied.expect("cp starts").success(), "{}", from.display());
}

/// nginx with the generated configuration, on a free port of loopback.
struct Nginx {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Nginx {
    fn before(app: u16) -> Self {
        let sandbox = Sandbox::with_app();
        sandbox
            .run(&["gen", "release", "--host", "chat.example.com"])
            .succeeded();
        let site = sandbox.read("my_app/deploy/nginx.conf");
        // nginx cannot listen on port 0, and another process may take a free port before it does.
        for _ in 0..10 {
            if let Some(nginx) = Self::start(&site, app, free_port()) {
                return nginx;
            }
        }
        panic!("nginx does not listen");
    }

    fn start(site: &str, app: u16, port: u16) -> Option<Self> {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().display();
        let site = site
            .replace("listen 80;", &format!("listen 127.0.0.1:{port};"))
            .replace("127.0.0.1:4000", &format!("127.0.0.1:{app}"));
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {path}/{kind};\n"))
            .concat();
        let config = folder.path().join("nginx.conf");
        let text = format!(
            "daemon off;\npid {path}/pid;\nerror_log stderr;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}{site}}}\n"
        );
        fs::write(&config, text).expect("it is written");
        // Debian has it in a folder that only some have in their PATH.
        let debian = Path::new("/usr/sbin/nginx");
        let nginx = if debian.exists() {
            debian
        } else {
            Path::new("nginx")
        };
        let process = Command::new(nginx)
            .arg("-e")
            .arg("stderr")
            .arg("-c")
            .arg(&config)
            .stderr(Stdio::inherit())
            .spawn()
            .expect("nginx is installed");
        let mut nginx = Nginx {
            process,
            port,
            _folder: folder,
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let is_over = nginx.process.try_wait().expect("it is ours").is_some();
            if is_over || Instant::now() > deadline {
                return None;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(nginx)
    }

    fn request(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).expect("it is set");
        stream.write_all(request.as_bytes()).expect("it reads");
        stream
    }

    /// Returns the status of a handshake by a page of `origin`, and the connection after its headers.
    fn upgrade(&self, origin: &str) -> (String, TcpStream) {
        let mut stream = self.request(&format!(
            "GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: chat.example.com\r\nOrigin: {origin}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ));
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("it answers");
            head.push(byte[0]);
        }
        (String::from_utf8_lossy(&head[9..12]).into_owned(), stream)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let terminate = format!("kill -TERM {}", self.process.id());
        let _ = Command::new("sh").args(["-c", &terminate]).status();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has one").port()
}
