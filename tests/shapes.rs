//! Rust projects of other structures than those made by `new`.

mod support;

use support::Sandbox;

/// A crate called `shop` that depends on the library, with `files` in it.
fn shop(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    let skeleton = [
        ("Cargo.toml", CARGO),
        (
            "src/endpoint.rs",
            "use axum_channels::Endpoint;\n\npub fn sockets() -> Endpoint {\n    Endpoint::builder().build()\n}\n",
        ),
        ("assets/js/app.js", "console.log(1)\n"),
    ];
    for (path, source) in skeleton.iter().chain(files) {
        sandbox.write(&format!("my_app/{path}"), source);
    }
    sandbox
}

const CARGO: &str = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\n\
    axum-channels = \"0.1\"\n";

#[test]
fn a_crate_that_is_a_program_only_has_its_modules_in_main_rs() {
    let sandbox = shop(&[("src/main.rs", "mod endpoint;\n\nfn main() {}\n")]);

    sandbox.ok(&["gen", "channel", "Zebra", "--yes"]);

    assert!(!sandbox.exists("my_app/src/lib.rs"));
    assert_eq!(
        sandbox.read("my_app/src/main.rs"),
        "mod channels;\nmod endpoint;\n\nfn main() {}\n"
    );
}

#[test]
fn modules_beside_their_folder_stay_there() {
    let sandbox = shop(&[
        ("src/lib.rs", "pub mod channels;\npub mod endpoint;\n"),
        ("src/channels.rs", "pub struct Ours;\n"),
    ]);

    sandbox.ok(&["gen", "channel", "Zebra", "--yes"]);

    assert!(!sandbox.exists("my_app/src/channels/mod.rs"));
    let modules = sandbox.read("my_app/src/channels.rs");
    assert!(
        modules.contains("pub mod user_socket;\npub mod zebra_channel;\n"),
        "{modules}"
    );
}

#[test]
fn an_endpoint_is_found_in_the_file_that_builds_it() {
    for path in ["src/endpoint/mod.rs", "src/web/sockets.rs"] {
        let sandbox = shop(&[("src/lib.rs", "pub mod endpoint;\n")]);
        let builder = sandbox.read("my_app/src/endpoint.rs");
        std::fs::remove_file(sandbox.path().join("my_app/src/endpoint.rs")).expect("it was there");
        sandbox.write(&format!("my_app/{path}"), &builder);

        let ran = sandbox.ok(&["gen", "socket", "User"]);

        ran.prints(&format!("* injecting {path}\n"));
        assert!(
            sandbox
                .read(&format!("my_app/{path}"))
                .contains(".socket::<UserSocket>(\"/socket\")")
        );
    }
}

#[test]
fn tests_name_the_library_as_it_is_called() {
    let sandbox = shop(&[
        (
            "Cargo.toml",
            &format!("{CARGO}\n[lib]\nname = \"shop_core\"\n"),
        ),
        ("src/lib.rs", "pub mod endpoint;\n"),
    ]);

    sandbox.ok(&["gen", "channel", "Zebra", "--yes"]);

    let test = sandbox.read("my_app/tests/zebra_channel.rs");
    assert!(
        test.contains("use shop_core::channels::zebra_channel::ZebraChannel;"),
        "{test}"
    );
}

#[test]
fn a_script_connects_to_where_its_socket_is_mounted_and_messages_name_that_path() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User", "--yes"]]);
    let endpoint = sandbox
        .read("my_app/src/endpoint.rs")
        .replace("\"/socket\"", "\"/ws\"");
    sandbox.write("my_app/src/endpoint.rs", &endpoint);
    let script = sandbox.path().join("my_app/assets/js/user_socket.js");
    std::fs::remove_file(script).expect("it was there");

    let ran = sandbox.ok(&["gen", "socket", "User"]);

    let script = sandbox.read("my_app/assets/js/user_socket.js");
    assert!(script.contains("new Socket(path(\"/ws\"), "), "{script}");
    let words = "\nThe socket is at /ws. Start the app with `hello-sockets dev`, and open http://localhost:4000\n";
    assert!(ran.stdout.ends_with(words), "{}", ran.stdout);
}

