//! `hello-sockets new` and `gen release` with each of the package managers that they know.
#![cfg(unix)]

mod support;

use std::env;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use support::{Sandbox, finish};

/// Returns the path of a program.
fn which(program: &str) -> PathBuf {
    let folders = env::var_os("PATH").expect("it is set");
    let found = env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{program} is not installed"))
}

/// Runs `new` with only one package manager, which is installed for the tests of pages.
fn new_with(manager: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let programs = tempfile::tempdir().expect("a temporary folder");
    let managers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/node_modules/.bin");
    let manager = (manager, managers.join(manager));
    assert!(manager.1.exists(), "npm install --prefix tests/browser");
    // Programs that the managers and cargo start.
    let needed = [
        "node", "cargo", "rustc", "sh", "env", "uname", "sed", "dirname",
    ];
    let needed = needed.map(|program| (program, which(program)));
    for (name, path) in needed.into_iter().chain([manager]) {
        symlink(path, programs.path().join(name)).expect("the folder is new");
    }
    let mut new = sandbox.command(&["new", "my_app", "--no-git", "--install"]);
    new.env("PATH", programs.path());
    finish(new, "").succeeded();
    sandbox
}

#[track_caller]
fn installs_the_client(manager: &str, lock: &str) {
    let sandbox = new_with(manager);
    for file in [lock, "node_modules/phoenix/priv/static/phoenix.mjs"] {
        assert!(sandbox.exists(&format!("my_app/assets/{file}")), "{file}");
    }
}

#[test]
#[ignore = "needs pnpm from tests/browser, and the registries"]
fn pnpm_installs_the_client() {
    installs_the_client("pnpm", "pnpm-lock.yaml");
}

#[test]
#[ignore = "needs bun from tests/browser, and the registries"]
fn bun_installs_the_client() {
    installs_the_client("bun", "bun.lock");
}

#[test]
#[ignore = "needs yarn from tests/browser, and the registries"]
fn yarn_installs_the_client() {
    installs_the_client("yarn", "yarn.lock");
}

#[test]
fn the_image_installs_the_client_as_the_app_does() {
    for (lock, expected) in [
        (
            "package-lock.json",
            "FROM node:22-slim AS client\nWORKDIR /app/assets\n\
             COPY assets/package.json assets/package-lock.json* ./\n\
             RUN npm install --omit=dev --no-audit --no-fund\n\n",
        ),
        (
            "pnpm-lock.yaml",
            "FROM node:22-slim AS client\nWORKDIR /app/assets\n\
             COPY assets/package.json assets/pnpm-lock.yaml ./\n\
             RUN npm install --global pnpm && pnpm install --prod\n\n",
        ),
        (
            "bun.lock",
            "FROM oven/bun:1-slim AS client\nWORKDIR /app/assets\n\
             COPY assets/package.json assets/bun.lock* ./\n\
             RUN bun install --production\n\n",
        ),
        (
            "yarn.lock",
            "FROM node:22-slim AS client\nWORKDIR /app/assets\n\
             COPY assets/package.json assets/yarn.lock assets/.yarnrc.yml* ./\n\
             RUN corepack enable && yarn install\n\n",
        ),
    ] {
        let sandbox = Sandbox::with_app();
        sandbox.write(&format!("my_app/assets/{lock}"), "");
        sandbox.ok(&["gen", "release"]);

        let image = sandbox.read("my_app/Dockerfile");
        let stage = image.find("FROM ").expect("it has stages");
        let end = image.find("FROM rust").expect("it compiles the app");
        assert_eq!(&image[stage..end], expected, "{lock}");
    }
}
