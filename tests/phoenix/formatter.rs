//! Settings of `mix format` that new lines follow, and lines that it breaks.

use crate::others::shop;
use crate::support::Sandbox;
use crate::umbrella::{run_in, umbrella};

/// Settings that import those of Phoenix.
const SETTINGS: &str =
    "[\n  import_deps: [:phoenix],\n  inputs: [\"{lib,test}/**/*.{ex,exs}\"]\n]\n";

/// Notice that `mix format` breaks lines.
const NOTICE: &str =
    "Run `mix format`: with names of this length, lines are longer than 98 columns.\n";

fn formatted(settings: &str) -> Sandbox {
    shop("1.8.1", &[(".formatter.exs", settings)])
}

#[test]
fn functions_on_one_line_are_blocks_where_mix_format_makes_them_blocks() {
    let settings = SETTINGS.replace("inputs:", "force_do_end_blocks: true,\n  inputs:");
    let sandbox = formatted(&settings);
    for args in [
        &["channel", "Room", "--yes"][..],
        &["presence", "--channel", "Room"],
        &["auth"],
    ] {
        sandbox.ok(&[&["gen"], args].concat());
    }
    for path in ["user_socket", "socket_token", "presence"] {
        let source = sandbox.read(&format!("my_app/lib/shop_web/channels/{path}.ex"));
        assert!(!source.contains("), do: "), "{source}");
    }
    let handler = sandbox.read("my_app/lib/shop_web/channels/user_socket.ex");
    let id = "  def id(socket) do\n    \"user_socket:#{socket.assigns.user}\"\n  end\nend\n";
    assert!(handler.ends_with(id), "{handler}");
}

#[test]
fn the_settings_of_an_umbrella_are_those_of_its_apps() {
    let calls = |settings: &str, own: Option<&str>| {
        let sandbox = umbrella();
        sandbox.write("shop_umbrella/.formatter.exs", settings);
        if let Some(own) = own {
            sandbox.write("shop_umbrella/apps/shop_web/.formatter.exs", own);
        }
        run_in(&sandbox, "", &["gen", "channel", "Room", "--yes"]).succeeded();
        let handler = "shop_umbrella/apps/shop_web/lib/shop_web/channels/user_socket.ex";
        let handler = sandbox.read(handler);
        handler.contains("channel(\"room:*\"")
    };
    let for_apps = "[inputs: [\"mix.exs\", \"apps/**/*.{ex,exs}\"]]\n";

    assert!(calls(for_apps, None));
    assert!(!calls(for_apps, Some(SETTINGS)));
    let with_phoenix = for_apps.replacen('[', "[import_deps: [:phoenix], ", 1);
    assert!(!calls(&with_phoenix, None));
    assert!(!calls("[inputs: [\"mix.exs\", \"config/*.exs\"]]\n", None));
}

#[test]
fn lines_that_the_formatter_breaks_are_told_of() {
    let long = "AVeryLongNameOfAChannelInAnAppWithLongNames";
    for (args, is_told) in [
        (vec!["gen", "channel", long, "--yes"], true),
        (vec!["gen", "socket", long], true),
        (vec!["gen", "channel", "Room", "--yes"], false),
        (vec!["gen", "socket", "Kiosk"], false),
    ] {
        let ran = formatted(SETTINGS).run(&args).succeeded();
        assert_eq!(ran.stdout.contains(NOTICE), is_told, "{}", ran.stdout);
    }
    let sandbox = formatted(SETTINGS);
    sandbox.ok(&["gen", "socket", long]);
    let again = sandbox.ok(&["gen", "socket", long]);
    assert!(!again.stdout.contains(NOTICE), "{}", again.stdout);
}
