//! Tests of the app's routes.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tower::ServiceExt;

use team_chat::assets::Assets;
use team_chat::endpoint::{endpoint, router};
use team_chat::prefix::below;
use team_chat::serve;
use team_chat::state::App;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A response: its status, headers and body.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    /// The value of a header, or nothing.
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

/// The app's response to a request without a body.
async fn send(app: &App, request: axum::http::request::Builder) -> Result<Answer> {
    send_to(router(&endpoint(app), app), request).await
}

async fn send_to(router: Router, request: axum::http::request::Builder) -> Result<Answer> {
    let response = router.oneshot(request.body(Body::empty())?).await?;
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await?.to_vec();
    Ok(Answer {
        status: head.status,
        headers: head.headers,
        body: String::from_utf8(body)?,
    })
}

async fn get(app: &App, path: &str) -> Result<Answer> {
    send(app, Request::get(path)).await
}

/// An app with a copy of the page's folder, with something private in each corner.
async fn app_with_secrets(name: &str) -> Result<App> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let assets = folder.join("assets");
    let _ = std::fs::remove_dir_all(&folder);
    for file in [
        ".env",
        "outside.js",
        "assets/.env",
        "assets/index.html",
        "assets/package.json",
        "assets/package-lock.json",
        "assets/js/app.js",
        "assets/js/.hidden.js",
        "assets/js/.git/config",
        "assets/css/app.css",
        "assets/favicon.svg",
        "assets/images/a b.png",
        "assets/node_modules/phoenix/package.json",
        "assets/node_modules/phoenix/priv/static/phoenix.mjs",
        "assets/node_modules/phoenix/priv/static/phoenix.js",
        "assets/node_modules/other/index.js",
    ] {
        let file = folder.join(file);
        std::fs::create_dir_all(file.parent().ok_or("a file is in a folder")?)?;
        std::fs::write(&file, format!("the contents of {}", file.display()))?;
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.join("outside.js"), assets.join("js/file_link.js"))?;
        std::os::unix::fs::symlink(&folder, assets.join("js/folder_link"))?;
        std::os::unix::fs::symlink("app.js", assets.join("js/inside_link.js"))?;
    }
    let mut app = App::for_tests().await;
    Arc::make_mut(&mut app.config).assets = Assets::Folder(assets.canonicalize()?);
    Ok(app)
}

#[tokio::test]
async fn the_page_is_served() -> Result<()> {
    let page = get(&App::for_tests().await, "/").await?;

    assert_eq!(page.status, StatusCode::OK);
    let title = "<title>TeamChat</title>";
    assert!(page.body.contains(title), "{}", page.body);
    Ok(())
}

#[tokio::test]
async fn load_balancers_are_told_that_the_server_is_up() -> Result<()> {
    let up = get(&App::for_tests().await, "/up").await?;
    assert_eq!((up.status, up.body.as_str()), (StatusCode::OK, "up"));
    Ok(())
}

