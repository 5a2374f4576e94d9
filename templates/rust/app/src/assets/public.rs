use std::path::{Component, Path};

/// The page.
pub const PAGE: &str = "index.html";

/// Public folders and files of `assets`, served at `/assets`. All others, such as package.json, are private.
pub const PUBLIC: [&str; 6] = [
    "css",
    "fonts",
    "images",
    "js",
    "favicon.svg",
    "node_modules/phoenix/priv/static/phoenix.mjs",
];

/// Returns whether a path is public. Paths with `..` or hidden files never are.
pub fn is_public(path: &str) -> bool {
    let is_plain = |part| matches!(part, Component::Normal(name) if !name.as_encoded_bytes().starts_with(b"."));
    let path = Path::new(path);
    path.components().all(is_plain) && PUBLIC.iter().any(|public| path.starts_with(public))
}
