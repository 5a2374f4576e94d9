//! Names to try: random ones, and those that something else has already.

use std::collections::BTreeSet;
use std::path::Path;

use tree_sitter::Node;

use crate::syntax;

/// The longest name that is accepted.
pub const LONGEST: usize = 60;

/// Random names that the command accepts: the same ones in each run.
pub struct Names(u64);

impl Names {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A name of `length` characters, of one of the kinds below.
    pub fn next(&mut self, length: usize) -> String {
        match self.draw(3) {
            0 => self.words(length, 11),
            // The longest in snake case.
            1 => self.words(length, 2),
            _ => self.anything(length),
        }
    }

    /// Words of up to `longest` letters.
    pub fn words(&mut self, length: usize, longest: usize) -> String {
        let mut name = String::new();
        while name.len() < length {
            let word = (1 + self.draw(longest)).min(length - name.len());
            name.push(self.capital());
            name.extend((1..word).map(|_| char::from(b'a' + self.draw(26) as u8)));
        }
        name
    }

    /// Characters that the rule allows: parts that start with a capital letter, joined by dots.
    fn anything(&mut self, length: usize) -> String {
        const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
        let mut name = String::from(self.capital());
        while name.len() < length {
            match char::from(ALPHABET[self.draw(ALPHABET.len())]) {
                '.' if name.len() + 1 < length => name.extend(['.', self.capital()]),
                '.' => name.push('x'),
                c => name.push(c),
            }
        }
        name
    }

    fn capital(&mut self) -> char {
        char::from(b'A' + self.draw(26) as u8)
    }

    /// A number below `limit`, of Knuth's linear congruential generator.
    fn draw(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Names of Rust's prelude, of what generated code uses of the standard library, and of its macros.
pub const OF_RUST: [&str; 44] = [
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Duration",
    "Eq",
    "Err",
    "Error",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Hash",
    "HashMap",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Self",
    "Send",
    "Some",
    "String",
    "Sync",
    "SystemTime",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Vec",
];

/// Words that are keywords, modules, crates, functions and folders once they are in lower case.
pub const OF_FILES: [&str; 26] = [
    "Alloc", "Assets", "Async", "Auth", "Build", "Channels", "Config", "Core", "Crate", "Dyn",
    "Gen", "Lib", "Log", "Main", "Mod", "Router", "Server", "Src", "Std", "Super", "Support",
    "Target", "Test", "Tests", "Type", "Vendor",
];

/// Names of Elixir, Phoenix, and of modules that a new Phoenix app has.
pub const OF_ELIXIR: [&str; 40] = [
    "Access",
    "Agent",
    "Application",
    "ChannelCase",
    "Code",
    "ConnCase",
    "Controller",
    "Elixir",
    "Endpoint",
    "Enum",
    "ErrorHTML",
    "ErrorJSON",
    "Ecto",
    "File",
    "GenServer",
    "Home",
    "IO",
    "Kernel",
    "Layouts",
    "List",
    "Logger",
    "Map",
    "Mix",
    "Module",
    "MyApp",
    "MyAppWeb",
    "Page",
    "PageController",
    "PageHTML",
    "Phoenix",
    "Phoenix.Channel",
    "Plug",
    "Process",
    "PubSub",
    "Router",
    "Socket",
    "String",
    "System",
    "Task",
    "Telemetry",
];

/// Every name that the library makes public, wherever it stands: a new one is among them by itself.
pub fn of_the_library() -> BTreeSet<String> {
    in_the_library(|path| path.ends_with(".rs"))
}

/// The names that apps import.
pub fn of_its_interface() -> BTreeSet<String> {
    in_the_library(|path| ["lib.rs", "testing/mod.rs"].contains(&path))
}

fn in_the_library(is_wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("axum-channels/src");
    let mut names = BTreeSet::new();
    for (path, text) in crate::support::tree(&source) {
        if is_wanted(&path) {
            let text = String::from_utf8(text).expect("Rust is UTF-8");
            let tree = syntax::parse(&path, &text).expect("Rust");
            let mut cursor = tree.root_node().walk();
            for item in tree.root_node().named_children(&mut cursor) {
                collect(item, &text, &mut names);
            }
        }
    }
    names
}

/// Adds the name of a public item, or every one that a public `use` has.
fn collect(item: Node<'_>, text: &str, names: &mut BTreeSet<String>) {
    let mut cursor = item.walk();
    let text_of = |node: Node<'_>| text[node.byte_range()].to_owned();
    let is_public = item
        .named_child(0)
        .is_some_and(|first| text_of(first) == "pub");
    if !is_public {
        return;
    }
    match item.child_by_field_name("name") {
        Some(name) => names.extend([text_of(name)]),
        None => item.named_children(&mut cursor).for_each(|used| {
            let words = text_of(used);
            let words = words.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            names.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
        }),
    }
}
