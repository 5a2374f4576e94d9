//! Socket scripts in TypeScript: the lines that are added to them have the types that strict projects require.

mod support;

use std::process::Command;

use support::{Sandbox, app};

/// A script as `mix phx.gen.socket` makes it, in TypeScript.
const SCRIPT: &str = r#"import {Socket} from "phoenix"

let socket = new Socket("/socket", {authToken: window.userToken})

socket.connect()

export default socket
"#;

const GLOBALS: &str = "interface Window { userToken: string }\n";

const STRICT: &str = r#"{
  "compilerOptions": {
    "strict": true,
    "noEmit": true,
    "noUnusedLocals": true,
    "noUnusedParameters": true,
    "noImplicitReturns": true,
    "target": "es2022",
    "module": "esnext",
    "moduleResolution": "bundler",
    "lib": ["es2022", "dom"],
    "types": ["phoenix"]
  },
  "include": ["assets/js/*.ts", "globals.d.ts"]
}
"#;

/// Every command that adds lines to a script.
const COMMANDS: [&[&str]; 6] = [
    &["gen", "channel", "Room", "--yes"],
    &["gen", "channel", "Status", "--exact", "--yes"],
    &["gen", "presence", "--channel", "Room", "--yes"],
    &["gen", "auth", "--yes"],
    &["gen", "channel", "Inbox", "--per-user", "--yes"],
    &["gen", "presence", "Inboxed", "--channel", "Inbox", "--yes"],
];

/// An app with a socket whose script is in TypeScript.
fn with_typescript(sandbox: Sandbox) -> Sandbox {
    let sandbox = sandbox.after(&[&["gen", "socket", "User", "--yes"]]);
    sandbox.delete("my_app/assets/js/user_socket.js");
    sandbox.write("my_app/assets/js/user_socket.ts", SCRIPT);
    sandbox.write("my_app/assets/js/app.ts", "import \"./user_socket\"\n");
    sandbox.delete("my_app/assets/js/app.js");
    sandbox
}

fn with_all(sandbox: Sandbox) -> Sandbox {
    with_typescript(sandbox).after(&COMMANDS)
}

#[test]
fn a_channel_for_each_user_has_types_in_typescript() {
    for (sandbox, user) in [
        (Sandbox::with_app(), "id"),
        (Sandbox::with_phoenix_app(), "user"),
    ] {
        let sandbox = with_all(sandbox);

        let script = sandbox.read("my_app/assets/js/user_socket.ts");
        for line in [
            "export let inboxChannel: ReturnType<typeof socket.channel> | undefined\n",
            "  .receive(\"ok\", (response: unknown) => console.log(\"joined room:lobby\", response))\n",
            &format!(
                "    .receive(\"ok\", (response: unknown) => console.log(`joined inbox:${{{user}}}`, response))\n"
            ),
        ] {
            assert!(script.contains(line), "{line}{script}");
        }
        let types = sandbox.read("my_app/assets/js/token.d.ts");
        assert!(
            types.contains("export function connectWithToken(socket: Socket): void\n"),
            "{types}"
        );
    }
}

#[test]
fn a_user_set_by_the_page_has_a_type_in_typescript_and_gives_way_to_the_token() {
    let sandbox = with_typescript(Sandbox::with_app());
    let user = "const user = async () => (window as Window & { userId?: string }).userId\n";

    let sandbox = sandbox.after(&[&["gen", "channel", "Inbox", "--per-user", "--yes"]]);

    let script = sandbox.read("my_app/assets/js/user_socket.ts");
    assert!(script.contains(user), "{script}");

    let sandbox = sandbox.after(&[&["gen", "auth", "--yes"]]);
    let script = sandbox.read("my_app/assets/js/user_socket.ts");
    assert!(!script.contains("userId"), "{script}");
    let import = "import { connectWithToken, token, user } from \"./token.js\"\n";
    assert!(script.contains(import), "{script}");
}

#[test]
fn scripts_in_javascript_get_no_types() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let sandbox = sandbox.after(&COMMANDS);

        let script = sandbox.read("my_app/assets/js/user_socket.js");
        assert!(!script.contains(": unknown"), "{script}");
        assert!(script.contains("export let inboxChannel\n"), "{script}");
        assert!(!sandbox.exists("my_app/assets/js/token.d.ts"));
    }
}

#[test]
fn destroy_takes_the_types_out_again() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let sandbox = with_typescript(sandbox).after(&[
            &["gen", "auth", "--yes"],
            &["gen", "channel", "Inbox", "--per-user", "--yes"],
            &["destroy", "channel", "Inbox", "--yes"],
            &["destroy", "auth", "--yes"],
        ]);

        assert_eq!(sandbox.read("my_app/assets/js/user_socket.ts"), SCRIPT);
        assert!(!sandbox.exists("my_app/assets/js/token.d.ts"));
    }
}

#[test]
#[ignore = "needs node and npm"]
fn the_compiler_accepts_every_line_in_a_strict_project() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let sandbox = with_all(sandbox);
        for demo in ["inspector.js", "frames.js"] {
            sandbox.delete(&format!("my_app/assets/js/{demo}"));
        }
        sandbox.write("my_app/tsconfig.json", STRICT);
        sandbox.write("my_app/globals.d.ts", GLOBALS);
        let folder = sandbox.path().join("my_app");
        let packages = ["install", "typescript", "phoenix", "@types/phoenix"];
        app::npm(&packages, &folder);

        let output = Command::new(folder.join("node_modules/.bin/tsc"))
            .current_dir(&folder)
            .output()
            .expect("it starts");

        let errors = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{errors}");
    }
}
