//! Edits to changed files: each is right, or a manual step with exact lines.

mod support;

use support::Sandbox;

/// An app with channel `User` and `file` replaced by `source`; then `gen channel Room`.
fn add_room(file: &str, source: &str) -> (String, String) {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "channel", "User", "--yes"]);
    sandbox.write(&format!("my_app/{file}"), source);
    let ran = sandbox.ok(&["gen", "channel", "Room"]);
    again_changes_nothing(&sandbox, &["gen", "channel", "Room"]);
    (sandbox.read(&format!("my_app/{file}")), ran.stdout)
}

/// An app with `file` replaced by `source`; then `gen socket Device`.
fn add_device(file: &str, source: &str) -> (String, String) {
    let sandbox = Sandbox::with_app();
    sandbox.write(&format!("my_app/{file}"), source);
    let ran = sandbox.ok(&["gen", "socket", "Device"]);
    again_changes_nothing(&sandbox, &["gen", "socket", "Device"]);
    (sandbox.read(&format!("my_app/{file}")), ran.stdout)
}

fn again_changes_nothing(sandbox: &Sandbox, args: &[&str]) {
    let before = sandbox.tree();
    sandbox.ok(args);
    assert_eq!(sandbox.tree(), before);
}

mod endpoint {
    use super::add_device;

    const FILE: &str = "src/endpoint.rs";

    #[test]
    fn on_one_line_gets_a_link_of_its_own() {
        let source = "use axum_channels::Endpoint;\n\npub fn endpoint() -> Endpoint { Endpoint::builder().build() }\n";

        let (edited, _) = add_device(FILE, source);

        assert_eq!(
            edited,
            "use axum_channels::Endpoint;\n\n\
             use crate::channels::device_socket::DeviceSocket;\n\n\
             pub fn endpoint() -> Endpoint { Endpoint::builder()\n    \
             .socket::<DeviceSocket>(\"/device_socket\")\n    \
             .build() }\n"
        );
    }

    /// Lines of strings and comments have an indentation of their own.
    #[test]
    fn is_indented_as_its_code_is() {
        let source = "use axum_channels::Endpoint;

/*
 One for all.
*/
pub const HELP: &str = \"
 usage: shop
\";

pub fn endpoint() -> Endpoint { Endpoint::builder().build() }

pub fn port() -> u16 {
   4000
}
";

        let (edited, _) = add_device(FILE, source);

        let chain =
            "Endpoint::builder()\n   .socket::<DeviceSocket>(\"/device_socket\")\n   .build() }\n";
        assert!(edited.contains(chain), "{edited}");
    }

    #[test]
    fn with_crlf_and_tabs_keeps_both() {
        let source = "use axum_channels::Endpoint;\r\n\r\npub fn endpoint() -> Endpoint {\r\n\tEndpoint::builder()\r\n\t\t.build()\r\n}\r\n";

        let (edited, _) = add_device(FILE, source);

        assert_eq!(
            edited,
            "use axum_channels::Endpoint;\r\n\r\nuse crate::channels::device_socket::DeviceSocket;\r\n\r\n\
             pub fn endpoint() -> Endpoint {\r\n\tEndpoint::builder()\r\n\
             \t\t.socket::<DeviceSocket>(\"/device_socket\")\r\n\t\t.build()\r\n}\r\n"
        );
    }