#[test]
fn a_script_of_another_name_that_connects_below_the_path_of_the_app_is_found() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User", "--yes"]]);
    let scripts = sandbox.path().join("my_app/assets/js");
    let renamed = std::fs::rename(scripts.join("user_socket.js"), scripts.join("live.js"));
    renamed.expect("it is there");

    let ran = sandbox.ok(&["gen", "channel", "Room"]);

    let injected = "* injecting assets/js/live.js\n";
    ran.prints(injected);
    let script = sandbox.read("my_app/assets/js/live.js");
    assert!(
        script.contains("new Socket(path(\"/socket\"), "),
        "{script}"
    );
    assert!(script.contains("socket.channel(\"room:lobby\""), "{script}");
}

#[test]
fn in_an_app_without_path_js_scripts_connect_to_the_path_of_the_socket() {
    let sandbox = Sandbox::with_app();
    let paths = sandbox.path().join("my_app/assets/js/path.js");
    std::fs::remove_file(paths).expect("it is there");

    sandbox.ok(&["gen", "auth", "--yes"]);

    let script = sandbox.read("my_app/assets/js/user_socket.js");
    assert!(script.contains("new Socket(\"/socket\", "), "{script}");
    let token = sandbox.read("my_app/assets/js/token.js");
    assert!(token.contains("const TOKEN = \"/token\"\n"), "{token}");
    assert!(!(script + &token).contains("path.js"));
}

#[test]
fn without_a_script_for_the_socket_the_report_prints_how_to_make_one() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "User"]]);
    let script = "my_app/assets/js/user_socket.js";
    std::fs::remove_file(sandbox.path().join(script)).expect("it was there");

    let ran = sandbox.ok(&["gen", "channel", "Room"]);
    let handler = "my_app/src/channels/user_socket.rs";
    let own = sandbox.read(handler) + "\n// Mine.\n";

    let printed = "\nStart the app with `hello-sockets dev`. No script was found that connects to /socket, so none joins\n\
                   `room:lobby`. To make one that does, run\n\n    \
                   hello-sockets gen socket User --skip\n    hello-sockets gen channel Room --skip\n";
    assert!(ran.stdout.ends_with(printed), "{}", ran.stdout);
    sandbox.write(handler, &own);
    sandbox.ok(&["gen", "socket", "User", "--skip"]);
    sandbox.ok(&["gen", "channel", "Room", "--skip"]);
    let script = sandbox.read(script);
    assert!(script.contains("socket.channel(\"room:lobby\""), "{script}");
}

#[test]
fn a_script_that_nothing_loads_is_named() {
    let line = "No script or page was found that loads assets/js/own.js: import it in the page's script.\n";
    let import = ("assets/js/app.js", "import \"./own.js\"\n");
    let page = (
        "assets/about.html",
        "<script type=\"module\" src=\"js/own.js\"></script>\n",
    );
    for loads in [None, Some(import), Some(page)] {
        let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "User", "--no-js"]]);
        let connects = "import { Socket } from \"phoenix\"\n\nconst socket = new Socket(\"/socket\")\nsocket.connect()\n";
        sandbox.write("my_app/assets/js/own.js", connects);
        if let Some((path, text)) = loads {
            sandbox.write(&format!("my_app/{path}"), text);
        }

        let ran = sandbox.ok(&["gen", "channel", "Room"]);

        let script = sandbox.read("my_app/assets/js/own.js");
        assert!(script.contains("socket.channel(\"room:lobby\""), "{script}");
        let is_named = ran.stdout.contains(line);
        assert_eq!(is_named, loads.is_none(), "{loads:?}: {}", ran.stdout);
    }
}

#[test]
fn an_endpoint_in_the_program_beside_a_library_names_that_library_whatever_the_transports() {
    let main = "use axum_channels::Endpoint;\n\nfn main() {\n    let _endpoint = Endpoint::builder().build();\n}\n";
    for options in [&[][..], &["--longpoll"]] {
        let sandbox = Sandbox::new();
        sandbox.write("my_app/Cargo.toml", CARGO);
        sandbox.write("my_app/src/lib.rs", "");
        sandbox.write("my_app/src/main.rs", main);

        let command = [&["gen", "socket", "Kiosk"], options].concat();
        sandbox.ok(&command);

        let mounted = sandbox.read("my_app/src/main.rs");
        let import = "use shop::channels::kiosk_socket::KioskSocket;\n";
        assert!(mounted.contains(import), "{options:?}: {mounted}");
    }
}
