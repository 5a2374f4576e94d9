//! `hello-sockets gen socket`, from outside.

mod support;

use support::Sandbox;

#[test]
fn a_socket_is_mounted_beside_the_default_one_and_its_script_imported() {
    let sandbox = Sandbox::with_app();
    sandbox.run(&["gen", "socket", "User"]).succeeded();

    let ran = sandbox.run(&["gen", "socket", "Device"]).succeeded();

    assert_eq!(
        ran.stdout,
        "* creating src/channels/device_socket.rs\n\
         * creating assets/js/device_socket.js\n\
         * injecting src/channels/mod.rs\n\
         * injecting src/endpoint.rs\n\
         * injecting assets/js/app.js\n\
         \nThe socket at /device_socket has no channels yet. Make one:\n\n    \
         hello-sockets gen channel Room --socket Device\n"
    );
    let endpoint = sandbox.read("my_app/src/endpoint.rs");
    assert!(
        endpoint.contains(
            "    Endpoint::builder()\n        \
             .socket::<UserSocket>(\"/socket\")\n        \
             .socket::<DeviceSocket>(\"/device_socket\")\n        \
             .url("
        ),
        "{endpoint}"
    );
    assert!(
        endpoint.contains(
            "use crate::channels::device_socket::DeviceSocket;\nuse crate::channels::user_socket::UserSocket;\nuse crate::config::Config;\n"
        ),
        "{endpoint}"
    );
    let app = sandbox.read("my_app/assets/js/app.js");
    assert!(
        app.ends_with("import \"./inspector.js\"\nimport \"./user_socket.js\"\nimport \"./device_socket.js\"\n"),
        "{app}"
    );
    assert!(
        sandbox
            .read("my_app/assets/js/device_socket.js")
            .contains("new Socket(\"/device_socket\"")
    );
}

#[test]
fn the_second_time_changes_nothing() {
    let sandbox = Sandbox::with_app();
    sandbox.run(&["gen", "socket", "Device"]).succeeded();
    let before = sandbox.tree();

    sandbox
        .run(&["gen", "socket", "DeviceSocket"])
        .found_all_identical();

    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_socket_and_then_its_channel_are_what_a_channel_with_its_socket_is() {
    let apart = Sandbox::with_app();
    apart.run(&["gen", "socket", "User"]).succeeded();
    apart.run(&["gen", "channel", "User"]).succeeded();

    let together = Sandbox::with_app();
    together
        .run(&["gen", "channel", "User", "--yes"])
        .succeeded();

    assert_eq!(apart.tree(), together.tree());
}
