//! The image that the Dockerfile makes, in plain folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::support::Sandbox;
use crate::support::server::Server;

const SECRET: &str = "a secret for tests, which is as long as the settings ask: 64 bytes or more";

/// The result of a Dockerfile, whose instructions are carried out in plain folders, one for each stage.
pub struct Image {
    pub root: PathBuf,
    /// The app's folder in the stage that compiles it.
    pub sources: PathBuf,
    variables: Vec<(String, String)>,
    entrypoint: PathBuf,
}

impl Image {
    /// The image of an app with a channel, built once for all tests here.
    pub fn of_app() -> &'static Image {
        static BUILT: OnceLock<(Image, Sandbox)> = OnceLock::new();
        let (image, _) = BUILT.get_or_init(|| {
            let commands: [&[&str]; 3] = [
                &["gen", "channel", "User", "--yes"],
                &["gen", "auth", "--socket", "Device", "--yes"],
                &["gen", "release", "--host", "chat.example.com"],
            ];
            let sandbox = Sandbox::with_app().after(&commands);
            let app = sandbox.path().join("my_app");
            (
                Image::build(&app, &app, &sandbox.path().join("stages")),
                sandbox,
            )
        });
        image
    }

    /// Builds the image of the app in `app`, in the folder `root`: the app's, or that of its workspace.
    pub fn build(root: &Path, app: &Path, stages: &Path) -> Image {
        let context = stages.join("context");
        prepare(root, app, &context);
        let mut named = BTreeMap::new();
        let mut image = Image {
            root: PathBuf::new(),
            sources: PathBuf::new(),
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
                    folder = image.path("/");
                    fs::create_dir_all(&folder).expect("it is made");
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
                        let target = match to.starts_with('/') {
                            true => image.path(to),
                            false => folder.join(to),
                        };
                        match to.ends_with('/') {
                            true => copy(&source, &target.join(name)),
                            false => copy(&source, &target),
                        }
                    }
                }
                "RUN" => {
                    let is_command = |word: &&&str| !word.starts_with("--mount=");
                    let command: Vec<_> = words.iter().filter(is_command).copied().collect();
                    run(&command.join(" "), &folder);
                }
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
                    image.sources = named["server"].join("app");
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

    pub fn start(&self, variables: &[(&str, &str)]) -> Server {
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

/// Copies the files of `root` that the image may copy: those that its list of ignored files leaves.
fn prepare(root: &Path, app: &Path, context: &Path) {
    let list = |name: &str| fs::read_to_string(app.join(name)).ok();
    if let Some(ignored) = list(".dockerignore") {
        let lines = || ignored.lines();
        for path in lines().filter_map(|line| line.strip_prefix('!')) {
            copy(&root.join(path), &context.join(path));
        }
        for path in lines().filter(|line| !line.starts_with(['!', '#', '*'])) {
            let _ = fs::remove_dir_all(context.join(path));
        }
        return;
    }
    let ignored = list("Dockerfile.dockerignore").expect("it is made");
    copy(root, context);
    for name in ignored.lines().filter(|line| !line.starts_with('#')) {
        let name = name.trim_start_matches("**/");
        let found = format!("find . -path '*/{name}' -prune -exec rm -rf {{}} +");
        run(&found, context);
    }
}

fn run(line: &str, folder: &Path) {
    let output = shell(line, folder);
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}\n{printed}");
}

pub fn shell(line: &str, folder: &Path) -> Output {
    Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env_remove("CARGO_TARGET_DIR")
        // As in tests of generated apps: no test is about its speed.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .output()
        .expect("there is a shell")
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
