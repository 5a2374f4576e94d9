//! The guides for those who come from elsewhere: no name of Phoenix is missing, and all names on our side exist.

mod support;

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Callbacks, functions and options of Phoenix 1.8, by the headings of the guide.
const PHOENIX: [(&str, &str); 12] = [
    (
        "Phoenix.Channel",
        "join/3 handle_in/3 handle_out/3 handle_info/2 handle_call/3 handle_cast/2 code_change/3 terminate/2 intercept/1 \
         broadcast/3 broadcast!/3 broadcast_from/3 broadcast_from!/3 push/3 reply/2 socket_ref/1 child_spec/1 start_link/1 \
         log_join log_handle_in hibernate_after shutdown",
    ),
    (
        "Phoenix.Socket",
        "connect/2 connect/3 id/1 assign/2 assign/3 channel/3 transport/3 log partitions max_channels_per_transport \
         assigns channel channel_pid endpoint handler id joined join_ref private pubsub_server ref serializer topic transport \
         transport_pid init/1 terminate/2 handle_in/2",
    ),
    (
        "Options of socket/3",
        "websocket longpoll drainer batch_size batch_interval shutdown auth_token path serializer transport_log check_origin \
         check_csrf code_reloader connect_info timeout max_frame_size fullsweep_after compress subprotocols error_handler \
         window_ms pubsub_timeout_ms crypto csrf_token_key session log peer_data trace_context_headers x_headers \
         sec_websocket_headers uri user_agent ssl_cert",
    ),
    (
        "Phoenix.Endpoint",
        "start_link/1 config/2 config_change/2 url/0 struct_url/0 host/0 path/1 script_name/0 static_url/0 static_path/1 \
         static_lookup/1 static_integrity/1 server_info/1 subscribe/2 unsubscribe/1 broadcast/3 broadcast!/3 \
         broadcast_from/4 broadcast_from!/4 local_broadcast/3 local_broadcast_from/4",
    ),
    (
        "Configuration of the endpoint",
        "adapter cache_static_manifest cache_static_manifest_latest cache_manifest_skip_vsn check_origin code_reloader \
         debug_errors drainer force_ssl force_watchers http https live_reload log_access_url pubsub_server render_errors \
         secret_key_base server static_url url watchers",
    ),
    (
        "Phoenix.Presence",
        "track/3 track/4 untrack/2 untrack/3 update/3 update/4 list/1 get_by_key/2 fetch/2 init/1 handle_metas/4 \
         fetchers_pids/0 otp_app pubsub_server name broadcast_period max_silent_periods down_period permdown_period \
         clock_sample_periods max_delta_sizes log_level pool_size",
    ),
    (
        "Phoenix.PubSub",
        "subscribe/2 subscribe/3 unsubscribe/2 broadcast/3 broadcast/4 broadcast!/3 broadcast!/4 broadcast_from/4 \
         broadcast_from/5 broadcast_from!/4 broadcast_from!/5 local_broadcast/3 local_broadcast/4 local_broadcast_from/4 \
         local_broadcast_from/5 direct_broadcast/4 direct_broadcast/5 direct_broadcast!/4 direct_broadcast!/5 node_name/1 \
         child_spec/1 name adapter pool_size fastlane",
    ),
    (
        "Processes",
        "GenServer Agent Registry ets Task Supervisor Application monitor/1",
    ),
    (
        "Phoenix.ChannelTest",
        "socket/1 socket/2 socket/4 connect/2 connect/3 subscribe_and_join!/2 subscribe_and_join!/3 \
         subscribe_and_join!/4 subscribe_and_join/2 subscribe_and_join/3 subscribe_and_join/4 join/2 join/3 join/4 push/2 push/3 leave/1 \
         close/1 close/2 broadcast_from/3 broadcast_from!/3 assert_push/3 refute_push/3 assert_reply/4 refute_reply/4 \
         assert_broadcast/3 refute_broadcast/3",
    ),
    (
        "Phoenix.Token",
        "sign/4 verify/4 encrypt/4 decrypt/4 max_age key_iterations key_length key_digest signed_at compressed local",
    ),
    (
        "Libraries",
        "Absinthe Joken Guardian Msgpax Tracker LiveView",
    ),
    (
        "Options of phoenix.js",
        "transport longPollFallbackMs debug encode decode timeout heartbeatIntervalMs reconnectAfterMs rejoinAfterMs logger \
         longpollerTimeout params authToken binaryType vsn sessionStorage",
    ),
];

/// Methods, events and options of the others, by the headings of their guide.
const OTHERS: [(&str, &str); 2] = [
    (
        "From Socket.IO",
        "connection of use auth headers address id data join leave on once off onAny emit to except local volatile timeout \
         socketsJoin socketsLeave fetchSockets disconnectSockets disconnect disconnecting connectionStateRecovery cors \
         allowRequest path connectTimeout pingInterval pingTimeout maxHttpBufferSize perMessageDeflate httpCompression parser \
         serveClient transports adapter serverSideEmit",
    ),
    (
        "From ActionCable",
        "identified_by connect reject_unauthorized_connection cookies subscribed params reject stream_from stream_for \
         stop_stream_from stop_all_streams receive transmit broadcast broadcast_to unsubscribed before_subscribe \
         after_subscribe after_unsubscribe periodically remote_connections disconnect allowed_request_origins \
         disable_request_forgery_protection worker_pool_size log_tags url mount_path rescue_from",
    ),
];

#[test]
fn every_callback_function_and_option_of_phoenix_has_a_row() {
    assert_eq!(missing("moving-from-phoenix", &PHOENIX), [""; 0]);
}

#[test]
fn every_method_and_option_of_socket_io_and_action_cable_has_a_row() {
    assert_eq!(missing("moving-from-others", &OTHERS), [""; 0]);
}

/// Returns the names that have no row below their heading.
fn missing<'a>(page: &str, listed: &[(&str, &'a str)]) -> Vec<&'a str> {
    let page = read(&format!("docs/guides/{page}.md"));
    let mut missing = Vec::new();
    for (heading, names) in listed {
        let (_, section) = page
            .split_once(&format!("\n## {heading}\n"))
            .expect("it has the heading");
        let section = section.split("\n## ").next().unwrap_or(section);
        let cells: Vec<_> = rows(section).map(|(theirs, _)| theirs).collect();
        let has_row = |name: &&str| {
            let is_word = |c: char| c.is_alphanumeric() || "_!/".contains(c);
            let mut words = cells.iter().flat_map(|cell| cell.split(|c| !is_word(c)));
            words.any(|word| word == *name)
        };
        missing.extend(names.split_whitespace().filter(|name| !has_row(name)));
    }
    missing
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
        "spawn",
        "task",
        "testing",
        "support",
        "RoomChannel",
    ];
    words.filter(move |word| !known.contains(word))
}