    #[test]
    fn kept_in_a_variable_gets_it_where_the_builder_is_made() {
        let source = "\
use axum_channels::Endpoint;
use crate::{channels::user_socket::UserSocket, config::Config};

pub fn endpoint(config: &Config) -> Endpoint {
    let builder = Endpoint::builder(); // first the options
    let builder = builder.state(config.clone());
    builder
        /* for people */ .socket::<UserSocket>(\"/socket\")
        .socket_with::<crate::admin::AdminSocket>(\"/admin\", options()) // and for us
        // .socket::<OldSocket>(\"/old\")
        .build()
}
";

        let (edited, _) = add_device(FILE, source);

        let expected = source
            .replace(
                "use crate::{",
                "use crate::channels::device_socket::DeviceSocket;\nuse crate::{",
            )
            .replace(
                "builder(); // first",
                "builder()\n        .socket::<DeviceSocket>(\"/device_socket\"); // first",
            );
        assert_eq!(edited, expected);
    }

    #[test]
    fn with_several_sockets_gets_it_behind_the_last() {
        let source = "\
fn e() -> E {
    axum_channels::Endpoint::builder()
        .socket::<UserSocket>(\"/socket\")
        .socket_with::<crate::AdminSocket>(\"/admin\", options()) // for us
        // .socket::<OldSocket>(\"/old\")
        .build()
}
";

        let (edited, _) = add_device(FILE, source);

        let mounted = "// for us\n        .socket::<DeviceSocket>(\"/device_socket\")\n";
        let import = "use crate::channels::device_socket::DeviceSocket;\n\n";
        assert_eq!(
            edited,
            import.to_owned() + &source.replace("// for us\n", mounted)
        );
    }

    #[test]
    fn with_the_line_commented_out_gets_it_back() {
        let source = "\
use crate::channels::device_socket::DeviceSocket;
use axum_channels::Endpoint;

pub fn endpoint() -> Endpoint {
    Endpoint::builder()
        // .socket::<DeviceSocket>(\"/device_socket\")
        .build()
}
";

        let (edited, _) = add_device(FILE, source);

        assert_eq!(edited, source.replace("// .socket", ".socket"));
    }

    #[test]
    fn with_the_socket_mounted_elsewhere_is_left_alone() {
        let source = "\
use axum_channels::{Endpoint, SocketOptions};
use crate::channels::device_socket::DeviceSocket;

pub fn endpoint() -> Endpoint {
    Endpoint::builder().socket_with::<DeviceSocket>(\"/things\", SocketOptions::new()).build()
}
";

        let (edited, report) = add_device(FILE, source);

        assert_eq!(edited, source);
        assert!(report.contains("* identical src/endpoint.rs\n"), "{report}");
    }

    #[test]
    fn in_a_test_module_is_ignored() {
        let source = "\
use axum_channels::Endpoint;

pub fn endpoint() -> Endpoint {
    Endpoint::builder().build()
}

#[cfg(test)]
mod tests {
    fn other() -> Endpoint {
        Endpoint::builder().socket::<TestSocket>(\"/test\").build()
    }
}
";

        let (edited, _) = add_device(FILE, source);

        let (app, tests) = edited
            .split_once("#[cfg(test)]")
            .expect("it is still there");
        assert!(app.contains("    Endpoint::builder()\n        .socket::<DeviceSocket>(\"/device_socket\")\n        .build()\n"), "{app}");
        assert!(
            tests.contains("Endpoint::builder().socket::<TestSocket>(\"/test\").build()\n"),
            "{tests}"
        );
    }

    #[test]
    fn with_a_hand_written_router_is_a_manual_step() {
        let source =
            "pub fn router() -> axum::Router {\n    axum::Router::new().merge(sockets::all())\n}\n";

        let (edited, report) = add_device(FILE, source);

        assert_eq!(edited, source);
        assert!(
            report.contains(
                "\nAdd this to `src/endpoint.rs` to mount the socket, the second line after `Endpoint::builder()`:\n\n    \
                 use crate::channels::device_socket::DeviceSocket;\n\n    \
                 .socket::<DeviceSocket>(\"/device_socket\")\n"
            ),
            "{report}"
        );
        assert!(!report.contains("* injecting src/endpoint.rs"), "{report}");
    }

    #[test]
    fn with_a_syntax_error_is_edited_only_where_it_is_sound() {
        let source = "use axum_channels::Endpoint;\n\nfn broken( {\n\npub fn endpoint() -> Endpoint {\n    Endpoint::builder(\n}\n";

        let (edited, report) = add_device(FILE, source);

        assert_eq!(edited, source);
        assert!(
            report.contains("Add this to `src/endpoint.rs` to mount the socket, the second line after `Endpoint::builder()`:"),
            "{report}"
        );
    }
}

mod modules {
    use super::add_room;

    const FILE: &str = "src/channels/mod.rs";

    #[test]
    fn are_kept_sorted_and_below_their_attributes() {
        let source = "//! Ours.\n\n#[cfg(feature = \"zebra\")]\npub mod user_channel;\npub mod user_socket;\n\npub mod inline {}\n";

        let (edited, _) = add_room(FILE, source);

        assert_eq!(
            edited,
            source.replace("#[cfg", "pub mod room_channel;\n#[cfg")
        );
    }

    #[test]
    fn go_behind_those_that_sort_before() {
        let (edited, _) = add_room(
            FILE,
            "mod a_channel;\nmod user_channel; // people\nmod user_socket;\n",
        );

        assert_eq!(
            edited,
            "mod a_channel;\npub mod room_channel;\nmod user_channel; // people\nmod user_socket;\n"
        );
    }

    #[test]
    fn in_a_file_without_a_final_newline_get_a_line_of_their_own() {
        let (edited, _) = add_room(FILE, "pub mod a_channel;");

        assert_eq!(edited, "pub mod a_channel;\npub mod room_channel;");
    }

    #[test]
    fn in_an_empty_file_are_below_its_description() {
        let (edited, _) = add_room(FILE, "");

        assert_eq!(
            edited,
            "//! Channels and sockets.\n\npub mod room_channel;\n"
        );
    }

    #[test]
    fn commented_out_come_back() {
        let (edited, _) = add_room(FILE, "// pub mod room_channel;\npub mod user_socket;\n");

        assert_eq!(edited, "pub mod room_channel;\npub mod user_socket;\n");
    }

    #[test]
    fn that_are_private_or_inline_count_as_there() {
        for source in ["mod room_channel;\n", "pub(crate) mod room_channel { }\n"] {
            let (edited, _) = add_room(FILE, source);
            assert_eq!(edited, source);
        }
    }
}

mod routes {
    use super::add_room;

    const FILE: &str = "src/channels/user_socket.rs";

    #[test]
    fn use_the_name_that_the_parameter_has() {
        let source = "\
use super::user_channel::UserChannel;

impl<T> axum_channels::SocketHandler for UserSocket<T> {
    fn id(&self) -> Option<String> { None }
    fn channels(r: &mut Channels<Self>) {
        r.channel::<UserChannel>(\"user:*\");   // people
    }
}
";

        let (edited, _) = add_room(FILE, source);

        assert_eq!(
            edited,
            source
                .replace(
                    "use super::user",
                    "use super::room_channel::RoomChannel;\nuse super::user"
                )
                .replace(
                    "// people\n",
                    "// people\n        r.channel::<RoomChannel>(\"room:*\");\n"
                )
        );
    }

    #[test]
    fn go_into_an_empty_body_on_one_line() {
        let source = "use axum_channels::*;\n\nimpl SocketHandler for UserSocket {\n  fn channels(routes: &mut Channels<Self>) {}\n}\n";

        let (edited, _) = add_room(FILE, source);

        assert_eq!(
            edited,
            "use axum_channels::*;\n\nuse super::room_channel::RoomChannel;\n\nimpl SocketHandler for UserSocket {\n  \
             fn channels(routes: &mut Channels<Self>) {\n    routes.channel::<RoomChannel>(\"room:*\");\n  }\n}\n"
        );
    }

    #[test]
    fn of_another_handler_in_the_file_are_left_alone() {
        let source = "\
use super::user_channel::UserChannel;
impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        // none yet
    }
}
impl SocketHandler for OtherSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<UserChannel>(\"other:*\");
    }
}
";

        let (edited, _) = add_room(FILE, source);

        let (user, other) = edited
            .split_once("impl SocketHandler for OtherSocket")
            .expect("it is still there");
        assert!(
            user.contains("routes.channel::<RoomChannel>(\"room:*\");"),
            "{user}"
        );
        assert!(!other.contains("Room"), "{other}");
    }

    #[test]
    fn without_a_function_to_put_them_in_are_manual_steps() {
        let source = "impl SocketHandler for UserSocket {}\n";

        let (edited, report) = add_room(FILE, source);

        assert_eq!(edited, source);
        assert!(
            report.contains(
                "\nAdd this to `src/channels/user_socket.rs` to route the channel, the second line in `fn channels`:\n\n    \
                 use super::room_channel::RoomChannel;\n\n    \
                 routes.channel::<RoomChannel>(\"room:*\");\n"
            ),
            "{report}"
        );
    }
}

mod app_js {
    use super::{Sandbox, add_device};

    const FILE: &str = "assets/js/app.js";

    #[test]
    fn gets_the_import_behind_the_last_in_its_own_way() {
        let cases = [
            (
                "import \"./a.js\"\nimport {\n  b,\n} from \"./b.js\"; // b\n\nb()\n",
                "import \"./a.js\"\nimport {\n  b,\n} from \"./b.js\"; // b\nimport \"./device_socket.js\"\n\nb()\n",
            ),
            (
                "import \"./a.js\";import \"./b.js\"; b()",
                "import \"./a.js\";import \"./b.js\";\nimport \"./device_socket.js\";\nb()",
            ),
            (
                "\"use strict\"\r\nlet a = 1\r\n",
                "import \"./device_socket.js\"\r\n\r\n\"use strict\"\r\nlet a = 1\r\n",
            ),
            (
                "// only a comment\n",
                "// only a comment\nimport \"./device_socket.js\"\n",
            ),
            ("", "import \"./device_socket.js\"\n"),
            (
                "import \"./a.js\"",
                "import \"./a.js\"\nimport \"./device_socket.js\"",
            ),
        ];
        for (source, expected) in cases {
            assert_eq!(add_device(FILE, source).0, expected);
        }
    }

    #[test]
    fn that_has_it_in_any_spelling_is_left_alone() {
        for source in [
            "import './device_socket.js';\n",
            "import device from \"./device_socket\"\n",
            "require(\"./device_socket.js\")\n",
            "const socket = await import(\"./device_socket.js\")\n",
            "export { default } from \"./device_socket.js\"\n",
        ] {
            assert_eq!(add_device(FILE, source).0, source);
        }
    }

    #[test]
    fn that_names_it_only_in_a_comment_or_a_string_gets_it() {
        for source in [
            "/* see ./device_socket.js */\n",
            "console.log(\"./device_socket.js\")\n",
        ] {
            assert!(
                add_device(FILE, source)
                    .0
                    .contains("import \"./device_socket.js\"\n"),
                "{source}"
            );
        }
        let commented = "// import \"./device_socket.js\"\nimport \"./a.js\"\n";
        assert_eq!(
            add_device(FILE, commented).0,
            commented.replace("// import", "import")
        );
    }

    #[test]
    fn that_is_missing_is_a_manual_step() {
        let sandbox = Sandbox::with_app();
        std::fs::remove_file(sandbox.path().join("my_app/assets/js/app.js")).expect("it was there");

        let ran = sandbox.ok(&["gen", "socket", "Device"]);

        ran.prints("\nAdd this to load the script (there is no `assets/js/app.js`):\n\n    import \"./device_socket.js\"\n");
        assert!(!sandbox.exists("my_app/assets/js/app.js"));
    }
}

mod files {
    use super::Sandbox;

    #[test]
    fn that_are_not_utf8_are_manual_steps() {
        let sandbox = Sandbox::with_app();
        let path = sandbox.path().join("my_app/src/endpoint.rs");
        std::fs::write(&path, b"// caf\xe9\n").expect("it is written");

        let ran = sandbox.ok(&["gen", "socket", "Device"]);

        ran.prints("Add this to `src/endpoint.rs`");
        assert_eq!(std::fs::read(&path).expect("it is read"), b"// caf\xe9\n");
    }

    #[cfg(unix)]
    #[test]
    fn keep_their_permissions_and_stay_links() {
        use std::fs::{self, Permissions};
        use std::os::unix::fs::{PermissionsExt, symlink};

        let sandbox = Sandbox::with_app();
        let path = sandbox.path().join("my_app/src/endpoint.rs");
        let target = sandbox.path().join("elsewhere.rs");
        fs::rename(&path, &target).expect("it is moved");
        fs::set_permissions(&target, Permissions::from_mode(0o640)).expect("it is ours");
        symlink(&target, &path).expect("it is linked");

        sandbox.ok(&["gen", "socket", "Device"]);

        assert!(path.is_symlink());
        assert!(sandbox.read("elsewhere.rs").contains("DeviceSocket"));
        assert_eq!(
            fs::metadata(&target)
                .expect("it is there")
                .permissions()
                .mode()
                & 0o777,
            0o640
        );
    }

    #[cfg(unix)]
    #[ignore = "only root gives files to another owner"]
    #[test]
    fn keep_their_owner() {
        use std::os::unix::fs::{MetadataExt, chown};

        let sandbox = Sandbox::with_app();
        let path = sandbox.path().join("my_app/src/endpoint.rs");
        chown(&path, Some(1234), Some(5678)).expect("root may");

        sandbox.ok(&["gen", "socket", "Device"]);

        assert!(sandbox.read("my_app/src/endpoint.rs").contains("Device"));
        let metadata = std::fs::metadata(&path).expect("it is there");
        assert_eq!((metadata.uid(), metadata.gid()), (1234, 5678));
    }

    /// A write in place would change them, too, but a killed run could leave half a file.
    #[test]
    fn are_replaced_so_that_other_hard_links_keep_the_earlier_text() {
        let sandbox = Sandbox::with_app();
        let [path, other] =
            ["my_app/src/endpoint.rs", "copy.rs"].map(|path| sandbox.path().join(path));
        std::fs::hard_link(&path, &other).expect("it is linked");
        let before = sandbox.read("copy.rs");

        sandbox.ok(&["gen", "socket", "Device"]);

        assert!(sandbox.read("my_app/src/endpoint.rs").contains("Device"));
        assert_eq!(sandbox.read("copy.rs"), before);
    }

    #[cfg(unix)]
    #[test]
    fn that_are_read_only_stay_as_they_are_with_all_others() {
        use std::fs::{Permissions, set_permissions};
        use std::os::unix::fs::PermissionsExt;

        let sandbox = Sandbox::with_app();
        let path = sandbox.path().join("my_app/src/endpoint.rs");
        set_permissions(&path, Permissions::from_mode(0o444)).expect("it is ours");
        let before = sandbox.tree();

        let ran = sandbox.run(&["gen", "socket", "Device"]);

        let path = path.display();
        ran.failed(&format!(
            "error: `{path}` is read-only, so nothing was written\n\
             help: make it writable, and run the same command again\n"
        ));
        assert!(sandbox.tree() == before);
    }
}

/// Cases that simple edits get wrong: each is right, or a manual step.
mod not_guessed {
    use super::{add_device, add_room};

    const ENDPOINT: &str = "src/endpoint.rs";
    const SOCKET: &str = "src/channels/user_socket.rs";
    const MODULES: &str = "src/channels/mod.rs";
    const USE: &str = "use crate::channels::device_socket::DeviceSocket;\n";
    const MOUNT: &str = ".socket::<DeviceSocket>(\"/device_socket\")";

    #[track_caller]
    fn left_to_the_reader(file: &str, source: &str) {
        let (edited, report) = if file == ENDPOINT {
            add_device(file, source)
        } else {
            add_room(file, source)
        };
        assert_eq!(edited, source);
        assert!(
            report.contains(&format!("Add this to `{file}`")),
            "{report}"
        );
    }

    #[test]
    fn which_of_two_endpoints_is_meant() {
        left_to_the_reader(
            ENDPOINT,
            "fn public() -> E { Endpoint::builder().build() }\nfn admin() -> E { Endpoint::builder().build() }\n",
        );
        left_to_the_reader(
            ENDPOINT,
            "fn app() -> E { Endpoint::builder().build() }\n#[cfg(test)]\nfn fake() -> E { Endpoint::builder().socket::<F>(\"/f\").build() }\n",
        );
    }

    #[test]
    fn a_mount_under_a_condition_is_no_place_for_another() {
        let source = "fn e() -> E {\n    let mut b = Endpoint::builder();\n    if debug {\n        b = b.socket::<Debug>(\"/d\");\n    }\n    b.build()\n}\n";

        let (edited, _) = add_device(ENDPOINT, source);

        let mounted = format!("Endpoint::builder()\n        {MOUNT};");
        assert_eq!(
            edited,
            format!(
                "{USE}\n{}",
                source.replace("Endpoint::builder();", &mounted)
            )
        );
    }

    #[test]
    fn other_methods_of_that_name_are_ignored() {
        let source = "fn e() -> E {\n    Endpoint::builder().build()\n}\nfn n() {\n    net::options().socket::<Tcp>(\"/x\").bind();\n}\n";

        let (edited, _) = add_device(ENDPOINT, source);

        assert!(
            edited.contains(&format!(
                "    Endpoint::builder()\n        {MOUNT}\n        .build()"
            )),
            "{edited}"
        );
        assert!(
            edited.contains("    net::options().socket::<Tcp>(\"/x\").bind();\n"),
            "{edited}"
        );
    }

    #[test]
    fn what_only_a_test_module_has_is_not_there() {
        let source = "fn e() -> E {\n    Endpoint::builder().build()\n}\nmod tests {\n    use crate::channels::device_socket::DeviceSocket;\n    fn e() -> E { Endpoint::builder().socket::<DeviceSocket>(\"/x\").build() }\n}\n";

        let (edited, _) = add_device(ENDPOINT, source);

        assert!(edited.starts_with(USE), "{edited}");
        assert!(
            edited.contains(&format!(
                "    Endpoint::builder()\n        {MOUNT}\n        .build()"
            )),
            "{edited}"
        );
    }

    #[test]
    fn a_path_that_is_taken_is_refused() {
        let sandbox = super::Sandbox::with_app();
        let endpoint =
            "fn e() -> E { Endpoint::builder().socket::<Other>(\"/device_socket\").build() }\n";
        sandbox.write("my_app/src/endpoint.rs", endpoint);

        sandbox.run(&["gen", "socket", "Device"]).misused(
            "error: the path `/device_socket` is taken: src/endpoint.rs mounts Other there\n\
             help: hello-sockets gen socket Device2\n",
        );
    }

    #[test]
    fn attributes_and_docs_stay_with_their_item() {
        let source = "#[cfg(feature = \"m\")]\nuse crate::metrics::Metrics;\n\nfn e() -> E { Endpoint::builder().build() }\n";
        assert!(
            add_device(ENDPOINT, source)
                .0
                .starts_with(&format!("{USE}#[cfg")),
            "{}",
            add_device(ENDPOINT, source).0
        );

        let source = "//! Ours.\n\n/// All about users.\n#[doc(hidden)]\npub mod user_channel;\n";
        let expected = source.replace("/// All", "pub mod room_channel;\n/// All");
        assert_eq!(add_room(MODULES, source).0, expected);
    }

    #[test]
    fn imports_go_below_what_is_about_the_whole_file() {
        for about in [
            "#![allow(dead_code)]\n",
            "//! Docs.\n#![allow(dead_code)]\n",
            "/*! Docs. */\n",
        ] {
            let source = format!("{about}fn e() -> E {{ Endpoint::builder().build() }}\n");
            assert!(
                add_device(ENDPOINT, &source)
                    .0
                    .starts_with(&format!("{about}\n{USE}")),
                "{}",
                add_device(ENDPOINT, &source).0
            );
        }
        let source = "// Copyright.\n\nfn e() -> E { Endpoint::builder().build() }\n";
        assert!(
            add_device(ENDPOINT, source)
                .0
                .starts_with(&format!("// Copyright.\n\n{USE}\nfn e()"))
        );
    }

    #[test]
    fn a_comment_behind_the_anchor_with_code_behind_it_is_not_the_lines_end() {
        let source = "fn e() -> E { Endpoint::builder() /* here */ .build() }\n";

        let (edited, _) = add_device(ENDPOINT, source);

        assert!(
            edited.contains(&format!("Endpoint::builder()\n    {MOUNT}"))
                && edited.contains(".build()"),
            "{edited}"
        );
        assert!(edited.find(MOUNT) < edited.find(".build()"), "{edited}");
    }

    #[test]
    fn a_handler_whose_name_starts_alike_is_another() {
        let handler = |name: &str| {
            format!(
                "impl SocketHandler for {name} {{\n    fn channels(routes: &mut Channels<Self>) {{\n        // {name}\n    }}\n}}\n"
            )
        };
        let source = handler("UserSocket") + &handler("UserSocketLegacy");

        let (edited, _) = add_room(SOCKET, &source);

        let (ours, legacy) = edited
            .split_once("impl SocketHandler for UserSocketLegacy")
            .expect("it is there");
        assert!(
            ours.contains("routes.channel::<RoomChannel>(\"room:*\");"),
            "{edited}"
        );
        assert!(!legacy.contains("Room"), "{edited}");
    }

    #[test]
    fn which_of_two_variants_is_meant() {
        left_to_the_reader(
            SOCKET,
            "use super::room_channel::RoomChannel;\nimpl SocketHandler for UserSocket {\n    #[cfg(a)]\n    fn channels(r: &mut Channels<Self>) {}\n    #[cfg(b)]\n    fn channels(r: &mut Channels<Self>) {}\n}\n",
        );
    }

    #[test]
    fn a_route_on_another_variable_or_handler_is_ignored() {
        let source = "\
use super::room_channel::RoomChannel;
impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        let mut extra = Channels::new();
        extra.channel::<X>(\"x:*\");
    }
}
impl SocketHandler for AdminSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>(\"room:*\");
    }
}
";
        let (edited, _) = add_room(SOCKET, source);

        let expected = source.replacen(
            "{\n        let",
            "{\n        routes.channel::<RoomChannel>(\"room:*\");\n        let",
            1,
        );
        assert_eq!(edited, expected);
    }

    #[test]
    fn a_commented_out_copy_elsewhere_stays_a_comment() {
        let source = "\
use super::room_channel::RoomChannel;
impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<X>(\"x:*\");
    }
    fn id(&self) -> Option<String> {
        // routes.channel::<RoomChannel>(\"room:*\");
        None
    }
}
";
        let (edited, _) = add_room(SOCKET, source);

        let expected = source.replacen(
            ";\n    }",
            ";\n        routes.channel::<RoomChannel>(\"room:*\");\n    }",
            1,
        );
        assert_eq!(edited, expected);
        let nested = "mod legacy {\n    // pub mod room_channel;\n}\n";
        assert_eq!(
            add_room(MODULES, nested).0,
            format!("{nested}pub mod room_channel;\n")
        );
        let function = "function f() {\n  // import \"./device_socket.js\"\n}\n";
        assert_eq!(
            add_device("assets/js/app.js", function).0,
            format!("import \"./device_socket.js\"\n\n{function}")
        );
    }

    #[test]
    fn a_script_that_joins_in_a_way_of_its_own_is_a_manual_step() {
        let script = "assets/js/user_socket.js";
        for source in [
            // Two candidates.
            "import { Socket } from \"phoenix\"\nconst a = new Socket(\"/a\")\nconst b = new Socket(\"/b\")\n",
            // Not visible.
            "import { Socket } from \"phoenix\"\nfunction connect() {\n  const socket = new Socket(\"/socket\")\n}\n",
            // Not a socket of Phoenix.
            "const raw = new WebSocket(\"/raw\")\n",
            // The name is already used.
            "import { Socket } from \"phoenix\"\nconst socket = new Socket(\"/socket\")\nconst roomChannel = 1\n",
        ] {
            left_to_the_reader(script, source);
        }
        let source = "export default function f() {}\nconst socket = new Socket(\"/socket\")\n";
        assert!(
            add_room(script, source).0.starts_with(source),
            "below what it needs"
        );
    }
}
