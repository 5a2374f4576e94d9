//! The guides for those who come from elsewhere: no name of Phoenix is missing, and all names on our side exist.
#![allow(
    clippy::disallowed_methods,
    reason = "tests look at the disk themselves"
)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Callbacks, functions and options of Phoenix 1.8, by the headings of the guide.
const PHOENIX: [(&str, &str); 6] = [
    (
        "Phoenix.Channel",
        "join/3 handle_in/3 handle_out/3 handle_info/2 handle_call/3 handle_cast/2 code_change/3 terminate/2 intercept/1 \
         broadcast/3 broadcast!/3 broadcast_from/3 broadcast_from!/3 push/3 reply/2 socket_ref/1 child_spec/1 start_link/1 \
         log_join log_handle_in hibernate_after shutdown",
    ),
    (
        "Phoenix.Socket",
        "connect/2 connect/3 id/1 assign/2 assign/3 channel/3 transport/3 log partitions max_channels_per_transport",
    ),
    (
        "Options of socket/3",
        "websocket longpoll drainer batch_size batch_interval shutdown auth_token path serializer transport_log check_origin \
         check_csrf code_reloader connect_info timeout max_frame_size fullsweep_after compress subprotocols error_handler \
         window_ms pubsub_timeout_ms crypto csrf_token_key session",
    ),
    (
        "Phoenix.Presence",
        "track/3 track/4 untrack/2 untrack/3 update/3 update/4 list/1 get_by_key/2 fetch/2 init/1 handle_metas/4 fetchers_pids/0",
    ),
    (
        "Phoenix.ChannelTest",
        "socket/1 socket/2 socket/4 connect/2 connect/3 subscribe_and_join!/2 subscribe_and_join/2 join/2 push/3 leave/1 \
         close/2 broadcast_from/3 broadcast_from!/3 assert_push/3 refute_push/3 assert_reply/4 refute_reply/4 \
         assert_broadcast/3 refute_broadcast/3",
    ),
    (
        "Phoenix.Token",
        "sign/4 verify/4 encrypt/4 decrypt/4 max_age",
    ),
];

#[test]
fn every_callback_function_and_option_of_phoenix_has_a_row() {
    let page = read("docs/guides/moving-from-phoenix.md");
    let mut missing = Vec::new();
    for (heading, names) in PHOENIX {
        let (_, section) = page
            .split_once(&format!("\n## {heading}\n"))
            .expect("it has the heading");
        let section = section.split("\n## ").next().unwrap_or(section);
        let cells: Vec<_> = rows(section).map(|(theirs, _)| theirs).collect();
        let is_listed = |name: &&str| {
            let is_word = |c: char| c.is_alphanumeric() || "_!/".contains(c);
            let words = cells.iter().flat_map(|cell| cell.split(|c| !is_word(c)));
            words.into_iter().any(|word| word == *name)
        };
        missing.extend(names.split_whitespace().filter(|name| !is_listed(name)));
    }
    assert_eq!(missing, Vec::<&str>::new());
}

/// Returns the rows of the tables whose second column is headed `Here`: the first cell, and the second.
fn rows(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut is_ours = false;
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| row.trim_end_matches(" |").split_once(" | "));
    cells.filter(move |(_, ours)| {
        let is_heading = ["Here", "phoenix.js"].contains(ours) || ours.contains(" | ");
        is_ours = *ours == "Here" || is_ours && !is_heading;
        is_ours && !is_heading
    })
}

#[test]
fn every_function_and_type_of_ours_exists() {
    let declared = declared();
    let (mut unknown, mut count) = (Vec::new(), 0);
    for page in ["moving-from-phoenix", "moving-from-others"] {
        let page = read(&format!("docs/guides/{page}.md"));
        for (_, ours) in rows(&page) {
            for code in ours.split('`').skip(1).step_by(2) {
                let names: Vec<_> = names(code).collect();
                count += names.len();
                unknown.extend(
                    names
                        .into_iter()
                        .filter(|name| !declared.contains(*name))
                        .map(str::to_owned),
                );
            }
        }
    }
    assert_eq!(unknown, Vec::<String>::new());
    assert!(count > 150, "{count} names");
}

/// Returns the names of the library's functions and types, and of variants without contents.
fn declared() -> BTreeSet<String> {
    let files = support::tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("axum-channels/src"));
    let word = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let mut names = BTreeSet::new();
    for (_, text) in files {
        let text = String::from_utf8_lossy(&text);
        for keyword in ["fn ", "struct ", "trait ", "const ", "enum "] {
            names.extend(text.split(keyword).skip(1).map(word));
        }
        let variants = text.lines().filter_map(|line| line.strip_prefix("    "));
        let is_variant = |line: &&str| line.ends_with(',') && line.starts_with(char::is_uppercase);
        names.extend(variants.filter(is_variant).map(word));
    }
    names
}

/// Returns the functions that a piece of code calls, and the types whose items it names.
fn names(code: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let called = code.match_indices('(').map(|(at, _)| at);
    let named = code.match_indices("::").map(|(at, _)| at);
    let ends = called
        .chain(named)
        .map(|at| code[..at].trim_end_matches("::"));
    let words = ends.filter_map(move |text| text.rsplit(|c| !is_word(c)).next());
    // Of Rust itself, of tokio, and modules.
    let known = [
        "",
        "Ok",
        "Err",
        "Self",
        "into",
        "json",
        "tokio",
        "task",
        "testing",
        "support",
        "RoomChannel",
    ];
    words.filter(move |word| !known.contains(word))
}
