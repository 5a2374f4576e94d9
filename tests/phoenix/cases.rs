//! Modules that tests share, of apps that have them elsewhere or not at all; and what tests of a router can claim.

use crate::shapes::shop;
use crate::support::Sandbox;

const CHANNEL_CASE: &str = "defmodule ShopWeb.ChannelCase do\n  use ExUnit.CaseTemplate\nend\n";
const CONN_CASE: &str = "defmodule ShopWeb.ConnCase do\n  use ExUnit.CaseTemplate\nend\n";

/// A router with this pipeline of a browser.
fn router(pipeline: &str) -> String {
    format!(
        "defmodule ShopWeb.Router do\n  use ShopWeb, :router\n\n  pipeline :browser do\n{pipeline}  end\n\n  \
         scope \"/\", ShopWeb do\n    pipe_through :browser\n\n    get \"/\", PageController, :index\n  end\nend\n"
    )
}

/// The token and its test, after `gen auth`.
fn token(sandbox: &Sandbox) -> [String; 2] {
    sandbox.ok(&["gen", "auth", "--yes"]);
    [
        sandbox.read("my_app/lib/shop_web/channels/socket_token.ex"),
        sandbox.read("my_app/test/shop_web/channels/socket_token_test.exs"),
    ]
}

#[test]
fn a_channel_case_of_another_file_gets_no_second_one() {
    let sandbox = shop(&[("test/support/cases/channels.ex", CHANNEL_CASE)]);

    let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);

    assert!(!ran.stdout.contains("channel_case"), "{}", ran.stdout);
    assert!(!sandbox.exists("my_app/test/support/channel_case.ex"));

    sandbox.ok(&["destroy", "channel", "Room", "--yes"]);
    assert_eq!(
        sandbox.read("my_app/test/support/cases/channels.ex"),
        CHANNEL_CASE
    );
}

#[test]
fn the_channel_case_of_another_web_module_is_not_that_of_this_one() {
    let other = CHANNEL_CASE.replace("ShopWeb", "AdminWeb");
    let sandbox = shop(&[("test/support/admin_channel_case.ex", &other)]);

    sandbox.ok(&["gen", "channel", "Room", "--yes"]);

    assert!(sandbox.exists("my_app/test/support/channel_case.ex"));
}

#[test]
fn the_test_of_tokens_uses_the_conn_case_of_the_app() {
    let sandbox = shop(&[("test/support/conns.ex", CONN_CASE)]);

    let [_, test] = token(&sandbox);

    assert!(
        test.contains("  use ShopWeb.ConnCase, async: true\n\n  alias"),
        "{test}"
    );
}

#[test]
fn without_a_conn_case_the_test_of_tokens_needs_none() {
    let sandbox = shop(&[]);

    let [_, test] = token(&sandbox);

    assert!(!test.contains("ConnCase"), "{test}");
    let head = "  use ExUnit.Case, async: true\n\n  import Phoenix.ConnTest\n  import Plug.Conn\n\n  alias ShopWeb.SocketToken\n\n  \
                @endpoint ShopWeb.Endpoint\n\n  setup do\n    %{conn: build_conn()}\n  end\n\n  # Headers";
    assert!(test.contains(head), "{test}");
}

#[test]
fn the_token_and_its_test_claim_a_csrf_token_only_where_the_pipeline_asks_for_one() {
    for (pipeline, is_claimed) in [
        (
            "    plug :fetch_session\n    plug :protect_from_forgery\n",
            true,
        ),
        (
            "    plug(:fetch_session)\n    plug(:protect_from_forgery, with: :clear_session)\n",
            true,
        ),
        ("    plug Plug.CSRFProtection\n", true),
        (
            "    plug :fetch_session\n    # plug :protect_from_forgery\n",
            false,
        ),
    ] {
        let sandbox = shop(&[("lib/shop_web/router.ex", &router(pipeline))]);

        let [module, test] = token(&sandbox);

        let claims = [
            module.contains("requires the page's CSRF token"),
            test.contains("without the CSRF token there is no token"),
        ];
        assert_eq!(claims, [is_claimed; 2], "{pipeline}{module}{test}");
        let origin = module.split_whitespace().collect::<Vec<_>>().join(" ");
        let says = "origin of the page must be allowed (`check_origin` of the endpoint).";
        assert!(origin.contains(says), "{module}");
    }
}

#[test]
fn a_router_without_a_pipeline_for_browsers_asks_for_no_csrf_token() {
    let api = "defmodule ShopWeb.Router do\n  use ShopWeb, :router\n\n  pipeline :api do\n    plug :accepts, [\"json\"]\n  end\nend\n";
    let sandbox = shop(&[("lib/shop_web/router.ex", api)]);

    let [module, test] = token(&sandbox);

    assert!(
        !module.contains("requires the page's CSRF token"),
        "{module}"
    );
    assert!(!test.contains("without the CSRF token"), "{test}");
}