#[tokio::test]
async fn load_balancers_are_told_when_the_server_shuts_down() -> Result<()> {
    let app = App::for_tests().await;
    let endpoint = endpoint(&app);
    let ready = || send_to(router(&endpoint, &app), Request::get("/ready"));

    let before = ready().await?;
    endpoint.shutdown().await;
    let after = ready().await?;

    let (ok, unavailable) = (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((before.status, before.body.as_str()), (ok, "ready"));
    assert_eq!(
        (after.status, after.body.as_str()),
        (unavailable, "shutting down")
    );
    Ok(())
}

#[tokio::test]
async fn the_app_is_also_found_below_the_path_of_its_host() -> Result<()> {
    let app = App::for_tests().await;
    let router = below("/chat", router(&endpoint(&app), &app));
    let get = |path| send_to(router.clone(), Request::get(path));

    for (path, expected) in [
        ("/", 200),
        ("/up", 200),
        ("/chat/", 200),
        ("/chat/?from=mail", 200),
        ("/chat/up", 200),
        ("/chat/assets/js/app.js", 200),
        ("/chat/assets/package.json", 404),
        ("/chat/assets/../package.json", 404),
        ("/chat/chat/", 404),
        ("/chatter/up", 404),
        ("/chat//up", 404),
    ] {
        assert_eq!(get(path).await?.status, expected, "{path}");
    }
    let without_slash = get("/chat").await?;
    assert_eq!(without_slash.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(without_slash.header("location"), "/chat/");
    let page = get("/chat/").await?.body;
    let absolute: Vec<_> = page.lines().filter(|line| line.contains("\"/")).collect();
    assert_eq!(absolute, [""; 0], "links of the page are relative");
    Ok(())
}

#[tokio::test]
async fn the_server_runs_until_it_is_shut_down() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = App::for_tests().await;
    let (shut_down, shutdown) = oneshot::channel();
    let shutdown = async {
        let _ = shutdown.await;
    };
    let server = serve(listener, app)?.with_graceful_shutdown(shutdown);
    let server = tokio::spawn(server.into_future());

    assert!(TcpStream::connect(address).await.is_ok(), "it listens");
    assert_eq!(shut_down.send(()), Ok(()), "the server runs until then");
    server.await??;
    Ok(())
}

#[tokio::test]
async fn the_page_s_files_are_served_and_nothing_else() -> Result<()> {
    let app = app_with_secrets("served").await?;

    for (path, expected) in [
        ("/", 200),
        ("/assets/js/app.js", 200),
        ("/assets/css/app.css", 200),
        ("/assets/favicon.svg", 200),
        ("/assets/images/a%20b.png", 200),
        ("/assets/node_modules/phoenix/priv/static/phoenix.mjs", 200),
        ("/assets/.env", 404),
        ("/assets/../.env", 404),
        ("/assets/js/../../.env", 404),
        ("/assets/js/%2e%2e/%2e%2e/.env", 404),
        ("/assets/js/..%2f..%2f.env", 404),
        ("/assets/js/..%5c..%5c.env", 404),
        ("/assets/js/.hidden.js", 404),
        ("/assets/js/%2ehidden.js", 404),
        ("/assets/js/.git/config", 404),
        ("/assets/js", 404),
        ("/assets/js/", 404),
        ("/assets/javascript", 404),
        ("/assets/index.html", 404),
        ("/assets/package.json", 404),
        ("/assets/js/../package.json", 404),
        ("/assets/package-lock.json", 404),
        ("/assets/node_modules/phoenix/package.json", 404),
        ("/assets/node_modules/phoenix/priv/static/phoenix.js", 404),
        ("/assets/node_modules/other/index.js", 404),
        ("/assets/js/app.js%00", 404),
    ] {
        let Answer { status, body, .. } = get(&app, path).await?;
        let is_a_file = body.contains("the contents of");
        assert_eq!(
            (status.as_u16(), is_a_file),
            (expected, expected == 200),
            "{path}"
        );
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn no_symlink_leads_out_of_the_folder() -> Result<()> {
    let app = app_with_secrets("links").await?;

    for (path, expected) in [
        ("/assets/js/inside_link.js", 200),
        ("/assets/js/file_link.js", 404),
        ("/assets/js/folder_link/outside.js", 404),
        ("/assets/js/folder_link/.env", 404),
    ] {
        assert_eq!(get(&app, path).await?.status, expected, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn browsers_revalidate_a_file_and_get_it_again_after_a_change() -> Result<()> {
    let app = app_with_secrets("changed").await?;
    let path = "/assets/js/app.js";

    let first = get(&app, path).await?;
    let known = Request::get(path).header(header::IF_NONE_MATCH, first.header("etag"));
    let unchanged = send(&app, known).await?;
    let Assets::Folder(folder) = &app.config.assets else {
        return Err("it is a folder".into());
    };
    std::fs::write(folder.join("js/app.js"), "something else")?;
    let known = Request::get(path).header(header::IF_NONE_MATCH, first.header("etag"));
    let changed = send(&app, known).await?;

    for answer in [&first, &unchanged, &changed] {
        assert_eq!(answer.header("cache-control"), "no-cache");
    }
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.body, "something else");
    Ok(())
}

#[tokio::test]
async fn every_response_has_the_headers_that_protect_a_page() -> Result<()> {
    let app = App::for_tests().await;

    for path in ["/", "/assets/js/app.js", "/nowhere"] {
        let answer = get(&app, path).await?;
        for (name, expected) in [
            (
                "content-security-policy",
                "base-uri 'self'; frame-ancestors 'self';",
            ),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("x-content-type-options", "nosniff"),
            ("x-permitted-cross-domain-policies", "none"),
        ] {
            assert_eq!(answer.header(name), expected, "{path}: {name}");
        }
    }
    Ok(())
}
